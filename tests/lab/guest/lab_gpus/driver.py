# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a loaded driver shows: `/proc/driver/nvidia` and the device nodes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from . import fit, kernel, machine

PROC = machine.ROOT / "proc/driver"
FRONTEND, UVM, CAPS, SWITCH = 195, 511, 236, 234
PARAMS = "ResmanDebugLevel: 4294967295\nModifyDeviceFiles: 1\nDeviceFileUID: 0\nDeviceFileGID: 0\nDeviceFileMode: 438\n"


def show(description: dict[str, Any], state: dict[str, Any]) -> None:
    module = state["loaded"].get("nvidia")
    shutil.rmtree(PROC / "nvidia", ignore_errors=True)
    shutil.rmtree(PROC / "nvidia-nvswitch", ignore_errors=True)
    if not module:
        # The nodes of an unloaded driver stay behind, as they do on a real host.
        return
    cards = [card for card in description["cards"] if state["bound"].get(card["address"]) == "nvidia"]
    files = {"version": version(module), "params": PARAMS}
    for minor, card in enumerate(cards):
        files[f"gpus/{card['address']}/information"] = information(card, minor, module)
    for name, content in files.items():
        _write(PROC / "nvidia" / name, content)
    for minor, switch in enumerate(description["switches"]):
        _write(PROC / "nvidia-nvswitch/devices" / switch["address"], "")
        kernel.node(f"nvidia-nvswitch{minor}", SWITCH, minor)
    if description["switches"]:
        kernel.node("nvidia-nvswitchctl", SWITCH, 255)
    for minor in range(len(cards)):
        kernel.node(f"nvidia{minor}", FRONTEND, minor)
    kernel.node("nvidiactl", FRONTEND, 255)
    if "nvidia_modeset" in state["loaded"]:
        kernel.node("nvidia-modeset", FRONTEND, 254)
    if "nvidia_uvm" in state["loaded"]:
        kernel.node("nvidia-uvm", UVM, 0)
        kernel.node("nvidia-uvm-tools", UVM, 1)
    if any((card.get("mig") or {}).get("enabled") for card in cards):
        kernel.node("nvidia-caps/nvidia-cap1", CAPS, 1)
        kernel.node("nvidia-caps/nvidia-cap2", CAPS, 2)


def version(module: dict[str, Any]) -> str:
    kind = "Open Kernel Module for x86_64" if module["open"] else "x86_64 Kernel Module"
    built = "Release Build  (dvs-builder@lab)  Tue Jun  2 12:00:00 UTC 2026"
    return f"NVRM version: NVIDIA UNIX {kind}  {module['version']}  {built}\nGCC version:  gcc version 14.2.0\n"


def information(card: dict[str, Any], minor: int, module: dict[str, Any]) -> str:
    failed = bool(fit.first_use(card, module))
    lines = {
        "Model": card["name"],
        "IRQ": 100 + minor,
        "GPU UUID": "GPU-????????-????-????-????-????????????" if failed else card["uuid"],
        "Video BIOS": "??.??.??.??.??" if failed else "96.00.A5.00.01",
        "Bus Type": "PCIe",
        "DMA Size": "52 bits",
        "DMA Mask": "0xfffffffffffff",
        "Bus Location": card["address"],
        "Device Minor": minor,
        "GPU Firmware": module["version"] if module["open"] else "N/A",
        "GPU Excluded": "No",
    }
    return "".join(f"{name + ':':<15} {value}\n" for name, value in lines.items())


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
