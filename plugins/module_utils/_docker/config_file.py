# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which file the engine reads, by its flags: apart from what asks the program itself, since plans need no more."""

from __future__ import annotations

import os
from typing import Sequence

_UNIT = "docker.service"
_CONFIG_FILE = "--config-file"


def other_file(flags: Sequence[str], path: str) -> str:
    """That the engine reads another file than ``path``, and the way out; empty where it reads that one."""
    given = split(flags)[0]
    if not given or os.path.normpath(given[-1]) == path:
        return ""
    return (
        f"{_UNIT} starts the engine with {_CONFIG_FILE}={given[-1]}, so that it would not read what is written to "
        f"{path}; move what the one says to the other, remove the flag (systemctl edit --full {_UNIT}), and run again"
    )


def split(flags: Sequence[str]) -> tuple[list[str], list[str]]:
    """The files that --config-file names, and the flags without it."""
    files, others = [], []
    words = iter(flags)
    for word in words:
        name, equals, value = word.partition("=")
        if name == _CONFIG_FILE:
            files.append(value if equals else next(words, ""))
        else:
            others.append(word)
    return files, others
