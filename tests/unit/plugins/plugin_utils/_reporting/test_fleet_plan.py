# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plans of many hosts as one."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import step
from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting.fleet_plan import (
    fleet_plan,
    fleet_plan_lines,
    host_plan,
    verdict,
)
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import bare_host

Described = dict[str, Any]
LOOKED: Described = {"ansible_facts": {"dockyard_host": {}}}
UNREPORTED = {"untouched": "no NVIDIA GPU", "reboot_required": "", "warnings": []}
CONFIG = step("docker_engine", "config", "its log options changed", "a", "b", "reload")
PACKAGES = step("docker_engine", "packages", "they are old", "1", "2", "restart")
REBOOT = step("nvidia_driver", "reboot", "nouveau has the GPU", "running", "rebooted", "reboot")


def fleet(**plans: Described) -> Described:
    return fleet_plan({name: {"common_planned": plan} for name, plan in plans.items()}, list(plans))


FLEET = {
    "a": host_plan(LOOKED, [], [], UNREPORTED),
    "b": host_plan(LOOKED, [], [CONFIG, PACKAGES], UNREPORTED),
    "c": host_plan(LOOKED, [], [CONFIG, REBOOT], {**UNREPORTED, "warnings": ["branch 535 had its end of life"]}),
    "d": host_plan(LOOKED, ["docker_engine_source: must be one of upstream; got 'snap'"], [], UNREPORTED),
    "e": host_plan({"unreachable": True, "msg": "no route"}, [], [], {}),
    "f": host_plan({"failed": True, "msg": "it failed", "module_stderr": "sudo:\n no"}, [], [], {}),
}


@pytest.mark.parametrize(
    ("host", "state", "disrupts", "message"),
    [
        ("a", "converged", "none", ""),
        ("b", "drift", "restart", ""),
        ("c", "drift", "reboot", ""),
        ("d", "invalid", "none", ""),
        ("e", "unreachable", "none", "no route"),
        ("f", "failed", "none", "it failed sudo: no"),
    ],
)
def test_each_host_is_in_one_state(host: str, state: str, disrupts: str, message: str) -> None:
    planned = FLEET[host]
    assert (planned["state"], planned["disrupts"], planned["message"]) == (state, disrupts, message)


def test_hosts_are_counted_by_state_and_by_what_disrupts_them() -> None:
    assert fleet(**FLEET)["totals"] == {
        "hosts": 6,
        "converged": 1,
        "drift": 2,
        "invalid": 1,
        "unreachable": 1,
        "failed": 1,
        "reload": 2,
        "restart": 1,
        "reboot": 1,
    }
    assert fleet(**FLEET)["steps"][0] == {
        "component": "docker_engine",
        "step": "config",
        "disrupts": "reload",
        "hosts": 2,
    }


def test_a_table_has_a_line_for_each_step_with_the_hosts_name() -> None:
    assert fleet_plan_lines(fleet(**FLEET)) == [
        "host  step                    disrupts  why",
        "a     -                       -         nothing to do",
        "b     docker_engine config    reload    its log options changed",
        "b     docker_engine packages  restart   they are old",
        "c     docker_engine config    reload    its log options changed",
        "c     nvidia_driver reboot    reboot    nouveau has the GPU",
        "c     note                    -         branch 535 had its end of life",
        "d     invalid                 -         docker_engine_source: must be one of upstream; got 'snap'",
        "e     unreachable             -         no route",
        "f     failed                  -         it failed sudo: no",
        "6 hosts, 1 with nothing to do, 2 with steps to do, 1 with invalid settings, 1 unreachable, 1 without facts",
        "nvidia_driver skipped on 3 hosts: no NVIDIA GPU",
        "disruption: reload on 2 hosts, restart on 1 host, reboot on 1 host",
        "docker_engine config on 2 hosts (disrupts reload)",
        "docker_engine packages on 1 host (disrupts restart)",
        "nvidia_driver reboot on 1 host (disrupts reboot)",
    ]
    assert fleet_plan_lines(fleet_plan({}, []))[-1] == "no hosts"


def test_a_host_that_left_nothing_is_one_that_could_not_be_looked_at() -> None:
    lost = fleet_plan({"a": {}}, ["a"])["hosts"][0]
    assert (lost["host"], lost["state"]) == ("a", "failed")


@pytest.mark.parametrize(
    ("hosts", "fail_on_drift", "said"),
    [
        ("a", True, []),
        ("ab", False, []),
        ("abc", True, ["2 hosts with steps to do: b, c"]),
        ("abd", False, ["1 host with invalid settings: d"]),
        ("aef", False, ["1 host unreachable: e", "1 host without facts: f"]),
        ("abe", True, ["1 host unreachable: e", "1 host with steps to do: b"]),
    ],
)
def test_a_verdict_names_the_hosts(hosts: str, fail_on_drift: bool, said: list[str]) -> None:
    assert verdict(fleet(**{name: FLEET[name] for name in hosts}), fail_on_drift) == said


def test_notes_tell_what_is_worth_knowing_about_the_driver() -> None:
    driver = {"untouched": "WSL2 has the driver of Windows", "reboot_required": "nouveau is loaded", "warnings": ["w"]}
    notes = host_plan(LOOKED, [], [], driver)["notes"]
    assert notes == [
        "nvidia_driver skipped: WSL2 has the driver of Windows",
        "a reboot is needed: nouveau is loaded",
        "w",
    ]


def test_roles_without_business_on_a_host_are_named_once_where_it_is_for_a_lack_of_gpus() -> None:
    none = {**UNREPORTED, "toolkit_untouched": "no NVIDIA GPU"}
    container = {
        "untouched": "this host is a container, and its machine has the driver",
        "toolkit_untouched": "this host is a container that was given no GPUs",
        "reboot_required": "",
        "warnings": [],
    }
    plans = {
        name: host_plan(LOOKED, [], [], driver) for name, driver in zip("abc", (none, none, container), strict=True)
    }
    assert plans["a"]["skipped"] == [
        {"component": name, "why": "no NVIDIA GPU"} for name in ("nvidia_driver", "nvidia_container_toolkit")
    ]
    lines = fleet_plan_lines(fleet(**plans))
    assert [line for line in lines if "no NVIDIA GPU" in line] == [
        "nvidia_driver skipped on 2 hosts: no NVIDIA GPU",
        "nvidia_container_toolkit skipped on 2 hosts: no NVIDIA GPU",
    ]
    assert [" ".join(line.split()[3:]) for line in lines if line.split()[:2] == ["c", "note"]] == [
        "nvidia_driver skipped: this host is a container, and its machine has the driver",
        "nvidia_container_toolkit skipped: this host is a container that was given no GPUs",
    ]
    step_of_it = step("nvidia_container_toolkit", "cdi", "it is missing", "a", "b")
    assert [each["component"] for each in host_plan(LOOKED, [], [step_of_it], container)["skipped"]] == [
        "nvidia_driver"
    ]
    kept = fleet_plan({name: {"_common_planned": plan} for name, plan in plans.items()}, list(plans), ["nvidia_driver"])
    assert "nvidia_driver skipped on 2 hosts: no NVIDIA GPU" not in fleet_plan_lines(kept)


def test_what_a_host_says_of_itself_is_text() -> None:
    hostile = "\x1b[2J{{ 7 * 7 }}"
    odd = step("docker_engine", "config", hostile, {"a": hostile + "\n"}, "b", "none")
    plan = host_plan(LOOKED, [], [odd], {**UNREPORTED, "warnings": [hostile]})
    lines = "".join(fleet_plan_lines(fleet_plan({hostile: {"common_planned": plan}}, [hostile])))
    assert "\x1b" not in lines
    assert lines.count("\\x1b[2J{{ 7 * 7 }}") == 4
    assert plan["steps"][0]["from"] == {"a": "\\x1b[2J{{ 7 * 7 }}\n"}


def test_what_is_wrong_with_a_host_comes_first_gpus_before_all() -> None:
    """Each on a line, with its remedy: the plan may have no step that mends it."""
    nvidia = {
        "driver": {"state": "loaded"},
        "problems": [{"message": "0000:3b: it fell off the bus", "remedy": "Reboot."}],
    }
    host = {**bare_host(), "nvidia": nvidia, "problems": [{"message": "the disk is full", "remedy": "Make room."}]}
    planned = host_plan({"ansible_facts": {"dockyard_host": host}}, [], [CONFIG], UNREPORTED)
    assert planned["problems"] == ["0000:3b: it fell off the bus; Reboot.", "the disk is full; Make room."]
    lines = [line.split()[1:2] for line in fleet_plan_lines(fleet(a=planned))[1:4]]
    assert lines == [["problem"], ["problem"], ["docker_engine"]]
    nvidia["driver"] = {"state": "absent"}
    assert (
        host_plan({"ansible_facts": {"dockyard_host": host}}, [], [], UNREPORTED)["problems"] == planned["problems"][1:]
    )
