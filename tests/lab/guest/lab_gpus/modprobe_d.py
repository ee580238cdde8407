# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `modprobe.d` says, on the disk and in the initramfs that was made from it."""

from __future__ import annotations

import shutil
from pathlib import Path

from . import machine

FOLDERS = ("etc/modprobe.d", "run/modprobe.d", "usr/local/lib/modprobe.d", "usr/lib/modprobe.d")
# Like an initramfs, a copy of the day it was made.
INITRAMFS = machine.ROOT / "var/lib/dockyard-lab-gpus/initramfs"
# What others see of it. Only its time matters; on a host with a kernel of its own it is a real one.
IMAGE = machine.ROOT / f"boot/initrd.img-{machine.KERNEL}"


def remember() -> None:
    """What `update-initramfs` does that matters here, and what the installation of the kernel did."""
    shutil.rmtree(INITRAMFS, ignore_errors=True)
    for name in FOLDERS:
        (INITRAMFS / name).mkdir(parents=True)
        for path in sorted((machine.ROOT / name).glob("*.conf")):
            shutil.copyfile(path, INITRAMFS / name / path.name)
    IMAGE.parent.mkdir(exist_ok=True)
    IMAGE.touch()


def loads_by_itself(module: str, root: Path) -> bool:
    """Whether a device that asks for the module gets it; `blacklist` and `install` both stop that."""
    return ["blacklist", module] not in _lines(root) and may_load(module, root)


def may_load(module: str, root: Path) -> bool:
    """Whether `modprobe NAME` does: `install NAME /bin/false` stops that too, `blacklist` does not."""
    stops = [["install", module, stop] for stop in ("/bin/false", "/usr/bin/false", "/bin/true", "/usr/bin/true")]
    return not any(words[:3] in stops for words in _lines(root))


def _lines(root: Path) -> list[list[str]]:
    """A file hides those of its name in later folders."""
    files: dict[str, Path] = {}
    for name in FOLDERS:
        for path in (root / name).glob("*.conf"):
            files.setdefault(path.name, path)
    lines = (line.split("#")[0].split() for path in files.values() for line in path.read_text().splitlines())
    return [[words[0], words[1].replace("-", "_"), *words[2:]] for words in lines if len(words) > 1]
