# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine as a look finds it: units, files and data that are real, an engine that is a stand-in."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils import daemon_state, engine_paths, look_engine
from ansible_collections.dockyard.gpu.plugins.module_utils.engine_api import EngineClient
from ansible_collections.dockyard.gpu.plugins.module_utils.look import Look
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_engine import FakeEngine

SHOWN = """\
Id=docker.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
NeedDaemonReload=yes
Result=success
ExecStart={ path=/usr/bin/dockerd ; argv[]=/usr/bin/dockerd -H fd:// --http-proxy=http://joe:opensesame@p.example.org \
--label owner=joe's --containerd=/run/containerd/containerd.sock ; ignore_errors=no ; start_time=[n/a] ; pid=0 }

Id=docker.socket
LoadState=masked
ActiveState=inactive
SubState=dead
UnitFileState=masked
NeedDaemonReload=no
Result=success

Id=containerd.service
LoadState=not-found
ActiveState=inactive
SubState=dead
"""


def systemctl(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A stand-in for systemctl, found first."""
    path = folder / "systemctl"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_units_are_read_in_one_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shown").write_text(SHOWN)
    systemctl(tmp_path, monkeypatch, f'echo "$@" >> {tmp_path}/asked; cat {tmp_path}/shown')
    look = Look()
    found = look_engine.services(look)
    assert list(found) == ["docker.service", "docker.socket"]
    docker, socket = found.values()
    flags = docker.pop("flags")
    assert flags[:2] == ["-H", "fd://"]
    assert flags[-1] == "--containerd=/run/containerd/containerd.sock"
    assert "opensesame" not in str(flags)
    assert docker == {
        "active": True,
        "enabled": True,
        "masked": False,
        "state": "running",
        "result": "success",
        "needs_daemon_reload": True,
    }
    assert (socket["active"], socket["enabled"], socket["masked"], socket["flags"]) == (False, False, True, [])
    (asked,) = (tmp_path / "asked").read_text().splitlines()
    assert asked.split()[-3:] == ["docker.service", "docker.socket", "containerd.service"]
    assert look.problems == []


@pytest.mark.parametrize(
    ("property_", "value", "name", "expected"),
    [
        ("ActiveState", "reloading", "active", True),
        ("ActiveState", "activating", "active", False),
        ("ActiveState", "failed", "active", False),
        ("UnitFileState", "enabled-runtime", "enabled", True),
        ("UnitFileState", "static", "enabled", True),
        ("UnitFileState", "disabled", "enabled", False),
        ("LoadState", "error", "masked", False),
    ],
)
def test_states_of_units(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, property_: str, value: str, name: str, expected: bool
) -> None:
    systemctl(tmp_path, monkeypatch, f"printf 'LoadState=loaded\\n{property_}={value}\\nId=docker.service\\n'")
    assert look_engine.services(Look())["docker.service"][name] is expected


@pytest.mark.parametrize("script", ["echo 'System has not been booted with systemd' >&2; exit 1", "exit 0"])
def test_without_systemd_there_are_no_units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    systemctl(tmp_path, monkeypatch, script)
    look = Look()
    assert look_engine.services(look) == {}
    assert look.problems == []


def test_a_systemctl_that_hangs_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    systemctl(tmp_path, monkeypatch, "sleep 20")
    look = Look(timeout=0.3)
    assert look_engine.services(look) == {}
    assert look.problems[0]["code"] == "timeout"


def test_managed_files_have_content_without_credentials_and_a_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, missing = str(tmp_path / "proxy.env"), str(tmp_path / "missing")
    monkeypatch.setattr(engine_paths, "MANAGED_FILES", (there, missing))
    Path(there).write_text('HTTP_PROXY="http://joe:opensesame@proxy.example.org"\n')
    Path(there).chmod(0o600)
    found = look_engine.files(Look())
    assert found[missing] is None
    shown = found[there]
    assert shown is not None
    assert shown["mode"] == "0600"
    assert "opensesame" not in shown["content"]
    assert shown["content"].endswith('@proxy.example.org"\n')


@pytest.fixture
def daemon_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "daemon.json"
    monkeypatch.setattr(engine_paths, "DAEMON_JSON", str(path))
    monkeypatch.setattr(daemon_state, "load", functools.partial(daemon_state.load, str(tmp_path / "state.json")))
    return path


def test_the_configuration_is_read_with_its_owners(daemon_json: Path) -> None:
    assert look_engine.daemon_config([])["content"] is None
    wish = {"registry-mirrors": ["https://joe:opensesame@mirror.example.org"]}
    daemon_json.write_text(json.dumps({**wish, "mtu": 1400}))
    state = {**daemon_state.load(), "path": str(daemon_json), "owners": {"docker_engine": wish}}
    daemon_state.save(state, str(daemon_json.parent / "state.json"))
    found = look_engine.daemon_config(["-H", "fd://"])
    assert found["content"]["mtu"] == 1400
    assert found["content"]["registry-mirrors"] == found["state"]["owners"]["docker_engine"]["registry-mirrors"]
    assert "opensesame" not in json.dumps(found)
    assert (found["error"], found["pending"], found["unit_flags"]) == (None, None, ["-H", "fd://"])


@pytest.mark.parametrize("content", ["{", "[]", '{"debug": true,}'])
def test_a_broken_configuration_is_told_and_not_shown_as_empty(daemon_json: Path, content: str) -> None:
    daemon_json.write_text(content)
    found = look_engine.daemon_config([])
    assert found["content"] is None
    assert str(daemon_json) in found["error"]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    path = tmp_path / "docker.sock"
    monkeypatch.setattr(engine_paths, "SOCKET", str(path))
    monkeypatch.setattr(look_engine, "EngineClient", functools.partial(EngineClient, str(path)))
    with FakeEngine(path) as engine:
        yield engine


INFO: dict[str, Any] = {
    "ContainersRunning": 2,
    "Containers": 3,
    "LiveRestoreEnabled": True,
    "Swarm": {"LocalNodeState": "inactive"},
    "DockerRootDir": "/srv/docker",
    "Runtimes": {"runc": {}, "nvidia": {}},
}


def test_an_engine_that_runs_says_what_it_is(fake: FakeEngine) -> None:
    fake.instead("GET /v1.99/info", (200, INFO))
    look = Look()
    found = look_engine.engine(look, running=True)
    assert found["answers"] is True
    assert (found["version"], found["containers_running"], found["containers"]) == ("99.1", 2, 3)
    assert (found["live_restore"], found["swarm"], found["data_root"]) == (True, False, "/srv/docker")
    assert found["runtimes"] == ["nvidia", "runc"]
    assert found["socket"]["gid"] == os.getgid()
    assert len(found["socket"]["mode"]) == 4
    assert look.problems == []


@pytest.mark.parametrize(("state", "swarm"), [("active", True), ("locked", True), ("inactive", False)])
def test_a_swarm_is_noticed(fake: FakeEngine, state: str, swarm: bool) -> None:
    fake.instead("GET /v1.99/info", (200, {**INFO, "Swarm": {"LocalNodeState": state}}))
    assert look_engine.engine(Look(), running=True)["swarm"] is swarm


def test_an_engine_that_does_not_run_is_not_asked(fake: FakeEngine) -> None:
    """A question to an activated socket would start it."""
    found = look_engine.engine(Look(), running=False)
    assert (found["running"], found["answers"]) == (False, False)
    assert fake.requests == []


def test_an_engine_that_does_not_answer_is_a_problem(fake: FakeEngine) -> None:
    fake.hang("GET .*")
    look = Look(timeout=0.3)
    found = look_engine.engine(look, running=True)
    assert (found["running"], found["answers"]) == (True, False)
    (problem,) = look.problems
    assert problem["code"] == "engine_silent"
    assert "journalctl" in problem["remedy"]


@pytest.mark.parametrize(
    ("made", "data"),
    [
        ([], False),
        (["containers/"], False),
        (["containers/0123/"], True),
        (["volumes/metadata.db", "volumes/backingFsBlockDev"], False),
        (["volumes/mine/"], True),
        (["overlay2/l/"], False),
        (["overlay2/0123/"], True),
        (["vfs/dir/0123/"], True),
        (["image/overlay2/", "buildkit/", "tmp/"], False),
    ],
)
def test_a_folder_with_images_containers_or_volumes_holds_data(tmp_path: Path, made: list[str], data: bool) -> None:
    for name in made:
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            target.mkdir(exist_ok=True)
        else:
            target.touch()
    assert look_engine.data_roots([str(tmp_path)]) == {str(tmp_path): data}
