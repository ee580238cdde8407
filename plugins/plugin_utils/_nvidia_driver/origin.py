# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a host's driver came from: packages, or NVIDIA's own installer (.run file), which no package may write over."""

from __future__ import annotations

import re
from typing import Any, Dict, List

from .._planning.versions import numbers
from .packages import WORKING, is_driver_package

# What brings kernel modules; a library, a program or firmware may be there for a tool that only reads GPUs.
_MODULES = re.compile(r"nvidia-((?!fs-)\S+-)?dkms(-|$)|linux-(modules|objects)-nvidia-")


def error(host: Dict[str, Any]) -> str:
    """Why packages have no business beside this host's driver; empty where it is one of packages, or there is none."""
    if not host["nvidia"]["driver"]["installer"] or _is_of_packages(host):
        return ""
    beside = sorted(name for name in host["packages"] if is_driver_package(name))
    packages = f"; the packages {', '.join(beside)} brought no modules that are in use" if beside else ""
    return (
        "nvidia_driver_source: this host's driver was installed by NVIDIA's own installer (.run file), and packages "
        f"would break it{packages}; remove it with `nvidia-uninstall`, or set nvidia_driver_source: preinstalled"
    )


def _is_of_packages(host: Dict[str, Any]) -> bool:
    """Whether packages brought modules, and one of them is of the version that is on this host.

    What a .run file left behind says nothing then. Packages of the kernel's prebuilt modules have the kernel's version,
    so that it is a library of the same driver that tells.
    """
    works = {name: package for name, package in host["packages"].items() if package["state"] in WORKING}
    here = _version(host["nvidia"]["driver"])
    same = [package for name, package in works.items() if is_driver_package(name) and _is_of(package["version"], here)]
    return any(map(_MODULES.match, works)) and bool(same or not here)


def _version(driver: Dict[str, Any]) -> List[int]:
    """Of the module that the next boot loads, of the loaded one, or of the libraries; empty where none is known."""
    found = driver["installed_version"] or driver["loaded_version"] or driver["user_space_version"] or ""
    return list(map(int, re.findall(r"\d{1,9}", found)))


def _is_of(version: str, here: List[int]) -> bool:
    return list(numbers(version)[: len(here)]) == here
