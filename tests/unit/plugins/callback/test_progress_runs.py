# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The callback plugin `progress` in real runs of ansible-playbook, on standard error and nowhere else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
TASK = "A long step takes its time"
PLAYBOOK = f"""
- hosts: localhost
  gather_facts: false
  tasks:
    - name: {TASK}
      ansible.builtin.command: sleep 1
"""


def run(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    playbook = folder / "play.yml"
    playbook.write_text(PLAYBOOK)
    return subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", "-c", "local", str(playbook)],
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "LC_ALL": "C.UTF-8",
            **environment,
        },
        capture_output=True,
        text=True,
        check=True,
    )


def reported(done: subprocess.CompletedProcess[str]) -> list[str]:
    return re.findall(rf"^\.\.\. \d+ s: {TASK} \(localhost\)$", done.stderr, re.MULTILINE)


def test_our_configuration_is_enough(tmp_path: Path) -> None:
    done = run(tmp_path, DOCKYARD_PROGRESS_INTERVAL="0.2")
    assert len(reported(done)) >= 2
    assert "..." not in done.stdout


@pytest.mark.parametrize(
    "off", [{"DOCKYARD_PROGRESS_INTERVAL": "0"}, {"ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.tree"}]
)
def test_it_can_be_switched_off(tmp_path: Path, off: dict[str, str]) -> None:
    assert reported(run(tmp_path, **off)) == []


def test_output_for_programs_is_left_alone(tmp_path: Path) -> None:
    """By the name of the stdout callback; those for programs are not part of ansible-core."""
    assert reported(run(tmp_path, DOCKYARD_PROGRESS_INTERVAL="0.2", DOCKYARD_PROGRESS_QUIET="json,default")) == []
