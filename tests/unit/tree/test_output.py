# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No task shows a credential that programs, containers and registries say: it is masked, or its output is hidden."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.dockyard.gpu.tests.unit.tree.test_order import tasks

ROOT = Path(__file__).parents[3]
FILES = sorted(path for place in ("roles", "playbooks") for path in (ROOT / place).rglob("*.yml"))
# Words of others, by the names under which a message takes them.
WORDS = re.compile(r"ansible_failed_result|\.(stderr|stdout|stdout_lines|stderr_lines|output|msg)\b")
# What masks; all but the first take a failed result.
MASKS = re.compile(r"dockyard\.gpu\.(masked|build_failure|apt_failure|failure_reason)\b")
# Counted, or taken out by a pattern, or a word of our own.
PARTS = re.compile(r"\|\s*(length|regex_findall)\b|ansible_failed_result\.reason\b")
# A variable that hands a result on, as far as it is the words that are taken of it.
VARIABLE = re.compile(r"\b_[a-z]\w+\b(?!\.(?!stderr|stdout|output|msg|results)\w)")
# Of Ansible's modules, those whose results have nothing in them that was not in their arguments.
QUIET = [
    "add_host",
    "assert",
    "copy",
    "file",
    "find",
    "group_by",
    "meta",
    "reboot",
    "set_fact",
    "systemd_service",
    "tempfile",
    "unarchive",
    "user",
    "wait_for",
    "debug",
    "fail",
]
CALLS = ("include_tasks", "import_tasks", "include_role", "import_role", "import_playbook", "include_vars")
# Programs that talk to no one, and whose arguments are names, places and numbers.
PROGRAMS = [
    "apt-mark",
    "docker",
    "dpkg",
    "dpkg-query",
    "find",
    "md5sum",
    "modprobe",
    "mv",
    "nvidia-ctk",
    "systemctl",
    "start-stop-daemon",
    "timeout",
    "update-initramfs",
]
# Modules of a collection that is not ours: an answer of the engine about an image of this host.
LOCAL = [
    "community.docker.docker_image_export",
    "community.docker.docker_image_load",
    "community.docker.docker_image_remove",
]
# A ping of the engine's socket.
PING = "http://localhost/_ping"


def every_task() -> list[tuple[str, dict[str, Any]]]:
    found = []
    for path in FILES:
        if "tasks" in path.parts or "handlers" in path.parts or path.parent.name == "playbooks":
            place = str(path.relative_to(ROOT))
            found += [(place, task) for task in tasks(yaml.safe_load(path.read_text()))]
    return found


TASKS = every_task()


def module_of(task: dict[str, Any]) -> str:
    return next((key for key in task if "." in key), "")


def variables(role: str) -> dict[str, Any]:
    path = ROOT / "roles" / role / "vars/main.yml"
    return yaml.safe_load(path.read_text()) if path.exists() else {}


def expressions(text: str, known: dict[str, Any]) -> list[str]:
    """Those of a message, with those of the variables that they name, down to the last."""
    found, waiting, seen = [], re.findall(r"\{\{(.*?)\}\}", text, re.DOTALL), set[str]()
    while waiting:
        expression = waiting.pop()
        found.append(expression)
        if MASKS.search(expression) or PARTS.search(expression):
            continue
        for name in set(VARIABLE.findall(expression)) - seen:
            seen.add(name)
            waiting += re.findall(r"\{\{(.*?)\}\}", str(known.get(name, "")), re.DOTALL)
    return found


MESSAGES = [
    (place, task)
    for place, task in TASKS
    if module_of(task) in ("ansible.builtin.fail", "dockyard.gpu.fail", "ansible.builtin.debug")
    and place.startswith("roles")
]


@pytest.mark.parametrize(("place", "task"), MESSAGES, ids=[f"{place}: {task['name']}" for place, task in MESSAGES])
def test_a_message_has_words_of_others_masked_alone(place: str, task: dict[str, Any]) -> None:
    known = {**variables(place.split("/")[1]), **task.get("vars", {})}
    reported = expressions(str(task[module_of(task)]["msg"]), known)
    reported = [each for each in reported if not PARTS.search(each)]
    bare = [each for each in reported if WORDS.search(each) and not MASKS.search(each)]
    assert bare == []


def program_of(task: dict[str, Any]) -> str:
    given = task["ansible.builtin.command"]
    if isinstance(given, str):
        return given.split()[0]
    text = given["argv"] if isinstance(given["argv"], str) else given["argv"][0]
    first = re.search(r"\[\s*'([^']+)'", text)
    return first.group(1) if first else text


def may_show(task: dict[str, Any]) -> str:
    """Why the task's own result, which a failure shows, may have a credential in it."""
    module = module_of(task)
    name = module.removeprefix("ansible.builtin.")
    if not module or module.startswith("dockyard.gpu.") or name in (*QUIET, *CALLS) or module in LOCAL:
        # Our own modules: test_secrets.py.
        return ""
    if name == "command":
        program = program_of(task)
        return "" if program in (*PROGRAMS, "apt-get") else f"the program {program}"
    if name == "apt" and task[module].get("state") == "absent":
        return ""
    if name == "uri" and task[module].get("url") == PING:
        return ""
    return name


def test_what_may_show_a_credential_is_hidden() -> None:
    found = {f"{place}: {task['name']}": why for place, task in TASKS if (why := may_show(task))}
    assert len(found) > 10
    hidden = {f"{place}: {task['name']}" for place, task in TASKS if task.get("no_log")}
    assert {task: why for task, why in found.items() if task not in hidden} == {}


def test_apt_is_hidden_where_a_source_has_a_password_in_its_address() -> None:
    """Else what it says is of use, and shown."""
    condition = "{{ ansible_facts.dockyard_host.repositories | map(attribute='credentials') is any }}"
    found = [task["no_log"] for _place, task in TASKS if may_show(task) in ("apt", "the program ubuntu-drivers")]
    assert found
    assert set(found) == {condition}


# Whose message has none of what was said: BuildKit's module keeps that in another place, and an engine names no value.
SAYS_NOTHING = [
    "community.docker.docker_image_build",
    "community.docker.docker_container",
    "ansible.builtin.template",
    "ansible.builtin.copy",
]


def test_what_is_hidden_for_its_words_does_not_fail_by_itself() -> None:
    """From 2.19 on, Ansible shows the message of a failed task whatever its no_log says: another task tells it."""
    hidden = [(place, task) for place, task in TASKS if task.get("no_log") is True]
    others = [each for each in hidden if not module_of(each[1]).startswith("dockyard.gpu.")]
    found = [each for each in others if module_of(each[1]) not in SAYS_NOTHING]
    assert found
    assert [f"{place}: {task['name']}" for place, task in found if task.get("failed_when") is not False] == []


# Where what failed is undone, or where a build's folder goes whatever becomes of it.
RESCUES = {
    "roles/docker_engine/tasks/main.yml",
    "roles/nvidia_container_toolkit/tasks/main.yml",
    "roles/nvidia_container_toolkit/tasks/verify.yml",
    "roles/container_image/tasks/build.yml",
    "playbooks/rollout.yml",
}


def test_a_failure_is_reported_once() -> None:
    """A rescue comes after Ansible has shown the failure: what only words it better is a task of its own instead."""
    found = {str(path.relative_to(ROOT)) for path in FILES if "rescue:" in path.read_text()}
    assert found <= RESCUES
