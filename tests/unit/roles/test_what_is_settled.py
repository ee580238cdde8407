# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change of daemon.json ends as verified or, where nothing verifies it, as settled: never both, and never neither."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine.arguments import arguments
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts
from jinja2.nativetypes import NativeEnvironment

ROOT = Path(__file__).parents[3]
ENDS = ("dockyard.gpu.runtime_check", "dockyard.gpu.daemon_config")


def tasks(found: Any) -> Iterator[dict[str, Any]]:
    for task in found:
        yield task
        yield from tasks(task.get("block", []))


def runs_by(task: dict[str, Any], known: dict[str, Any]) -> bool:
    conditions = task["when"] if isinstance(task["when"], list) else [task["when"]]
    environment = NativeEnvironment()
    return all(environment.compile_expression(each)(**known) for each in conditions)


@pytest.mark.parametrize("role", ["docker_engine", "nvidia_container_toolkit"])
@pytest.mark.parametrize(("verify", "engine_runs"), list(product([True, False], repeat=2)))
def test_a_change_is_verified_or_settled(role: str, verify: bool, engine_runs: bool) -> None:
    ran = ends(role, verify, engine_runs, [])
    assert ran == ([ENDS[0] if verify else ENDS[1]] if engine_runs else [])


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize(("role", "left_out"), [("docker_engine", "verify"), ("nvidia_container_toolkit", "config")])
def test_neither_where_tags_leave_it_out(role: str, left_out: str, verify: bool) -> None:
    assert ends(role, verify, True, [left_out]) == []


@pytest.mark.parametrize(("runs", "expected"), [(True, [ENDS[0]]), (False, [])])
def test_an_engine_that_no_step_starts_is_verified_where_it_runs(runs: bool, expected: list[str]) -> None:
    assert ends("docker_engine", True, True, ["service"], runs) == expected


def ends(role: str, verify: bool, starts: bool, left_out: list[str], runs: bool = True) -> list[str]:
    """Which of the two the role's tasks call."""
    host = hosts.bare_host(engine={"running": starts and runs})
    state = "started" if starts else "stopped"
    desired = {**hosts.settings(verify=verify, service_state=state), "left_out": left_out}
    known = {
        f"_{role}_desired": {"verify": verify, "left_out": left_out},
        "_docker_engine_arguments": arguments(host, desired, {"todo": {}}),
        "ansible_facts": {"dockyard_host": host},
    }
    found = yaml.safe_load((ROOT / "roles" / role / "tasks/verify.yml").read_text())
    ran = [(name, task) for task in tasks(found) for name in ENDS if name in task and runs_by(task, known)]
    assert all(task[ENDS[1]]["state"] == "settled" for name, task in ran if name == ENDS[1])
    return [name for name, _task in ran]
