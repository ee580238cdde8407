# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which architecture a GPU is of, by its PCI device id: NVIDIA gives each chip a range of ids.

The ranges are those that the chips' names in pci.ids of 2026-10-24 span (https://pci-ids.ucw.cz/); making names.py
checks every id of that list against them. The ids between two ranges belong to no one yet.
"""

from __future__ import annotations

from typing import Optional, Tuple

# What no maintained driver knows, and no one needs to tell apart: Fermi and all before it.
LEGACY = "legacy"

# In hexadecimal digits of one length and case, which sort as the numbers do.
_RANGES: Tuple[Tuple[str, str, str], ...] = (
    ("0000", "0f9f", LEGACY),
    ("0fa0", "103f", "kepler"),
    ("1040", "117f", LEGACY),
    ("1180", "11ff", "kepler"),
    ("1200", "127f", LEGACY),
    ("1280", "133f", "kepler"),
    ("1340", "15bf", "maxwell"),
    ("15c0", "15ff", "pascal"),
    ("1600", "16ff", "maxwell"),
    ("1700", "173f", "pascal"),
    ("1740", "17ff", "maxwell"),
    ("1b00", "1d7f", "pascal"),
    ("1d80", "1dff", "volta"),
    ("1e00", "1fff", "turing"),
    ("2080", "20ff", "ampere"),
    ("2180", "21ff", "turing"),
    ("2200", "22ff", "ampere"),
    ("2300", "23ff", "hopper"),
    ("2400", "25ff", "ampere"),
    ("2680", "28ff", "ada"),
    ("2900", "2f7f", "blackwell"),
    ("3000", "30ff", "rubin"),
    ("3180", "323f", "blackwell"),
    ("3340", "337f", "blackwell"),
)


def architecture(device_id: str) -> Optional[str]:
    """kepler, maxwell, …; legacy for what is older; None for an id that these ranges do not know."""
    return next((name for first, last, name in _RANGES if first <= device_id <= last), None)
