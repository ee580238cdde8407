# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles' private variables: few, all of them used, and nothing that Python reads by its name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
# What is worked out in Python has types and tests; an expression in YAML has neither.
BUDGET = 30
# Facts by which the roles of one play know of each other, and what wanted_facts reads of who calls it.
AMONG_ROLES = {"_common_versions"}


def private(role: str) -> list[str]:
    path = ROOT / "roles" / role / "vars/main.yml"
    return list(yaml.safe_load(path.read_text()) or {}) if path.exists() else []


def test_private_variables_are_few() -> None:
    assert sum(len(private(role)) for role in ROLES) <= BUDGET


@pytest.mark.parametrize("role", [role for role in ROLES if private(role)])
def test_each_is_the_role_s_and_is_used(role: str) -> None:
    places = [*(ROOT / "roles").rglob("*.yml"), *(ROOT / "roles").rglob("*.j2"), *(ROOT / "playbooks").rglob("*.yml")]
    text = "".join(path.read_text() for path in places)
    for name in private(role):
        assert name.startswith(f"_{role}_")
        # Once where it is set.
        assert len(re.findall(rf"\b{name}\b", text)) > 1, name


def test_python_reads_no_private_variable_by_its_name() -> None:
    named = re.compile(rf"[\"'](_(?:{'|'.join(ROLES)})_\w+)[\"']")
    found = {name for path in (ROOT / "plugins").rglob("*.py") for name in named.findall(path.read_text())}
    assert found - AMONG_ROLES == set()
