# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which version of a package apt would install: the newest, but for pins, which are an administrator's decision."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List

from . import versions


def latest(host: Dict[str, Any], name: str) -> str:
    """Empty where nothing is known of it, or pins forbid all."""
    candidate = host["candidates"].get(name)
    offered = host["offered"].get(name) or []
    return str(candidate) if candidate is not None else versions.newest(offered) if offered else ""


def forbidden(host: Dict[str, Any], names: Iterable[str]) -> List[str]:
    """Those that are offered, and that apt does not install in any version, for the sake of pins."""
    return [name for name in names if host["candidates"].get(name) == "" and host["offered"].get(name)]


def error(setting: str, names: Iterable[str]) -> str:
    return (
        f"{setting}, and apt's pins forbid every version of {', '.join(names)} (`apt-cache policy` shows them); remove "
        "them from /etc/apt/preferences.d, or set a version"
    )


def held_back(host: Dict[str, Any], names: Iterable[str]) -> str:
    """What pins make of them, in words; empty where each is the newest."""
    found = []
    for name in names:
        candidate, offered = host["candidates"].get(name), host["offered"].get(name) or []
        if candidate and offered and versions.newest([candidate, *offered]) != candidate:
            found.append(f"{name} {candidate} to {versions.newest(offered)}")
    return f"apt's pins (/etc/apt/preferences.d) prefer {', '.join(found)}" if found else ""


def has(offered: Iterable[str]) -> str:
    """The versions, the newest first, as an error says them."""
    return ", ".join(sorted({versions.upstream(item) for item in offered}, key=versions.numbers, reverse=True))


def not_yet_known(version: str, offered: Iterable[str]) -> str:
    """Of a version that no index has which is there, where an index is read before the version is needed."""
    found = has(offered)
    known = f"the package index has no {version} yet, but {found}, and is updated first"
    unknown = f"whether the repository has {version} is known once its index is updated"
    return f"{known if found else unknown}; without that version the run fails there"
