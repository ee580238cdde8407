# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file of signing keys, as apt would read it."""

from __future__ import annotations

from typing import Any, Dict

from ..._common.prober import file_mode, is_plain
from .. import openpgp


def key_file(path: str, data: bytes) -> Dict[str, Any]:
    """{path, fingerprints, signing, canonical, error, mode, plain}. A file with anything but keys in it has an error
    and no fingerprints, since what apt takes out of it is not known."""
    try:
        found, error = openpgp.keyring(data), ""
    except openpgp.OpenPGPError as reason:
        found, error = [], str(reason)
    return {
        "path": path,
        "fingerprints": [each.fingerprint for each in found],
        # What signs for them: themselves, or a key below them.
        "signing": {each.fingerprint: openpgp.fingerprints(each) for each in found},
        "canonical": openpgp.is_in_form(path, data),
        "error": error,
        "mode": file_mode(path),
        "plain": is_plain(path),
    }
