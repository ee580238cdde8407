# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine with GPUs, below a folder: what the kernel would show of it, and programs with prepared answers."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import driver as nvidia_driver
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import (
    gpus,
    host_platform,
    installed_driver,
    pci,
    pci_details,
    smi,
)
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_gpu.completion import complete

OPEN = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  {}  Release Build  (builder)  Thu Jan  1 00:00:00"
PROPRIETARY = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  {}  Tue Apr  8 12:41:17 UTC 2025"


class Machine:
    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.bin = root / "bin"
        self.bin.mkdir()
        for module, values in self.places().items():
            for name, value in values.items():
                monkeypatch.setattr(module, name, value)
        monkeypatch.setenv("PATH", str(self.bin))

    def places(self) -> dict[ModuleType, dict[str, str | tuple[str, ...]]]:
        """Where the readers look, by their constants."""
        return {
            pci: {
                "DEVICES": str(self.root / "sys/bus/pci/devices"),
            },
            pci_details: {"INFINIBAND": str(self.root / "sys/class/infiniband")},
            nvidia_driver: {
                "PROC": str(self.root / "proc/driver/nvidia"),
                "MODULES": str(self.root / "sys/module"),
                "LIBRARIES": (str(self.root / "lib"),),
                "PROGRAMS": (str(self.bin),),
            },
            installed_driver: {
                "KERNELS": str(self.root / "lib/modules"),
                "SECURE_BOOT": str(self.root / "efi"),
                "UNINSTALLER": str(self.bin / "nvidia-uninstall"),
            },
            host_platform: {"ROOT": str(self.root)},
        }

    def write(self, path: str, content: str | bytes = "") -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    def device(
        self,
        address: str,
        device: str,
        driver: str | None = None,
        kind: str = "0x030200",
        vendor: str = "0x10de",
        numa_node: str = "0",
        config: bytes = b"",
    ) -> Path:
        folder = f"sys/bus/pci/devices/{address}"
        for name, value in (("vendor", vendor), ("device", device), ("class", kind), ("numa_node", numa_node)):
            self.write(f"{folder}/{name}", value + "\n")
        self.write(f"{folder}/config", config)
        if driver:
            (self.root / folder / "driver").symlink_to(f"../../../bus/pci/drivers/{driver}")
        return self.root / folder

    def program(self, name: str, script: str) -> None:
        path = self.write(
            f"bin/{name}", f'#!/bin/sh\nPATH=/usr/bin:/bin\necho "$0 $*" >> {self.root}/calls\n{script}\n'
        )
        path.chmod(0o755)

    def calls(self) -> list[str]:
        path = self.root / "calls"
        return [line.rpartition("/")[2] for line in path.read_text().splitlines()] if path.exists() else []

    def loaded(self, version: str, text: str = OPEN) -> None:
        self.write("proc/driver/nvidia/version", text.format(version) + "\nGCC version:  gcc 12\n")
        self.write("sys/module/nvidia/version", version + "\n")
        self.write("sys/module/nvidia/refcnt", "3\n")

    def installed(self, version: str, licence: str = "Dual MIT/GPL", signer: str = "", name: str = "nvidia") -> None:
        fields = f"filename: /lib/modules/x/{name}.ko\nversion:        {version}\nlicense:        {licence}\n"
        fields += f"signer:         {signer}\n" if signer else ""
        self.program("modinfo", f"[ $1 = {name} ] || exit 1\ncat <<'END'\n{fields}END")

    def libraries(self, version: str) -> None:
        self.write(f"lib/libnvidia-ml.so.{version}")
        link = self.root / "lib/libnvidia-ml.so.1"
        link.unlink(missing_ok=True)
        link.symlink_to(f"libnvidia-ml.so.{version}")

    def answers(self, *rows: str, status: int = 0) -> None:
        text = "\n".join(rows)
        self.program("nvidia-smi", f"cat <<'END'\n{text}\nEND\nexit {status}")


def described(prober: Prober | None = None) -> dict[str, Any]:
    """What is found on the machine, as it arrives at the control node and is completed there."""
    found: dict[str, Any] = json.loads(json.dumps(gpus.gpus(prober or Prober())))
    complete(found)
    return found


def row(version: str | None, **values: str) -> str:
    """A line of nvidia-smi's for one GPU; __ stands for a dot."""
    named = {name.replace("__", "."): value for name, value in values.items()}
    return ", ".join(named.get(field, "[N/A]") for field in smi.queried_fields(version))
