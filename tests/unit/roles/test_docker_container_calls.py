# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No task can make a container anew that is there: docker_container does, wherever one differs from its image."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
FILES = sorted([*ROOT.glob("roles/*/*/*.yml"), *ROOT.glob("playbooks/*.yml"), *ROOT.glob("examples/**/*.yml")])
# What changes containers, of which the collection uses one, and nothing of docker's own by a command.
MAKERS = ("docker_container", "docker_compose", "docker_compose_v2", "docker_compose_v2_run", "docker_stack")
COMMANDS = ("ansible.builtin.command", "ansible.builtin.shell", "ansible.builtin.raw")


def tasks(content: Any) -> Iterator[dict[str, Any]]:
    """Of a file of tasks or plays, with those in blocks."""
    for each in content if isinstance(content, list) else []:
        if isinstance(each, dict):
            yield each
            for key in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks", "handlers"):
                yield from tasks(each.get(key))


TASKS = [(path.relative_to(ROOT), task) for path in FILES for task in tasks(yaml.safe_load(path.read_text()))]
CALLS = [
    pytest.param(str(path), module, arguments, id=f"{path}: {task.get('name')}")
    for path, task in TASKS
    for module, arguments in task.items()
    if module.rpartition(".")[2] in MAKERS
]


def test_there_are_calls_to_test() -> None:
    assert CALLS


@pytest.mark.parametrize(("path", "module", "arguments"), CALLS)
def test_each_makes_a_new_one_beside_the_old_one_and_compares_nothing(
    path: str, module: str, arguments: dict[str, Any]
) -> None:
    assert module == "community.docker.docker_container", path
    assert arguments["name"].endswith(".dockyard-new"), path
    assert arguments["state"] == "present", "it is started by its id"
    assert (arguments["comparisons"], arguments["recreate"], arguments["pull"]) == ({"*": "ignore"}, False, "never")
    # Options that act on a container that is there, whatever is compared.
    for option in (
        "restart",
        "force_kill",
        "cleanup",
        "image_name_mismatch",
        "purge_networks",
        "auto_remove",
        "paused",
    ):
        assert option not in arguments, option


def test_no_task_gives_dockers_program_a_container() -> None:
    verbs = {"rm", "run", "stop", "start", "restart", "kill", "create", "rename", "update", "container", "compose"}
    for path, task in TASKS:
        for module in COMMANDS:
            given = task.get(module)
            words = (
                given.get("argv") or given.get("cmd", "").split()
                if isinstance(given, dict)
                else str(given or "").split()
            )
            if words and str(words[0]).rpartition("/")[2] == "docker" and verbs & set(map(str, words)):
                # Those of GPU users, by their ids, for the time of a change of the driver.
                assert "nvidia_driver" in str(path), (str(path), words)
