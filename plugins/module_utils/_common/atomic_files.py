# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way in which modules write, copy and remove files, and the one lock for files that several runs write.

``write(path, data, mode)``
    All of the data or the file as it was, at every moment, on disk when it returns. A new file gets ``mode``. One that
    is there keeps its mode (unless ``keep_mode`` is false: then it gets ``mode`` too), owner, access list, label and
    other extended attributes. Links are followed: they stay, and what they name is written. A file with several hard
    links becomes one of its own. The folder has to be there: ``make_folder``.
``copy(source, target)``
    The target becomes what the source is, atomically: content, mode, owner, times, extended attributes. Neither is
    followed: a link is copied as a link. No one reads the copy before it has its mode.
``remove(path)``
    The entry itself, so of a link the link; false if there was none. ``destination(path)`` is what a link names.
``make_folder(path, mode)``
    With the folders above it. One that is there keeps its mode and owner. Returns the ones that were made, outermost
    first; ``missing_folders(path)`` returns those that would be.
``locked(name, doing)``
    A context for read, change and write of a file that another run may write at the same time. A second run waits, and
    after ``patience`` seconds fails, naming the holder. The lock ends with its process, however that ends; its file,
    /run/dockyard-NAME.lock, goes with it unless the process is killed. A process takes a lock once.

Everything raises ``FileError`` with one sentence, and nothing is half done then. What a killed process leaves is a
hidden file beside the target, which the next write in that folder takes away.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import shutil
import stat
import time
from typing import Iterator, List, Optional, Tuple

from .plain_files import FileError, explained, in_the_way

# Not in a folder that everybody may open: whoever can open what is locked can hold the lock for ever.
LOCKS = "/run/dockyard-{}.lock"
_TEMPORARY = re.compile(r"\..*\.dockyard-(\d+)-[0-9a-f]{8}", re.DOTALL)
# An extended attribute that only the kernel writes, that the file system does not know, or that went meanwhile.
_NOT_OURS = (errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.ENODATA)


class Busy(FileError):
    """Another run holds the lock."""


def write(path: str, data: bytes, mode: int, keep_mode: bool = True) -> None:
    with _sentences(path):
        target, existing = _found(path)
        with _replacing(target) as (temporary, descriptor):
            with os.fdopen(descriptor, "wb", closefd=False) as stream:
                stream.write(data)
            if existing:
                _take_attributes(target, existing, temporary, stat.S_IMODE(existing.st_mode) if keep_mode else mode)
            else:
                os.chmod(temporary, mode)


def copy(source: str, target: str) -> None:
    with _sentences(source):
        status = os.lstat(source)
        if stat.S_ISLNK(status.st_mode):
            with _replacing(target) as (temporary, _descriptor):
                os.unlink(temporary)
                os.symlink(os.readlink(source), temporary)
                _take_attributes(source, status, temporary, None)
                os.utime(temporary, ns=(status.st_atime_ns, status.st_mtime_ns), follow_symlinks=False)
            return
        if not stat.S_ISREG(status.st_mode):
            raise FileError(in_the_way(source, status.st_mode))
        with open(source, "rb") as original, _replacing(target) as (temporary, descriptor):
            with os.fdopen(descriptor, "wb", closefd=False) as stream:
                shutil.copyfileobj(original, stream)
            _take_attributes(source, status, temporary, stat.S_IMODE(status.st_mode))
            os.utime(temporary, ns=(status.st_atime_ns, status.st_mtime_ns))


def remove(path: str) -> bool:
    with _sentences(path):
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            return False
        if stat.S_ISDIR(status.st_mode):
            raise FileError(in_the_way(path, status.st_mode))
        os.unlink(path)
        _sync_folder(os.path.dirname(path) or ".")
    return True


def destination(path: str) -> str:
    """The file that is written when ``path`` is: what a link names, whether it is there or not."""
    with _sentences(path):
        return _found(path)[0]


def make_folder(path: str, mode: int = 0o755) -> List[str]:
    made: List[str] = []
    with _sentences(path):
        for folder in missing_folders(path):
            with contextlib.suppress(FileExistsError):
                os.mkdir(folder, mode)
                made.append(folder)
                # Whatever the umask is; a set-group-id bit that the folder inherits stays.
                os.chmod(folder, stat.S_IMODE(os.stat(folder).st_mode) | mode)
    return made


def missing_folders(path: str) -> List[str]:
    missing: List[str] = []
    with _sentences(path):
        folder = os.path.abspath(path)
        while not os.path.isdir(folder):
            if os.path.lexists(folder):
                os.stat(folder)  # A loop and a broken link have errors of their own.
                raise FileError(in_the_way(folder, os.lstat(folder).st_mode, "a folder"))
            missing.insert(0, folder)
            folder = os.path.dirname(folder)
    return missing


@contextlib.contextmanager
def locked(name: str, doing: str, patience: float = 60.0) -> Iterator[None]:
    path = LOCKS.format(name)
    with _sentences(path):
        descriptor = _lock(path, doing, patience)
    try:
        yield
    finally:
        # While it is held: whoever waited for this file sees that it is gone, and takes a new one.
        with contextlib.suppress(OSError):
            os.unlink(path)
        os.close(descriptor)


def _lock(path: str, doing: str, patience: float) -> int:
    deadline = time.monotonic() + patience
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(path, descriptor):
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, f"process {os.getpid()} ({doing})".encode("utf-8", "replace"), 0)
                return descriptor
        except BlockingIOError:
            if time.monotonic() > deadline:
                holder = os.pread(descriptor, 1000, 0).decode("utf-8", "replace") or "another process"
                os.close(descriptor)
                raise Busy(
                    f"{doing} waited {patience:g} s for {holder}, which has {path}. Run again when it has ended."
                ) from None
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)
        time.sleep(0.1)


def _is_at(path: str, descriptor: int) -> bool:
    try:
        found, ours = os.stat(path), os.fstat(descriptor)
    except FileNotFoundError:
        return False
    return (found.st_dev, found.st_ino) == (ours.st_dev, ours.st_ino)


@contextlib.contextmanager
def _sentences(path: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        raise FileError(explained(path, error)) from error


def _found(path: str) -> Tuple[str, Optional[os.stat_result]]:
    """The file behind links, and its status; null where it is not there."""
    try:
        # The kernel follows the links here, with all its rules for folders that everybody may write in.
        status = os.stat(path)
    except FileNotFoundError:
        return os.path.realpath(path), None
    if not stat.S_ISREG(status.st_mode):
        raise FileError(in_the_way(path, status.st_mode))
    return os.path.realpath(path), status


@contextlib.contextmanager
def _replacing(target: str) -> Iterator[Tuple[str, int]]:
    """A new file beside the target, open, and for its owner only; it replaces the target at the end, or goes."""
    folder, name = os.path.split(os.path.abspath(target))
    # Hidden, since apt, systemd and people take what a folder holds for lists, settings or keys. Cut: 255 bytes is all.
    start = f".{os.fsdecode(os.fsencode(name)[:200])}"
    _sweep(folder)
    temporary = os.path.join(folder, f"{start}.dockyard-{os.getpid()}-{os.urandom(4).hex()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        yield temporary, descriptor
        os.fsync(descriptor)
        os.replace(temporary, os.path.join(folder, name))
        _sync_folder(folder)
    finally:
        os.close(descriptor)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _sweep(folder: str) -> None:
    """What killed processes left in the folder; it may hold secrets."""
    for name in os.listdir(folder):
        process = _TEMPORARY.fullmatch(name)
        if process and not os.path.exists(f"/proc/{process.group(1)}"):
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(folder, name))


def _take_attributes(source: str, status: os.stat_result, target: str, mode: Optional[int]) -> None:
    """Links have attributes, and no mode."""
    os.chown(target, status.st_uid, status.st_gid, follow_symlinks=False)
    names = []
    # A file system without them is none that could lose any.
    with contextlib.suppress(OSError):
        names = os.listxattr(source, follow_symlinks=False)
    for name in names:
        try:
            os.setxattr(target, name, os.getxattr(source, name, follow_symlinks=False), follow_symlinks=False)
        except OSError as error:
            # Without its access list a file may be open to others.
            if name.startswith("system.") or error.errno not in _NOT_OURS:
                raise
    # Last: a change of owner takes some permissions away, and an access list writes some.
    if mode is not None:
        os.chmod(target, mode)


def _sync_folder(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some file systems do not sync folders; the file is in its place all the same.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)
