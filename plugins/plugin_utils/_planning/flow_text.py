# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists and mappings that come as text, as ``-e`` and an INI inventory give them: JSON, or YAML's own form of it."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Tuple

import yaml

_LONGEST = 1_000_000
_TWICE = "has a key twice"


class Unreadable(ValueError):
    """The text is neither JSON nor YAML, or says something twice; the message has none of its words."""


class _Plain(yaml.SafeLoader):
    """Without what JSON has not: links from one part to another, and a name that is given twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise Unreadable("has a YAML alias (*)")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        names = [key.value for key, _value in node.value]
        twice = {str(name) for name in names if names.count(name) > 1}
        if twice:
            raise Unreadable(_TWICE)
        return super().construct_mapping(node, deep=True)


class _Texts(_Plain):
    """Every value is the text that stands there: no and 1.10 are no others than those."""


_Texts.yaml_implicit_resolvers = {}


def parse(text: str, texts: bool = False) -> Any:
    """``texts`` leaves every value as it is written. Raises Unreadable."""
    if len(text) > _LONGEST:
        raise Unreadable("is longer than 1 MB")
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except Unreadable:
        raise
    except (ValueError, RecursionError):
        return _yaml(text, texts)
    # What is a number to JSON is read again, as it is written.
    all_texts = isinstance(found, list) and all(isinstance(each, str) for each in found)
    return found if all_texts or not texts else _yaml(text, texts)


def _once(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unreadable(_TWICE)
    return found


def _no_number(name: str) -> Any:
    raise Unreadable(f"has {name}, which JSON does not have")


def _yaml(text: str, texts: bool) -> Any:
    try:
        # Both loaders are PyYAML's safe one, which makes no objects.
        return yaml.load(text, Loader=_Texts if texts else _Plain)  # noqa: S506
    except Unreadable:
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise Unreadable(f"is neither valid JSON nor valid YAML{place}") from error
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        raise Unreadable("is neither valid JSON nor valid YAML") from error
