# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the record of what this collection makes on a host; ``installed`` reads it.

A module that makes something of these kinds notes it before it does so, and only what is not there yet::

    with installing.changing("docker_group") as record:
        record.note("docker_group", "members", ["ada"])   # on disk when it returns
        ...                                               # gpasswd --add ada docker
        record.forget("members", ["bob"])                 # gone again, or never came about

What came about before the collection has no entry and is never removed. The context holds a lock of its own, so that
two runs do not lose each other's entries; a process takes it once.

Packages are not noted: with ``APT_CONFIG`` and ``DOCKYARD_ROLE`` in its environment, apt does that (see ``prepare``).
"""

from __future__ import annotations

import contextlib
import json
from datetime import datetime, timezone
from typing import Any, Dict, Iterable, Iterator, List, Sequence

from . import atomic_files, installed, plain_files

FOLDER = "/var/lib/dockyard"
APT_CONFIG = "/var/lib/dockyard/apt.conf"


class Record:
    """The entries, each change of which is on disk at once."""

    def __init__(self) -> None:
        self._entries: Dict[str, Dict[str, Any]] = installed.entries() or {}

    def entries(self, kind: str) -> Dict[str, Any]:
        return dict(self._entries.get(kind, {}))

    def names(self, kind: str) -> List[str]:
        return sorted(self._entries.get(kind, {}))

    def note(self, by: str, kind: str, names: Iterable[str], before: Any = None) -> None:
        """That the role is about to make these, which are not there now, or are as ``before`` says."""
        if kind not in installed.KINDS:
            raise ValueError(kind)
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        fresh = {name: {"by": by, "at": now, "before": before} for name in names}
        if fresh:
            self._entries[kind] = {**self._entries.get(kind, {}), **fresh}
            self._save()

    def forget(self, kind: str, names: Sequence[str]) -> None:
        kept = self._entries.get(kind, {})
        if any(name in kept for name in names):
            self._entries[kind] = {name: entry for name, entry in kept.items() if name not in names}
            self._save()

    def put_back(self, kind: str, entries: Dict[str, Any]) -> None:
        """Entries as they were before a ``note``, null for none."""
        kept = {name: entry for name, entry in self._entries.get(kind, {}).items() if name not in entries}
        self._entries[kind] = {**kept, **{name: entry for name, entry in entries.items() if entry}}
        self._save()

    def _save(self) -> None:
        found = {kind: names for kind, names in self._entries.items() if names}
        if not found:
            atomic_files.remove(installed.RECORD)
            return
        atomic_files.make_folder(FOLDER)
        text = json.dumps(found, indent=1, sort_keys=True) + "\n"
        # What a repository's list had in it may be a password.
        atomic_files.write(installed.RECORD, text.encode("utf-8"), 0o600)


@contextlib.contextmanager
def changing(doing: str) -> Iterator[Record]:
    """Raises FileError where the record is damaged or cannot be written."""
    with atomic_files.locked("installed", doing):
        yield Record()


def forget_packages(roles: Sequence[str]) -> None:
    """Of the roles that take away what they brought; with the last of them, apt needs nothing of ours any more."""
    lines = (plain_files.read(installed.JOURNAL) or b"").decode("utf-8", "replace").splitlines()
    ours = [line for line in lines if line.split(" ", 1)[0] not in (*roles, installed.REMOVAL)]
    kept = [line for line in lines if line in ours or line.split(" ", 1)[0] == installed.REMOVAL] if ours else []
    if kept:
        if kept != lines:
            atomic_files.write(installed.JOURNAL, "".join(f"{line}\n" for line in kept).encode("utf-8"), 0o644)
        return
    atomic_files.remove(installed.JOURNAL)
    atomic_files.remove(APT_CONFIG)


def prepare(write: bool = True) -> bool:
    """Brings what apt needs to write the packages down; whether that was not there yet.

    apt.conf(5), DPkg::Pre-Install-Pkgs: with version 3 of its protocol, apt writes a line for each package and act
    before it calls dpkg: name, version, architecture and multi-arch of the old one, a sign, the same of the new one,
    file or act. Only what comes where nothing was, and what goes, is kept. apt ends where that cannot be written.
    """
    data = (
        'DPkg::Pre-Install-Pkgs { "awk -v role=$DOCKYARD_ROLE '
        "'NF == 9 && ($2 ~ /^-$/ && $9 !~ /CONFIGURE/ || $6 ~ /^-$/) {print role, $1, $2, $3, $6, $7}' "
        f'>>{installed.JOURNAL}"; }};\n'
        'DPkg::Tools::Options::awk::Version "3";\n'
    ).encode("ascii")
    if plain_files.read(APT_CONFIG) == data:
        return False
    if write:
        atomic_files.make_folder(FOLDER)
        atomic_files.write(APT_CONFIG, data, 0o644)
    return True
