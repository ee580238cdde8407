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
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.stand_in import Machine
from jinja2.nativetypes import NativeEnvironment

ROOT = Path(__file__).parents[3]


def value_of(file: str, name: str, **known: Any) -> Any:
    text = yaml.safe_load((ROOT / file).read_text())[name]
    return NativeEnvironment().from_string(text).render(known)


@pytest.mark.parametrize(
    ("file", "left", "steps"),
    [
        ("roles/docker_engine/vars/main.yml", "_docker_engine_left", "_docker_engine_steps_now"),
        ("roles/common/vars/main.yml", "_common_left", "_common_steps_now"),
    ],
)
def test_an_index_that_may_have_no_age_is_not_left_undone(file: str, left: str, steps: str) -> None:
    wanted = hosts.settings(version="latest", index_max_age=0)
    machine = Machine(hosts.bare_host())
    machine.converge(wanted)
    machine.host["index"]["age_s"] = 3
    found = plan(machine.host, wanted)
    assert [step["step"] for step in found] == ["index"]
    assert value_of(file, left, **{steps: found}) == []
    other = [*found, {"step": "packages", "why": "x"}]
    assert value_of(file, left, **{steps: other}) == other[1:]


@pytest.mark.parametrize(
    ("file", "name"),
    [("roles/docker_engine/tasks/converged.yml", "_docker_engine_left"), ("playbooks/tasks/roles.yml", "_common_left")],
)
def test_the_last_task_of_a_run_is_about_what_is_left(file: str, name: str) -> None:
    (task,) = [
        each
        for each in yaml.safe_load((ROOT / file).read_text())
        if each["name"].startswith("Verify that the host has converged")
    ]
    assert name in str(task["when"])
    assert name in task["ansible.builtin.fail"]["msg"]
