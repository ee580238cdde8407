# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of a role as people give them, converted and checked by its argument specs: the one place for it.

What cannot be converted becomes an error, one sentence with the variable, the value and the solution, and the default
is used instead, so that all errors of a role are found at once.
"""

from __future__ import annotations

import copy
import difflib
import re
from typing import Any, Collection, Dict, List, Mapping, Optional

from . import conversions, formats
from .conversions import Range, Unfit, copied, plain
from .text import shown
from .variable_formats import CALLED_ELSEWHERE, FORMATS, MAPPINGS, RANGES
from .variable_specs import options, short

_TEXTS = ("str", "path")
_EMPTY: Dict[str, Any] = {"str": "", "path": "", "list": [], "dict": {}}
_MOST_ELEMENTS = 1000


class Unknown:
    """In the place of a value: a template that could not be rendered, and why."""

    def __init__(self, why: str) -> None:
        self.why = why


def read(owner: str, given: Mapping[str, Any], names: Optional[Collection[str]] = None) -> Dict[str, Any]:
    """Every variable of the owner, or these, by its name without the prefix, and ``errors``.

    What is not given has its default.
    """
    reader = _Reader()
    values = {
        short(owner, name): reader.value(name, name, option, given.get(name))
        for name, option in options(owner).items()
        if names is None or name in names
    }
    return {**values, "errors": reader.errors}


class _Reader:
    def __init__(self) -> None:
        self.errors: List[str] = []

    def value(self, words: str, path: str, option: Dict[str, Any], given: Any) -> Any:
        """``words`` begin an error; ``path`` finds the format."""
        default = copy.deepcopy(option.get("default", _EMPTY.get(option.get("type", "str"))))
        if given is None:
            return default
        try:
            if isinstance(given, Unknown):
                secret = path in FORMATS and FORMATS[path].secret
                raise Unfit(f"its template cannot be rendered{'' if secret else ': ' + given.why}")
            return self._converted(words, path, option, copied(given), default)
        except Unfit as problem:
            self.errors.append(shown(f"{words}: {problem}{_hint(path, option, given)}"))
            return default

    def _converted(self, words: str, path: str, option: Dict[str, Any], given: Any, default: Any) -> Any:
        kind, choices = option.get("type", "str"), option.get("choices")
        if kind == "bool":
            return conversions.truth(given)
        if kind == "int":
            return conversions.number(given, RANGES.get(path, Range()))
        if choices and kind != "list":
            return conversions.one_of(given, choices)
        if kind in _TEXTS:
            # Where nothing is the default, nothing can be said too.
            nothing = given == "" and not default and not option.get("required")
            found = given if nothing else conversions.text(given, FORMATS.get(path, formats.LINE))
            if found == "" and default:
                raise Unfit(f"must not be empty; omit it for the default, {default}")
            return found
        if kind == "list":
            return self._list(words, path, option, given)
        if kind == "dict":
            found = conversions.mapping(given)
            return conversions.texts_of(found, *MAPPINGS[path]) if path in MAPPINGS else plain(found)
        return plain(given)

    def _list(self, words: str, path: str, option: Dict[str, Any], given: Any) -> List[Any]:
        kind = option.get("elements", "str")
        found = conversions.listed(given, kind in _TEXTS, FORMATS.get(path, formats.LINE).secret)
        if len(found) > _MOST_ELEMENTS:
            raise Unfit(f"has {len(found)} elements; the limit is {_MOST_ELEMENTS}")
        if "options" in option:
            tables = [self._table(words, path, option["options"], item, place) for place, item in enumerate(found, 1)]
            return [table for table in tables if table]
        element = {"type": kind, "required": True, "choices": option.get("choices")}
        converted, problems = [], []
        for item in found:
            try:
                converted.append(self._converted(words, path, element, item, None))
            except Unfit as problem:
                problems.append(str(problem))
        self.errors += [shown(f"{words}: {'; '.join(problems)}")] if problems else []
        return converted

    def _table(self, words: str, path: str, inner: Dict[str, Any], given: Any, place: int) -> Dict[str, Any]:
        """An element with all its options, and under ``bad`` those in error, which have their defaults.

        Empty where it lacks what it must have, so that nothing else can be said of it.
        """
        required = [name for name, each in inner.items() if each.get("required")]
        if not isinstance(given, dict):
            known = ", ".join(required)
            self.errors.append(
                f"{words}: element {place} must be a mapping with {known} and so on; got {conversions.display(given)}"
            )
            return {}
        named = f"{words}: {_name(given, place)}"
        missing = [name for name in required if given.get(name) is None]
        self.errors += [shown(f"{named}: {text}") for text in _unknown(given, inner)]
        self.errors += [shown(f"{named}: {name} is missing") for name in missing]
        values, bad = {}, list(missing)
        for name, option in inner.items():
            before = len(self.errors)
            values[name] = self.value(f"{named}: {name}", f"{path}.{name}", option, given.get(name))
            bad += [name] if len(self.errors) > before else []
        return {} if set(bad) & set(required) else {**values, "bad": bad}


def _hint(path: str, option: Dict[str, Any], given: Any) -> str:
    """What to type instead.

    Ansible strips one pair of quotes from a value on a host's line, and reads the rest as a Python literal.
    """
    kind = option.get("type", "str")
    if kind == "list" and "options" in option and isinstance(given, dict):
        return "; put it into brackets: [{...}]"
    if not isinstance(given, (int, float)) or kind not in _TEXTS or option.get("choices"):
        return ""
    # What was typed is gone by then.
    is_shown = re.fullmatch(r"[0-9]+\.[0-9]+", str(given)) and not (path in FORMATS and FORMATS[path].secret)
    hint = f"; YAML reads {given}0 without quotes as {given}, too" if is_shown else ""
    return hint + (""" (in an INI inventory in both kinds of quotes: "'1.10'")""" if "." not in path else "")


def _name(given: Dict[str, Any], place: int) -> str:
    name = given.get("name")
    return name if isinstance(name, str) and 0 < len(name) <= 100 else f"element {place}"


def _unknown(given: Dict[str, Any], inner: Dict[str, Any]) -> List[str]:
    found = []
    for key in given:
        if key not in inner:
            near = [name for name in [CALLED_ELSEWHERE.get(key)] if name in inner]
            near = near or difflib.get_close_matches(str(key), inner, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(inner)}"
            found.append(f"unknown key {conversions.display(key)}; {hint}")
    return found
