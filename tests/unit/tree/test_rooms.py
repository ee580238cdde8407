# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The packages of module_utils and plugin_utils: who may import whom, and what travels to every host."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NAMESPACE = "ansible_collections.dockyard.gpu."
# A package imports from those on the lines above its own, and from itself.
ORDER = {
    "module_utils": [
        ["_common"],
        ["_daemon_json", "_image_build", "_nvidia", "_packages"],
        ["_docker"],
        ["_host"],
        ["_verify"],
    ],
    "plugin_utils": [
        ["_nvidia_gpu", "_planning"],
        ["_container_image", "_docker_engine", "_gpu_container", "_nvidia_driver"],
        ["_docker_group", "_nvidia_container_toolkit"],
        ["_remove", "_site"],
        ["_reporting"],
        ["_rollout"],
    ],
}
FILES = sorted(path for side in ORDER for path in (ROOT / "plugins" / side).rglob("*.py"))
# Lines of ours that each host compiles for host_info in each run; the second number is with what only some hosts need:
# those with an engine, with GPUs, with remote file systems.
BUDGET = 3255, 6110
# Lines that the control node compiles in each run for the plan of a host with nothing to do.
PLAN_BUDGET = 5065


def imports(path: Path) -> Iterator[tuple[ast.ImportFrom, Path]]:
    """Each import of the collection's own, with the file that it is of."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom):
            continue
        module = (node.module or "").split(".") if node.module else []
        if node.level:
            place = path.parents[node.level - 1]
        elif (node.module or "").startswith(NAMESPACE):
            place, module = ROOT, module[3:]
        else:
            continue
        place = place.joinpath(*module)
        if place.with_suffix(".py").is_file():
            yield node, place.with_suffix(".py")
            continue
        for name in node.names:
            found = place / f"{name.name}.py"
            assert found.is_file(), f"{path}:{node.lineno}: {found} is not there"
            yield node, found


def package(path: Path) -> tuple[str, str]:
    side, name = path.relative_to(ROOT / "plugins").parts[:2]
    return side, name


def rank(path: Path) -> int:
    side, name = package(path)
    return next(number for number, names in enumerate(ORDER[side]) if name in names)


def closure(path: Path, lazy: bool) -> set[Path]:
    """All files that Ansible packs with this one. What a function imports is packed too, but not always compiled."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        for node, target in imports(waiting.pop()):
            if target not in found and (lazy or node.col_offset == 0):
                found.add(target)
                waiting.append(target)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT / "plugins")))
def test_a_file_stands_in_a_package_and_imports_from_those_before_its_own(path: Path) -> None:
    side, name = package(path)
    assert name in chain(*ORDER[side]), "each file stands in a package that ORDER names"
    for node, target in imports(path):
        where = f"{path.relative_to(ROOT)}:{node.lineno}"
        if package(target)[0] == side:
            assert node.level, f"{where}: imports inside are relative"
            assert package(target) == package(path) or rank(target) < rank(path), f"{where}: {target} comes later"
        else:
            assert (side, package(target)[0]) == ("plugin_utils", "module_utils"), f"{where}: hosts get no plans"


@pytest.mark.parametrize("side", ORDER)
def test_the_packages_are_those_of_the_list(side: str) -> None:
    found = sorted(path.name for path in (ROOT / "plugins" / side).iterdir() if path.name != "__pycache__")
    assert found == sorted(chain(*ORDER[side]))


def test_what_travels_to_every_host_keeps_to_its_budget() -> None:
    module = ROOT / "plugins" / "modules" / "host_info.py"
    sizes = [sum(len(path.read_text().splitlines()) for path in closure(module, lazy)) for lazy in (False, True)]
    assert sizes[0] <= BUDGET[0]
    assert sizes[1] <= BUDGET[1]


@pytest.mark.parametrize("name", ["gpu_info", "host_info"])
def test_what_completes_facts_loads_tables_and_nothing_that_reads_hosts(name: str) -> None:
    found = closure(ROOT / "plugins" / "action" / f"{name}.py", False)
    known = ["action", "architectures", "completion", "diagnostics", "error_texts", "names"]
    assert sorted(path.stem for path in found) == known


def test_what_a_plan_with_no_step_needs_keeps_to_its_budget() -> None:
    found = closure(ROOT / "plugins" / "plugin_utils" / "_site" / "plan.py", False)
    assert sum(len(path.read_text().splitlines()) for path in found) <= PLAN_BUDGET


def test_a_plan_is_named_as_its_role() -> None:
    roles = {path.name for path in (ROOT / "roles").iterdir()}
    plans = {path.parent.name.removeprefix("_") for path in (ROOT / "plugins" / "plugin_utils").glob("*/plan.py")}
    assert plans - roles == {"site"}
