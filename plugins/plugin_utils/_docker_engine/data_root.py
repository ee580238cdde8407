# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a folder can become the engine's data root: dockerd gives it the mode 0710 at each start, and with that takes
from all other users what they have below it."""

from __future__ import annotations

import posixpath
from typing import Any, List, Mapping

# Of the system, also where nothing is in them yet. Names to compare with: nothing is written there.
_SHARED = frozenset([
    "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/media", "/mnt", "/opt", "/proc", "/root", "/run",
    "/sbin", "/srv", "/sys", "/usr", "/usr/local", "/usr/share", "/var", "/var/cache", "/var/lib", "/var/log",
    "/var/opt", "/var/spool", "/tmp", "/var/tmp",  # noqa: S108
])  # fmt: skip


def problem(host: Mapping[str, Any], root: str) -> str:
    """The end of a sentence about the folder, with the way out; empty where nothing is wrong, or it is in use."""
    found = host["data_roots"].get(root) or {}
    place = posixpath.normpath(found.get("folder") or root)
    if root == host["engine"].get("data_root"):
        return ""
    names = found.get("others") or []
    if place in _SHARED:
        why = "is a system folder"
    elif names:
        why = f"has {', '.join(names)} in it, which no engine created"
    else:
        return ""
    closed = "the engine would make it accessible to root only (mode 0710)"
    return f"{root} {why}, and {closed}; set a folder of its own: {posixpath.join(place, 'docker')}"


def silent(host: Mapping[str, Any], desired: str) -> List[str]:
    """Errors: what is on a mount that does not answer is not known, and an engine that needs it waits too."""
    return [
        f"{'docker_engine_data_root' if path == desired else 'docker_engine'}: {path} lies on the mount "
        f"{found['silent']}, which does not answer, so that it is unknown what the engine has there; repair the mount, "
        "or unmount it: `umount -f -l`"
        for path, found in host["data_roots"].items()
        if found.get("silent")
    ]
