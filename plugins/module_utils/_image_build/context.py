# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a build: what a context holds beside what .dockerignore leaves out, as one hash and as an archive.

What counts of an entry is what a build can see of it: its path, its kind, its permissions, a file's bytes, a link's
target. Owners do not count, since a build gives all to root; nor do times, or extended attributes.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
from typing import Iterator, List, NamedTuple, Optional, Tuple

from .._common import plain_files
from .dockerignore import BadPattern, Ignore, patterns_of

IGNORE = ".dockerignore"
# Beside the Dockerfile of an archive: what it leaves out is not in the archive, and must not be left out by other
# rules.
_NO_IGNORE = b"# What is left out was left out already.\n"
_CHUNK = 1 << 20


class BuildFilesError(Exception):
    """The files cannot be read as a build would read them; the message names the path."""


class Entry(NamedTuple):
    path: str  # below the context
    mode: int


class Files(NamedTuple):
    digest: str
    entries: int
    size: int


def hashed(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def dockerfile(context: Optional[str], name: str) -> bytes:
    """The Dockerfile's bytes; a relative name is below the context."""
    path = os.path.join(context or "", name)
    try:
        content = plain_files.read(path)
    except plain_files.FileError as exc:
        raise BuildFilesError(f"the Dockerfile cannot be read. {exc}") from exc
    if content is None:
        raise BuildFilesError(f"the Dockerfile {path} cannot be read: No such file")
    return content


def entries(context: str, dockerfile_name: Optional[str]) -> Iterator[Entry]:
    """What the context holds, in order; a folder that is left out is there if something in it is not."""
    if not os.path.isdir(context):
        raise BuildFilesError(f"the context {context} is no folder")
    source, patterns = _patterns(context, dockerfile_name)
    try:
        ignore = Ignore(patterns)
    except BadPattern as exc:
        raise BuildFilesError(f"{source}: {exc}") from exc
    yield from _below(context, "", ignore, None)


def digest(context: Optional[str], dockerfile_name: Optional[str]) -> Files:
    total, count, size = hashlib.sha256(), 0, 0
    for entry in entries(context, dockerfile_name) if context else ():
        content, length = _content(os.path.join(context or "", entry.path), entry.mode)
        for part in (os.fsencode(entry.path), b"%o" % _counting(entry.mode), content):
            total.update(b"%d:" % len(part) + part)
        count, size = count + 1, size + length
    return Files(total.hexdigest(), count, size)


def pack(target: str, context: Optional[str], dockerfile_name: Optional[str], content: bytes) -> None:
    """An archive with the Dockerfile, and the folder ``context`` with what counts."""
    with tarfile.open(target, mode="w:gz", compresslevel=1, format=tarfile.GNU_FORMAT) as archive:
        for name, text in (("Dockerfile", content), ("Dockerfile.dockerignore", _NO_IGNORE)):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text), 0o644
            archive.addfile(entry, io.BytesIO(text))
        folder = tarfile.TarInfo("context")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(folder)
        for found in entries(context, dockerfile_name) if context else ():
            path = os.path.join(context or "", found.path)
            archive.add(path, arcname=f"context/{found.path}", recursive=False, filter=_roots)


def _patterns(context: str, dockerfile_name: Optional[str]) -> Tuple[str, List[str]]:
    """Where they come from, and what they are: a file beside the Dockerfile goes before the context's."""
    places = [os.path.join(context, IGNORE)]
    if dockerfile_name:
        places.insert(0, os.path.join(context, dockerfile_name) + IGNORE)
    for place in places:
        try:
            content = plain_files.read(place)
        except plain_files.FileError as exc:
            raise BuildFilesError(f"{place} cannot be read. {exc}") from exc
        if content is not None:
            return place, patterns_of(content.decode("utf-8", "surrogateescape"))
    return "", []


def _below(context: str, folder: str, ignore: Ignore, parent: Optional[List[bool]]) -> Iterator[Entry]:
    try:
        names = sorted(os.listdir(os.path.join(context, folder)), key=os.fsencode)
    except OSError as exc:
        raise BuildFilesError(f"{os.path.join(context, folder)} cannot be read: {exc.strerror}") from exc
    for name in names:
        path = f"{folder}/{name}" if folder else name
        out, fits = ignore.left_out(path, parent)
        mode = os.lstat(os.path.join(context, path)).st_mode
        if stat.S_ISSOCK(mode):
            continue
        if not stat.S_ISDIR(mode):
            if not out:
                yield Entry(path, mode)
            continue
        if out and not ignore.may_let_in():
            continue
        found = _below(context, path, ignore, fits)
        first = None if not out else next(found, None)
        if not out or first:
            yield Entry(path, mode)
        if first:
            yield first
        yield from found


def _counting(mode: int) -> int:
    """A link's own permissions mean nothing."""
    return stat.S_IFMT(mode) if stat.S_ISLNK(mode) else mode


def _content(path: str, mode: int) -> Tuple[bytes, int]:
    """What stands for an entry's content, and how many bytes it has."""
    try:
        if stat.S_ISLNK(mode):
            return os.fsencode(os.readlink(path)), 0
        if not stat.S_ISREG(mode):
            return b"", 0
        total, size = hashlib.sha256(), 0
        with open(path, "rb") as stream:
            for chunk in iter(lambda: stream.read(_CHUNK), b""):
                total.update(chunk)
                size += len(chunk)
        return total.digest(), size
    except OSError as exc:
        raise BuildFilesError(f"{path} cannot be read: {exc.strerror}") from exc


def _roots(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry
