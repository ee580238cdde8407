# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""workload_info and container_exchange as Ansible runs them; what they do is their module_utils' to test."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_engine import FakeEngine
from ansible_collections.dockyard.gpu.tests.unit.plugins.modules.documented import documented

FACT = documented("workload_info")["RETURN"]["ansible_facts"]["contains"]["dockyard_workloads"]["contains"]


def run(module: str, **options: Any) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", f"ansible_collections.dockyard.gpu.plugins.modules.{module}"],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode(),
        capture_output=True,
        check=False,
    )
    assert not done.stderr, done.stderr.decode()
    result: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode != 0) is result.get("failed", False)
    return result


@pytest.mark.parametrize("check_mode", [False, True])
def test_what_is_returned_is_what_is_documented(tmp_path: Path, check_mode: bool) -> None:
    one = {"Id": "1", "Name": "/one", "State": {"Status": "running"}, "HostConfig": {}}
    with FakeEngine(tmp_path / "docker.sock") as fake:
        fake.instead("GET /v1.99/networks", (200, []))
        fake.instead("GET /v1.99/containers/json", (200, [{"Id": "1", "Names": ["/one"], "State": "running"}]))
        fake.instead("GET /v1.99/containers/1/json", (200, one))
        result = run("workload_info", names=["one"], socket=fake.socket_path, _ansible_check_mode=check_mode)
    assert result["changed"] is False
    found = result["ansible_facts"]["dockyard_workloads"]
    assert set(found) == set(FACT)
    assert set(found["containers"][0]) == set(FACT["containers"]["contains"])


def test_no_engine_is_no_failed_task(tmp_path: Path) -> None:
    found = run("workload_info", socket=str(tmp_path / "none"))["ansible_facts"]["dockyard_workloads"]
    assert found["engine"]["answers"] is False


def test_a_time_limit_that_is_none_is_rejected() -> None:
    assert "timeout: must be a number of seconds above 0; got 0" in run("workload_info", timeout=0)["msg"]
    assert "settle: must be a number of seconds; got -1" in run("container_exchange", name="web", settle=-1)["msg"]


def test_an_exchange_that_cannot_be_names_the_container(tmp_path: Path) -> None:
    options = {"name": "web", "socket": str(tmp_path / "none")}
    result = run("container_exchange", **options)
    assert result["failed"]
    assert result["msg"].startswith("web: there is no socket")
    assert run("container_exchange", _ansible_check_mode=True, **options)["changed"] is True


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_suspension_returns_what_is_documented(tmp_path: Path, check_mode: bool) -> None:
    record = tmp_path / "record"
    record.write_text("1 - one\n2 - two\n")
    ended = {"Status": "exited", "FinishedAt": "2026-11-30T08:52:28Z", "Error": ""}
    with FakeEngine(tmp_path / "docker.sock") as fake:
        fake.instead("GET /v1.99/containers/1/json", (200, {"Id": "1", "Name": "/one", "State": ended}))
        fake.instead("POST /v1.99/containers/1/start", (500, {"message": "no such device"}))
        options = {"state": "resumed", "record": str(record), "socket": fake.socket_path}
        result = run("container_suspend", **options, _ansible_check_mode=check_mode)
    assert {"changed", "containers", "left", "failed_containers"} <= set(result)
    if not check_mode:
        assert result["failed_containers"] == {"one": "no such device"}
        assert all(word in result["msg"] for word in ("one: no such device", str(record)))
        assert record.read_text() == "1 - one\n"
