# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a host is shown before its steps, by each playbook that has steps."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import fleet, machines

from .stand_ins import Site

FULL = {"code": "disk_full", "message": "the disk of /var is full", "remedy": "Make room"}
SICK = f"{fleet.LOST['message']}; {fleet.LOST['remedy']}"
# The engine's and the driver's plans would ask a repository even in check mode.
GROUP = ("--check", "--tags", "docker_group")
WITH_STEPS = (*GROUP, "-e", "docker_group_users=ada")


def sick(folder: Path, **parts: object) -> Site:
    host = fleet.broken(0)
    return Site(folder, **{"nvidia": host["nvidia"], "distribution": host["distribution"], "problems": [FULL], **parts})


@pytest.mark.parametrize(
    ("playbook", "step"),
    [
        ("site", "Show what a run without --check would do"),
        pytest.param("rollout", "docker_group: members", marks=pytest.mark.slow),
        pytest.param("plan", "docker_group members", marks=pytest.mark.slow),
    ],
)
def test_a_sick_gpu_comes_before_the_steps(tmp_path: Path, playbook: str, step: str) -> None:
    done = sick(tmp_path).play(f"dockyard.gpu.{playbook}", "one", *WITH_STEPS)
    assert done.rc == 0, done.text
    places = [done.text.find(words) for words in (SICK, f"{FULL['message']}; {FULL['remedy']}", step)]
    assert -1 not in places
    assert places == sorted(places), done.text


@pytest.mark.slow
def test_a_sick_gpu_comes_before_what_is_in_the_way(tmp_path: Path) -> None:
    done = sick(tmp_path).play("dockyard.gpu.site", "one", *GROUP, "-e", "docker_group_users=-x")
    assert done.rc == 2
    assert -1 < done.text.find(SICK) < done.text.find("docker_group_users: must be a user name; got"), done.text


@pytest.mark.slow
def test_a_host_with_nothing_to_do_costs_no_task_for_it(tmp_path: Path) -> None:
    done = sick(tmp_path).play("dockyard.gpu.site", "one", *GROUP)
    assert "one : ok=2 changed=0" in done.text
    assert f"to do: {SICK}" in done.text


@pytest.mark.slow
def test_a_host_without_problems_shows_none(tmp_path: Path) -> None:
    host = machines.host("h100x8", "Ubuntu 24.04")
    done = Site(tmp_path, nvidia=host["nvidia"], distribution=host["distribution"]).play(
        "dockyard.gpu.site", "one", *WITH_STEPS
    )
    assert done.rc == 0, done.text
    assert "skipping: [one]" in done.stdout.partition("Show the host's problems")[2].partition("TASK")[0]
