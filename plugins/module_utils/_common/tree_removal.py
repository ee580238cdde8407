# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes a tree of files without ever leaving it: no link is followed, and what is mounted is not entered.

Every folder is reached from the one above it by an open descriptor, so that what is exchanged for a link meanwhile is
not followed either. Whether a folder is a mount is asked of the descriptor: a bind mount of the same file system has
the same device number, and a path may be mounted over.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import stat
from typing import Dict, List, NamedTuple, Optional

from . import mounts
from .plain_files import shown

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
MOUNTED = "it is mounted"
_MANY = 20


class Kept(NamedTuple):
    path: str
    why: str


class Tree:
    """A folder that is open. ``path`` is what it is called in ``kept``."""

    def __init__(self, descriptor: int, path: str) -> None:
        self.descriptor = descriptor
        self.path = path
        self.mount = mounts.mount_of(descriptor)
        # What could not be removed, and why; the folders above it are not named.
        self.kept: List[Kept] = []

    def keep(self, path: str, why: str) -> None:
        if len(self.kept) < _MANY:
            self.kept.append(Kept(shown(path), why))

    def open(self, name: str, folder: Optional[int] = None) -> Optional[int]:
        """A folder below, or null where it is none, is a link, or lies in another mount."""
        with contextlib.suppress(OSError):
            child = os.open(name, _OPEN, dir_fd=self.descriptor if folder is None else folder)
            if mounts.mount_of(child) == self.mount:
                return child
            os.close(child)
        return None

    def remove(self, name: str, folder: Optional[int] = None, above: str = "") -> bool:
        """Removes an entry with all below it, as far as it can be; whether nothing of it is left."""
        start = os.dup(self.descriptor if folder is None else folder)
        # Not recursive: a container can make a tree that is deeper than Python's stack.
        stack = [_Level(start, os.path.join(self.path, above), [name])]
        try:
            while True:
                level = stack[-1]
                if level.names:
                    below = self._remove(level, level.names.pop())
                    if below:
                        stack.append(below)
                    continue
                stack.pop()
                os.close(level.descriptor)
                if not stack:
                    return level.whole
                self._leave(stack[-1], level)
        finally:
            for level in stack:
                os.close(level.descriptor)

    def _remove(self, level: _Level, name: str) -> Optional[_Level]:
        """A file goes; a folder that is to be emptied first is returned."""
        path = os.path.join(level.path, name)
        try:
            if not stat.S_ISDIR(os.stat(name, dir_fd=level.descriptor, follow_symlinks=False).st_mode):
                os.unlink(name, dir_fd=level.descriptor)
                return None
            descriptor = os.open(name, _OPEN, dir_fd=level.descriptor)
            if mounts.mount_of(descriptor) == self.mount:
                return _Level(descriptor, path, os.listdir(descriptor))
            os.close(descriptor)
            self.keep(path, MOUNTED)
        except FileNotFoundError:
            return None
        except OSError as error:
            self.keep(path, _reason(error))
        level.whole = False
        return None

    def _leave(self, parent: _Level, level: _Level) -> None:
        if level.whole:
            try:
                os.rmdir(os.path.basename(level.path), dir_fd=parent.descriptor)
                return
            except FileNotFoundError:
                return
            except OSError as error:
                self.keep(level.path, _reason(error))
        parent.whole = False


class _Level:
    """A folder on the way down; ``names`` are still to be removed, ``whole`` says that all others are."""

    def __init__(self, descriptor: int, path: str, names: List[str]) -> None:
        self.descriptor = descriptor
        self.path = path
        self.names = names
        self.whole = True


def allow_deep_trees() -> None:
    """One descriptor is open for each level."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


_REASONS: Dict[int, str] = {
    # The kernel unlinks no file and no folder on which something is mounted.
    errno.EBUSY: MOUNTED,
    errno.EPERM: "it cannot be removed (see lsattr)",
    errno.EROFS: "its file system is read-only",
    errno.EMFILE: "it lies deeper than the limit of open files allows to follow",
    errno.ELOOP: "it was exchanged for a link meanwhile",
    errno.ENOTDIR: "it was exchanged for another kind of file meanwhile",
    errno.ENOTEMPTY: "something new was put there meanwhile",
}


def _reason(error: OSError) -> str:
    return _REASONS.get(error.errno or 0) or str(error.strerror or error)
