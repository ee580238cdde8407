# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ansible-core is supported stands in requirements/; what people and tools read elsewhere says the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
CORES = sorted(
    (path.stem.removeprefix("core-") for path in (ROOT / "requirements").glob("core-*.txt")),
    key=lambda name: [int(part) for part in name.split(".")],
)


@pytest.mark.parametrize("core", CORES)
def test_its_file_pins_a_release_of_it(core: str) -> None:
    assert re.search(
        rf"^ansible-core=={re.escape(core)}\.\d+$", (ROOT / f"requirements/core-{core}.txt").read_text(), re.M
    )


def test_there_is_an_environment_for_each() -> None:
    assert re.findall(r"^core ([\d.]+) ", (ROOT / "tests/tools/venvs.sh").read_text(), re.M) == CORES


def test_the_lower_bound_is_the_oldest() -> None:
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())
    assert runtime["requires_ansible"] == f">={CORES[0]}.0"


def test_the_readme_says_the_same() -> None:
    assert f"| ansible-core | {CORES[0]} to {CORES[-1]} |" in (ROOT / "README.md").read_text()
