# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes daemon.json, its backups and the memory of its owners. What reads them is state.py.

Every writer of daemon.json, of that memory or of the record of a verification holds one lock: each begins with what the
one before has left.
"""

from __future__ import annotations

import contextlib
import glob
import os
import stat
from datetime import datetime, timezone
from typing import Any, ContextManager

from .._common import atomic_files, json_text
from .._common.plain_files import FileError
from . import state as daemon_json_state

BACKUPS_KEPT = 5


def locked(doing: str) -> ContextManager[None]:
    return atomic_files.locked("daemon_json", doing)


def save(state: dict[str, Any], state_path: str = daemon_json_state.STATE_PATH) -> None:
    atomic_files.make_folder(os.path.dirname(state_path) or ".")
    # It has the values of daemon.json that were there before, whatever they were.
    data = json_text.whole(state).encode("utf-8")
    atomic_files.write(state_path, data, mode=0o600, keep_mode=False)


def announce(
    state: dict[str, Any], previous: dict[str, Any], before: dict[str, Any] | None, after: dict[str, Any] | None
) -> dict[str, Any]:
    """The state to save before daemon.json is replaced, so that an interruption is distinguished from a replacement."""
    kept = {key: previous[key] for key in ("owners", "displaced", "pending")}
    return {**state, "writing": {"before": before, "after": after, "previous": kept}}


def replace(path: str, before: str | None, after: str | None, mode: int | None = None) -> None:
    """daemon.json becomes ``after``, and with null goes, unless it is not what it was read as any more.

    ``mode`` null leaves that of a file that is there.
    """
    if daemon_json_state.read_text(path) != before:
        raise FileError(f"{path} was changed by another process during this run, and was left as it is. Run again.")
    if after is None:
        atomic_files.remove(atomic_files.destination(path))
        return
    atomic_files.make_folder(os.path.dirname(path))
    atomic_files.write(path, after.encode("utf-8"), 0o644 if mode is None else mode, keep_mode=mode is None)


def mode_of(path: str) -> int | None:
    """The permissions of a file; null where there is none."""
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except OSError:
        return None


def back_up(path: str) -> str:
    """A copy beside the file, with its mode and owner; the newest few of ours are kept."""
    target = atomic_files.destination(path)
    stem = target + ".dockyard-"
    copy = stem + datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ") + "~"
    atomic_files.copy(target, copy)
    for old in sorted(glob.glob(glob.escape(stem) + "*~"))[:-BACKUPS_KEPT]:
        with contextlib.suppress(FileError):
            atomic_files.remove(old)
    return copy
