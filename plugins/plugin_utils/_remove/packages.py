# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which packages go, and which of their configuration, by what apt and dpkg say of them.

Removals are simulated beforehand: apt would take along whatever needs a package, and all that no one needs any more,
also what was there before this collection.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, Sequence, Tuple

_GOES = re.compile(r"^(?:Remv|Purg) (\S+)", re.MULTILINE)
# A package that is gone but for its configuration, with its files and their sums as they came.
_LEFT = re.compile(r"^config-files (\S+)\n((?: .*\n)*)", re.MULTILINE)
_FILE = re.compile(r"^ (\S+) ([0-9a-f]{32})", re.MULTILINE)
_FAILED = re.compile(r"^(.*): FAILED$", re.MULTILINE)


def removal(
    named: Sequence[str], recorded: Mapping[str, Any], simulated: str, orphans: str, whole: str
) -> Dict[str, List[str]]:
    """``simulated`` is apt's output for the named packages, ``whole`` the same with autoremove, ``orphans`` autoremove
    alone; ``recorded`` has what this collection installed."""
    ours = {*named, *recorded}
    before = {*_GOES.findall(orphans)} - {*named}
    return {
        "packages": [name for name in _GOES.findall(whole) if name in ours and name not in before],
        # They depend on what is removed, belong to others, and were not asked for.
        "dependents": [name for name in _GOES.findall(simulated) if name not in ours],
    }


def configuration(
    installed: Mapping[str, Any], packages: Sequence[str], roles: Sequence[str], listed: str, checked: str = ""
) -> Dict[str, Any]:
    """``listed`` is dpkg's list of packages with their files, ``checked`` the output of md5sum for ``sums``.

    Ours is what went now, and what went before an interruption; not where it was there before.
    """
    candidates = {*packages, *_recorded(installed, roles)} - {*installed["configurations"]}
    left: List[Tuple[str, str]] = [each for each in _LEFT.findall(f"{listed}\n") if each[0] in candidates]
    edited = _FAILED.findall(checked)
    kept = [name for name, files in left if any(path in edited for path, _sum in _FILE.findall(files))]
    return {
        "sums": "\n".join(f"{total}  {path}" for _name, files in left for path, total in _FILE.findall(files)),
        # What was changed since it came is an administrator's. dpkg would delete it.
        "edited": edited,
        "kept": kept,
        "purged": [name for name, _files in left if name not in kept],
        "has_data_purge": "docker.io" in {*packages, *_recorded(installed, roles)},
    }


def _recorded(installed: Mapping[str, Any], roles: Sequence[str]) -> List[str]:
    brought = {**installed["gone"], **installed["packages"]}
    return [name for name, role in brought.items() if role in roles]
