# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of the toolkit's config.toml: what `nvidia-ctk config --set` takes, and what is wrong with a setting.

It ends with "undefined field" at a key that it does not know, and with "invalid format" at a truth value that is none.
Sources: the struct tags in internal/config of NVIDIA/nvidia-container-toolkit, and the defaults that 1.20.0 writes.
"""

from __future__ import annotations

import difflib
from typing import Any, Dict, Iterator, List, Tuple

KEYS_AS_OF = "1.20.0"
_TOP = {
    "bool": "accept-nvidia-visible-devices-as-volume-mounts accept-nvidia-visible-devices-envvar-when-unprivileged"
    " disable-require",
    "str": "supported-driver-capabilities swarm-resource",
}
_TABLES = {
    "nvidia-container-cli": {
        "bool": "load-kmods no-cgroups no-pivot",
        "str": "debug ldcache ldconfig path root user",
        "list": "environment",
    },
    "nvidia-container-runtime": {"str": "debug log-level mode", "list": "runtimes"},
    "nvidia-container-runtime.modes.cdi": {"str": "default-kind", "list": "annotation-prefixes spec-dirs"},
    "nvidia-container-runtime.modes.csv": {"str": "mount-spec-path"},
    "nvidia-container-runtime.modes.legacy": {"str": "cuda-compat-mode"},
    "nvidia-container-runtime-hook": {"bool": "skip-mode-detection", "str": "path"},
    "nvidia-ctk": {"str": "path"},
    "features": {
        "bool": "allow-cuda-compat-libs-from-container allow-ldconfig-from-container disable-cuda-compat-lib-hook"
        " disable-imex-channel-creation ignore-imex-channel-requests",
    },
}
KEYS: Dict[str, str] = {
    **{key: kind for kind, names in _TOP.items() for key in names.split()},
    **{
        f"{table}.{key}": kind
        for table, kinds in _TABLES.items()
        for kind, names in kinds.items()
        for key in names.split()
    },
}
# Tables that get new keys with each version; there a key is mistyped only where it looks like one that is known.
_GROWING = ("features.", "nvidia-container-runtime.modes.")
_LOOKS_LIKE = 0.8


def dotted(given: Dict[str, Any]) -> Dict[str, Any]:
    """Keys with dots, as `--set` takes them, of mappings in mappings too."""
    return dict(_leaves(given))


def said_twice(given: Dict[str, Any]) -> List[str]:
    """Keys that stand both with dots and in a mapping, with different values."""
    found: Dict[str, Any] = {}
    return [key for key, value in _leaves(given) if found.setdefault(key, value) != value]


def problems(desired: Dict[str, Any], found: Dict[str, Any]) -> List[str]:
    """One message each. A key that the host's own file has is known, however new its toolkit is."""
    messages = []
    known = [*KEYS, *found]
    for key, value in desired.items():
        kind = KEYS.get(key, "")
        if key not in known:
            below = [each for each in known if each.startswith(f"{key}.")]
            near = _nearest(key, known)
            if below:
                messages.append(f"{key} is a table of config.toml; set a key of it, such as {below[0]}")
            elif near or not key.startswith(_GROWING):
                hint = f"did you mean '{near}'?" if near else "remove it"
                messages.append(f"{key} is no key of config.toml (as of toolkit {KEYS_AS_OF}); {hint}")
        elif kind == "bool" and not isinstance(value, bool):
            messages.append(f"{key}: {value!r}, but must be true or false, without quotes")
        elif kind in ("str", "list") and isinstance(value, bool):
            wanted = "a text" if kind == "str" else "a string with commas"
            messages.append(f"{key}: {value!r}, but must be {wanted}")
    return messages


def _nearest(key: str, known: List[str]) -> str:
    """By the key in its own table, then by the table; empty where nothing is near."""
    growing = key.startswith(_GROWING)
    # The table may have been left out.
    there = [each for each in known if each.endswith(f".{key}")]
    if there:
        return there[0]
    beside = {_last(each): each for each in known if _table(each) == _table(key)}
    close = difflib.get_close_matches(_last(key), beside, n=1, cutoff=_LOOKS_LIKE if growing else 0.6)
    if close:
        return beside[close[0]]
    if growing and beside:
        return ""
    tables = [each for each in known if _last(each) == _last(key)]
    candidates = tables if tables or growing else known
    return next(iter(difflib.get_close_matches(key, candidates, n=1, cutoff=_LOOKS_LIKE if growing else 0.6)), "")


def _table(key: str) -> str:
    return key.rpartition(".")[0]


def _last(key: str) -> str:
    return key.rpartition(".")[2]


def _leaves(given: Dict[str, Any], above: str = "") -> Iterator[Tuple[str, Any]]:
    for key, value in given.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def as_set(value: Any) -> Any:
    """A list as `--set` takes it, and as it is configured."""
    return ",".join(map(str, value)) if isinstance(value, list) else value
