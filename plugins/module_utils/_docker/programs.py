# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of the engine and of the toolkit: which are of packages, which would be found before them, and which run."""

from __future__ import annotations

import os
import shutil
from typing import Any, Dict, Mapping, Optional, Sequence

from .._common.prober import Prober

# Program -> the packages that may have it, the likeliest first.
PROGRAMS = {
    "dockerd": ("docker-ce", "docker.io", "moby-engine"),
    "docker": ("docker-ce-cli", "docker-cli", "docker.io", "moby-cli"),
    "containerd": ("containerd.io", "containerd", "moby-containerd"),
    "runc": ("containerd.io", "runc", "moby-runc"),
    "nvidia-ctk": ("nvidia-container-toolkit-base", "nvidia-container-toolkit"),
    "nvidia-container-runtime": ("nvidia-container-toolkit-base", "nvidia-container-toolkit"),
    "nvidia-container-runtime-hook": ("nvidia-container-toolkit",),
    "nvidia-cdi-hook": ("nvidia-container-toolkit-base",),
}
# systemd's own for units, and that of root's logins.
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_FILES = "/var/lib/dpkg/info/{}.list"
_GONE = " (deleted)"
_CONTAINERD = "containerd.service"


def programs(
    prober: Prober, packages: Mapping[str, Any], units: Mapping[str, Mapping[str, Any]]
) -> Dict[str, Dict[str, Any]]:
    """Of installed packages: {package, path, first}, the last two real paths; ``first`` is the one that is found."""
    found: Dict[str, Dict[str, Any]] = {}
    for name, owners in PROGRAMS.items():
        for package in (each for each in owners if each in packages):
            path = _path(prober, package, name)
            if path:
                first = shutil.which(name, path=_PATH)
                found[name] = {"package": package, "path": path, "first": os.path.realpath(first) if first else None}
                break
    for name, program in found.items():
        if name != "dockerd" and program["first"] not in (None, program["path"]):
            prober.problem(
                "program_shadowed",
                f"{program['first']} is found before {program['path']} of the package {program['package']}",
                f"Move {program['first']} away, unless it is there on purpose.",
            )
    _started(prober, found, units.get(_CONTAINERD) or {})
    return found


def _started(prober: Prober, found: Mapping[str, Any], unit: Mapping[str, Any]) -> None:
    """Whether containerd's unit starts another program than its package's."""
    program = found.get("containerd")
    starts = unit.get("program")
    if program and starts and os.path.basename(starts) == "containerd" and starts != program["path"]:
        prober.problem(
            "unit_shadowed",
            f"{_CONTAINERD} ({unit.get('fragment')}) starts {starts}, and not the {program['path']} of its package",
            f"`systemctl cat {_CONTAINERD}` shows the lines; remove them, unless they are there on purpose.",
        )


def of_process(pid: Optional[int]) -> Dict[str, Any]:
    """{path, replaced}: what a process runs, and whether another file is in its place by now; nulls where none does."""
    try:
        target = os.readlink(f"/proc/{pid}/exe") if pid else ""
    except OSError:
        target = ""
    replaced = target.endswith(_GONE)
    return {"path": (target[: -len(_GONE)] if replaced else target) or None, "replaced": replaced}


def _path(prober: Prober, package: str, name: str) -> str:
    """Of the package's files the one that is the program, without links on the way to it."""
    wanted: Sequence[str] = tuple(f"{folder}/{name}" for folder in _PATH.split(":")[2:])
    files = (prober.text(_FILES.format(package)) or "").splitlines()
    return next((os.path.realpath(path) for path in files if path in wanted), "")
