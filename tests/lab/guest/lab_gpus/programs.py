# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that a lab host answers for: about the stand-in modules itself, for all else with the real one."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from . import kernel, machine, modprobe_d, modules

DIVERTED = ".dockyard-lab-real"


def main(name: str, arguments: list[str]) -> int:
    return {
        "modprobe": modprobe,
        "rmmod": rmmod,
        "modinfo": modinfo,
        "dmesg": dmesg,
        "journalctl": journalctl,
        "update-initramfs": update_initramfs,
    }[name](arguments)


def modprobe(arguments: list[str]) -> int:
    names = [word for word in arguments if not word.startswith("-")]
    short = "".join(word[1:] for word in arguments if word.startswith("-") and not word.startswith("--"))
    if not names or not modules.is_ours(names[0]):
        return real("modprobe", arguments)
    remove = "r" in short or "--remove" in arguments
    # Without -r, what follows the name are the module's parameters.
    for name in names if remove else names[:1]:
        try:
            if remove:
                modules.unload(name)
            elif not modprobe_d.may_load(modules.plain(name), machine.ROOT):
                print(
                    "modprobe: ERROR: ../libkmod/libkmod-module.c:1047 command_do() "
                    f"Error running install command '/bin/false' for module {name}: retcode 1",
                    file=sys.stderr,
                )
                return 1
            else:
                modules.load(name)
        except modules.Rejected as error:
            print(f"modprobe: {error}", file=sys.stderr)
            return 0 if "q" in short and "not found" in str(error) else 1
    return 0


def rmmod(arguments: list[str]) -> int:
    names = [word for word in arguments if not word.startswith("-")]
    if not all(map(modules.is_ours, names)):
        return real("rmmod", arguments)
    for name in names:
        try:
            modules.unload(name)
        except modules.Rejected as error:
            print(f"rmmod: {error}", file=sys.stderr)
            return 1
    return 0


def modinfo(arguments: list[str]) -> int:
    names = [word for word in arguments if Path(word).name.startswith("nvidia")]
    if not names or not modules.is_ours(Path(names[0]).name.split(".")[0]):
        return real("modinfo", arguments)
    found = modules.find(Path(names[0]).name.split(".")[0])
    if not found:
        print(f"modinfo: ERROR: Module {names[0]} not found.", file=sys.stderr)
        return 1
    path, module = found
    fields = {
        "filename": str(path),
        "version": module["version"],
        "license": "Dual MIT/GPL" if module["open"] else "NVIDIA",
        "vermagic": f"{machine.KERNEL} SMP preempt mod_unload",
        "signer": {"vendor": "Canonical Ltd. Kernel Module Signing"}.get(module["signer"], module["signer"]),
    }
    asked = next((arguments[i + 1] for i, word in enumerate(arguments[:-1]) if word in ("-F", "--field")), "")
    asked = asked or next((word[2:] for word in arguments if word.startswith("-F") and len(word) > 2), "")
    asked = asked or ("filename" if "-n" in arguments else "")
    for field, value in fields.items():
        if value and asked == field:
            print(value)
        elif value and not asked:
            print(f"{field + ':':<16}{value}")
    return 0


def dmesg(arguments: list[str]) -> int:
    """The lab's own lines; the machine's log is not a container's to read."""
    print(kernel.LOG.read_text() if kernel.LOG.exists() else "", end="")
    return 0


def journalctl(arguments: list[str]) -> int:
    if not {"-k", "--dmesg", "_TRANSPORT=kernel"}.intersection(arguments):
        return real("journalctl", arguments)
    for line in kernel.LOG.read_text().splitlines() if kernel.LOG.exists() else ():
        text = line.split("] ", 1)[1]
        print(
            text if {"cat", "--output=cat", "-ocat"}.intersection(arguments) else f"Jan 01 00:00:00 lab kernel: {text}"
        )
    return 0


def update_initramfs(arguments: list[str]) -> int:
    if not {"-u", "-c"}.intersection(arguments):
        return 1
    # As the real one: without a version, that of the newest kernel alone, whichever runs.
    images = sorted(modprobe_d.IMAGE.parent.glob("initrd.img-*"), key=_version)
    for image in images if "all" in arguments else images[-1:]:
        print(f"update-initramfs: Generating {image}")
        image.touch()
        if image == modprobe_d.IMAGE:
            modprobe_d.remember()
    return 0


def _version(image: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", image.name)]


def real(name: str, arguments: list[str]) -> int:
    for folder in ("/usr/sbin", "/usr/bin", "/sbin", "/bin"):
        program = f"{folder}/{name}{DIVERTED}"
        if os.path.exists(program):
            # kmod is one program that goes by the name it is called with.
            os.execv(program, [name, *arguments])
    print(f"{name}: not installed on this lab host", file=sys.stderr)
    return 127
