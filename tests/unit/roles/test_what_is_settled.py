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
from jinja2.nativetypes import NativeEnvironment

ROOT = Path(__file__).parents[3]
ENDS = ("dockyard.gpu.runtime_check", "dockyard.gpu.daemon_config")


def tasks(found: Any) -> Iterator[dict[str, Any]]:
    for task in found:
        yield task
        yield from tasks(task.get("block", []))


def runs(task: dict[str, Any], known: dict[str, Any]) -> bool:
    conditions = task["when"] if isinstance(task["when"], list) else [task["when"]]
    environment = NativeEnvironment()
    return all(environment.compile_expression(each)(**known) for each in conditions)


@pytest.mark.parametrize("role", ["docker_engine", "nvidia_container_toolkit"])
@pytest.mark.parametrize(("verify", "engine_runs"), list(product([True, False], repeat=2)))
def test_a_change_is_verified_or_settled(role: str, verify: bool, engine_runs: bool) -> None:
    known = {
        f"_{role}_desired": {"verify": verify, "service_state": "started" if engine_runs else "stopped"},
        "ansible_facts": {"dockyard_host": {"engine": {"running": engine_runs}}},
    }
    found = yaml.safe_load((ROOT / "roles" / role / "tasks/verify.yml").read_text())
    ran = [name for task in tasks(found) for name in ENDS if name in task and runs(task, known)]
    assert ran == ([ENDS[0] if verify else ENDS[1]] if engine_runs else [])
    assert all(task[ENDS[1]]["state"] == "settled" for task in tasks(found) if ENDS[1] in task)
