# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""daemon.json has several owners: what the file becomes when one of them changes its mind. Pure functions.

A leaf is a scalar, a list, or an empty mapping; its path is a tuple of keys. An empty mapping as a setting means "at
least a mapping here". A null as a setting means "not set", so that a layered variable can remove a default.

The state records, besides what each owner set last, what those settings displaced::

    {"owners": {"docker_engine": {"log-opts": {"max-size": "50m"}}}, "displaced": {"/log-opts/max-size": "10m"}}
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, Iterator, Sequence, Tuple

from .._common.redaction import mask
from .effect import effect, same

# At run time, since annotations alone would not do for aliases on Python 3.8.
Config = Dict[str, Any]
Path = Tuple[str, ...]
Leaves = Dict[Path, Any]

_ABSENT = object()
# What is below these the engine knows by name, whatever the case of the letters (Go's encoding/json, with fields of a
# struct), and so below each entry of the others. Elsewhere names are free: log-opts, labels, runtimes themselves.
_BY_NAME = ("builder", "default-address-pools", "nri-opts", "proxies")
_ENTRIES_BY_NAME = ("default-ulimits", "runtimes")


def plan_change(
    current: Config | None, state: Config, owner: str, desired: Config, taken_over: Sequence[str] = ()
) -> Config:
    """What happens when ``owner`` wants ``desired``: {after, changes, effect, conflicts, owners, displaced}.

    With conflicts nothing changes. ``owners`` and ``displaced`` are the state's, as they are afterwards. What stands
    under the keys ``taken_over`` counts as configured by the owner before, whoever wrote it.
    """
    before = current or {}
    state = _with_taken_over(before, state, owner, [tuple(key.split(".")) for key in taken_over])
    owners = state.get("owners") or {}
    want = leaves(without_nulls(desired))
    merge = _Merge(before, state.get("displaced") or {}, owners, owner)
    conflicts = _conflicts_of_owners(want, owner, owners) or merge.run(want) or _one_to_the_engine(merge.after)
    if conflicts:
        after, displaced = _copy(before), state.get("displaced") or {}
    else:
        after, displaced = merge.after, {to_pointer(path): value for path, value in merge.displaced.items()}
        kept = {name: config for name, config in owners.items() if name != owner}
        owners = {**kept, owner: without_nulls(desired)} if want else kept
    return {
        "after": after,
        "changes": changed_leaves(before, after),
        "effect": effect(before, after),
        "conflicts": conflicts,
        "owners": owners,
        "displaced": displaced,
    }


def _with_taken_over(current: Config, state: Config, owner: str, paths: Sequence[Path]) -> Config:
    """The state as if the owner had written what stands there, and nothing had stood there before."""
    owners, displaced = state.get("owners") or {}, state.get("displaced") or {}
    last = _copy(owners.get(owner) or {})
    for path in paths:
        found = _get(current, path)
        if found is _ABSENT:
            continue
        here = last
        for key in path[:-1]:
            here = here.setdefault(key, {})
        here[path[-1]] = _copy(found)
        displaced = {pointer: value for pointer, value in displaced.items() if not _begins(from_pointer(pointer), path)}
    return {**state, "owners": {**owners, owner: last} if last else owners, "displaced": displaced}


def _copy(value: Any) -> Any:
    """Not copy.deepcopy: on the control node a variable's mappings carry the whole of Ansible's templating along."""
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def changed_leaves(before: Config | None, after: Config | None) -> list[Config]:
    """[{key, from, to}] for every leaf that differs; null stands for "not there"."""
    old, new = leaves(before or {}), leaves(after or {})
    return [
        {"key": to_key(path), "from": old.get(path), "to": new.get(path)}
        for path in {**old, **new}
        if path not in old or path not in new or not same(old[path], new[path])
    ]


def leaves(config: Config) -> Leaves:
    found: Leaves = {}
    for key, value in config.items():
        if isinstance(value, dict) and value:
            found.update({(key, *path): leaf for path, leaf in leaves(value).items()})
        else:
            found[(key,)] = value
    return found


def without_nulls(config: Config) -> Config:
    """The settings without nulls; a mapping of nothing but nulls counts as a null too."""
    kept: Config = {}
    for key, value in config.items():
        item = without_nulls(value) if isinstance(value, dict) else value
        if item is not None and (item != {} or value == {}):
            kept[key] = item
    return kept


def to_key(path: Path) -> str:
    """A path for people: log-opts.max-size, or runtimes."io.containerd.runsc.v1"."""
    return ".".join(part if re.fullmatch(r"[\w-]+", part) else json.dumps(part) for part in path)


def to_pointer(path: Path) -> str:
    """A path for the state: a JSON Pointer (RFC 6901)."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)


def from_pointer(pointer: str) -> Path:
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def _begins(path: Path, start: Path) -> bool:
    return path[: len(start)] == start


def _above(path: Path) -> Iterator[Path]:
    return (path[:length] for length in range(len(path) - 1, 0, -1))


def _conflicts_of_owners(want: Leaves, owner: str, owners: dict[str, Config]) -> list[str]:
    messages = []
    for other in sorted(set(owners) - {owner}):
        held = leaves(owners[other])
        for path, value in want.items():
            for held_path, held_value in held.items():
                if _disagree(path, value, held_path, held_value):
                    messages.append(
                        f"'{to_key(path)}' is set to {_shown(path, value)} by {owner}, but '{to_key(held_path)}'"
                        f" to {_shown(held_path, held_value)} by {other}: remove one of the two."
                    )
    return messages


def _disagree(path: Path, value: Any, other_path: Path, other_value: Any) -> bool:
    if path == other_path:
        return not same(value, other_value)
    if _begins(other_path, path):
        return value != {}
    return _begins(path, other_path) and other_value != {}


def _one_to_the_engine(config: Config) -> list[str]:
    """Keys that differ in the case of their letters alone, of which the engine takes the last one."""
    messages = []
    left: list[tuple[Path, Any]] = [((), config)]
    while left:
        path, value = left.pop()
        if isinstance(value, list):
            left += [(path, item) for item in value]
        if not isinstance(value, dict):
            continue
        left += [((*path, key), item) for key, item in value.items()]
        if path and path[0] not in _BY_NAME and not (len(path) == 2 and path[0] in _ENTRIES_BY_NAME):
            continue
        seen: dict[str, str] = {}
        for key in value:
            other = seen.setdefault(key.casefold(), key)
            if other != key:
                messages.append(
                    f"'{to_key((*path, other))}' and '{to_key((*path, key))}' are one key to the engine: take one of"
                    " the two out."
                )
    return messages


def _shown(path: Path, value: Any) -> str:
    return json.dumps(mask({path[-1]: value})[path[-1]])


def _get(config: Any, path: Path) -> Any:
    for key in path:
        if not isinstance(config, dict) or key not in config:
            return _ABSENT
        config = config[key]
    return config


def _set(config: Config, path: Path, value: Any) -> None:
    for key in path[:-1]:
        config = config[key]
    config[path[-1]] = _copy(value)


def _delete(config: Config, path: Path) -> None:
    for key in path[:-1]:
        config = config[key]
    del config[path[-1]]


class _Merge:
    """One three-way merge: the file as it is, what the owner wrote last, what it wants now."""

    def __init__(self, before: Config, displaced: Config, owners: dict[str, Config], owner: str) -> None:
        self.after: Config = _copy(before)
        self.displaced: Leaves = {from_pointer(pointer): value for pointer, value in displaced.items()}
        self._base = leaves(owners.get(owner) or {})
        # Paths that are owned before and after.
        self._staying = {path for name, config in owners.items() if name != owner for path in leaves(config)}
        self._values = {path for config in owners.values() for path, leaf in leaves(config).items() if leaf != {}}

    def run(self, want: Leaves) -> list[str]:
        """Why it cannot be done; with reasons the merge is unfinished."""
        self._staying.update(path for path in self._base if path in want)
        self._drop([path for path in self._base if path not in self._staying])
        in_the_way = [path for path, value in want.items() if value != {} and self._holds_foreign_mapping(path)]
        for path, value in want.items():
            if not in_the_way:
                self._make_way(path)
                self._put(path, value)
        return [
            f"'{to_key(path)}' is set to {_shown(path, want[path])}, but daemon.json has a mapping there with"
            f" {', '.join(sorted(_get(self.after, path)))}, which has another owner: remove one of the two."
            for path in in_the_way
        ]

    def _holds_foreign_mapping(self, path: Path) -> bool:
        """A foreign mapping is not thrown away for a value; one that replaced a value of ours is tampering."""
        node = _get(self.after, path)
        return isinstance(node, dict) and bool(node) and path not in self._values

    def _drop(self, dropped: list[Path]) -> None:
        # An empty mapping was only a claim that there is one: it is treated like the mappings that held dropped leaves.
        emptied = {above for path in dropped for above in _above(path)}
        emptied.update(path for path in dropped if self._base[path] == {})
        for path in dropped:
            if self._base[path] != {}:
                self._put_back(path)
        for path in sorted(emptied, key=len, reverse=True):
            if not self._is_ours(path):
                self._put_back_mapping(path)

    def _put_back(self, path: Path) -> None:
        """The value from before our setting, unless a person changed ours since: then theirs stays."""
        original = self.displaced.pop(path, _ABSENT)
        now = _get(self.after, path)
        if now is not _ABSENT and same(now, self._base[path]):
            self._restore(path, original)

    def _put_back_mapping(self, path: Path) -> None:
        """What stood where the mapping is, once nothing of ours and nothing else is left in it."""
        original = self.displaced.pop(path, _ABSENT)
        if _get(self.after, path) == {}:
            self._restore(path, original)

    def _restore(self, path: Path, original: Any) -> None:
        if original is _ABSENT:
            _delete(self.after, path)
        else:
            _set(self.after, path, original)

    def _make_way(self, path: Path) -> None:
        """Mappings on the way to a leaf; a foreign value or empty mapping that stands there is remembered."""
        for above in reversed(list(_above(path))):
            node = _get(self.after, above)
            if node is not _ABSENT and (not isinstance(node, dict) or not node):
                self._remember(above, node)
            if not isinstance(node, dict):
                _set(self.after, above, {})

    def _put(self, path: Path, value: Any) -> None:
        now = _get(self.after, path)
        if now is not _ABSENT and (now == {} or not isinstance(now, dict)):
            self._remember(path, now)
        satisfied = isinstance(now, dict) if value == {} else same(now, value)
        if not satisfied:
            _set(self.after, path, value)

    def _remember(self, path: Path, value: Any) -> None:
        """Only what stood there before it, or something in it, was owned: later changes are tampering."""
        if not self._is_ours(path):
            self.displaced.setdefault(path, _copy(value))

    def _is_ours(self, path: Path) -> bool:
        return any(_begins(owned, path) for owned in self._staying)
