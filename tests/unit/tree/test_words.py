# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of the field: what stands in names, messages and pages, and how a task is named. AGENTS.md has the list."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.dockyard.gpu.tests.unit.tree.test_order import tasks

ROOT = Path(__file__).parents[3]
FILES = sorted(
    path
    for place in ("plugins", "roles", "playbooks", "docs")
    for path in (ROOT / place).rglob("*")
    if path.suffix in {".py", ".yml", ".md", ".rst", ".j2", ".js", ".css"}
)
WITH_TASKS = [path for path in FILES if path.suffix == ".yml" and path.is_relative_to(ROOT / "roles")]
WITH_TASKS += sorted((ROOT / "playbooks").rglob("*.yml"))
DIALECT = re.compile(r"\bwish|\btold\b|\brefus|somebody|nobody|\bproven\b|\bproof\b", re.IGNORECASE)
# Words of programs, and the user that daemons run as.
OTHERS = re.compile(r"connection refused|ConnectionRefusedError|\bas nobody\b|_NOBODY|_become_nobody", re.IGNORECASE)
# The first word of a task's name: what Ansible is to do.
VERBS = frozenset(
    """Apply Ask Begin Blacklist Bring Build Change Compare Compute Configure Create Disable Enable End Ensure Examine
    Exchange Find Finish Forget Gather Give Group Have Hold Install Judge Leave Let List Load Make Mark Move Note Order
    Pack Pin Plan Prepare Provide Pull Purge Push Put Read Reboot Rebuild Record Release Reload Remember Remove Renew
    Repair Replace Reset Restart Restore Roll Run Save Send Set Settle Show Simulate Skip Start Stop Summarize Undo
    Uninstall Unload Update Verify Wait Write""".split()  # noqa: SIM905
)


def of_the_dialect(path: Path) -> list[str]:
    lines = path.read_text().splitlines()
    return [f"{number}: {line.strip()}" for number, line in enumerate(lines, 1) if DIALECT.search(OTHERS.sub("", line))]


def is_named_well(task: dict[str, Any]) -> bool:
    name = str(task.get("name", ""))
    if "ansible.builtin.fail" in task or "dockyard.gpu.fail" in task:
        return name.startswith(("Fail: ", "Verify "))
    return name.startswith("Fail: ") or name.split(" ")[0].rstrip(",") in VERBS


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_words_are_the_fields(path: Path) -> None:
    assert of_the_dialect(path) == []


@pytest.mark.parametrize("path", WITH_TASKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_task_is_named_by_what_it_does(path: Path) -> None:
    named = [task for task in tasks(yaml.safe_load(path.read_text())) if "name" in task]
    assert [task["name"] for task in named if not is_named_well(task)] == []


def test_other_words_and_names_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.rst"
    page.write_text("It was told so.\nConnection refused\nas the user nobody wishes\n")
    assert [line.split(":")[0] for line in of_the_dialect(page)] == ["1", "3"]
    assert not is_named_well({"name": "The engine runs", "ansible.builtin.command": "true"})
    assert not is_named_well({"name": "Stop here", "ansible.builtin.fail": {}})
