# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for an engine with NVIDIA's toolkit, and for the host around it: it gives GPUs on paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.dockyard.gpu.plugins.module_utils._verify import cuda, observation
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_engine import FakeEngine

SPECIFICATION = """---
cdiVersion: 0.5.0
kind: nvidia.com/gpu
devices:
  - name: "0"
    containerEdits:
      deviceNodes:
        - path: /dev/nvidia0
"""


def gpu(index: int, parts: int = 0) -> dict[str, Any]:
    """One GPU as gpu_info tells of it; in MIG mode where it has parts."""
    return {
        "pci_address": f"0000:{index + 1:02x}:00.0",
        "device_id": "2330",
        "index": index,
        "uuid": f"GPU-{index}",
        "mig_mode": "enabled" if parts else "disabled",
        "mig_devices": [{"index": part, "profile": "1g.5gb", "uuid": f"MIG-{index}-{part}"} for part in range(parts)],
    }


def nvidia(*gpus: dict[str, Any], answers: bool = True, problems: tuple[dict[str, str], ...] = ()) -> dict[str, Any]:
    return {
        "gpus": list(gpus),
        "driver": {"loaded_version": "580.1", "user_space_version": "580.1", "answers": answers},
        "problems": list(problems),
    }


class FakeGpuEngine(FakeEngine):
    """``lie`` may change what a container sees: it is given the container and the UUIDs that it should see."""

    def __init__(self, socket_path: Path, gpus: list[dict[str, Any]]) -> None:
        super().__init__(socket_path)
        self.version = "29.5.1"
        self.info.update(Runtimes={"runc": {}, "nvidia": {}}, CDISpecDirs=["/etc/cdi", "/var/run/cdi"])
        self.gpus = gpus
        self.default_sees: list[str] = []
        self.reject: Callable[[dict[str, Any]], str | None] = lambda container: None
        self.lie: Callable[[dict[str, Any], list[str]], list[str]] = lambda container, given: given
        self.words: Callable[[dict[str, Any]], str | None] = lambda container: None
        self.closed = ""
        self.cuda = "visible all\nmemory\nsays\ncuda 0 2"
        self.asked: list[dict[str, Any]] = []

    def error(self, container: dict[str, Any]) -> str | None:
        self.asked.append(container)
        return self.reject(container)

    def said(self, container: dict[str, Any], command: list[str]) -> str:
        script = command[2]
        if script == observation.OPEN:
            return self.closed
        if "$CUDA" in script:
            assert f"CUDA={cuda.PROGRAM}" in container["Env"]
            return self.cuda + "\n"
        if script != observation.LIST:
            return super().said(container, command) + "".join(f"node {node}\n" for node in self.default_sees)
        reported = self.words(container)
        return self._listing(container) if reported is None else reported

    def _listing(self, container: dict[str, Any]) -> str:
        seen = self.lie(container, given(container, self.gpus))
        lines = ["visible void" if by_cdi(container) else "visible all"]
        listed: list[str] = []
        for each in self.gpus:
            parts = [part for part in each["mig_devices"] if part["uuid"] in seen]
            # A part is listed below its GPU.
            if each["uuid"] not in seen and not parts:
                continue
            lines.append(f"node /dev/nvidia{each['index']}")
            listed.append(f"GPU {len(listed)}: NVIDIA H100 (UUID: {each['uuid']})")
            listed += [
                f"  MIG {part['profile']:<11} Device {part['index']:>2}: (UUID: {part['uuid']})" for part in parts
            ]
        status = 0 if listed else 6
        listed = listed or ["No devices were found"]
        return "\n".join([*lines, "smi /usr/bin/nvidia-smi", "says", *listed, f"status {status}", ""])


def environment(container: dict[str, Any]) -> str:
    pairs = dict(each.split("=", 1) for each in container["Env"])
    return str(pairs.get("NVIDIA_VISIBLE_DEVICES", ""))


def by_cdi(container: dict[str, Any]) -> bool:
    requests = container["HostConfig"].get("DeviceRequests") or [{}]
    return requests[0].get("Driver") == "cdi" or "nvidia.com/gpu=" in environment(container)


def given(container: dict[str, Any], gpus: list[dict[str, Any]]) -> list[str]:
    """UUIDs of what a container asked for, as the engine and the toolkit read it."""
    names: list[str] = []
    for request in container["HostConfig"].get("DeviceRequests") or []:
        names += ["all"] if request.get("Count") == -1 else request["DeviceIDs"]
    if not names and container["HostConfig"].get("Runtime") == "nvidia":
        names = [environment(container)]
    names = [re.sub("^nvidia.com/gpu=", "", name) for name in names]
    uuids = []
    for each in gpus:
        whole = {"all", str(each["index"]), each["uuid"]} & set(names)
        uuids += [
            part["uuid"]
            for part in each["mig_devices"]
            if whole or {part["uuid"], f"{each['index']}:{part['index']}"} & set(names)
        ]
        uuids += [each["uuid"]] if whole else []
    return uuids
