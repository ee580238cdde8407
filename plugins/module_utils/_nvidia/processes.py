# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which programs have a GPU open, as fuser(1) would tell: they keep the loaded driver from being exchanged."""

from __future__ import annotations

import os
from typing import List

from .._common.prober import entries

_PROC = "/proc"
_DEVICE = "/dev/nvidia"


def users() -> List[str]:
    """Names of programs, each once."""
    names = set()
    for path in entries(_PROC):
        if os.path.basename(path).isdigit() and any(_is_gpu(link) for link in entries(os.path.join(path, "fd"))):
            try:
                with open(os.path.join(path, "comm"), encoding="utf-8", errors="replace") as stream:
                    names.add(stream.read().strip())
            except OSError:
                # It ended in between.
                continue
    return sorted(names)


def _is_gpu(link: str) -> bool:
    try:
        return os.readlink(link).startswith(_DEVICE)
    except OSError:
        return False
