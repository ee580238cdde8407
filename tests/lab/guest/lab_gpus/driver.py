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
# NVIDIA's toolkit gives a driver's firmware to containers: the libraries read there what the kernel would answer.
FIRMWARE = machine.ROOT / "lib/firmware/nvidia"
TABLE = "gsp_ga10x.bin"
FRONTEND, UVM, CAPS, SWITCH = 195, 511, 236, 234
PARAMS = "ResmanDebugLevel: 4294967295\nModifyDeviceFiles: 1\nDeviceFileUID: 0\nDeviceFileGID: 0\nDeviceFileMode: 438\n"


def show(description: dict[str, Any], state: dict[str, Any]) -> None:
    module = state["loaded"].get("nvidia")
    shutil.rmtree(PROC / "nvidia", ignore_errors=True)
    shutil.rmtree(PROC / "nvidia-nvswitch", ignore_errors=True)
    shutil.rmtree(PROC / "nvidia-caps", ignore_errors=True)
    for known in FIRMWARE.glob(f"*/{TABLE}"):
        shutil.rmtree(known.parent)
    if not module:
        # The nodes of an unloaded driver stay behind, as they do on a real host.
        return
    cards = [card for card in description["cards"] if state["bound"].get(card["address"]) == "nvidia"]
    files = {"version": version(module), "params": PARAMS}
    for minor, card in enumerate(cards):
        files[f"gpus/{card['address']}/information"] = information(card, minor, module)
    for name, content in files.items():
        _write(PROC / "nvidia" / name, content)
    _write(FIRMWARE / module["version"] / TABLE, table(cards, module))
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
    parts = [(name, number) for minor, card in enumerate(cards) for name, number in capabilities(minor, card)]
    if parts:
        minors = [("config", 1), ("monitor", 2), *parts]
        _write(PROC / "nvidia-caps/mig-minors", "".join(f"{name} {number}\n" for name, number in minors))
        for _name, number in minors:
            kernel.node(f"nvidia-caps/nvidia-cap{number}", CAPS, number)


def version(module: dict[str, Any]) -> str:
    kind = "Open Kernel Module for x86_64" if module["open"] else "x86_64 Kernel Module"
    built = "Release Build  (dvs-builder@lab)  Tue Jun  2 12:00:00 UTC 2026"
    return f"NVRM version: NVIDIA UNIX {kind}  {module['version']}  {built}\nGCC version:  gcc version 14.2.0\n"


def mig_devices(card: dict[str, Any]) -> list[dict[str, Any]]:
    mig = card.get("mig") or {}
    return list(mig["devices"]) if mig.get("enabled") else []


def access(minor: int, device: dict[str, Any]) -> tuple[int, int]:
    """The capabilities that a part of a card needs; the driver numbers all that there could be."""
    instance = 3 + (minor * 15 + device["gpu_instance"]) * 9
    return instance, instance + 1 + device["compute_instance"]


def capabilities(minor: int, card: dict[str, Any]) -> list[tuple[str, int]]:
    found = []
    for device in mig_devices(card):
        name = f"gpu{minor}/gi{device['gpu_instance']}"
        gpu_instance, compute_instance = access(minor, device)
        found += [(f"{name}/access", gpu_instance)]
        found += [(f"{name}/ci{device['compute_instance']}/access", compute_instance)]
    return found


def table(cards: list[dict[str, Any]], module: dict[str, Any]) -> str:
    """The cards that answer when they are opened, as the libraries read them."""
    lines = []
    for minor, card in enumerate(cards):
        if fit.first_use(card, module):
            continue
        lines.append(f"gpu {minor} {card['uuid']} 0000{card['address'].upper()} {card['name']}")
        for device in mig_devices(card):
            numbers = " ".join(map(str, access(minor, device)))
            lines.append(f"mig {minor} {numbers} {device['uuid']} {device['profile']}")
    return "".join(f"{line}\n" for line in lines)


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
