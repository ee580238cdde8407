# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the package manager can do what a plan has for it: else that is an error, before anything is touched."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Set, Tuple

from .step import step

Steps = List[Dict[str, Any]]

# Of all plans: what apt or dpkg does.
_NEEDED_BY = {
    *("repository", "repository_key", "index", "conflicts", "packages", "hold", "unhold", "python"),
    *("headers", "pinning", "others"),
    *("migrate", "removed"),
    *("toolkit", "driver_packages", "engine_packages", "toolkit_unhold", "driver_unhold", "engine_unhold"),
}


def ready(component: str, host: Dict[str, Any], steps: Steps, asks: str = "") -> Tuple[Steps, List[str]]:
    """The steps, behind what dpkg has to end first; and why they cannot be done, as ``errors`` has it."""
    works = any(each["step"] in _NEEDED_BY for each in steps)
    return _interrupted(component, host, works) + steps, errors(component, host, steps, asks)


def errors(component: str, host: Dict[str, Any], steps: Steps, asks: str = "") -> List[str]:
    """``asks`` is a setting for which apt is asked even if nothing is to do, as a newest version is."""
    names = list(dict.fromkeys(each["step"] for each in steps if each["step"] in _NEEDED_BY))
    if not (names or asks):
        return []
    needed = f"these steps need it ({', '.join(names)})" if names else f"{asks} needs it"
    found = [each for each in host["package_manager_errors"] if not _mends(host, steps, each)]
    return [f"{component}: apt cannot work on this host, and {needed}: {_reported(each)}" for each in found]


def _reported(error: Dict[str, Any]) -> str:
    return f"{error['words'].rstrip('.')}. {error['remedy']}"


def _interrupted(component: str, host: Dict[str, Any], apt_works: bool) -> Steps:
    if host["dpkg_interrupted"]:
        why = "an earlier run of dpkg was interrupted, and apt does not work until it is finished"
        return [step(component, "dpkg", why, "interrupted", "finished")]
    undone = host["undone_packages"]
    # Those of a driver or an engine are installed anew by their plans; they can wait for what these bring.
    if not apt_works or not undone or any(name in host["packages"] for name in undone):
        return []
    why = f"dpkg has not finished configuring {', '.join(undone)}, and apt would fail on it"
    return [step(component, "dpkg", why, undone, "finished")]


def _mends(host: Dict[str, Any], steps: Steps, error: Dict[str, Any]) -> bool:
    """Whether the plan itself fixes the error."""
    if error["path"]:
        return error["path"] in {
            *(each["to"]["path"] for each in steps if each["step"] == "repository"),
            *(each["from"] for each in steps if each["step"] == "foreign_repository"),
        }
    if error["packages"]:
        return any(name in _packages(steps) for name in error["packages"])
    # Two lists that contradict each other about a repository, which is taken out of one of them.
    contradicted = re.search(r"Conflicting values .* regarding source (\S+)", error["words"])
    if not contradicted:
        return False
    whys = [each["why"] for each in steps if each["step"].startswith("foreign_repository")]
    entries = [entry for entry in host["repositories"] if any(entry["path"] in why for why in whys)]
    return any(contradicted.group(1).rstrip("/") in entry["uris"] for entry in entries)


def _packages(steps: Steps) -> Set[str]:
    found: Set[str] = set()
    for each in steps:
        if each["step"] in ("packages", "conflicts", "others", "removed", "migrate"):
            for side in (each["from"], each["to"]):
                found.update(side if isinstance(side, (list, dict)) else ())
    return found
