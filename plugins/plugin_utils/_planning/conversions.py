# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Converts a value as people give it to the type that is meant, or says in one sentence why that is impossible.

Only unambiguous values are converted. YAML reads 1.10 as 1.1, no as false, 22:22 as 1342 and 2026-12-01 as a date:
where a string is meant, these are errors.
"""

from __future__ import annotations

import math
import re
from typing import Any, Dict, List, NamedTuple, Sequence

from ansible.module_utils.parsing.convert_bool import boolean

from .flow_text import Unreadable, parse
from .formats import Format
from .text import cut

_DEEPEST = 40
# What JSON's readers on the host hold.
_LARGEST = 2**63 - 1
_LONGEST = 100_000
_SHOWN = 100
_QUOTE_IT = "must be a string (quote it)"
_HIDDEN = "a value that may hold credentials"
_YAMLS_WORDS = {False: ("no", "off", "false"), True: ("yes", "on", "true")}


class Unfit(ValueError):
    """The message says what is wrong, and follows upon the variable's name and a colon."""


class Range(NamedTuple):
    lowest: int = 0
    highest: int = 2**31 - 1


def display(value: Any, secret: bool = False) -> str:
    """The value in an error: short, one line, without credentials."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    # Python does not write out what has more than some thousand digits.
    if isinstance(value, int) and abs(value) > _LARGEST:
        return "a number with too many digits"
    # What has an @ may hold a password.
    if secret or "@" in str(value):
        return _HIDDEN
    text = cut(str(value), _SHOWN)
    return repr(text) if isinstance(value, str) else "null" if value is None else text


def copied(value: Any, depth: int = 0) -> Any:
    """A copy in Python's own kinds: Ansible's carry where they came from. What is of no such kind stays as it is."""
    if depth > _DEEPEST:
        raise Unfit("is nested too deeply")
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (list, tuple)):
        return [copied(each, depth + 1) for each in value]
    if isinstance(value, dict):
        return {copied(key): copied(each, depth + 1) for key, each in value.items()}
    # Not bool(), which is no number: int() of a truth would be one.
    kind = next((kind for kind in (bool, int, float) if isinstance(value, kind)), None)
    return kind(value) if kind else value


def plain(value: Any) -> Any:
    """A copy of what JSON has, and files and arguments hold, and of nothing else."""
    return _plain(copied(value))


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _plain_text(value)
    if isinstance(value, int):
        if abs(value) > _LARGEST:
            raise Unfit("contains a number that is too large")
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Unfit(f"contains {value}, which JSON does not have")
        return value
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        wrong = [key for key in value if not isinstance(key, str)]
        if wrong:
            raise Unfit(f"has the key {display(wrong[0])}, which {_QUOTE_IT}")
        return {_plain_text(key): _plain(each) for key, each in value.items()}
    raise Unfit(f"contains {display(value)}, which {_QUOTE_IT}")


def _plain_text(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Unfit("contains an unpaired surrogate, which cannot be written to a file") from error
    if len(text) > _LONGEST:
        raise Unfit(f"contains a string of {len(text)} characters; the limit is {_LONGEST}")
    return text


def truth(value: Any) -> bool:
    """By Ansible's own words: true, yes, on, 1 and so on."""
    try:
        if isinstance(value, (bool, int, str)):
            return bool(boolean(value, strict=True))
    except TypeError:
        pass
    raise Unfit(f"must be true or false; got {display(value)}")


def number(value: Any, allowed: Range) -> int:
    digits = value if isinstance(value, str) else ""
    if isinstance(value, int) and not isinstance(value, bool):
        found = value
    elif re.fullmatch(r"\s*[+-]?(0|[1-9][0-9]{0,15})\s*", digits, re.ASCII):
        found = int(digits)
    else:
        raise Unfit(f"must be a whole number, in digits alone; got {display(value)}")
    if not allowed.lowest <= found <= allowed.highest:
        raise Unfit(f"must be from {allowed.lowest} to {allowed.highest}; got {display(found)}")
    return found


def text(value: Any, form: Format) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and form.digits and 0 <= value <= _LARGEST:
        value = str(value)
    if not isinstance(value, str):
        raise Unfit(f"{_QUOTE_IT}; got {display(value, form.secret and value is not None)}")
    if not form.fits(value):
        raise Unfit(f"{form.words}; got {display(value, form.secret)}")
    return value


def one_of(value: Any, choices: Sequence[Any]) -> Any:
    """Choices with true and false among them are met by whatever means one of these, and are no texts then."""
    if {"true", "false"} <= {str(each).lower() for each in choices}:
        try:
            return truth(value)
        except Unfit:
            pass
    if isinstance(value, str) and value in choices:
        return value
    hint = ""
    if isinstance(value, bool):
        # What YAML makes of no without quotes can mean but the one choice that is such a word.
        meant = [each for each in choices if str(each).lower() in _YAMLS_WORDS[value]]
        if len(meant) == 1:
            return meant[0]
        hint = f" (which YAML makes of {', '.join(_YAMLS_WORDS[value])} without quotes)"
    raise Unfit(f"must be one of {', '.join(map(str, choices))}; got {display(value)}{hint}")


def listed(value: Any, texts: bool, secret: bool = False) -> List[Any]:
    """A list, or a text with commas or brackets. ``texts``: elements that come as text stay what is written."""
    shown = display(value, secret)
    if isinstance(value, list):
        return value
    if not isinstance(value, str):
        raise Unfit(f"must be a list such as [a, b]; got {shown}")
    if value.strip().startswith("["):
        found = _read(value, texts)
        if not isinstance(found, list):
            raise Unfit(f"must be a list such as [a, b]; got {shown}")
        return found
    if not value.strip():
        return []
    if not texts or value.strip().startswith(("{", "- ")):
        raise Unfit("must be a list, got a string; write it as JSON, such as [{...}, {...}]")
    parts = [part.strip() for part in value.split(",")]
    if not all(parts):
        raise Unfit(f"must not have an empty element (write a,b or [a, b]); got {shown}")
    # By blanks, or by commas alone? Of a command's words no one can know.
    if any(re.search(r"\s", part) for part in parts):
        raise Unfit(f"must be a list such as [a, b], since whitespace does not separate elements; got {shown}")
    return parts


def mapping(value: Any) -> Dict[str, Any]:
    if isinstance(value, dict):
        return value
    if isinstance(value, str) and value.strip().startswith("{"):
        found = _read(value, texts=False)
        if isinstance(found, dict):
            return found
    if isinstance(value, str) and not value.strip():
        return {}
    # The string may hold a password.
    shown = "a string" if isinstance(value, str) else display(value)
    raise Unfit(f'must be a mapping, in YAML or JSON, such as {{"key": "value"}}; got {shown}')


def texts_of(value: Dict[str, Any], keys: Format, values: Format) -> Dict[str, str]:
    """A mapping of texts, such as an environment. An error has never a value, which may be secret."""
    problems = [
        f"the key {display(key)} {keys.words}" for key in value if not isinstance(key, str) or not keys.fits(key)
    ]
    no_text = [display(key) for key, each in value.items() if not isinstance(each, str)]
    if no_text:
        problems.append(f"the value of {', '.join(no_text)} {_QUOTE_IT}")
    unfit = [display(key) for key, each in value.items() if isinstance(each, str) and not values.fits(each)]
    if unfit:
        problems.append(f"the value of {', '.join(unfit)} {values.words}")
    if problems:
        raise Unfit("; ".join(problems))
    return value


def _read(value: str, texts: bool) -> Any:
    try:
        return copied(parse(value, texts))
    except Unreadable as error:
        raise Unfit(f"the string {error}") from error
