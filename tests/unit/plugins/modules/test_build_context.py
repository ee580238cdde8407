# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""build_context and image_info as Ansible runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_engine import FakeEngine
from ansible_collections.dockyard.gpu.tests.unit.plugins.modules.documented import documented


def run(name: str, **options: Any) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", f"ansible_collections.dockyard.gpu.plugins.modules.{name}"],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode(),
        capture_output=True,
        check=False,
    )
    assert not done.stderr, done.stderr.decode()
    return dict(json.loads(done.stdout))


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text("ARG B\nFROM $B AS one\nFROM b\n")
    return folder


def test_each_build_is_reported_and_what_is_wrong_with_one_is_no_harm_to_others(context: Path) -> None:
    builds = [
        {"name": "a", "path": str(context), "args": {"B": "x:1"}, "target": "one"},
        {"name": "b", "dockerfile_content": "FROM y"},
        {"name": "c", "path": "/nowhere"},
        {"name": "d", "path": str(context), "target": "two"},
        {"name": "e", "dockerfile_content": "FROM y-$TARGETARCH$TARGETVARIANT"},
        {"name": "f", "dockerfile_content": "FROM y-$TARGETARCH-$BUILDARCH", "platforms": ["linux/arm64"]},
        {"name": "g", "dockerfile_content": "ARG V\nFROM y:$V"},
    ]
    result = run("build_context", builds=builds, architecture="armhf")
    assert result["changed"] is False
    found = result["builds"]
    assert set(found["a"]) == set(documented("build_context")["RETURN"]["builds"]["contains"])
    assert (found["a"]["bases"], found["a"]["files"]) == (["x:1"], 1)
    assert (found["b"]["bases"], found["b"]["files"]) == (["y"], 0)
    assert "/nowhere/Dockerfile cannot be read" in found["c"]["error"]
    assert "stages are one" in found["d"]["error"]
    assert [found[name]["bases"] for name in "ef"] == [["y-armv7"], ["y-arm64-arm"]]
    assert found["g"]["error"].startswith("FROM y:$V: V has no value here")


@pytest.mark.parametrize("check_mode", [False, True])
def test_an_archive_is_written_but_for_check_mode(context: Path, tmp_path: Path, check_mode: bool) -> None:
    archive = tmp_path / "a.tar.gz"
    build = {"name": "a", "path": str(context), "archive": str(archive)}
    result = run("build_context", builds=[build], _ansible_check_mode=check_mode)
    assert result["changed"] is True
    assert archive.exists() is not check_mode


def test_images_are_a_fact_of_the_documented_shape(tmp_path: Path) -> None:
    with FakeEngine(tmp_path / "s") as engine:
        engine.instead("GET /v1.99/images/json", (200, []))
        result = run("image_info", names=["lab/x:1"], archives=["/none.tar"], socket=engine.socket_path)
    assert result["changed"] is False
    found = result["ansible_facts"]["dockyard_images"]
    returned = documented("image_info")["RETURN"]["ansible_facts"]["contains"]["dockyard_images"]["contains"]
    assert set(found) == set(returned)
    assert found["images"] == {"lab/x:1": None}
    assert found["archives"]["/none.tar"]["error"] == "/none.tar is not there"


def test_no_engine_is_found_and_not_a_failure(tmp_path: Path) -> None:
    result = run("image_info", names=["lab/x:1"], socket=str(tmp_path / "none"))
    assert "failed" not in result
    assert result["ansible_facts"]["dockyard_images"]["engine"]["answers"] is False
