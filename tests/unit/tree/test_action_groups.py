# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action group for module_defaults has every module that talks to an engine."""

from __future__ import annotations

import ast
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]


def test_every_module_with_a_socket_is_in_the_group_of_the_engine() -> None:
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())
    with_socket = [path.stem for path in sorted((ROOT / "plugins/modules").glob("*.py")) if "socket" in keys(path)]
    assert with_socket
    assert runtime["action_groups"] == {"engine": with_socket}


def keys(path: Path) -> set[object]:
    """All keys of dictionaries in a module, its argument specification's among them."""
    tree = ast.parse(path.read_text())
    names = {
        key.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
    }
    called = {word.arg for node in ast.walk(tree) if isinstance(node, ast.Call) for word in node.keywords}
    return names | called
