# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is past its end of life, and what is older than the version that fixed known vulnerabilities; with sources.

Sources, read in November 2026: debian.csv and ubuntu.csv of Debian's package distro-info-data 0.58+deb12u7,
project/BRANCHES-AND-TAGS.md of moby, NVIDIA's product security bulletin 5850. The driver's numbers: driver_branches.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple

from .._nvidia_driver.branches import BRANCHES
from .._planning.versions import numbers

_DISTRO_INFO = "Debian's distro-info-data"
_MOBY = "moby's project/BRANCHES-AND-TAGS.md"
_DRIVERS = "docs.nvidia.com/datacenter/tesla/drivers"
_DRIVER_FLOORS = "NVIDIA security bulletins 5821 and 5861"
_TOOLKIT = "NVIDIA security bulletin 5850 (CVE-2026-24260)"


class Support(NamedTuple):
    """Last days: of the vendor's own support, and of what comes after it, of which not everybody has a share."""

    ends: str
    extended_ends: str
    extended: str


_DISTRIBUTIONS: Dict[str, Support] = {
    "debian 10": Support("2022-09-10", "2024-06-30", "LTS"),
    "debian 11": Support("2024-08-14", "2026-08-31", "LTS"),
    "debian 12": Support("2026-07-11", "2028-06-30", "LTS"),
    "debian 13": Support("2028-08-09", "2030-06-30", "LTS"),
    "ubuntu 18.04": Support("2023-05-31", "2028-04-26", "Ubuntu Pro"),
    "ubuntu 20.04": Support("2025-05-29", "2030-04-23", "Ubuntu Pro"),
    "ubuntu 22.04": Support("2027-06-01", "2032-04-21", "Ubuntu Pro"),
    "ubuntu 24.04": Support("2029-05-31", "2034-04-25", "Ubuntu Pro"),
    "ubuntu 25.04": Support("2026-01-15", "2026-01-15", ""),
    "ubuntu 25.10": Support("2026-07-09", "2026-07-09", ""),
    "ubuntu 26.04": Support("2031-05-29", "2036-04-23", "Ubuntu Pro"),
    "ubuntu 26.10": Support("2027-07-15", "2027-07-15", ""),
}
# Of Docker's own packages; a distribution cares for its own. 25 is maintained too, by others than Docker.
_ENGINE_MAINTAINED = (25, 28)
_TOOLKIT_FLOOR = "1.19.1"

Finding = Dict[str, str]


def findings(host: Mapping[str, Any], toolkit: str, today: str) -> List[Finding]:
    """[{kind, subject, message, source}]; a kind is end_of_life or security_floor, ``today`` such as 2026-11-25."""
    found = [*_distribution(host["distribution"], today), *_engine(host), *_toolkit(toolkit)]
    driver = host["nvidia"]["driver"]
    version = driver["loaded_version"] or driver["user_space_version"] or driver["installed_version"] or ""
    return [*found, *(_driver(version, today) if host["nvidia"]["platform"] != "wsl2" else [])]


def _finding(kind: str, subject: str, message: str, source: str) -> Finding:
    return {"kind": kind, "subject": subject, "message": message, "source": source}


def _distribution(distribution: Mapping[str, Any], today: str) -> List[Finding]:
    name = f"{distribution['id']} {distribution['version_id']}"
    support = _DISTRIBUTIONS.get(name)
    if not support or today <= support.ends:
        return []
    message = f"its support ended on {support.ends}"
    if today <= support.extended_ends:
        message += f"; until {support.extended_ends} only {support.extended} has fixes"
    return [_finding("end_of_life", name, message, _DISTRO_INFO)]


def _engine(host: Mapping[str, Any]) -> List[Finding]:
    package = host["packages"].get("docker-ce")
    major = numbers(package["version"])[:1] if package else ()
    if not major or major[0] >= _ENGINE_MAINTAINED[-1] or major[0] in _ENGINE_MAINTAINED:
        return []
    message = f"Docker's branch {major[0]} is no longer maintained"
    return [_finding("end_of_life", "docker-ce", message, _MOBY)]


def _driver(version: str, today: str) -> List[Finding]:
    major = numbers(version)[:1]
    known = BRANCHES.get(major[0]) if major else None
    if not known:
        return []
    found = []
    if known.end_of_life and today[:7] > known.end_of_life:
        message = f"branch {major[0]} reached its end of life in {known.end_of_life}"
        found.append(_finding("end_of_life", f"driver {version}", message, _DRIVERS))
    if known.floor and numbers(version) < numbers(known.floor):
        message = f"it has known vulnerabilities, which {known.floor} fixes"
        found.append(_finding("security_floor", f"driver {version}", message, _DRIVER_FLOORS))
    return found


def _toolkit(version: str) -> List[Finding]:
    if not numbers(version) or numbers(version) >= numbers(_TOOLKIT_FLOOR):
        return []
    message = f"it has known vulnerabilities, which {_TOOLKIT_FLOOR} fixes"
    return [_finding("security_floor", f"container toolkit {version}", message, _TOOLKIT)]
