# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each step is of one phase, and a tag of a phase plans its steps alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning import phases
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.phases import PHASES
from ansible_collections.dockyard.gpu.plugins.plugin_utils._site import components, tags
from ansible_collections.dockyard.gpu.plugins.plugin_utils._site.plan import site_plan
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts, machines, toolkit_stand_in

ROOT = Path(__file__).resolve().parents[5]
# Where a plan adds a step, by its name; the names of those of repositories and holds stand in what roles share.
ADDED = re.compile(r"""(?:self\._add\(\s*|step\(\s*(?:NAME|"\w+"|component|self\.role),\s*)"(\w+)",""")
SHARED = ("repository.py", "holds.py", "package_work.py")


def steps_in_code(role: str) -> set[str]:
    place = ROOT / "plugins" / "plugin_utils"
    files = [*(place / f"_{role}").glob("*.py"), *(place / "_planning" / name for name in SHARED)]
    return {name for path in files for name in ADDED.findall(path.read_text())}


@pytest.mark.parametrize("role", PHASES)
def test_every_step_that_a_plan_can_have_is_of_one_phase(role: str) -> None:
    names = [step for steps in PHASES[role].values() for step in steps]
    assert len(names) == len({*names})
    # Of all of these, dpkg is part of any phase that works with packages.
    assert steps_in_code(role) - {*names} == {"dpkg"}


def planned(run: list[str], skip: list[str] | None = None) -> dict[str, Any]:
    host = machines.host("h100x8", "Ubuntu 24.04")
    host = {**hosts.bare_host(), **{name: host[name] for name in ("nvidia", "distribution", "kernel")}}
    settings = {
        "nvidia_driver": machines.settings(),
        "nvidia_container_toolkit": toolkit_stand_in.settings(),
        "docker_group": hosts.wanted("docker_group", users=[]),
        "docker_engine": hosts.settings(),
    }
    for role, desired in settings.items():
        settings[role] = {**desired, "left_out": components.phases_left_out(role, run, skip or [])}
    return dict(site_plan(host, settings, components.chosen("site", run, skip or [])))


WHOLE = planned(["all"])["steps"]


def test_all_has_all_phases_of_a_bare_host_with_gpus() -> None:
    for role in PHASES:
        of_role = [step for step in WHOLE if step["component"] == role]
        assert {"packages", "config"} <= {*phases.of_steps(role, of_role)}


@pytest.mark.parametrize(("role", "phase"), [(role, phase) for role, names in PHASES.items() for phase in names])
def test_a_tag_of_a_phase_plans_its_steps_alone_and_without_it_all_others(role: str, phase: str) -> None:
    tag = f"{role}_{phase}"
    names = (*PHASES[role][phase], *(["dpkg"] if phase in phases.OF_PACKAGES else []))
    mine = [step for step in WHOLE if step["component"] == role and step["step"] in names]
    if tag in ("nvidia_driver_load", "nvidia_container_toolkit_cdi"):
        # A specification is made of a driver that answers, or that the same run loads.
        assert planned([tag])["steps"] == [step for step in mine if step["step"] != "cdi"]
        return
    assert planned([tag])["steps"] == mine
    rest = [step for step in WHOLE if step not in mine or step["step"] == "dpkg"]
    assert planned(["all"], [tag])["steps"] == rest


@pytest.mark.parametrize(
    ("run", "skip", "left_out"),
    [
        (["docker_engine"], [], []),
        (["docker"], ["docker_engine_hold"], ["hold"]),
        (["docker_engine_config", "docker_engine"], [], []),
        (["docker_engine_config", "docker_engine_service"], [], ["repository", "packages", "hold", "verify"]),
        (["nvidia_driver_config"], [], []),
        (["web"], [], []),
        (["docker_engine_nope"], [], []),
    ],
)
def test_what_is_left_out(run: list[str], skip: list[str], left_out: list[str]) -> None:
    assert components.phases_left_out("docker_engine", run, skip) == left_out


def test_what_is_left_out_is_said() -> None:
    found = components.left_out("plan", ["docker_engine_config"], [])
    assert found == [
        *("nvidia_driver", "nvidia_container_toolkit", "docker_group"),
        *(f"docker_engine_{phase}" for phase in PHASES["docker_engine"] if phase != "config"),
    ]
    assert tags.errors(["plan"], ["docker_engine_config"], []) == []


@pytest.mark.parametrize("playbook", ["remove", "verify"])
def test_what_takes_a_component_as_a_whole_knows_no_phases(playbook: str) -> None:
    (error,) = tags.errors([playbook], ["docker_engine_config"], [])
    assert error.startswith(
        f"--tags docker_engine_config: {playbook} has no such component; did you mean docker_engine?"
    )


def test_dpkg_is_part_of_each_phase_that_works_with_packages() -> None:
    steps = [{"step": "dpkg"}, {"step": "config"}]
    assert phases.without("docker_engine", steps, ["repository", "packages"]) == steps
    assert phases.without("docker_engine", steps, ["repository", "packages", "hold"]) == steps[1:]


@pytest.mark.parametrize("role", PHASES)
def test_the_tasks_name_phases_that_there_are(role: str) -> None:
    text = (ROOT / "roles" / role / "tasks/main.yml").read_text()
    assert {*re.findall(r"'(\w+)' in _\w+\.phases", text)} <= {*PHASES[role]}
