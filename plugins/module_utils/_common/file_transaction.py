# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files as they were before a change of several of them, so that they can be so again: all or nothing."""

from __future__ import annotations

import contextlib
import os
from typing import Dict, List, Optional

from . import atomic_files
from .plain_files import FileError


class KeptFiles:
    """Copies lie in ``folder``, with owner, permissions, times, and what else the file system knows of a file."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        # Path to the copy; null where there was no file.
        self._kept: Dict[str, Optional[str]] = {}
        self._made: List[str] = []

    def replace(self, path: str, data: Optional[bytes], mode: Optional[int] = None) -> None:
        """Write a file that is whole at every moment, or with null remove it. ``mode`` null leaves the permissions."""
        if data is None:
            self._keep(path)
            atomic_files.remove(path)
            return
        # A link stays one, and what it names is kept and written.
        path = atomic_files.destination(path)
        self._keep(path)
        self._made += atomic_files.make_folder(os.path.dirname(path))
        atomic_files.write(path, data, 0o644 if mode is None else mode, keep_mode=mode is None)

    def put_back(self) -> List[str]:
        """Everything as it was. Returns what could not be put back, with the reason."""
        problems = []
        for path, copy in self._kept.items():
            try:
                if copy:
                    atomic_files.copy(copy, path)
                else:
                    atomic_files.remove(path)
            except FileError as error:
                problems.append(str(error))
        for folder in reversed(self._made):
            with contextlib.suppress(OSError):
                os.rmdir(folder)
        return problems

    def _keep(self, path: str) -> None:
        if path in self._kept:
            return
        copy = os.path.join(self._folder, f"kept-{len(self._kept)}") if os.path.lexists(path) else None
        if copy:
            atomic_files.copy(path, copy)
        self._kept[path] = copy
