# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The merge by example; what holds for every example is in test_daemon_json_properties."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json.merge import plan_change, to_key, without_nulls

Config = dict[str, Any]
NOTHING: Config = {"owners": {}, "displaced": {}}


def remember(plan: Config) -> Config:
    return {"owners": plan["owners"], "displaced": plan["displaced"]}


def test_the_plan_says_what_changes_and_what_it_needs() -> None:
    current = {"log-opts": {"max-size": "10m", "tag": "x"}}
    desired = {"log-opts": {"max-size": "50m"}, "live-restore": True}
    assert plan_change(current, NOTHING, "site", desired) == {
        "after": {"log-opts": {"max-size": "50m", "tag": "x"}, "live-restore": True},
        "changes": [
            {"key": "log-opts.max-size", "from": "10m", "to": "50m"},
            {"key": "live-restore", "from": None, "to": True},
        ],
        "effect": "restart",
        "conflicts": [],
        "owners": {"site": desired},
        "displaced": {"/log-opts/max-size": "10m"},
    }
    assert current == {"log-opts": {"max-size": "10m", "tag": "x"}}


def test_foreign_keys_keep_their_order_and_ours_follow() -> None:
    plan = plan_change({"z": 1, "a": {"y": 1}}, NOTHING, "site", {"b": 1, "a": {"c": 2}})
    assert list(plan["after"]) == ["z", "a", "b"]
    assert list(plan["after"]["a"]) == ["y", "c"]


def test_a_dropped_key_goes_and_a_displaced_one_comes_back() -> None:
    first = plan_change({"mtu": 9000}, NOTHING, "site", {"mtu": 1450, "log-opts": {"max-size": "50m"}, "debug": True})
    second = plan_change(first["after"], remember(first), "site", {"debug": True})
    assert second["after"] == {"mtu": 9000, "debug": True}
    assert second["displaced"] == {}


def test_what_a_person_changed_stays_when_the_desired_goes() -> None:
    first = plan_change({"mtu": 9000}, NOTHING, "site", {"mtu": 1450, "debug": True})
    assert plan_change({"mtu": 1400}, remember(first), "site", {})["after"] == {"mtu": 1400}


def test_what_a_person_changed_is_put_back_while_it_is_desired() -> None:
    first = plan_change({"mtu": 9000}, NOTHING, "site", {"mtu": 1450})
    second = plan_change({"mtu": 1400}, remember(first), "site", {"mtu": 1450})
    assert second["after"] == {"mtu": 1450}
    assert plan_change(second["after"], remember(second), "site", {})["after"] == {"mtu": 9000}


@pytest.mark.parametrize("tampered", ["text", {"deep": {"er": 1}}, [], {}])
def test_a_mapping_that_a_person_replaced_is_put_back(tampered: Any) -> None:
    first = plan_change({}, NOTHING, "site", {"log-opts": {"max-size": "50m"}})
    second = plan_change({"log-opts": tampered}, remember(first), "site", {"log-opts": {"max-size": "50m"}})
    assert second["after"]["log-opts"]["max-size"] == "50m"
    assert second["conflicts"] == []


@pytest.mark.parametrize("foreign", ["text", {}, [1]])
def test_a_foreign_value_where_a_mapping_is_desired_is_remembered(foreign: Any) -> None:
    first = plan_change({"log-opts": foreign}, NOTHING, "site", {"log-opts": {"a": "1", "b": "2"}})
    assert first["after"] == {"log-opts": {"a": "1", "b": "2"}}
    assert plan_change(first["after"], remember(first), "site", {})["after"] == {"log-opts": foreign}


def test_a_foreign_mapping_where_a_value_is_desired_is_a_conflict() -> None:
    plan = plan_change({"builder": {"gc": {"enabled": True}}}, NOTHING, "site", {"builder": {"gc": "off"}})
    (conflict,) = plan["conflicts"]
    assert "'builder.gc' is set to \"off\"" in conflict
    assert "enabled" in conflict
    assert plan["changes"] == []
    assert plan["owners"] == {}


def test_two_owners_with_different_settings_are_reported_both_names_and_values() -> None:
    state = remember(plan_change({}, NOTHING, "engine", {"log-opts": {"max-size": "50m"}, "mtu": 1450}))
    plan = plan_change({}, state, "site", {"log-opts": {"max-size": "10m"}, "mtu": 1450})
    (conflict,) = plan["conflicts"]
    assert conflict == (
        "'log-opts.max-size' is set to \"10m\" by site, but 'log-opts.max-size' to \"50m\" by engine:"
        " remove one of the two."
    )
    assert remember(plan) == state


def test_a_conflict_shows_no_credentials() -> None:
    state = remember(plan_change({}, NOTHING, "engine", {"proxies": {"http-proxy": "http://joe:secret@one"}}))
    (conflict,) = plan_change({}, state, "site", {"proxies": {"http-proxy": "http://joe:other@one"}})["conflicts"]
    assert "secret" not in conflict
    assert "other" not in conflict


def test_a_shared_value_stays_until_its_last_owner_drops_it() -> None:
    one = plan_change({"debug": False}, NOTHING, "engine", {"debug": True})
    two = plan_change(one["after"], remember(one), "site", {"debug": True})
    three = plan_change(two["after"], remember(two), "engine", {})
    assert three["after"] == {"debug": True}
    assert plan_change(three["after"], remember(three), "site", {})["after"] == {"debug": False}


def test_an_empty_mapping_is_at_least_a_mapping() -> None:
    one = plan_change({}, NOTHING, "engine", {"features": {}})
    assert one["after"] == {"features": {}}
    two = plan_change(one["after"], remember(one), "toolkit", {"features": {"cdi": True}})
    assert two["conflicts"] == []
    assert plan_change(two["after"], remember(two), "toolkit", {})["after"] == {"features": {}}
    assert plan_change(two["after"], remember(two), "engine", {})["after"] == {"features": {"cdi": True}}


def test_null_is_not_desired() -> None:
    desired = {"debug": None, "log-opts": {"tag": None}, "features": {}, "dns": [None]}
    assert without_nulls(desired) == {"features": {}, "dns": [None]}
    one = plan_change({}, NOTHING, "site", {"debug": True})
    assert plan_change(one["after"], remember(one), "site", {"debug": None})["after"] == {}


def test_a_file_that_is_not_there_is_an_empty_one() -> None:
    assert plan_change(None, NOTHING, "site", {}) == plan_change({}, NOTHING, "site", {})
    assert plan_change(None, {}, "site", {"debug": True})["after"] == {"debug": True}


def test_keys_are_shown_so_that_they_can_be_distinguished() -> None:
    assert to_key(("runtimes", "io.containerd.runsc.v1", "path")) == 'runtimes."io.containerd.runsc.v1".path'


def test_what_is_taken_over_goes_with_the_desired_and_leaves_nothing_of_the_earlier_tool() -> None:
    current = {"runtimes": {"nvidia": {"path": "/usr/bin/x", "args": []}, "other": {"path": "y"}}, "debug": True}
    desired = {"runtimes": {"nvidia": {"path": "nvidia-container-runtime"}}}
    plan = plan_change(current, NOTHING, "toolkit", desired, ["runtimes.nvidia"])
    assert plan["after"] == {"runtimes": {**desired["runtimes"], "other": {"path": "y"}}, "debug": True}
    assert plan["displaced"] == {}
    gone = plan_change(plan["after"], remember(plan), "toolkit", {}, ["runtimes.nvidia"])
    assert gone["after"] == {"runtimes": {"other": {"path": "y"}}, "debug": True}
    assert plan_change(current, NOTHING, "toolkit", {}, ["runtimes.nvidia"])["after"] == gone["after"]


def test_what_another_owner_settings_too_is_not_taken_away_with_what_is_taken_over() -> None:
    desired = {"runtimes": {"nvidia": {"path": "x"}}}
    first = plan_change({}, NOTHING, "site", desired)
    assert plan_change(first["after"], remember(first), "toolkit", {}, ["runtimes.nvidia"])["after"] == desired


def test_taking_over_what_was_displaced_before_forgets_it() -> None:
    current = {"runtimes": {"nvidia": {"path": "old"}}}
    desired = {"runtimes": {"nvidia": {"path": "new"}}}
    first = plan_change(current, NOTHING, "toolkit", desired)
    assert first["displaced"]
    second = plan_change(first["after"], remember(first), "toolkit", desired, ["runtimes.nvidia"])
    assert second["displaced"] == {}
    assert plan_change(second["after"], remember(second), "toolkit", {})["after"] == {}


@pytest.mark.parametrize(
    ("config", "keys"),
    [
        ({"runtimes": {"nvidia": {"Path": "/old"}}}, ["runtimes.nvidia.Path", "runtimes.nvidia.path"]),
        ({"Runtimes": {}}, ["Runtimes", "runtimes"]),
        ({"default-address-pools": [{"base": "10.0.0.0/8", "Base": "10.0.0.0/9"}]}, ["default-address-pools.base"]),
        ({"builder": {"gc": {"enabled": True, "ENABLED": False}}}, ["builder.gc.enabled", "builder.gc.ENABLED"]),
    ],
)
def test_keys_that_are_one_to_the_engine_are_named(config: Any, keys: list[str]) -> None:
    plan = plan_change(config, {}, "toolkit", {"runtimes": {"nvidia": {"path": "/new"}}})
    (message,) = plan["conflicts"]
    assert [key for key in keys if f"'{key}'" not in message] == []
    assert plan["after"] == config


def test_names_that_are_free_may_differ_in_their_case() -> None:
    config = {
        "log-opts": {"tag": "a", "Tag": "b"},
        "runtimes": {"Nvidia": {"path": "a"}, "other": {"options": {"A": 1, "a": 1}}},
        "labels": ["a=1", "A=1"],
    }
    assert plan_change(config, {}, "toolkit", {"runtimes": {"nvidia": {"path": "/new"}}})["conflicts"] == []
