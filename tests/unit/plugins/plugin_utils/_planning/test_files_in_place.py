# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that root's programs heed, and that someone made another user's or a link: each plan puts them back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine import plan as engine_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_container_toolkit import plan as toolkit_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver import plan as driver_plan
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts, machines, toolkit_stand_in
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.driver_stand_in import DriverMachine
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.stand_in import Machine, names
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.toolkit_stand_in import (
    ToolkitMachine,
    driven,
    with_engine,
)

ROLES = Path(__file__).parents[5] / "roles"
Made = tuple[dict[str, Any], Callable[[], list[dict[str, Any]]]]


def engine() -> Made:
    desired = hosts.settings(http_proxy="http://proxy.example:3128")
    made = Machine(hosts.bare_host())
    made.converge(desired)
    return made.host, lambda: engine_plan.plan(made.host, desired)


def driver() -> Made:
    made = DriverMachine(machines.host("rtx4090", "Ubuntu 24.04"))
    made.converge(machines.settings(source="cuda_repository"))
    return made.host, lambda: driver_plan.plan(made.host, machines.settings(source="cuda_repository"))


def toolkit() -> Made:
    made = ToolkitMachine(with_engine(driven(), "29.7.2"))
    made.converge(toolkit_stand_in.settings())
    return made.host, lambda: toolkit_plan.plan(made.host, toolkit_stand_in.settings())


@pytest.mark.parametrize("made", [engine, driver, toolkit])
def test_a_file_that_is_not_roots_own_is_put_back(made: Callable[[], Made]) -> None:
    host, plan = made()
    assert plan() == []
    written = [path for path, file in host["files"].items() if file]
    assert len(written) >= 2
    for path in written:
        host["files"][path]["plain"] = False
        assert len(names(plan())) >= 1, path
        host["files"][path]["plain"] = True
    assert plan() == []


def test_what_is_written_below_etc_is_roots_and_never_written_through_a_link() -> None:
    found = 0
    for path in sorted(ROLES.glob("*/tasks/**/*.yml")):
        for task in _tasks(yaml.safe_load(path.read_text()) or []):
            copy = task.get("ansible.builtin.copy") or {}
            if "_work" in str(copy.get("dest")) or ".found_file" in str(copy.get("dest")):
                continue
            if (
                copy
                and task.get("delegate_to") != "localhost"
                and path.parent.name != "load"
                and "rollout" not in path.parts
            ):
                found += 1
                assert (copy.get("owner"), copy.get("follow")) == ("root", False), f"{path}: {task['name']}"
    assert found >= 5


def test_what_is_moved_takes_the_place_of_nothing() -> None:
    """A file that someone wrote, and that is put aside or back, is in no one's way and no one in its."""
    commands = []
    for path in sorted(ROLES.glob("*/tasks/**/*.yml")):
        for task in _tasks(yaml.safe_load(path.read_text()) or []):
            command = task.get("ansible.builtin.command")
            if isinstance(command, str) and command.split()[0] in ("mv", "cp", "ln"):
                commands.append(command)
    assert len(commands) >= 4
    for command in commands:
        assert {"--no-clobber", "--backup=numbered"} & set(command.split()), command


def _tasks(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    inner = [task.get(part) or [] for task in tasks for part in ("block", "rescue", "always")]
    return [*tasks, *(each for part in inner for each in _tasks(part))]
