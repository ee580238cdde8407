# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plans of a fleet: each host's, in one table, whatever the others are like."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest
from control import Run, answer, play, shell

CPU, GPU, BROKEN, GONE = "fleet-cpu", "fleet-gpu", "fleet-broken", "fleet-gone"
FLEET: dict[str, dict[str, Any]] = {
    CPU: {},
    GPU: {},
    BROKEN: {"docker_engine_source": "snap"},
    # No one listens there.
    GONE: {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1},
}


@functools.cache
def plan() -> Run:
    return play("dockyard.gpu.plan", FLEET)


@pytest.mark.parametrize(
    ("host", "state", "words"),
    [
        (CPU, "converged", ""),
        (GPU, "drift", "docker_engine"),
        (BROKEN, "invalid", "snap"),
        (GONE, "unreachable", "port 1"),
    ],
)
def test_each_host_has_its_plan_beside_the_others(host: str, state: str, words: str) -> None:
    planned = plan().planned(host)
    assert planned["state"] == state
    assert words in json.dumps(planned)
    table = plan().result("Show the plan")["msg"].splitlines()
    assert [line for line in table if line.split()[0] == host and words in line]


def test_a_host_without_a_plan_is_an_error_and_steps_are_one_on_demand() -> None:
    assert plan().rc == 2
    for host, drift, status in ((CPU, True, 0), (GPU, False, 0), (GPU, True, 2), (BROKEN, False, 2), (GONE, True, 2)):
        assert play("dockyard.gpu.plan", {host: FLEET[host]}, "-e", f"fail_on_drift={drift}").rc == status, host


def test_a_program_reads_the_plan(tmp_path: Path) -> None:
    done = answer("dockyard.gpu.plan", FLEET, "-e", "plan_format=json", "-e", f"plan_file={tmp_path}/plan.json")
    reported = json.loads(done.stdout)
    assert reported == json.loads((tmp_path / "plan.json").read_text())
    counted = {"hosts": 4, "converged": 1, "drift": 1, "invalid": 1, "unreachable": 1, "failed": 0}
    assert {name: reported["totals"][name] for name in counted} == counted
    assert GONE in done.stderr


def test_nothing_was_changed() -> None:
    before = shell(GPU, "ls -lR /etc /var/lib/dpkg | md5sum")
    assert play("dockyard.gpu.plan", {GPU: {}}).changes(GPU) == []
    assert shell(GPU, "ls -lR /etc /var/lib/dpkg | md5sum") == before
