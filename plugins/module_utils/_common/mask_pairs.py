# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two values that redaction has masked, beside each other for people."""

from __future__ import annotations

import re
from typing import Any, Match, Set, Tuple

from .redaction import MASK

ANOTHER = MASK + " (another one)"
_TAGGED = re.compile(r"\*\*\*[0-9a-f]{16}")


def apart(before: Any, after: Any) -> Tuple[Any, Any]:
    """Two masked values for people: without tags, and with a word where a secret is another one than before."""
    known: Set[str] = set()

    def seen(match: Match[str]) -> str:
        known.add(match.group())
        return MASK

    def reported(match: Match[str]) -> str:
        return ANOTHER if known and match.group() not in known else MASK

    shown = _each_text(before, lambda text: _TAGGED.sub(seen, text))
    return shown, _each_text(after, lambda text: _TAGGED.sub(reported, text))


def _each_text(value: Any, change: Any) -> Any:
    if isinstance(value, dict):
        return {change(key) if isinstance(key, str) else key: _each_text(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_each_text(item, change) for item in value]
    return change(value) if isinstance(value, str) else value
