# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Permissions as people write them in YAML, where 0644 without quotes is the number 420."""

from __future__ import annotations

import re


def octal(mode: str) -> int:
    if not re.fullmatch(r"0[0-7]{3,4}", mode):
        raise ValueError(f'mode: {mode!r} is no mode in octal and in quotes, such as "0644".')
    return int(mode, 8)
