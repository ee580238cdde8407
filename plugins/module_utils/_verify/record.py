# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes down what was verified by a container. What it is compared with is fingerprint.fingerprint."""

from __future__ import annotations

import os
from typing import Any, Dict

from .._common import atomic_files, engine_paths, plain_files
from .._daemon_json import files
from .._daemon_json import state as daemon_json_state
from .._daemon_json.pending import settled
from .fingerprint import fingerprint


def record(path: str, nvidia: Dict[str, Any], with_gpus: bool) -> bool:
    """Records that what is there now was verified; false if that is known already."""
    # Another owner of daemon.json may be changing it, and what is pending there, at this moment.
    with files.locked("runtime_check"):
        _settle()
        current = fingerprint(nvidia, with_gpus).encode("ascii")
        if (plain_files.read(path) or b"").strip() == current:
            return False
        atomic_files.make_folder(os.path.dirname(path) or ".")
        atomic_files.write(path, current + b"\n", 0o644)
    return True


def _settle() -> None:
    """A change that the engine has taken up and that is verified is never rolled back any more."""
    state = daemon_json_state.load()
    config = daemon_json_state.read_config(engine_paths.DAEMON_JSON)[1]
    after = settled(state, daemon_json_state.engine_identity(config))
    if after != state:
        files.save(after)
