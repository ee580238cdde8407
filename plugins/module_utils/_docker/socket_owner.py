# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the place of the engine's socket, and whether it is the engine's: Podman, Docker Desktop and others put
theirs there, or a link to it. Nothing is asked at the socket, since that would start what listens."""

from __future__ import annotations

import os
import re
import stat
from typing import Any, Dict, List, Optional, Sequence

from .._common import engine_paths
from .._common.prober import Prober
from .._daemon_json import flags as daemon_json_flags

_KINDS = {stat.S_IFSOCK: "socket", stat.S_IFLNK: "link", stat.S_IFREG: "file", stat.S_IFDIR: "folder"}
# As dockerd's -H has it; the first is what systemd hands on, by docker.socket.
_ITS_OWN = re.compile(r"fd://.*|unix://((/var)?/run/docker\.sock)?")
_TABLE = "/proc/net/unix"
_LISTENING = "00010000"


def socket(prober: Prober, engine_is_up: bool, hosts: Sequence[str]) -> Optional[Dict[str, Any]]:
    """Null where nothing is there. ``hosts`` is what the engine was given to listen at."""
    path = engine_paths.SOCKET
    try:
        status = os.lstat(path)
        target = os.readlink(path) if stat.S_ISLNK(status.st_mode) else None
    except OSError:
        return None
    kind = _KINDS.get(stat.S_IFMT(status.st_mode), "other")
    expected = not hosts or any(map(_ITS_OWN.fullmatch, hosts))
    # Neither dockerd nor systemd ever makes a link there.
    of_engine = kind == "socket" and engine_is_up and expected
    return {
        "path": path,
        "gid": status.st_gid,
        "mode": f"{stat.S_IMODE(status.st_mode):04o}",
        "kind": kind,
        "target": target,
        "expected": expected,
        "of_engine": of_engine,
        # One without a listener is what an engine that was killed has left.
        "listening": kind == "socket" and (of_engine or _has_listener(prober.text(_TABLE) or "")),
    }


def hosts(content: Optional[Dict[str, Any]], flags: Sequence[str]) -> List[str]:
    """Where daemon.json and the unit have the engine listen; nothing where neither says so."""
    named = daemon_json_flags.combined(content, flags).get("hosts")
    return [str(each) for each in named] if isinstance(named, list) else []


def _has_listener(table: str) -> bool:
    """By the kernel's table of sockets: number, references, protocol, flags, type, state, inode and path."""
    rows = (line.split(None, 7) for line in table.splitlines())
    places = (engine_paths.SOCKET, f"/var{engine_paths.SOCKET}")
    return any(len(row) == 8 and row[3] == _LISTENING and row[7].strip() in places for row in rows)
