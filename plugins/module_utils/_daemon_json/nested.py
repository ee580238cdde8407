# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands deeper in daemon.json: the types of limits and runtimes, and limits that no container can have.

Sources: struct tags of docker/go-units (Ulimit) and of moby's api/types/system (Runtime), read in Go's way, which takes
names in any case. The engine does not compare limits itself: with wrong ones it starts, and no container does.
"""

from __future__ import annotations

import json
from typing import Any

# setrlimit(2), as docker/go-units names them.
_NAMES = "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack"
LIMITS = frozenset(_NAMES.split())
_UNLIMITED = -1
_TEXT, _NUMBER, _TEXTS = "a string", "a whole number, without quotes", "a list of strings"
_ENTRIES = {
    "default-ulimits": {"name": _TEXT, "soft": _NUMBER, "hard": _NUMBER},
    "runtimes": {"path": _TEXT, "runtimetype": _TEXT, "runtimeargs": _TEXTS},
}


def wrong_types(key: str, value: dict[str, dict[str, Any] | None]) -> list[str]:
    """Of a mapping of names to mappings; one message each."""
    if key == "default-network-opts":
        return [
            _message(f"{key}.{name}.{part}", inner, "a string: put numbers and true/false in quotes")
            for name, entry in value.items()
            for part, inner in (entry or {}).items()
            if not isinstance(inner, (str, type(None)))
        ]
    types = _ENTRIES.get(key, {})
    return [
        _message(f"{key}.{name}.{part}", inner, types[part.lower()])
        for name, entry in value.items()
        for part, inner in (entry or {}).items()
        if part.lower() in types and inner is not None and not _fits(types[part.lower()], inner)
    ]


def impossible_limits(limits: dict[str, dict[str, Any] | None]) -> list[str]:
    """Of default-ulimits as a whole, with the right types: no container would start with such a one."""
    messages = []
    for key, entry in limits.items():
        found = {part.lower(): value for part, value in (entry or {}).items()}
        name, soft, hard = found.get("name") or "", found.get("soft") or 0, found.get("hard") or 0
        if name.lower() not in LIMITS:
            messages.append(
                f"'default-ulimits.{key}' has the Name {json.dumps(name)}, which is no limit: no container would start;"
                f" known are {', '.join(sorted(LIMITS))}."
            )
        elif hard != _UNLIMITED and (soft > hard or soft == _UNLIMITED):
            messages.append(
                f"'default-ulimits.{key}' has a Soft of {soft} above its Hard of {hard}: no container would start; set"
                " both."
            )
    return messages


def _fits(kind: str, value: Any) -> bool:
    if kind == _NUMBER:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == _TEXTS:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    return isinstance(value, str)


def _message(path: str, value: Any, wanted: str) -> str:
    return f"'{path}' is {json.dumps(value)}, but must be {wanted}."
