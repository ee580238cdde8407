# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why keys of a configuration are written, for people."""

from __future__ import annotations

import json
from typing import Any, Iterable, Mapping

from .text import NAME, shown

# More differences are named without their values.
_FEW = 3


def differences(changes: Iterable[Mapping[str, Any]]) -> str:
    """Why keys of a configuration are written: with their values where these are few, short and not masked."""
    found = sorted(changes, key=lambda each: str(each["key"]))
    words = [_difference(each["key"], each["from"], each["to"]) for each in found]
    if len(found) <= _FEW and all(words):
        return "; ".join(words)
    keys = ", ".join(str(each["key"]) for each in found)
    return f"{keys} {'differs' if len(found) == 1 else 'differ'} from the configuration" if keys else ""


def _difference(key: str, before: Any, after: Any) -> str:
    """Empty where a value may not, or need not, be shown."""
    was, will = (shown(each if isinstance(each, str) else json.dumps(each, sort_keys=True)) for each in (before, after))
    if "***" in was + will or len(was + will) > NAME:
        return ""
    is_now = "is not set" if before is None else f"is {was}"
    return f"{key} {is_now}, should {'not be set' if after is None else f'be {will}'}"
