# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages that are made from the code, or list what is in the tree, say what is there."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_scenario_is_in_the_index() -> None:
    listed = re.findall(r"^\| `(\w+)`( \*)? \|", (ROOT / "molecule" / "README.md").read_text(), re.MULTILINE)
    assert [name for name, _mark in listed] == sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml"))
    in_each_test = re.search(
        r"^IN_EACH_TEST = \(([^)]*)\)", (ROOT / "tests/tools/scenarios.py").read_text(), re.MULTILINE
    )
    assert in_each_test
    assert {name for name, mark in listed if mark} == set(re.findall(r"\"(\w+)\"", in_each_test[1]))


def test_the_page_of_errors_is_made_from_the_code() -> None:
    page = runpy.run_path(str(ROOT / "tests" / "tools" / "error_table.py"))
    assert page["PAGE"].read_text() == page["page"](), "run tests/tools/error_table.py"
    # Of every role that has a plan, and by the names of variables that there are.
    assert {"docker_engine", "nvidia_driver", "nvidia_container_toolkit", "gpu_container"} <= set(page["errors"]())
    specs = "".join(path.read_text() for path in ROOT.glob("roles/*/meta/argument_specs.yml"))
    named = {text.partition(":")[0] for texts in page["errors"]().values() for text in texts}
    assert [
        name for name in sorted(named) if "…" not in name and f"{name}:" not in specs and name not in page["ROLES"]
    ] == []
