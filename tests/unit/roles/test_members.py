# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks that write the docker group, as they are, with a stand-in for gpasswd."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
# As the real one (shadow 4.13 to 4.17): a list is refused where one of it has no account, and so is who is to join.
GPASSWD = """\
#!/bin/sh
case "$*" in --members*gone*|--add*gone*) echo "gpasswd: user 'gone' does not exist" >&2; exit 3 ;; esac
echo "$*" >> "$0.calls"
"""
PLAYS = {
    "roles/docker_group/tasks/members.yml": "docker_group",
    "roles/remove/tasks/group.yml": "remove",
}


def called(folder: Path, tasks: str, before: list[str], after: list[str]) -> list[str]:
    role = PLAYS[tasks]
    step = {"step": "members", "from": before, "to": after}
    variables = {f"_{role}_plan": [step], "ansible_python_interpreter": sys.executable}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars_files": [str(ROOT / f"roles/{role}/vars/main.yml")],
        "environment": {"PATH": f"{folder}:{os.environ['PATH']}"},
        "tasks": [{"ansible.builtin.include_tasks": str(ROOT / tasks)}],
    }
    (folder / "play.yml").write_text(json.dumps([play]))
    (folder / "gpasswd").write_text(GPASSWD)
    (folder / "gpasswd").chmod(0o755)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "ansible",
            "playbook",
            "-c",
            "local",
            "-e",
            json.dumps(variables),
            str(folder / "play.yml"),
        ],
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
            "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
            "LC_ALL": "C.UTF-8",
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    calls = folder / "gpasswd.calls"
    return calls.read_text().splitlines() if calls.exists() else []


@pytest.mark.parametrize(
    ("tasks", "before", "after", "calls"),
    [
        (
            "roles/docker_group/tasks/members.yml",
            ["ann", "gone"],
            ["ann", "bob", "cid", "gone"],
            ["--add bob docker", "--add cid docker"],
        ),
        (
            "roles/docker_group/tasks/members.yml",
            ["ann", "gone"],
            ["bob"],
            ["--add bob docker", "--delete ann docker", "--delete gone docker"],
        ),
        (
            "roles/remove/tasks/group.yml",
            ["ann", "bob", "gone"],
            ["gone"],
            ["--delete ann docker", "--delete bob docker"],
        ),
    ],
)
def test_a_member_without_an_account_hinders_nobody(
    tmp_path: Path, tasks: str, before: Any, after: Any, calls: list[str]
) -> None:
    assert called(tmp_path, tasks, before, after) == calls
