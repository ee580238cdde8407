# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is planned and said is the same in each process, whatever order Python gives to its sets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.variables import read
from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting import fleet_plan, report_csv, summary
from ansible_collections.dockyard.gpu.plugins.plugin_utils._site.plan import site_plan
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import fleet, given, hosts, machines
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import package

ROLES = ("docker_engine", "docker_group", "nvidia_driver", "nvidia_container_toolkit")
# Several of each, in which an order can be seen.
HELD = {
    name: package(version, held=True)
    for name, version in {
        "docker-ce": "5:27.1.0-1~x",
        "docker.io": "26.1.5",
        "podman-docker": "5.0",
        "nvidia-driver-550": "550.163.01",
        "libnvidia-compute-550": "550.163.01",
        "nvidia-container-toolkit": "1.16.0-1",
        "libnvidia-container1": "1.15.0-1",
        "nvidia-docker2": "2.13.0-1",
    }.items()
}
USERS = {"exists": True, "gid": 998, "members": ["zoe", "ada", "max", "eve"], "primary_members": ["kim", "bob"]}
NAME = "ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils._planning.test_order"
SAY = f"import json; from {NAME} import everything; print(json.dumps(everything()))"


def wanted(**said: Any) -> dict[str, Any]:
    made = {role: read(role, {name: value for name, value in said.items() if name.startswith(role)}) for role in ROLES}
    made["nvidia_driver"]["today"] = "2026-11"
    made["docker_engine"]["comparison_key"] = hosts.KEY
    return made


def everything() -> list[Any]:
    """Plans, errors and reports of all kinds of hosts."""
    every = [each for role in ROLES for each in given.variables(role)]
    settings = [
        wanted(),
        wanted(docker_group_users=["mia", "tom", "zoe", "ann"], docker_group_exclusive=True),
        wanted(nvidia_driver_source="cuda_repository", docker_engine_source="distribution"),
        wanted(**{each.name: given.fitting(each)[0] for each in every}),
        wanted(**{each.name: False if each.is_text else "{'nope': 1" for each in every}),
    ]
    looks = [
        machines.host(machine, distribution, packages=packages, docker_group=USERS)
        for machine in machines.MACHINES
        for distribution in ("Debian 12", "Ubuntu 24.04")
        for packages in ({}, HELD)
    ]
    found: list[Any] = []
    planned: dict[str, dict[str, Any]] = {}
    for host in looks:
        for desired in settings:
            plan = site_plan(host, desired)
            found += [plan, summary.plan_lines(plan["steps"])]
            answer = {"ansible_facts": {"dockyard_host": host}}
            of_host = fleet_plan.host_plan(answer, plan["errors"], plan["steps"], {})
            planned[f"h{len(planned)}"] = {**answer, "common_planned": of_host}
    whole = fleet_plan.fleet_plan(planned, list(planned))
    report = fleet.report(13)
    found += [whole, fleet_plan.fleet_plan_lines(whole), summary.summary(planned, list(planned), [], False)]
    return [*found, report, report_csv.hosts_csv(report), report_csv.gpus_csv(report)]


def test_what_is_planned_and_said_is_the_same_in_each_process() -> None:
    said = []
    for seed in ("1", "2", "3"):
        done = subprocess.run(
            [sys.executable, "-c", SAY],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        said.append(json.loads(done.stdout))
    assert len(said[0]) > 100
    assert said[0] == said[1] == said[2]
