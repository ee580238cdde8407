# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a proof was about: once the engine's programs or its configuration are others, it is worth nothing any more."""

from __future__ import annotations

import hashlib
import os

from ansible_collections.dockyard.gpu.plugins.module_utils import daemon_state, engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils.daemon_pending import not_taken_up

# By size and time, since their hundreds of megabytes are too much to read at each look.
_PROGRAMS = tuple(
    os.path.join(folder, name)
    for name in ("containerd", "containerd-shim-runc-v2", "docker-init", "docker-proxy", "dockerd", "runc")
    for folder in ("/usr/bin", "/usr/sbin")
)
_FILES = (engine_paths.DAEMON_JSON, engine_paths.PROXY_ENVIRONMENT, *engine_paths.DROP_INS.values())


def fingerprint() -> str:
    """Another one as soon as an engine's program or a file that configures it is another."""
    digest = hashlib.sha256()
    for path in _PROGRAMS:
        try:
            found = os.stat(path)
        except OSError:
            continue
        digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    for path in _FILES:
        try:
            with open(path, "rb") as stream:
                content = stream.read()
        except OSError:
            continue
        digest.update(f"{path} {hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()


def is_recorded(path: str = engine_paths.PROVEN) -> bool:
    """Whether the last recorded proof was about what is there now."""
    try:
        with open(path, encoding="ascii") as stream:
            return stream.read().strip() == fingerprint()
    except (OSError, ValueError):
        return False


def record(path: str) -> bool:
    """Writes down that what is there now was proven; false if that is known already."""
    _settle()
    if is_recorded(path):
        return False
    os.makedirs(os.path.dirname(path) or ".", mode=0o755, exist_ok=True)
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "w", encoding="ascii") as stream:
        stream.write(fingerprint() + "\n")
    os.replace(temporary, path)
    return True


def _settle() -> None:
    """A change that the engine has taken up and that is proven is never rolled back any more."""
    state = daemon_state.load()
    config = daemon_state.read_config(engine_paths.DAEMON_JSON)[1]
    if state["pending"] and not not_taken_up(state, daemon_state.engine_identity(config)):
        daemon_state.save({**state, "pending": None})
