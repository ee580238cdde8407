# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this collection made on this host, as it was recorded when it was made; what is not here is someone else's.

Two files hold it, written by ``installing`` and by apt:

``/var/lib/dockyard/installed.json``
    ``{kind: {name: {"by": role, "at": time, "before": ...}}}``, where ``before`` says what was there before, null for
    nothing. Each entry is written before the act, so that an act that is cut short is never forgotten.
``/var/lib/dockyard/packages``
    Which packages came and went. apt writes it, in the same run that hands them to dpkg: a role that was cut short
    before its apt began has no line here, and what an administrator installs afterwards stays his.

Kinds: ``groups``, ``members`` of the group docker, ``users`` that come with packages, ``holds``, ``files`` (a
repository's list or key, with what stood in its place), ``shared_files`` (that others write too, and that were not
there), ``data_roots`` (of an engine, with what was in them), ``configurations`` (of packages that had been removed and
not purged when a role installed them).
"""

from __future__ import annotations

import json
from typing import Any, Dict, NamedTuple, Optional

from .plain_files import FileError, read

RECORD = "/var/lib/dockyard/installed.json"
JOURNAL = "/var/lib/dockyard/packages"
# What stands for a role where this collection is removed.
REMOVAL = "remove"
KINDS = ("groups", "members", "users", "holds", "files", "shared_files", "data_roots", "configurations")


def entries(path: Optional[str] = None) -> Optional[Dict[str, Dict[str, Any]]]:
    """The record by kind; null where there is none."""
    path = path or RECORD
    text = read(path)
    if text is None:
        return None
    try:
        found = json.loads(text.decode("utf-8"))
        return {
            kind: {name: {**entry, "by": str(entry["by"])} for name, entry in names.items()}
            for kind, names in found.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileError(
            f"{path} is damaged ({error!r}). Move it away: then nothing that is on this host now counts as made by "
            "this collection, and remove leaves it."
        ) from error


class Packages(NamedTuple):
    """``ours`` came by this collection, and ``gone`` has it removed again, each with the role; a package of that name
    that is there now is another's. ``replaced`` were there before, and made way for others."""

    ours: Dict[str, str]
    gone: Dict[str, str]
    replaced: Dict[str, Dict[str, str]]


def packages(native: str, path: Optional[str] = None) -> Packages:
    """Names are as in apt: ``name:architecture`` for one of another architecture than ``native``, the host's own."""
    answer = Packages({}, {}, {})
    for line in (read(path or JOURNAL) or b"").decode("utf-8", "replace").splitlines():
        words = line.split()
        if len(words) != 6:
            continue  # Of a machine that stopped while it was written.
        role, name, old, old_architecture, new, new_architecture = words
        architecture = new_architecture if old == "-" else old_architecture
        name = name if architecture in ("all", native) else f"{name}:{architecture}"
        if old == new:
            continue  # Only its configuration goes.
        if old == "-":
            answer.gone.pop(name, None)
            # One that was there before this collection is back.
            if not answer.replaced.pop(name, None):
                answer.ours[name] = role
            continue
        brought_by = answer.ours.pop(name, None)
        if role == REMOVAL:
            answer.gone.update({name: brought_by} if brought_by else {})
        elif not brought_by:
            answer.replaced[name] = {"by": role, "version": old}
    return answer


def summary(native: str) -> Dict[str, Any]:
    """For host_info: what plans decide by, without the contents of files."""
    try:
        found = entries()
        known = packages(native)
    except FileError as error:
        return nothing(str(error))
    answer: Dict[str, Any] = {"error": None, "packages": known.ours, "gone": known.gone, "replaced": known.replaced}
    answer["recorded"] = found is not None or any(known)
    for kind in KINDS:
        kept = (found or {}).get(kind, {})
        answer[kind] = {name: {"by": entry["by"], "before": _shown(kind, entry)} for name, entry in kept.items()}
    return answer


def nothing(error: Optional[str] = None) -> Dict[str, Any]:
    """A host without a record, or with one that cannot be read."""
    empty: Dict[str, Any] = {kind: {} for kind in ("packages", "gone", "replaced", *KINDS)}
    return {"error": error, "recorded": False, **empty}


def _shown(kind: str, entry: Dict[str, Any]) -> Any:
    before = entry.get("before")
    # A repository's list may hold a password.
    return ("a file" if before and before["first"] else None) if kind == "files" else before
