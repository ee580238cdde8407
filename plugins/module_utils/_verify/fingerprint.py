# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verification was about: once the engine, its configuration, the GPUs, their driver or the toolkit that gives
them to containers are others, it is worth nothing any more."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from typing import Any, Dict

from .._common import engine_paths, plain_files

# By size and time, since their hundreds of megabytes are too much to read in each run.
_PROGRAMS = tuple(
    os.path.join(folder, name)
    for name in ("containerd", "containerd-shim-runc-v2", "docker-init", "docker-proxy", "dockerd", "runc")
    for folder in ("/usr/bin", "/usr/sbin")
)
_FILES = (engine_paths.DAEMON_JSON, engine_paths.PROXY_ENVIRONMENT, *engine_paths.DROP_INS.values())


def fingerprint(nvidia: Dict[str, Any], with_gpus: bool) -> str:
    """Another one as soon as something is another that the verification was about.

    ``nvidia`` is what gpu_info found; ``with_gpus`` says whether containers were given GPUs then. Only then
    are they, their driver and the toolkit a part of it.
    """
    digest = hashlib.sha256()
    for path in _PROGRAMS:
        with contextlib.suppress(OSError):
            found = os.stat(path)
            digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    for path in _FILES:
        with contextlib.suppress(plain_files.FileError):
            digest.update(f"{path} {hash_of(path)}\n".encode())
    if with_gpus:
        from . import gpu_fingerprint

        digest.update(json.dumps(gpu_fingerprint.parts(nvidia), sort_keys=True).encode())
    return digest.hexdigest()


def is_recorded(nvidia: Dict[str, Any], path: str = engine_paths.VERIFIED) -> bool:
    """Whether the last recorded verification was about what is there now, with GPUs if they can be verified now."""
    try:
        recorded = (plain_files.read(path) or b"").strip().decode("ascii", "replace")
    except plain_files.FileError:
        # Who records the next verification says what is wrong with it.
        return False
    if not recorded:
        return False
    # Most hosts have nothing of what the rest is about.
    if not _provable(nvidia) and recorded == fingerprint(nvidia, False):
        return True
    return recorded == fingerprint(nvidia, True)


def _provable(nvidia: Dict[str, Any]) -> bool:
    if not nvidia["driver"]["answers"]:
        return False
    from . import gpu_fingerprint

    return gpu_fingerprint.provable(nvidia)


def hash_of(path: str) -> str:
    data = plain_files.read(path)
    return "" if data is None else hashlib.sha256(data).hexdigest()
