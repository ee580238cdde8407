# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One key out of a file of someone else's, in which all others stay to the byte.

Only of a file that is understood to its last byte; any other is an OpenPGPError, and stays as it is.
"""

from __future__ import annotations

from typing import Collection

from . import openpgp


def without(data: bytes, gone: Collection[str]) -> bytes:
    """The file without the keys of some fingerprints; empty where none is left."""
    if openpgp.is_binary(data):
        return b"".join(each.data for each in openpgp.keyring(data) if each.fingerprint not in gone)
    result = b""
    for lines, inside in openpgp.blocks(data):
        known = openpgp.certificates(inside)
        left = [each for each in known if each.fingerprint not in gone]
        # An armour that keeps all its keys stays to the letter.
        result += lines if left == known else openpgp.armour(b"".join(each.data for each in left)) if left else b""
    return result
