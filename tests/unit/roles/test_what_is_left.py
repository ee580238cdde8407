# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as left undone after a run: an index that was read in it is older than no seconds, and no failure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine.plan import plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._site.plan import site_plan
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.stand_in import Machine
from jinja2.nativetypes import NativeEnvironment

ROOT = Path(__file__).parents[3]


def value_of(expression: str, **known: Any) -> Any:
    return NativeEnvironment().from_string(expression).render(known)


def last_task(file: str) -> dict[str, Any]:
    (task,) = [
        each
        for each in yaml.safe_load((ROOT / file).read_text())
        if each["name"].startswith("Verify that the host has converged")
    ]
    return dict(task)


def with_an_old_index() -> tuple[Machine, dict[str, Any]]:
    """A converged host, whose index is three seconds old and may have no age."""
    wanted = hosts.settings(version="latest", index_max_age=0)
    machine = Machine(hosts.bare_host())
    machine.converge(wanted)
    machine.host["index"]["age_s"] = 3
    return machine, wanted


def test_an_index_that_may_have_no_age_is_not_left_undone() -> None:
    machine, wanted = with_an_old_index()
    found = plan(machine.host, wanted)
    assert [step["step"] for step in found] == ["index"]
    left = last_task("roles/docker_engine/tasks/converged.yml")["vars"]["_left"]
    assert value_of(left, _docker_engine_now={"steps": found}) == []
    other = [*found, {"step": "packages", "why": "x"}]
    assert value_of(left, _docker_engine_now={"steps": other}) == other[1:]


def test_nor_is_it_by_the_plan_of_all_roles() -> None:
    machine, wanted = with_an_old_index()
    of_site = site_plan(machine.host, {"docker_engine": wanted}, ["docker_engine"])
    assert [step["step"] for step in of_site["steps"]] == ["index"]
    assert (of_site["left"], of_site["converged"]) == ([], False)


@pytest.mark.parametrize(
    ("file", "name"),
    [("roles/docker_engine/tasks/converged.yml", "_left"), ("playbooks/tasks/roles.yml", "_common_plan.left")],
)
def test_the_last_task_of_a_run_is_about_what_is_left(file: str, name: str) -> None:
    task = last_task(file)
    assert name in str(task["when"])
    (failed,) = (task[module] for module in ("ansible.builtin.fail", "dockyard.gpu.fail") if module in task)
    assert name in failed["msg"]
