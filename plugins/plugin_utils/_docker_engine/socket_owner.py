# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the place of the engine's socket and is someone else's."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from . import effective_config

# Of Docker's packages, and of dockerd without a setting.
GROUP = "docker"
_WORDS = {
    "file": "a file",
    "folder": "a folder",
    "socket": "a socket at which another program than this host's Docker engine listens",
    "other": "neither a socket nor a file",
}


def of_engine(host: Mapping[str, Any]) -> Optional[Dict[str, Any]]:
    """The engine's own socket; null where it has none, or another program has the place."""
    socket = host["engine"].get("socket")
    return socket if socket and socket["of_engine"] else None


def group(host: Mapping[str, Any]) -> str:
    """To which group the engine's socket is to belong: an administrator may have said another one, or root's."""
    unit = host["services"].get("docker.socket") or {}
    if unit.get("active"):
        return str(unit["socket_group"])
    return str(effective_config.now(host).get("group", GROUP))


def given_away(host: Mapping[str, Any]) -> str:
    """A sentence about the engine's own, where members of the group docker have nothing of it; empty otherwise."""
    socket, to = of_engine(host), group(host)
    return f"{socket['path']} is for the group {to or 'root'}" if socket and to != GROUP else ""


def foreign(host: Mapping[str, Any]) -> str:
    """A sentence about it; empty where there is nothing of the kind."""
    socket = host["engine"].get("socket")
    if not socket or socket["of_engine"] or (socket["kind"] == "socket" and not socket["listening"]):
        return ""
    words = f"a link to {socket['target']}" if socket["kind"] == "link" else _WORDS[socket["kind"]]
    return f"{socket['path']} is {words}"
