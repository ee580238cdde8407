# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The three-way merge, shaken: whatever stands in the file, whoever settings what, in whatever order."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json.effect import effect, same
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json.merge import (
    changed_leaves,
    from_pointer,
    leaves,
    plan_change,
    to_pointer,
    without_nulls,
)
from hypothesis import given
from hypothesis import strategies as st

Config = dict[str, Any]

SCALARS = st.sampled_from([True, False, 0, 1, 1.0, "", "a", "b"])
# Few names, so that settings meet each other and what is there; one with dots, one with what a JSON Pointer escapes.
NAMES = st.sampled_from(["a", "b", "c.d", "e/f~1"])
VALUES = st.recursive(
    SCALARS | st.lists(SCALARS, max_size=2), lambda inner: st.dictionaries(NAMES, inner, max_size=2), max_leaves=4
)
CONFIGS = st.dictionaries(NAMES, VALUES, max_size=3)
OWNERS = st.sampled_from(["engine", "toolkit", "site"])
SETTINGS = st.lists(st.tuples(OWNERS, CONFIGS), max_size=6)

NOTHING: Config = {"owners": {}, "displaced": {}}


class Host:
    """A file and the memory of its owners, as the module would keep them between its runs."""

    def __init__(self, config: Config | None = None) -> None:
        self.config = config
        self.state = NOTHING

    def desired(self, owner: str, config: Config) -> Config:
        plan = plan_change(self.config, self.state, owner, config)
        # The state goes through a file.
        self.state = json.loads(json.dumps({"owners": plan["owners"], "displaced": plan["displaced"]}))
        self.config = plan["after"]
        return plan


def under(config: Config, starts: set[tuple[str, ...]]) -> set[tuple[str, ...]]:
    return {path for path in leaves(config) if any(path[: len(start)] == start for start in starts)}


@given(CONFIGS, SETTINGS, OWNERS, CONFIGS)
def test_applying_twice_is_applying_once(
    config: Config, earlier: list[tuple[str, Config]], owner: str, desired: Config
) -> None:
    host = Host(config)
    for who, what in earlier:
        host.desired(who, what)
    host.desired(owner, desired)
    state = host.state
    again = host.desired(owner, desired)
    assert again["changes"] == []
    assert again["effect"] == "none"
    assert host.state == state


@given(CONFIGS, OWNERS, CONFIGS)
def test_a_desired_that_is_granted_is_in_the_file(config: Config, owner: str, desired: Config) -> None:
    plan = Host(config).desired(owner, desired)
    if plan["conflicts"]:
        assert same(plan["after"], config)
        return
    after = leaves(plan["after"])
    for path, value in leaves(without_nulls(desired)).items():
        assert under(plan["after"], {path}) if value == {} else same(after[path], value)


@given(CONFIGS, OWNERS, CONFIGS)
def test_what_no_one_desired_stays(config: Config, owner: str, desired: Config) -> None:
    plan = Host(config).desired(owner, desired)
    paths = leaves(without_nulls(desired))
    after = leaves(plan["after"])
    for path, value in leaves(config).items():
        touched = any(path[: len(each)] == each or each[: len(path)] == path for each in paths)
        assert touched or same(after[path], value)


@given(CONFIGS, SETTINGS, st.permutations(["engine", "toolkit", "site"]))
def test_dropping_every_desired_restores_what_was_there(
    config: Config, settings: list[tuple[str, Config]], order: list[str]
) -> None:
    host = Host(config)
    for who, what in settings:
        host.desired(who, what)
    for owner in order:
        host.desired(owner, {})
    assert same(host.config, config)
    assert host.state == NOTHING


@given(CONFIGS, CONFIGS, CONFIGS, CONFIGS)
def test_an_owner_that_comes_and_goes_leaves_the_others_as_they_were(
    config: Config, one: Config, other: Config, again: Config
) -> None:
    host = Host(config)
    host.desired("engine", one)
    before, state = host.config, host.state
    host.desired("toolkit", other)
    host.desired("toolkit", again)
    host.desired("toolkit", {})
    assert same(host.config, before)
    assert host.state["owners"] == state["owners"]


@given(CONFIGS, CONFIGS, CONFIGS)
def test_tampering_is_put_back(config: Config, desired: Config, tampered: Config) -> None:
    host = Host(config)
    host.desired("engine", desired)
    host.config = tampered
    plan = host.desired("engine", desired)
    after = leaves(plan["after"])
    for path, value in leaves(host.state["owners"].get("engine", {})).items():
        if not plan["conflicts"]:
            assert under(plan["after"], {path}) if value == {} else same(after[path], value)


@given(CONFIGS, CONFIGS, CONFIGS)
def test_what_a_person_changed_is_not_lost_when_the_desired_goes(
    config: Config, desired: Config, edited: Config
) -> None:
    host = Host(config)
    host.desired("engine", desired)
    ours = leaves(host.config or {})
    host.config = edited
    after = leaves(host.desired("engine", {})["after"])
    for path, value in leaves(edited).items():
        if path not in ours or not same(ours[path], value):
            # An empty mapping may be the trace of what was ours in it.
            assert value == {} or same(after[path], value)


@given(CONFIGS, CONFIGS)
def test_changes_and_effect_agree(before: Config, after: Config) -> None:
    assert bool(changed_leaves(before, after)) is (not same(before, after)) is (effect(before, after) != "none")


@given(st.lists(NAMES | st.text(max_size=3), min_size=1, max_size=4))
def test_pointers_lead_back(path: list[str]) -> None:
    assert from_pointer(to_pointer(tuple(path))) == tuple(path)
