# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The law of the house, shaken: a plan that was followed leaves nothing to plan, and tampering is named and healed."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json.effect import effect
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine.plan import plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import DISRUPTS, errors_of
from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting import summary
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.shaking import (
    CREDENTIAL,
    FOREIGN_CONFIGS,
    SETTINGS,
    TAMPERINGS,
    Tampering,
    machines,
    tampered,
)
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.stand_in import (
    LATER_STEPS,
    REPOSITORY_STEPS,
    Machine,
    names,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st

BY_NAME = pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda each: each.named)


def look(machine: Machine, wanted: Described) -> Described:
    """What the next look finds when these are the settings, which do not ask for what an administrator holds."""
    machine.look_for_versions(wanted)
    assume(not any("not by this collection" in reason for reason in errors_of(plan, machine.host, wanted)))
    return machine.host


@given(machines(), SETTINGS)
def test_a_followed_plan_leaves_nothing_to_plan(machine: Machine, wanted: Described) -> None:
    look(machine, wanted)
    machine.converge(wanted)
    assert plan(look(machine, wanted), wanted) == []


@given(machines(), SETTINGS, SETTINGS)
def test_settings_may_change_at_any_time(machine: Machine, earlier: Described, wanted: Described) -> None:
    look(machine, earlier)
    machine.converge(earlier)
    look(machine, wanted)
    machine.converge(wanted)
    assert plan(look(machine, wanted), wanted) == []


@BY_NAME
@settings(max_examples=12)
@given(data=st.data())
def test_tampering_is_named_and_healed(tampering: Tampering, data: st.DataObject) -> None:
    machine, wanted = data.draw(machines()), data.draw(SETTINGS)
    look(machine, wanted)
    machine.converge(wanted)
    if tampering.counts(machine, wanted):
        other = tampered(machine, tampering)
        found = names(plan(look(other, wanted), wanted))
        assert set(found) & set(tampering.mends.split()), found
        other.converge(wanted)
        assert plan(look(other, wanted), wanted) == []


@given(machines(), SETTINGS, st.lists(st.sampled_from(TAMPERINGS), max_size=6, unique=True))
def test_much_tampering_at_once_is_healed_in_one_run(
    machine: Machine, wanted: Described, tamperings: list[Tampering]
) -> None:
    look(machine, wanted)
    machine.converge(wanted)
    for tampering in tamperings:
        if tampering.counts(machine, wanted) and "removed" not in tampering.named:
            machine = tampered(machine, tampering)
    look(machine, wanted)
    machine.converge(wanted)
    assert plan(look(machine, wanted), wanted) == []


@given(machines(), SETTINGS)
def test_a_plan_touches_neither_the_host_nor_the_settings(machine: Machine, wanted: Described) -> None:
    host = look(machine, wanted)
    before = copy.deepcopy((host, wanted))
    plan(host, wanted)
    assert (host, wanted) == before


@given(machines(), SETTINGS)
def test_steps_are_complete_and_in_a_workable_order(machine: Machine, wanted: Described) -> None:
    steps = plan(look(machine, wanted), wanted)
    for step in steps:
        assert list(step) == ["component", "step", "why", "from", "to", "disrupts"]
        assert step["component"] == "docker_engine"
        assert step["why"]
        assert step["disrupts"] in DISRUPTS
        # A setting that is met already is only remembered as this role's.
        assert step["from"] != step["to"] or (step["step"], step["from"]) == ("config", {})
    order = [*REPOSITORY_STEPS, *LATER_STEPS]
    assert set(names(steps)) <= set(order)
    # What the role does in the order of its files does not undo or precede what an earlier step of the plan needs.
    for sooner, later in [
        ("dpkg", "index"),
        ("repository_key", "repository"),
        ("foreign_repository", "repository"),
        ("repository", "index"),
        ("index", "conflicts"),
        ("conflicts", "packages"),
        ("packages", "hold"),
        ("packages", "unhold"),
        ("proxy", "service"),
        ("config", "service"),
        ("group", "service"),
        ("service", "verify"),
    ]:
        for found in (names(steps), order):
            if sooner in found and later in found:
                assert found.index(sooner) < found.index(later)


def shown(*things: Any) -> str:
    return json.dumps(things)


@given(machines(), SETTINGS)
def test_a_plan_holds_no_credentials(machine: Machine, wanted: Described) -> None:
    steps = plan(look(machine, wanted), wanted)
    assert "opensesame" in CREDENTIAL
    assert "opensesame" not in shown(steps, summary.plan_lines(steps))


def started_with(host: Described) -> Any:
    """What a running engine or containerd has read at its start and cannot take anew."""
    binaries = ("docker-ce", "docker.io", "containerd.io", "containerd", "runc")
    versions = {name: each["version"] for name, each in host["packages"].items() if name in binaries}
    environment = [host["files"][path] for path in (engine_paths.PROXY_ENVIRONMENT, *engine_paths.DROP_INS.values())]
    return versions, environment


@given(machines(), SETTINGS, SETTINGS)
def test_the_engine_is_not_restarted_when_nothing_that_needs_it_changed(
    machine: Machine, earlier: Described, wanted: Described
) -> None:
    look(machine, earlier)
    machine.converge(earlier)
    before = copy.deepcopy(look(machine, wanted))
    steps = machine.converge(wanted)
    needed = effect(before["daemon_config"]["content"], machine.host["daemon_config"]["content"])
    same = started_with(before) == started_with(machine.host) and needed != "restart"
    if same and wanted["service_state"] == "started" and before["engine"]["running"]:
        assert not any(step["disrupts"] == "restart" for step in steps), steps
        assert "service" not in names(steps)
    elif before["engine"]["running"]:
        assert any(step["disrupts"] == "restart" for step in steps)


@given(machines(), SETTINGS)
def test_a_host_without_a_running_engine_is_not_disrupted(machine: Machine, wanted: Described) -> None:
    host = look(machine, wanted)
    if not host["engine"]["running"]:
        assert {step["disrupts"] for step in plan(host, wanted)} <= {"none"}


@given(machines(), SETTINGS, FOREIGN_CONFIGS)
def test_what_people_add_to_daemon_json_stays(machine: Machine, wanted: Described, added: Described | None) -> None:
    look(machine, wanted)
    machine.converge(wanted)
    content = machine.host["daemon_config"]["content"] or {}
    foreign = {key: value for key, value in (added or {}).items() if key not in wanted["config"] and key not in content}
    if foreign:
        machine.host["daemon_config"]["content"] = {**content, **foreign}
        assert plan(look(machine, wanted), wanted) == []


@pytest.mark.parametrize("distribution", hosts.DISTRIBUTIONS, ids=lambda each: each["id"] + each["version_id"])
@pytest.mark.parametrize("source", ["upstream", "distribution"])
@pytest.mark.parametrize("init", ["systemd", "none"])
def test_a_bare_host_gets_a_running_engine_in_one_run(distribution: Described, source: str, init: str) -> None:
    machine = Machine(hosts.bare_host(distribution=distribution, init=init))
    wanted = hosts.settings(source=source)
    machine.converge(wanted)
    assert machine.host["engine"]["running"]
    assert machine.host["daemon_config"]["content"] == wanted["config"]
    assert plan(machine.host, wanted) == []
