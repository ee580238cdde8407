# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads files. What stands in a file's place and is none is an error of one sentence, and is never waited for.

Whoever writes a file does it with atomic_files.
"""

from __future__ import annotations

import errno
import itertools
import os
import stat
from typing import Dict, List, Optional

# The package database of a workstation has a few MB; what is far larger is no file that a module should read.
LIMIT = 64 * 1024 * 1024
_PIECE = 1024 * 1024
# A link to /dev/null says on purpose that a file is empty, as with modprobe.d(5) and systemd.
_NULL = os.makedev(1, 3)

_KINDS = {
    stat.S_IFREG: "a file",
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}
_REASONS: Dict[int, str] = {
    errno.ELOOP: "is a link that leads back to itself. Remove the link",
    errno.ENAMETOOLONG: "has a name that is too long for the file system. Give a shorter one",
    errno.EROFS: "is on a read-only file system. Make it writable (mount -o remount,rw)",
    errno.ENOSPC: "cannot be written: no space is left on its file system. Make room",
    errno.EDQUOT: "cannot be written: the quota of its file system is used up. Make room",
    errno.EBUSY: "cannot be replaced: it is a mount point of its own. Unmount it, or mount its folder instead",
}


class FileError(Exception):
    """What is wrong with a file or folder, and the way out, in full sentences."""


def read(path: str, limit: int = LIMIT) -> Optional[bytes]:
    """The file's bytes, through links; null where there is none."""
    try:
        # Looked at before it is opened: to open a device can be an act, as with a watchdog or a tape.
        found = os.stat(path)
        if stat.S_ISCHR(found.st_mode) and found.st_rdev == _NULL:
            return b""
        if not stat.S_ISREG(found.st_mode):
            raise FileError(in_the_way(path, found.st_mode))
        with open(path, "rb", opener=_without_waiting) as handle:
            # Piece by piece: the kernel does not read its settings into one large buffer.
            pieces = iter(lambda: handle.read(_PIECE), b"")
            data = b"".join(itertools.islice(pieces, limit // _PIECE + 1))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise FileError(explained(path, error)) from error
    if len(data) > limit:
        raise FileError(f"{shown(path)} has more than {limit} bytes, and was not read. Move it away.")
    return data


def check(path: str) -> None:
    """Raises where something else than a file is there; whoever opens it next does not wait."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise FileError(explained(path, error)) from error
    if not stat.S_ISREG(mode):
        raise FileError(in_the_way(path, mode))


def explained(path: str, error: Exception) -> str:
    """What the system's error means for the path, in full sentences."""
    if not isinstance(error, OSError):
        # The standard library's own checks: a null character, or a character that no file name can hold.
        return f"{shown(path)} is no name of a file ({error})."
    if error.errno == errno.ENOTDIR:
        for above in _above(path):
            if not os.path.isdir(above) and os.path.lexists(above):
                return in_the_way(above, os.lstat(above).st_mode, "a folder")
    if error.errno == errno.ENOENT:
        missing = next((above for above in _above(path) if not os.path.isdir(above)), "")
        if missing:
            return f"{shown(path)} cannot be written: there is no folder {shown(missing)}. Make it."
    if error.errno == errno.EISDIR:
        return in_the_way(path, stat.S_IFDIR)
    words = _REASONS.get(error.errno or 0)
    if words:
        return f"{shown(path)} {words}."
    advice = " Run with root's rights, and see lsattr." if isinstance(error, PermissionError) else ""
    return f"{shown(path)}: {error.strerror or error}.{advice}"


def in_the_way(path: str, mode: int, wanted: str = "a file") -> str:
    return f"{shown(path)} is {kind(mode)}, where {wanted} should be. Move it away."


def kind(mode: int) -> str:
    return _KINDS.get(stat.S_IFMT(mode), "of an unknown kind")


def shown(path: str) -> str:
    """A path for people: names are bytes, and may hold line ends and what is no character."""
    return path if path.isprintable() else ascii(path)


def _above(path: str) -> List[str]:
    """The folders of a path, the highest first."""
    found = []
    folder = os.path.dirname(os.path.abspath(path))
    while folder not in found:
        found.append(folder)
        folder = os.path.dirname(folder)
    return found[::-1]


def _without_waiting(path: str, flags: int) -> int:
    """Should a pipe have taken the file's place since it was looked at, it is empty and not waited for."""
    return os.open(path, flags | os.O_NONBLOCK)
