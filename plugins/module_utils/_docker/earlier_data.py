# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was in an engine's folder before this collection brought an engine: that is not ours to remove.

Where the engine is removed and its data stays, a file beside the data says so. A later engine of this collection finds
it, and the data counts as ours again, unless another engine has used it since.
"""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any, Dict, List, Optional

from .._common import atomic_files, plain_files
from . import data

_LEFT = data.LEFT


def before(folder: str) -> Dict[str, Any]:
    """Whether the folder ``existed``, and whether it held ``data`` of an engine that this collection did not bring."""
    left = _left(folder)
    return left if left else {"existed": os.path.lexists(folder), "data": data.holds_data(folder)}


def leave(folder: str, found: Dict[str, Any]) -> bool:
    """Says beside the data that it is ours, and what was there before it; whether that was not said yet."""
    if not data.holds_data(folder) or _left(folder) == found:
        return False
    text = json.dumps({"before": found, "as_it_was": _as_it_is(folder)}, sort_keys=True) + "\n"
    atomic_files.write(os.path.join(folder, _LEFT), text.encode("ascii"), 0o600)
    return True


def _left(folder: str) -> Optional[Dict[str, Any]]:
    # A file that others damaged says nothing.
    with contextlib.suppress(plain_files.FileError, ValueError, KeyError, TypeError):
        path = os.path.join(folder, _LEFT)
        found = json.loads(plain_files.read(path) or b"null")
        if found and os.lstat(path).st_uid == os.geteuid() and found["as_it_was"] == _as_it_is(folder):
            return {"existed": bool(found["before"]["existed"]), "data": bool(found["before"]["data"])}
    return None


def _as_it_is(folder: str) -> Dict[str, List[int]]:
    """Another one once an engine has started here: dockerd makes ``tmp`` anew, and writes into its databases."""
    names = [name for name in os.listdir(folder) if name != _LEFT] if os.path.isdir(folder) else []
    found = {}
    for name in sorted([*names, *data.DATABASES]):
        with contextlib.suppress(OSError):
            status = os.lstat(os.path.join(folder, name))
            found[name] = [status.st_ino, status.st_mtime_ns]
    return found
