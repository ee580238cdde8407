# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON that is read to be written again by json_text: nothing in it is lost, and every program reads the same in it.

What Python and the engine's Go would read differently is an error: a key that stands twice in one object (Go merges the
two, Python keeps the last), halves of characters, numbers that no 64-bit number holds, NaN. Numbers are written as they
were: 1e3 and 1000.0 are the same to Python, and the engine takes neither in 1000's place.
"""

from __future__ import annotations

import json
import math
from typing import Any, Dict, List, Tuple

DEEPEST = 64


class JsonError(ValueError):
    """What is wrong with the text, as the end of a sentence that begins with the file's name."""


class Number(float):
    """A number with a fraction or an exponent, and how it was written."""

    text: str


def loads(text: str, deepest: int = DEEPEST) -> Any:
    twice: List[Tuple[Dict[str, Any], str]] = []

    def made(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
        found: Dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                twice.append((found, key))
            found[key] = value
        return found

    try:
        value = json.loads(
            text, object_pairs_hook=made, parse_constant=_no_constant, parse_float=_number, parse_int=_integer
        )
        places = _walk(value, twice, deepest)
    except RecursionError as error:
        raise JsonError(f"is nested more than {deepest} levels deep") from error
    except json.JSONDecodeError as error:
        raise JsonError(
            f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
            " (JSON has no comments and no comma before a closing bracket)"
        ) from error
    except UnicodeEncodeError as error:
        raise JsonError(f"holds {error.object[error.start]!a}, which is half a character") from error
    if twice:
        # What stands in the first of two values is gone, and has no place any more.
        keys = ", ".join(sorted({repr(places.get((id(each), key), key)) for each, key in twice}))
        raise JsonError(f"has {keys} more than once, which some programs merge and others do not. Leave one of each")
    return value


def _walk(root: Any, twice: List[Tuple[Dict[str, Any], str]], deepest: int) -> Dict[Tuple[int, str], str]:
    """Raises for depth and halves of characters. Returns where the keys are that stand twice, with dots between."""
    marked = {(id(each), key) for each, key in twice}
    places = {}
    left: List[Tuple[Any, str, int]] = [(root, "", 1)]
    while left:
        value, place, depth = left.pop()
        if depth > deepest:
            raise RecursionError
        if isinstance(value, dict):
            for key, item in value.items():
                key.encode("utf-8")
                if (id(value), key) in marked:
                    places[(id(value), key)] = place + key
                left.append((item, f"{place}{key}.", depth + 1))
        elif isinstance(value, list):
            left += [(item, place, depth + 1) for item in value]
        elif isinstance(value, str):
            value.encode("utf-8")
    return places


def _no_constant(name: str) -> None:
    raise JsonError(f"has {name}, which is no JSON number")


def _number(text: str) -> Number:
    number = Number(text)
    if math.isinf(number):
        raise JsonError(f"has {_short(text)}, a number that is too large")
    number.text = text
    return number


def _integer(text: str) -> int:
    # Beyond what Go holds in the place of any number (float64); Python takes minutes for some.
    if len(text) > 308:
        raise JsonError(f"has {_short(text)}, a number that is too large")
    return int(text)


def _short(text: str) -> str:
    return text if len(text) < 40 else f"{text[:20]}…"
