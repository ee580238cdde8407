# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine as a look finds it: files and data that are real, an engine that is a stand-in."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import files
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import state as daemon_json_state
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import api, facts
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import EngineClient
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_engine import FakeEngine


@pytest.fixture
def daemon_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "daemon.json"
    monkeypatch.setattr(engine_paths, "DAEMON_JSON", str(path))
    monkeypatch.setattr(
        daemon_json_state, "load", functools.partial(daemon_json_state.load, str(tmp_path / "state.json"))
    )
    return path


def test_the_configuration_is_read_with_its_owners(daemon_json: Path) -> None:
    assert facts.daemon_config([])["content"] is None
    desired = {"registry-mirrors": ["https://joe:opensesame@mirror.example.org"]}
    daemon_json.write_text(json.dumps({**desired, "mtu": 1400}))
    state = {**daemon_json_state.load(), "path": str(daemon_json), "owners": {"docker_engine": desired}}
    files.save(state, str(daemon_json.parent / "state.json"))
    found = facts.daemon_config(["-H", "fd://"])
    assert found["content"]["mtu"] == 1400
    assert found["content"]["registry-mirrors"] == found["state"]["owners"]["docker_engine"]["registry-mirrors"]
    assert "opensesame" not in json.dumps(found)
    assert (found["error"], found["pending"], found["unit_flags"]) == (None, None, ["-H", "fd://"])


def test_what_a_run_that_was_cut_off_put_aside_counts_until_the_file_is_there_again(
    daemon_json: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = daemon_json.with_suffix(".json.kept")
    monkeypatch.setattr(engine_paths, "KEPT_DAEMON_JSON", str(kept))
    kept.write_text('{"mtu": 1400}')
    assert facts.daemon_config([])["content"] == {"mtu": 1400}
    assert daemon_json_state.read_config(str(daemon_json))[0] is None
    daemon_json.write_text('{"mtu": 1500}')
    assert facts.daemon_config([])["content"] == {"mtu": 1500}
    daemon_json.write_text("")
    assert facts.daemon_config([])["content"] == {}


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"debug": true,}', '{"runtimes": {}, "runtimes": {}}', '{"mtu": 1e999}', "[" * 9999]
)
def test_a_broken_configuration_is_reported_and_not_shown_as_empty(daemon_json: Path, content: str) -> None:
    daemon_json.write_text(content)
    found = facts.daemon_config([])
    assert found["content"] is None
    assert str(daemon_json) in found["error"]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    path = tmp_path / "docker.sock"
    monkeypatch.setattr(engine_paths, "SOCKET", str(path))
    monkeypatch.setattr(api, "EngineClient", functools.partial(EngineClient, str(path)))
    with FakeEngine(path) as engine:
        yield engine


INFO: dict[str, Any] = {
    "ServerVersion": "99.1",
    "ContainersRunning": 2,
    "Containers": 3,
    "Images": 5,
    "Driver": "overlayfs",
    "LiveRestoreEnabled": True,
    "Swarm": {"LocalNodeState": "inactive"},
    "DockerRootDir": "/srv/docker",
    "Runtimes": {"runc": {}, "nvidia": {}},
}


def test_an_engine_that_runs_says_what_it_is(fake: FakeEngine) -> None:
    fake.instead("GET /v1.99/info", (200, INFO))
    prober = Prober()
    found = facts.engine(prober, running=True)
    assert found["answers"] is True
    assert (found["version"], found["api_version"]) == ("99.1", "1.99")
    assert (found["containers_running"], found["containers"]) == (2, 3)
    assert (found["live_restore"], found["swarm"], found["data_root"]) == (True, False, "/srv/docker")
    assert (found["images"], found["storage_driver"]) == (5, "overlayfs")
    assert found["runtimes"] == ["nvidia", "runc"]
    assert found["socket"]["gid"] == os.getgid()
    assert len(found["socket"]["mode"]) == 4
    assert prober.problems == []


@pytest.mark.parametrize(("state", "swarm"), [("active", True), ("locked", True), ("inactive", False)])
def test_a_swarm_is_noticed(fake: FakeEngine, state: str, swarm: bool) -> None:
    fake.instead("GET /v1.99/info", (200, {**INFO, "Swarm": {"LocalNodeState": state}}))
    assert facts.engine(Prober(), running=True)["swarm"] is swarm


def test_an_engine_that_does_not_run_is_not_asked(fake: FakeEngine) -> None:
    """A question to an activated socket would start it."""
    found = facts.engine(Prober(), running=False)
    assert (found["running"], found["answers"]) == (False, False)
    assert fake.requests == []


def test_an_engine_that_does_not_answer_is_a_problem(fake: FakeEngine) -> None:
    fake.hang("GET .*")
    prober = Prober(timeout=0.3)
    found = facts.engine(prober, running=True)
    assert (found["running"], found["answers"]) == (True, False)
    (problem,) = prober.problems
    assert problem["code"] == "engine_silent"
    assert "journalctl" in problem["remedy"]


def test_an_engine_says_whose_store_it_takes(fake: FakeEngine) -> None:
    assert facts.engine(Prober(), running=True)["containerds_store"] is False
    status = [["driver-type", "io.containerd.snapshotter.v1"]]
    fake.instead("GET /v1.99/info", (200, {**INFO, "DriverStatus": status}))
    assert facts.engine(Prober(), running=True)["containerds_store"] is True


def test_a_comparison_that_an_earlier_run_left_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_paths, "CONTENTS", str(tmp_path / "contents"))
    assert facts.engine(Prober(), running=False)["compared"] is True
    (tmp_path / "contents").touch()
    assert facts.engine(Prober(), running=False)["compared"] is False


@pytest.mark.parametrize(
    ("written", "flags", "expected"),
    [(-60, ["60"], True), (60, ["60"], False), (-60, ["-H", "fd://"], False), (None, ["60"], False)],
)
def test_whether_an_engine_runs_as_it_is_configured(
    daemon_json: Path, written: float | None, flags: list[str], expected: bool
) -> None:
    """A file that is not there is as old as its folder, which is new here."""
    process = subprocess.Popen(["sleep", "60"])
    try:
        if written is not None:
            daemon_json.write_text("{}")
            os.utime(daemon_json, (time.time() + written,) * 2)
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        found = {"pid": process.pid, "start_ticks": int(fields[19])}
        assert facts.runs_as_configured(found, flags) is expected
        assert facts.runs_as_configured(None, flags) is False
    finally:
        process.kill()
        process.wait()


def test_folders_of_an_engine_with_userns_remap_are_found_below_its_own(tmp_path: Path) -> None:
    for name in ("100000.100000/volumes/mine", "100000/volumes/mine", "volumes/other"):
        (tmp_path / name).mkdir(parents=True)
    found = facts.data_roots(Prober(), [str(tmp_path)])
    assert {path: held["volumes"] for path, held in found.items()} == {
        str(tmp_path): 1,
        str(tmp_path / "100000.100000"): 1,
    }
