# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in modules on the disk, and their way into the kernel and out of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from . import driver, fit, kernel, machine, modprobe_d

FOLDER = machine.ROOT / "lib/modules" / machine.KERNEL
# depmod's order: what DKMS built goes before what came with the kernel.
PLACES = ("updates", "kernel", "extra")
NEEDS = {"nvidia": [], "nvidia_uvm": ["nvidia"], "nvidia_modeset": ["nvidia"], "nvidia_peermem": ["nvidia"]}
NEEDS["nvidia_drm"] = ["nvidia_modeset", "nvidia"]
AT_BOOT = ("nvidia", "nvidia_modeset", "nvidia_drm", "nvidia_uvm")
SWITCHES = ("0x1af1", "0x22a3")


class Rejected(Exception):
    """What the kernel answers when it does not take a module, or does not let it go."""


def is_ours(name: str) -> bool:
    return plain(name) in NEEDS or plain(name) == "nouveau"


def plain(name: str) -> str:
    return name.replace("-", "_")


def find(name: str) -> tuple[Path, dict[str, Any]] | None:
    """The file that `modprobe` would take for the running kernel."""
    wanted = {f"{plain(name)}.ko", f"{plain(name).replace('_', '-')}.ko"}
    for place in PLACES:
        for path in sorted((FOLDER / place).rglob("nvidia*.ko")):
            if path.name in wanted:
                try:
                    return path, json.loads(path.read_text())
                except ValueError:
                    # A real module, which this kernel could not load either.
                    continue
    return None


def load(name: str) -> None:
    name = plain(name)
    if name in machine.state()["loaded"]:
        return
    if name == "nouveau":
        _load_nouveau()
        return
    found = find(name)
    if not found:
        raise Rejected(f"FATAL: Module {name} not found in directory /lib/modules/{machine.KERNEL}")
    for other in NEEDS[name]:
        load(other)
    if machine.faults().get("secure_boot") and found[1].get("signer") != "vendor":
        kernel.log(f"Loading of module with unavailable key is rejected: {name}")
        raise Rejected(f"ERROR: could not insert '{name}': Key was rejected by service")
    state = machine.state()
    if name == "nvidia":
        _probe(found[1], state)
    live = "coming" if machine.faults().get("initstate") else "live"
    state["loaded"][name] = {"version": found[1]["version"], "initstate": live, "used_by": [], "open": found[1]["open"]}
    for other in NEEDS[name]:
        state["loaded"][other]["used_by"].append(name)
    machine.keep(state)
    kernel.show_modules(state["loaded"])
    driver.show(machine.description(), state)


def unload(name: str) -> None:
    name = plain(name)
    state = machine.state()
    module = state["loaded"].get(name)
    if not module:
        raise Rejected(f"ERROR: Module {name} is not currently loaded")
    if module["used_by"]:
        raise Rejected(f"ERROR: Module {name} is in use by: {' '.join(module['used_by'])}")
    if name == "nvidia" and (held_by_service() or machine.faults().get("module_in_use")):
        raise Rejected(f"ERROR: Module {name} is in use")
    del state["loaded"][name]
    for other in state["loaded"].values():
        other["used_by"] = [user for user in other["used_by"] if user != name]
    for address in [address for address, bound in state["bound"].items() if bound == name]:
        kernel.unbind(address)
        del state["bound"][address]
    machine.keep(state)
    kernel.show_modules(state["loaded"])
    driver.show(machine.description(), state)


def held_by_service() -> bool:
    """The services that keep the device nodes open."""
    for comm in (machine.ROOT / "proc").glob("[0-9]*/comm"):
        try:
            if comm.read_text().strip() in ("nvidia-persiste", "nv-fabricmanage", "nv-hostengine"):
                return True
        except OSError:
            continue
    return False


def boot() -> None:
    """What devices ask for when the kernel finds them: first from the initramfs, then from the disk."""
    vfio = machine.faults().get("vfio", [])
    state = machine.state()
    for card in machine.description()["cards"]:
        if card["address"] in vfio:
            kernel.bind(card["address"], "vfio-pci")
            state["bound"][card["address"]] = "vfio-pci"
    machine.keep(state)
    roots = (modprobe_d.INITRAMFS, machine.ROOT)
    if any(modprobe_d.loads_by_itself("nouveau", root) for root in roots) and _for_nouveau():
        _load_nouveau()
    description = machine.description()
    if (description["cards"] or description["switches"]) and modprobe_d.loads_by_itself("nvidia", machine.ROOT):
        for name in AT_BOOT:
            if find(name) and modprobe_d.loads_by_itself(name, machine.ROOT):
                try:
                    load(name)
                except Rejected as error:
                    kernel.log(f"systemd-udevd: {error}")
                    break


def install(version: str, is_open: bool) -> None:
    """As NVIDIA's own installer leaves it: no package knows of it."""
    native = Path(__file__).parent.parent / "native"
    target = FOLDER / "kernel/drivers/video"
    target.mkdir(parents=True, exist_ok=True)
    for name in NEEDS:
        text = json.dumps({"version": version, "open": is_open, "signer": ""})
        (target / f"{name.replace('_', '-')}.ko").write_text(text + "\n")
    libraries = machine.ROOT / "usr/lib/x86_64-linux-gnu"
    libraries.mkdir(parents=True, exist_ok=True)
    for library in ("libnvidia-ml.so", "libcuda.so"):
        shutil.copy(native / library, libraries / f"{library}.{version}")
        (libraries / f"{library}.1").unlink(missing_ok=True)
        (libraries / f"{library}.1").symlink_to(f"{library}.{version}")
    program = machine.ROOT / "usr/bin/nvidia-smi"
    program.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(native / "nvidia-smi", program)
    program.chmod(0o755)
    depmod()


def depmod() -> None:
    """The list of modules, by which the toolkit's units know that a driver came or went."""
    if FOLDER.is_dir():
        found = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("nvidia*.ko"))
        (FOLDER / "modules.dep").write_text("".join(f"{path}:\n" for path in found))


def _for_nouveau() -> list[str]:
    state = machine.state()
    cards = machine.description()["cards"]
    return [card["address"] for card in cards if card["nouveau"] and card["address"] not in state["bound"]]


def _load_nouveau() -> None:
    state = machine.state()
    for address in _for_nouveau():
        kernel.bind(address, "nouveau")
        state["bound"][address] = "nouveau"
        kernel.log(f"nouveau {address}: fb0: nouveaudrmfb frame buffer device")
    state["loaded"]["nouveau"] = {"version": "", "initstate": "live", "used_by": []}
    machine.keep(state)
    kernel.show_modules(state["loaded"])


def _probe(module: dict[str, Any], state: dict[str, Any]) -> None:
    """Take what can be taken; a module that finds nothing does not stay."""
    kind = "Open Kernel Module for x86_64" if module["open"] else "x86_64 Kernel Module"
    description = machine.description()
    taken = [card for card in description["cards"] if card["address"] in state["bound"]]
    free = [card for card in description["cards"] if card["address"] not in state["bound"]]
    kernel.log("nvidia: loading out-of-tree module taints kernel.")
    for card in taken:
        kernel.log(f"NVRM: GPU {card['address']} is already bound to {state['bound'][card['address']]}.")
    if taken:
        kernel.log(
            f"NVRM: The NVIDIA probe routine was not called for {len(taken)} device(s).",
            "NVRM: This can occur when another driver was loaded and ",
            "NVRM: obtained ownership of the NVIDIA device(s).",
            "NVRM: Try unloading the conflicting kernel module (and/or",
            "NVRM: reconfigure your kernel without the conflicting",
            "NVRM: driver(s)), then try loading the NVIDIA kernel module",
            "NVRM: again.",
        )
    served = []
    unsupported = machine.faults().get("unsupported", [])
    for card in free:
        words = fit.probe(card, module, card["address"] in unsupported)
        kernel.log(*words)
        if not words:
            served.append(card)
    switches = [switch["address"] for switch in description["switches"] if switch["device"] in SWITCHES]
    if not served and not switches:
        kernel.log("NVRM: None of the NVIDIA devices were initialized." if free else "NVRM: No NVIDIA devices probed.")
        raise Rejected("ERROR: could not insert 'nvidia': No such device")
    kernel.log(f"NVRM: loading NVIDIA UNIX {kind}  {module['version']}  Release Build  (lab)")
    for address in (*(card["address"] for card in served), *switches):
        kernel.bind(address, "nvidia")
        state["bound"][address] = "nvidia"
    for card in served:
        kernel.log(*fit.first_use(card, module))
