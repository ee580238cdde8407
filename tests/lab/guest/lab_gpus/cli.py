# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`lab-gpus`: what the lab's unit and the tests say to a lab host."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from . import driver, kernel, machine, modprobe_d, modules, programs, wsl


def main() -> int:
    name = Path(sys.argv[0]).name
    if name != "lab-gpus":
        return programs.main(name, sys.argv[1:])
    parser = argparse.ArgumentParser(prog="lab-gpus", description="The GPUs of this lab host.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("boot", help="what the unit runs: show the hardware, load what loads by itself")
    verbs.add_parser("status", help="description, faults and state as JSON")
    fault = verbs.add_parser("fault", help="switch a fault on or off")
    fault.add_argument("name", choices=machine.FAULT_VALUES)
    fault.add_argument("value", help="JSON, or `off`")
    preinstalled = verbs.add_parser("preinstall", help="a driver that no package knows of")
    preinstalled.add_argument("version")
    preinstalled.add_argument("--open", action="store_true")
    arguments = parser.parse_args()
    if arguments.verb == "boot":
        boot()
    elif arguments.verb == "fault":
        set_fault(arguments.name, arguments.value)
    elif arguments.verb == "preinstall":
        modules.install(arguments.version, arguments.open)
    else:
        answer = {"machine": machine.description(), "faults": machine.faults(), "state": machine.state()}
        print(json.dumps(answer, indent=2))
    return 0


def boot() -> None:
    """Once a boot; a second call shows the hardware anew, as after another boot."""
    machine.RUN.mkdir(parents=True, exist_ok=True)
    kernel.LOG.write_text("")
    machine.keep({})
    for folder in (kernel.PCI, kernel.PCI_DRIVERS, driver.PROC):
        kernel.cover(folder)
    kernel.cover_modules()
    description = machine.description()
    driver.show(description, machine.state())
    if not modprobe_d.INITRAMFS.exists():
        modprobe_d.remember()
    if description["platform"] == "wsl2":
        wsl.show({**description, "cards": []})
    kernel.show_devices({**description, "cards": [] if description["platform"] == "wsl2" else description["cards"]})
    if machine.faults().get("secure_boot"):
        kernel.show_secure_boot(True)
    if description["platform"] == "bare_metal":
        modules.boot()


def set_fault(name: str, value: str) -> None:
    setting = None if value == "off" else json.loads(value)
    machine.set_fault(name, setting)
    if name == "secure_boot":
        kernel.show_secure_boot(bool(setting))
    elif name == "missing":
        for address in setting or ():
            kernel.hide_device(address)
    elif name == "fell_off":
        for address in setting or ():
            place = address.removesuffix(".0")
            kernel.log(f"NVRM: Xid (PCI:{place}): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.")
