# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that a role writes in a place where others write too, such as a vendor's repository list: they are given back.

What stood there first is kept in the record, and so is a hash of what was written last. At the end the first is put
back, unless the file has become another one meanwhile: then that is an administrator's.
"""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from .._common import atomic_files, installing, plain_files
from .._common.prober import Prober
from . import repositories
from .apt import facts

_KIND = "files"


class GivenBack(NamedTuple):
    changed: List[str]
    kept: List[Dict[str, str]]


def note(by: str, files: Sequence[Tuple[str, Optional[bytes]]]) -> Dict[str, Any]:
    """Before they are written: paths and what they will hold, null for nothing. Returns what ``take_back`` needs."""
    with installing.changing(f"the record of what {by} writes") as record:
        known = record.entries(_KIND)
        for path, after in files:
            first = known[path]["before"]["first"] if path in known else _found(path)
            record.note(by, _KIND, [path], {"first": first, "written": _hash(after)})
    return {path: known.get(path) for path, _after in files}


def take_back(noted: Dict[str, Any]) -> None:
    """They were not written after all."""
    with installing.changing("the record of what was not written") as record:
        record.put_back(_KIND, noted)


def give_back(record: installing.Record, roles: Sequence[str], write: bool) -> GivenBack:
    """Puts back what stood in the place of the roles' files, or removes them, and forgets them."""
    result = GivenBack([], [])
    # Lists before the keys that they name.
    ours = sorted(
        (path for path, entry in record.entries(_KIND).items() if entry["by"] in roles),
        key=lambda path: (not path.endswith((".sources", ".list")), path),
    )
    for path in ours:
        kept = record.entries(_KIND)[path]["before"]
        why = _reason_to_keep(path, kept, ours)
        if why:
            result.kept.append({"path": path, "why": why})
        elif _differs(path, kept["first"]) and not _is_the_same_key(path, kept["first"]):
            result.changed.append(path)
            if write:
                _put(path, kept["first"])
        if write:
            record.forget(_KIND, [path])
    return result


def _reason_to_keep(path: str, kept: Dict[str, Any], ours: Sequence[str]) -> str:
    if _hash(plain_files.read(path)) not in (kept["written"], _hash(_content(kept["first"]))):
        return "it has been changed since, and not by this collection"
    users = {
        entry["path"]
        for entry in facts.repositories(Prober())
        if path in repositories.keyrings([entry]) and entry["path"] not in ours
    }
    return f"{', '.join(sorted(users))} is signed by it" if users and not kept["first"] else ""


def _found(path: str) -> Optional[Dict[str, Any]]:
    data = plain_files.read(path)
    if data is None:
        return None
    status = os.stat(path)
    content = base64.b64encode(data).decode("ascii")
    return {
        "content": content,
        "mode": stat.S_IMODE(status.st_mode),
        "uid": status.st_uid,
        "gid": status.st_gid,
        **_key(path),
    }


def _key(path: str) -> Dict[str, Any]:
    found = next((key for key in facts.keys(Prober()) if key["path"] == path), {"fingerprints": [], "error": ""})
    return {"fingerprints": found["fingerprints"], "error": found["error"]}


def _is_the_same_key(path: str, first: Optional[Dict[str, Any]]) -> bool:
    """Ours serves whoever trusted the first, and what else that may have trusted does not come back."""
    if not first:
        return False
    return bool(first["error"]) or not set(_key(path)["fingerprints"]).isdisjoint(first["fingerprints"])


def _put(path: str, first: Optional[Dict[str, Any]]) -> None:
    if not first:
        atomic_files.remove(path)
    else:
        atomic_files.make_folder(os.path.dirname(path))
        atomic_files.write(path, _content(first) or b"", first["mode"], keep_mode=False)
        os.chown(path, first["uid"], first["gid"])


def _differs(path: str, first: Optional[Dict[str, Any]]) -> bool:
    return plain_files.read(path) != _content(first)


def _content(first: Optional[Dict[str, Any]]) -> Optional[bytes]:
    return base64.b64decode(first["content"]) if first else None


def _hash(data: Optional[bytes]) -> Optional[str]:
    return None if data is None else hashlib.sha256(data).hexdigest()
