# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON that all programs read the same, written; strict_json reads it."""

from __future__ import annotations

import json
from typing import Any

from .strict_json import DEEPEST, JsonError, Number, loads


def dumps(value: Any, indent: str = "") -> str:
    """As json.dumps(value, indent=4, ensure_ascii=False), but for the numbers."""
    inner = indent + "    "
    if isinstance(value, dict) and value:
        items = [f"{_word(str(key))}: {dumps(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(inner + item for item in items) + f"\n{indent}}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(inner + dumps(item, inner) for item in value) + f"\n{indent}]"
    return value.text if isinstance(value, Number) else _word(value)


def whole(value: Any) -> str:
    """As a file has it."""
    return dumps(value) + "\n"


def _word(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def problem(value: Any) -> str:
    """Why a value of a variable cannot be written as JSON that all programs read the same; empty where it can."""
    try:
        loads(dumps(value))
    except (JsonError, TypeError) as error:
        return str(error)
    except RecursionError:
        return f"is nested more than {DEEPEST} levels deep"
    return ""
