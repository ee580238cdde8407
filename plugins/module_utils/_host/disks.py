# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the disks that packages, the engine and an initramfs are written to have room."""

from __future__ import annotations

import os
from typing import Callable, Dict, Iterable, List

from .._common.prober import Prober

# Where packages, their index, initramfs files, images and containers come.
FOLDERS = ("/", "/usr", "/var/cache/apt/archives", "/var/lib/dpkg", "/boot", "/var/lib/containerd")
_MIB = 1 << 20
# A driver with its libraries and an initramfs, or the layers of an image, need more than this.
_LITTLE = {"/boot": 100 * _MIB}
_LITTLE_ELSEWHERE = 512 * _MIB
_FEW = 1000


def full(prober: Prober, folders: Iterable[str], statvfs: Callable[[str], os.statvfs_result] = os.statvfs) -> None:
    """A problem for each file system without room, with the folders that lie on it."""
    found: Dict[int, List[str]] = {}
    for folder in dict.fromkeys([*FOLDERS, *folders]):
        if prober.silent(folder):
            continue
        try:
            found.setdefault(os.stat(folder).st_dev, []).append(folder)
        except OSError:
            continue
    for names in found.values():
        try:
            said = statvfs(names[0])
        except OSError:
            continue
        _judge(prober, names, said)


def _judge(prober: Prober, names: List[str], said: os.statvfs_result) -> None:
    free, whole = said.f_bavail * said.f_frsize, said.f_blocks * said.f_frsize
    # /boot may have a small file system of its own, of which little is enough.
    enough = min(_LITTLE.get(names[0], _LITTLE_ELSEWHERE), whole // 5)
    where = ", ".join(names)
    if whole and free < enough:
        prober.problem(
            "disk_full",
            f"the disk of {where} is full: {free // _MIB} MiB of {whole // _MIB} MiB are free",
            f"Make room: `df -h {names[0]}` and `du -xhd1 {names[0]}` show what is there; `docker system df` what "
            "images and containers take, `apt-get clean` empties apt's, `apt-get autoremove` removes old kernels.",
        )
    elif said.f_files and said.f_favail < min(_FEW, said.f_files // 5):
        prober.problem(
            "disk_full",
            f"the disk of {where} can hold {said.f_favail} more files: of {said.f_files} inodes, the others are used",
            f"Remove files that no one needs: `df -i {names[0]}` and `du --inodes -xd1 {names[0]}` show where.",
        )
