# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A vendor's repository and its key, as they are to be."""

from __future__ import annotations

from typing import NamedTuple, Optional, Tuple


class Key(NamedTuple):
    path: str
    url: str
    fingerprint: str


class Repository(NamedTuple):
    """``path`` is a deb822 file, and ``content`` all of it. Without a key it is one that the host knows already, such
    as the distribution's own, and whatever else names it stays."""

    path: str
    content: str
    key: Optional[Key] = None
    # Other addresses of the same repository, as far as they are the same.
    also_known_as: Tuple[str, ...] = ()
    # What else the vendor signs, or has signed, with.
    vendor_keys: Tuple[str, ...] = ()


def normalise(fingerprint: str) -> str:
    """Upper case, without the spaces and the 0x that people paste along."""
    text = fingerprint.replace(" ", "").replace("\u00a0", "").upper()
    return text[2:] if text.startswith("0X") else text
