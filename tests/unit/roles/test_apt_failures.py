# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever apt and dpkg fail with in any role, it is reported with the advice that their own words give."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
MODULES = {f"ansible.builtin.{name}" for name in ("apt", "package", "dnf", "dnf5", "dpkg_selections", "apt_key")}
MODULES |= {"dockyard.gpu.package_index"}
# What only asks changes nothing, and fills no disk.
PROGRAMS = re.compile(r"\b(?:apt-get|apt-mark|ubuntu-drivers|dpkg)\b(?!-query)")
ADVICE = ("dockyard.gpu.apt_failure",)


def works_with_packages(task: dict[str, Any]) -> bool:
    command = task.get("ansible.builtin.command") or ""
    argv = command.get("argv", command) if isinstance(command, dict) else command
    asks = "--simulate" in json.dumps(argv)
    return bool(MODULES & {*task}) or (bool(PROGRAMS.search(json.dumps(argv))) and not asks)


def is_reported_below(task: dict[str, Any], others: list[dict[str, Any]]) -> bool:
    """Whether it fails silently, and a task after it reports what it registered: a rescue would report it twice."""
    words = [json.dumps(each) for each in others if "dockyard.gpu.fail" in each]
    name = str(task.get("register", "")) if task.get("failed_when") is False else ""
    return name != "" and any(name in each and any(word in each for word in ADVICE) for each in words)


def tasks(items: list[dict[str, Any]], advised: bool = False) -> Iterator[tuple[dict[str, Any], bool]]:
    """Each task, and whether a rescue around it, or a task below it, gives the advice."""
    for place, item in enumerate(items):
        if "block" in item:
            here = any(word in json.dumps(item.get("rescue") or []) for word in ADVICE)
            yield from tasks(item["block"], advised or here)
            for part in ("rescue", "always"):
                yield from tasks(item.get(part) or [], advised)
        else:
            yield item, advised or is_reported_below(item, items[place + 1 :])


FILES = {path: yaml.safe_load(path.read_text()) or [] for path in sorted(ROOT.glob("roles/*/tasks/**/*.yml"))}


def included_with_advice() -> set[Path]:
    """Files of which every use is in such a block."""
    uses: dict[Path, list[bool]] = {}
    for path, items in FILES.items():
        for task, advised in tasks(items):
            name = task.get("ansible.builtin.include_tasks") or task.get("ansible.builtin.import_tasks")
            if isinstance(name, str) and "{" not in name:
                uses.setdefault(path.parent / name, []).append(advised)
    return {path for path, found in uses.items() if all(found)}


CASES = [
    (path, task, advised or path in included_with_advice())
    for path, items in FILES.items()
    for task, advised in tasks(items)
    if works_with_packages(task)
]


@pytest.mark.parametrize(
    ("path", "task", "advised"), CASES, ids=[f"{path.relative_to(ROOT)}: {task['name']}" for path, task, _ in CASES]
)
def test_a_task_that_changes_packages_is_reported_with_advice_where_it_fails(
    path: Path, task: dict[str, Any], advised: bool
) -> None:
    assert advised, f"{path}: {task['name']} is not reported by dockyard.gpu.apt_failure"


def test_the_tasks_are_found() -> None:
    assert {path.parts[-3] for path, _task, _advised in CASES if path.parts[-2] == "tasks"} >= {
        *("container_image", "docker_engine", "gpu_container", "common", "nvidia_container_toolkit"),
        *("nvidia_driver", "remove"),
    }
    assert len(CASES) >= 15


SAID = {
    "full": ("E: Write error - write (28: No space left on device)", "A disk of this host is full"),
    "locked": (
        "E: Could not get lock /var/lib/dpkg/lock-frontend",
        "longer than gpu_container_lock_timeout (7 sec",
    ),
    "gone": ("E: Failed to fetch http://deb.example.org", "the network and the proxy of this host"),
}


@pytest.mark.slow
@pytest.mark.parametrize("looped", [False, True])
@pytest.mark.parametrize("case", SAID)
def test_apts_words_are_reported_with_advice(tmp_path: Path, case: str, looped: bool) -> None:
    words, advice = SAID[case]
    program = f"import sys; sys.exit(0 if sys.argv[1:] == ['1'] else {words!r})"
    broken: dict[str, Any] = {
        "name": "apt stands in",
        "ansible.builtin.command": {"argv": [sys.executable, "-c", program, *(["{{ item }}"] if looped else [])]},
        **({"loop": [1, 2]} if looped else {}),
    }
    reported = {
        "ansible.builtin.fail": {
            "msg": "{{ ansible_failed_result | dockyard.gpu.apt_failure('It could not be done', 'gpu_container', 7) }}"
        },
    }
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [{"block": [broken], "rescue": [reported]}]}
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    interpreter = json.dumps({"ansible_python_interpreter": sys.executable})
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "play.yml", "-e", interpreter],
        env={**os.environ, "ANSIBLE_LOCAL_TEMP": str(tmp_path), "PWD": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    said = " ".join(done.stdout.split())
    assert done.returncode == 2, said + done.stderr
    assert f"It could not be done: {words}" in said
    assert advice in said
