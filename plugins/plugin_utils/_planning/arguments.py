# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tasks of several roles hand to modules. Apart from the plans, which each run needs."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence

from ansible_collections.dockyard.gpu.plugins.module_utils._packages.vendor import Repository


def repository(
    role: str, desired: Optional[Repository], path: str, key_path: str, todo: Mapping[str, Any]
) -> Dict[str, Any]:
    """All that signed_repository takes but the limits: the desired repository, or the absence of the one at ``path``.

    ``touched``: without a repository only one that the role wrote earlier goes, and only the index is the role's.
    """
    return {
        "state": "present" if desired else "absent",
        "path": path,
        "content": desired.content if desired else "",
        "key": {"path": key_path} if not desired else desired.key._asdict() if desired.key else {},
        "also_known_as": list(desired.also_known_as) if desired else [],
        "vendor_keys": list(desired.vendor_keys) if desired else [],
        "by": role,
        "index": "all" if todo.get("index", {}).get("to") == "all" else "needed",
        "touched": bool(desired) or "foreign_repository" in todo,
    }


def holds(todo: Mapping[str, Any], gone: Sequence[str] = ()) -> Dict[str, List[str]]:
    """What is held and released. ``gone`` went in the same run: apt-mark fails for what is not here."""
    release = todo.get("unhold", {}).get("from") or []
    return {"hold": todo.get("hold", {}).get("from") or [], "release": release, "gone": list(gone)}


def held(host: Mapping[str, Any], names: Iterable[str]) -> List[str]:
    """Those that are on hold, whoever's it is: they are released for the exchange. The plan is an error where they may
    not be."""
    return [name for name in names if name in host["packages"] and host["packages"][name]["held"]]
