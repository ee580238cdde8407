# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files as they were before a change of several of them, so that they can be so again: all or nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import Dict, List, Optional


class KeptFiles:
    """Copies lie in ``folder``, with owner, permissions, times, and what else the file system knows of a file."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        # Path to the copy; null where there was no file.
        self._kept: Dict[str, Optional[str]] = {}
        self._made: List[str] = []

    def replace(self, path: str, data: Optional[bytes], mode: Optional[int] = None) -> None:
        """Write a file that is whole at every moment, or with null remove it. ``mode`` null leaves the permissions."""
        # A link stays one, and what it names is written.
        path = path if data is None else os.path.realpath(path)
        self._keep(path)
        if data is None:
            os.unlink(path)
            return
        self._make_folder(os.path.dirname(path))
        # Neither apt nor people take a hidden file for a list or a key.
        temporary = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.dockyard")
        try:
            copy = self._kept[path]
            if copy:
                _copy(copy, temporary)
            with open(temporary, "wb") as handle:
                handle.write(data)
                handle.flush()
                os.fsync(handle.fileno())
            if mode is not None:
                os.chmod(temporary, mode)
            os.replace(temporary, path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)

    def put_back(self) -> List[str]:
        """Everything as it was. Returns what could not be put back, with the reason."""
        problems = []
        for path, copy in self._kept.items():
            try:
                if copy:
                    temporary = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.dockyard")
                    _copy(copy, temporary)
                    os.replace(temporary, path)
                else:
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(path)
            except OSError as error:
                problems.append(f"{path}: {error.strerror}")
        for folder in reversed(self._made):
            with contextlib.suppress(OSError):
                os.rmdir(folder)
        return problems

    def _keep(self, path: str) -> None:
        if path in self._kept:
            return
        copy = os.path.join(self._folder, f"kept-{len(self._kept)}") if os.path.lexists(path) else None
        if copy:
            _copy(path, copy)
        self._kept[path] = copy

    def _make_folder(self, folder: str) -> None:
        if os.path.isdir(folder):
            return
        self._make_folder(os.path.dirname(folder))
        os.mkdir(folder, 0o755)
        self._made.append(folder)


def _copy(source: str, target: str) -> None:
    """Extended attributes, and with them access lists, come along with the times."""
    status = os.lstat(source)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(target)
    shutil.copy2(source, target, follow_symlinks=False)
    os.lchown(target, status.st_uid, status.st_gid)
    # A change of owner takes some permissions away.
    if not os.path.islink(target):
        os.chmod(target, status.st_mode & 0o7777)
