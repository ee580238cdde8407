# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel would show: its log, its modules, its PCI devices, its EFI variables."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from . import machine

LOG = machine.RUN / "kmsg"
PCI = machine.ROOT / "sys/bus/pci/devices"
PCI_DRIVERS = machine.ROOT / "sys/bus/pci/drivers"
MODULES = machine.ROOT / "sys/module"
MODULE_LIST = machine.ROOT / "proc/modules"
FIRMWARE = machine.ROOT / "sys/firmware"
# SecureBoot of the global variables: four bytes of attributes, then the value.
SECURE_BOOT = FIRMWARE / "efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"


def log(*lines: str) -> None:
    with LOG.open("a") as handle:
        handle.writelines(f"[{time.clock_gettime(time.CLOCK_BOOTTIME):12.6f}] {line}\n" for line in lines)


def cover(folder: Path) -> None:
    """An empty place of ours over one of the kernel's."""
    if Path("/") != machine.ROOT:
        folder.mkdir(parents=True, exist_ok=True)
    elif not os.path.ismount(folder) or _not_ours(folder):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "dockyard-lab-gpus", folder], check=True)


def cover_modules() -> None:
    """All real modules stay visible; ours come beside them."""
    real = machine.RUN / "real-modules"
    if Path("/") == machine.ROOT and not real.exists():
        real.mkdir(parents=True)
        subprocess.run(["mount", "--bind", MODULES, real], check=True)
        # Where mounts are shared, as systemd leaves them, what covers the folder would cover this view of it too.
        subprocess.run(["mount", "--make-private", real], check=True)
        # A kernel without loadable modules has no list, and none can be put where it would be.
        if MODULE_LIST.exists():
            shutil.copyfile(MODULE_LIST, machine.RUN / "real-modules.list")
            cover_file(MODULE_LIST, MODULE_LIST.read_text())
    cover(MODULES)
    if real.exists():
        for name in os.listdir(real):
            if not name.startswith(("nvidia", "nouveau")):
                (MODULES / name).symlink_to(real / name)


def cover_file(path: Path, content: str) -> None:
    copy = machine.RUN / path.name
    copy.write_text(content)
    subprocess.run(["mount", "--bind", copy, path], check=True)


def show_devices(description: dict[str, Any]) -> None:
    for device in description["cards"]:
        show_device(device["address"], "0x10de", device["device"], device["class"], device)
    for device in description["switches"]:
        show_device(device["address"], "0x10de", device["device"], "0x068000", device)
    for device in description["others"]:
        show_device(device["address"], device["vendor"], device["device"], device["class"], {})


def show_device(address: str, vendor: str, device: str, pci_class: str, more: dict[str, Any]) -> None:
    folder = PCI / address
    folder.mkdir(parents=True)
    subsystem = more.get("subsystem", "0000:0000").split(":")
    modalias = (int(word, 16) for word in (vendor, device, *subsystem, pci_class[2:4], pci_class[4:6], pci_class[6:8]))
    entries = {
        "vendor": vendor,
        "device": device,
        "class": pci_class,
        "numa_node": more.get("numa_node", -1),
        "subsystem_vendor": f"0x{subsystem[0]}",
        "subsystem_device": f"0x{subsystem[1]}",
        "modalias": "pci:v{:08X}d{:08X}sv{:08X}sd{:08X}bc{:02X}sc{:02X}i{:02X}".format(*modalias),
    }
    for name, value in entries.items():
        (folder / name).write_text(f"{value}\n")


def hide_device(address: str) -> None:
    shutil.rmtree(PCI / address, ignore_errors=True)


def bind(address: str, driver: str) -> None:
    (PCI_DRIVERS / driver).mkdir(exist_ok=True)
    (PCI / address / "driver").symlink_to(f"../../../bus/pci/drivers/{driver}")


def unbind(address: str) -> None:
    (PCI / address / "driver").unlink(missing_ok=True)


def show_modules(loaded: dict[str, Any]) -> None:
    """`/sys/module` and `/proc/modules` for the stand-ins that are loaded; `loaded` names who uses each of them."""
    for name in [path.name for path in MODULES.iterdir() if path.name.startswith(("nvidia", "nouveau"))]:
        if name not in loaded:
            shutil.rmtree(MODULES / name)
    for name, module in loaded.items():
        entries = {"refcnt": len(module["used_by"]), "initstate": module["initstate"], "taint": "POE"}
        if module.get("version"):
            entries["version"] = module["version"]
        (MODULES / name).mkdir(exist_ok=True)
        for entry, value in entries.items():
            (MODULES / name / entry).write_text(f"{value}\n")
    listing = machine.RUN / MODULE_LIST.name
    if listing.exists():
        real = (machine.RUN / "real-modules.list").read_text()
        lines = ""
        for name, module in loaded.items():
            users = "".join(f"{user}," for user in module["used_by"]) or "-"
            lines += f"{name} 16384 {len(module['used_by'])} {users} Live 0x0000000000000000 (POE)\n"
        listing.write_text(lines + real)


def show_secure_boot(on: bool) -> None:
    cover(FIRMWARE)
    SECURE_BOOT.parent.mkdir(parents=True, exist_ok=True)
    SECURE_BOOT.write_bytes(b"\x06\0\0\0" + (b"\1" if on else b"\0"))


def node(path: str, major: int, minor: int) -> None:
    target = machine.ROOT / "dev" / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if Path("/") == machine.ROOT:
        if not target.exists():
            os.mknod(target, 0o666 | 0o020000, os.makedev(major, minor))
        target.chmod(0o666)
    else:
        target.touch()


def _not_ours(folder: Path) -> bool:
    mounts = (line.split() for line in (machine.ROOT / "proc/mounts").read_text().splitlines())
    return [source for source, place, *_rest in mounts if place == str(folder)][-1] != "dockyard-lab-gpus"
