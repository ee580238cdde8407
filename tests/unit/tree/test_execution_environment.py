# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The execution environment's definition names versions that stand elsewhere too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from ansible_collections.dockyard.gpu.tests.unit.tree.test_supported_cores import CORES

ROOT = Path(__file__).parents[3]


def dependencies(path: str) -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / path).read_text())["dependencies"])


def pins(name: str) -> list[str]:
    return (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()


def test_it_has_the_newest_core_that_is_supported() -> None:
    assert dependencies("execution-environment.yml")["ansible_core"]["package_pip"] in pins(f"core-{CORES[-1]}")


def test_it_has_the_runner_of_the_tests() -> None:
    assert dependencies("execution-environment.yml")["ansible_runner"]["package_pip"] in pins("test")


def test_it_has_this_version_of_the_collection() -> None:
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    [collection] = dependencies("execution-environment.yml")["galaxy"]["collections"]
    assert collection["name"] == f"dist/dockyard-gpu-{version}.tar.gz"


def test_the_files_that_ansible_builder_reads_are_there() -> None:
    assert all((ROOT / path).is_file() for path in dependencies("meta/execution-environment.yml").values())
