# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What daemon.json names and the engine has not is reported before anything changes: by the engine's own lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import plugins as docker_plugins
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import EngineClient
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.plugin_names import (
    BEFORE_THE_ENGINE,
    LOG_DRIVERS,
    problems,
)
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.plugins import plugins
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_engine import FakeEngine

# As an engine 28.5 with two managed plugins tells them.
FOUND = {
    "log": ["journald", "json-file", "local", "loki:latest"],
    "authorization": ["openpolicyagent/opa-docker-authz-v2:0.9", "casbin"],
}
KATA = {"kata": {"path": "/opt/kata"}}


@pytest.mark.parametrize("driver", ["json-file", "local", "loki", "loki:latest", "none", None])
def test_log_drivers_that_are_there(driver: str | None) -> None:
    assert problems({"log-driver": driver}, {}, FOUND) == []


@pytest.mark.parametrize("driver", ["lokal", "loki:2.9", "json_file", "JSON-file", "syslog", ""])
def test_a_log_driver_that_the_engine_has_not_is_reported_with_those_that_it_has(driver: str) -> None:
    (problem,) = problems({"log-driver": driver}, {}, FOUND)
    assert all(words in problem for words in (f"'{driver}'", "journald, json-file, local, loki:latest, none", "plugin"))


@pytest.mark.parametrize(
    ("runtime", "runtimes", "later", "problem"),
    [
        ("runc", {}, False, False),
        ("io.containerd.runc.v2", {}, False, False),
        ("/usr/local/bin/containerd-shim-kata-v2", {}, False, False),
        ("kata", KATA, False, False),
        ("kata", {}, False, True),
        ("kata", {}, True, True),
        ("nvidia", {}, False, True),
        # The toolkit's role has its turn before the engine's.
        ("nvidia", {}, True, False),
        ("nvidia-cdi", {}, True, False),
        ("nvidio", {}, True, True),
    ],
)
def test_a_default_runtime_has_to_be_registered(runtime: str, runtimes: Any, later: bool, problem: bool) -> None:
    for found in (FOUND, None, BEFORE_THE_ENGINE):
        reported = problems({"default-runtime": runtime}, {"runtimes": runtimes}, found, later)
        assert len(reported) == problem
        assert all(f"'{runtime}'" in each and "runtimes" in each for each in reported)


@pytest.mark.parametrize(
    ("named", "missing"),
    [
        (["openpolicyagent/opa-docker-authz-v2:0.9", "casbin"], []),
        (["opa", "casbin"], ["opa"]),
        ([], []),
        (["openpolicyagent/opa-docker-authz-v2"], ["openpolicyagent/opa-docker-authz-v2"]),
    ],
)
def test_authorization_plugins(named: list[str], missing: list[str]) -> None:
    reported = problems({"authorization-plugins": named}, {}, FOUND)
    assert [each.split("'")[3] for each in reported] == missing


def test_an_engine_that_cannot_be_asked_rules_nothing_out_and_one_to_come_has_what_it_is_made_with() -> None:
    desired = {"log-driver": "lokal", "authorization-plugins": ["opa"]}
    assert problems(desired, {}, None) == []
    assert len(problems(desired, {}, BEFORE_THE_ENGINE)) == 2
    assert all(problems({"log-driver": each}, {}, BEFORE_THE_ENGINE) == [] for each in LOG_DRIVERS)


def test_what_is_no_name_is_another_checks_to_tell() -> None:
    assert problems({"log-driver": ["x"], "default-runtime": 1, "authorization-plugins": "x"}, {}, FOUND) == []


def test_the_engine_and_its_folders_are_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("spec/legacy.spec", "own/own.sock", "a/b/too-deep.sock", "note.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.setattr(docker_plugins, "_LEGACY", (str(tmp_path), str(tmp_path / "none")))
    managed = [
        {"Name": "opa:latest", "Enabled": True, "Config": {"Interface": {"Types": ["docker.authz/1.0"]}}},
        {"Name": "off:latest", "Enabled": False, "Config": {"Interface": {"Types": ["docker.authz/1.0"]}}},
        {"Name": "loki:latest", "Enabled": True, "Config": {"Interface": {"Types": ["docker.logdriver/1.0"]}}},
    ]
    with FakeEngine(tmp_path / "docker.sock") as fake:
        fake.instead("GET .*/plugins", (200, managed))
        found = plugins(EngineClient(fake.socket_path), {"Plugins": {"Log": ["local", "loki:latest"]}})
    assert found["log"] == ["docker", "legacy", "local", "loki:latest", "own"]
    assert found["authorization"] == ["docker", "legacy", "opa:latest", "own"]


@pytest.mark.engine
def test_a_real_engine_lists_its_log_drivers() -> None:
    client = EngineClient()
    found = plugins(client, client.get_json("/info"))
    assert {"json-file", "local", "journald", "syslog"} <= set(found["log"])
    assert problems({"log-driver": "json-file"}, {}, found) == []
