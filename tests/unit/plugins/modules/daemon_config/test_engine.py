# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the engine is reported, and what it still needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import reload as docker_reload
from ansible_collections.dockyard.gpu.plugins.modules import daemon_config
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_engine import FakeEngine
from ansible_collections.dockyard.gpu.tests.unit.plugins.modules.daemon_config.conftest import Engine, Host, Run


def test_check_mode_says_what_a_run_does_and_does_nothing(host: Host, run: Run, engine: Engine) -> None:
    host.write('{"mtu": 9000}')
    engine()
    desired = {"debug": True}
    before = host.snapshot()
    predicted = run(desired, check=True)
    assert host.snapshot() == before
    assert host.was_reported(0)
    done = run(desired)
    for each in (predicted, done):
        each.pop("invocation", None)
        each.pop("backup_file", None)
    assert predicted == done
    assert predicted["reloaded"] is True


def test_a_running_engine_reloads(host: Host, run: Run, engine: Engine) -> None:
    engine()
    result = run({"registry-mirrors": ["http://m"]})
    assert (result["effect"], result["reloaded"], result["restart_required"]) == ("reload", True, False)
    assert host.was_reported(1)
    assert host.pending()["effect"] == "none"
    assert run({"registry-mirrors": ["http://m"]})["changed"] is False
    assert host.was_reported(1)


def test_a_reload_can_be_left_to_others(host: Host, run: Run, engine: Engine) -> None:
    engine()
    assert run({"debug": True}, reload=False)["reloaded"] is False
    assert host.pending()["effect"] == "reload"
    assert host.was_reported(0)


def test_an_interrupted_reload_is_made_up_for(host: Host, run: Run, engine: Engine) -> None:
    engine()
    run({"debug": True}, reload=False)
    result = run({"debug": True})
    assert (result["changed"], result["reloaded"], result["changes"]) == (True, True, [])
    assert host.was_reported(1)


def test_an_engine_that_does_not_answer_yet_is_not_ended_by_a_signal(
    host: Host, run: Run, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine()
    deaf = host.folder / "deaf.sock"
    deaf.touch()
    monkeypatch.setattr(daemon_config, "DEFAULT_SOCKET", str(deaf))
    result = run({"debug": True})
    assert result["reloaded"] is False
    assert "does not answer yet" in result["reported"]
    assert host.was_reported(0)
    assert host.pending()["effect"] == "reload"


@pytest.fixture
def api(host: Host, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    path = host.folder / "engine.sock"
    monkeypatch.setattr(daemon_config, "DEFAULT_SOCKET", str(path))
    monkeypatch.setattr(docker_reload, "_PATIENCE", 0.3)
    with FakeEngine(path) as fake:
        yield fake


def test_a_reload_is_done_once_the_engine_says_so(host: Host, run: Run, engine: Engine, api: FakeEngine) -> None:
    engine()
    api.instead("GET /v1.99/events", lambda: (200, {"Action": "reload"} if host.was_reported(1) else b""))
    assert run({"debug": True})["reloaded"] is True


@pytest.mark.parametrize("before", ['{"debug":  false}', None])
def test_a_reload_that_the_engine_rejects_is_taken_back(
    host: Host, run: Run, engine: Engine, api: FakeEngine, before: str | None
) -> None:
    if before:
        host.write(before)
    engine()
    api.instead("GET /v1.99/events", (200, b""))
    result = run({"default-runtime": "none-such", "runtimes": {"none-such": {"path": "/none"}}})
    assert result["failed"] is True
    assert "put back" in result["msg"]
    assert (host.file.read_text() if host.file.exists() else None) == before
    assert host.pending() is None
    # What it had taken up before it rejected the rest.
    assert host.was_reported(2)
    api.instead("GET /v1.99/events", (200, {"Action": "reload"}))
    assert run({"debug": True})["owners"] == ["site"]


def test_a_rejected_reload_of_an_earlier_runs_change_is_taken_back_too(
    host: Host, run: Run, engine: Engine, api: FakeEngine
) -> None:
    host.write('{"debug":  false}')
    engine()
    bad = {"default-shm-size": "1G"}
    run(bad, reload=False)
    api.instead("GET /v1.99/events", (200, b""))
    result = run(bad)
    assert result["failed"] is True
    assert "put back" in result["msg"]
    assert host.file.read_text() == '{"debug":  false}'
    assert json.loads(host.memory.read_text())["owners"] == {}


def test_an_engine_that_ends_of_what_it_is_to_reload_gets_its_file_back(
    host: Host, run: Run, engine: Engine, api: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a plugin for authorization that is not there."""
    host.write('{"debug":  false}')
    engine()
    asked = []

    def reload(*_call: object) -> bool:
        asked.append(1)
        if len(asked) == 2:
            raise ProcessLookupError
        return False

    monkeypatch.setattr(docker_reload, "reload", reload)
    result = run({"authorization-plugins": []})
    assert result["failed"] is True
    assert "put back" in result["msg"]
    assert host.file.read_text() == '{"debug":  false}'


def test_an_engine_that_lets_no_one_ask_it_is_asked_to_reload(
    host: Host, run: Run, engine: Engine, api: FakeEngine
) -> None:
    engine()
    for path in ("/version", "/v1.99/events"):
        api.instead(f"GET {path}", (403, {"message": "authorization denied by plugin opa"}))
    assert run({"debug": True})["reloaded"] is True
    assert host.was_reported(1)


@pytest.mark.parametrize("check", [False, True])
def test_what_the_running_engine_has_not_is_an_error_before_anything_changes(
    host: Host, run: Run, engine: Engine, api: FakeEngine, check: bool
) -> None:
    engine()
    api.info["Plugins"] = {"Log": ["json-file", "loki:latest"]}
    api.instead("GET /v1.99/plugins", (200, []))
    result = run({"log-driver": "lokal", "authorization-plugins": ["opa"]}, check=check)
    assert result["failed"] is True
    assert len(result["problems"]) == 2
    assert "json-file, loki:latest" in result["msg"]
    assert not host.file.exists()
    # One that could not be asked is left to say so itself.
    api.instead("GET /v1.99/plugins", (500, {"message": "no"}))
    assert "failed" not in run({"log-driver": "loki"}, check=check)


def test_an_engine_learns_of_live_restore_before_its_restart(host: Host, run: Run, engine: Engine) -> None:
    """It would stop all containers otherwise: what counts is what it knows when it ends."""
    engine()
    result = run({"mtu": 1450, "live-restore": True})
    assert (result["reloaded"], result["restart_required"]) == (False, True)
    assert host.was_reported(1)
    assert host.pending()["effect"] == "restart"
    engine()
    # It has read the file at its start.
    assert run({"mtu": 1451, "live-restore": True})["restart_required"] is True
    assert host.was_reported(1)


def test_a_restart_is_required_until_it_happened(host: Host, run: Run, engine: Engine) -> None:
    engine()
    assert run({"mtu": 1450})["restart_required"] is True
    again = run({"mtu": 1450})
    assert (again["changed"], again["effect"], again["restart_required"]) == (False, "none", True)
    # What a reload would do waits for the restart as well.
    more = run({"mtu": 1450, "debug": True})
    assert (more["effect"], more["reloaded"], more["restart_required"]) == ("reload", False, True)
    engine()
    assert run({"mtu": 1450, "debug": True})["restart_required"] is False
    assert host.pending() is None
    assert host.was_reported(0)


def test_taking_a_change_back_makes_its_restart_needless(host: Host, run: Run, engine: Engine) -> None:
    engine()
    run({"mtu": 1450})
    result = run({})
    assert (result["changed"], result["restart_required"]) == (True, False)


@pytest.mark.parametrize("before", ['{"mtu":9000,   "log-opts":{}}', None])
@pytest.mark.parametrize("backup", [True, False])
def test_rolling_back_restores_the_file_and_the_memory(
    host: Host, run: Run, engine: Engine, before: str | None, backup: bool
) -> None:
    if before:
        host.write(before)
    engine()
    run({"mtu": 1450, "log-opts": {"tag": "x"}}, backup=backup)
    run({"mtu": 1400}, backup=backup)
    host.pidfile.unlink()
    predicted = run(state="rolled_back", check=True)
    result = run(state="rolled_back")
    assert result["changed"] is predicted["changed"] is True
    assert result["changes"] == predicted["changes"]
    assert result["owners"] == []
    if before is None:
        assert not host.file.exists()
    elif backup:
        assert host.file.read_text() == before
    else:
        assert host.read() == json.loads(before)
    assert host.pending() is None
    assert run(state="rolled_back")["changed"] is False


def test_what_someone_changed_since_is_not_rolled_back(host: Host, run: Run, engine: Engine) -> None:
    engine()
    run({"mtu": 1450})
    host.write({"mtu": 1450, "dns": ["192.0.2.1"]})
    result = run(state="rolled_back")
    assert (result["changed"], host.read()) == (False, {"mtu": 1450, "dns": ["192.0.2.1"]})


@pytest.mark.parametrize("config", [{"debug": True}, {"mtu": 1450}], ids=["by a reload", "by a restart"])
def test_what_the_engine_has_taken_up_is_settled_and_never_rolled_back(
    host: Host, run: Run, engine: Engine, config: dict[str, Any]
) -> None:
    engine()
    run(config)
    if "mtu" in config:
        engine()
    assert host.pending() is not None
    assert run(state="settled", check=True)["changed"] is False
    assert host.pending() is not None
    assert run(state="settled")["changed"] is False
    assert host.pending() is None
    assert run(state="rolled_back")["changed"] is False
    assert host.read() == config


def test_what_the_engine_has_not_taken_up_is_not_settled(host: Host, run: Run, engine: Engine) -> None:
    engine()
    run({"mtu": 1450})
    assert run(state="settled")["restart_required"] is True
    assert host.pending() is not None
    host.pidfile.unlink()
    run(state="settled")
    assert host.pending() is not None
    assert run(state="rolled_back")["changed"] is True
    assert not host.file.exists()


def test_a_reload_that_is_due_is_made_before_it_is_settled(host: Host, run: Run, engine: Engine) -> None:
    engine()
    run({"debug": True}, reload=False)
    assert host.was_reported(0)
    result = run(state="settled")
    assert (result["changed"], result["reloaded"], host.pending()) == (True, True, None)
    assert host.was_reported(1)


def test_what_a_reload_brought_is_taken_back_by_one(host: Host, run: Run, engine: Engine) -> None:
    host.write('{"debug":  false, "max-concurrent-downloads":3}')
    before = host.file.read_text()
    engine()
    run({"debug": True})
    run({"debug": True, "registry-mirrors": ["http://m"]})
    # A run that changes nothing has not verified it.
    run({"debug": True, "max-concurrent-downloads": 4})
    predicted = run(state="rolled_back", check=True)
    result = run(state="rolled_back")
    assert result["changed"] is predicted["changed"] is True
    assert host.file.read_text() == before
    assert result["owners"] == []
    # What it keeps of registry-mirrors until its next start.
    assert (result["reloaded"], result["restart_required"]) == (False, True)
    assert run(state="rolled_back")["changed"] is False
    assert host.file.read_text() == before
    engine()
    assert run(state="rolled_back")["changed"] is False
    assert host.file.read_text() == before


def test_a_value_that_a_reload_changed_is_changed_back_without_a_restart(host: Host, run: Run, engine: Engine) -> None:
    host.write({"default-shm-size": "64M"})
    engine()
    run({"default-shm-size": "1G"})
    result = run(state="rolled_back")
    assert (result["reloaded"], result["restart_required"]) == (True, False)
    assert host.read() == {"default-shm-size": "64M"}
    assert host.was_reported(2)
    assert host.pending() is None
    assert run(state="rolled_back")["changed"] is False


def test_what_was_put_back_and_is_not_reloaded_waits_for_a_restart(
    host: Host, run: Run, engine: Engine, api: FakeEngine
) -> None:
    host.write({"default-shm-size": "64M"})
    engine()
    api.instead("GET /v1.99/events", (200, {"Action": "reload"}))
    run({"default-shm-size": "1G"})
    api.instead("GET /v1.99/events", (200, b""))
    result = run(state="rolled_back")
    assert (result["changed"], result["reloaded"], result["restart_required"]) == (True, False, True)
    assert host.read() == {"default-shm-size": "64M"}


def test_taking_back_a_reload_by_hand_is_asked_to_the_engine(host: Host, run: Run, engine: Engine) -> None:
    """Not what the file was before counts, but what the engine runs with."""
    host.write({"default-shm-size": "64M"})
    engine()
    run({"default-shm-size": "1G"})
    result = run({})
    assert (result["changed"], result["reloaded"], result["restart_required"]) == (True, True, False)
    assert host.read() == {"default-shm-size": "64M"}
    assert host.pending() is None


def test_with_nothing_pending_there_is_nothing_to_roll_back(host: Host, run: Run, engine: Engine) -> None:
    host.write('{"debug":   true}')
    engine()
    result = run(state="rolled_back")
    assert (result["changed"], host.file.read_text()) == (False, '{"debug":   true}')


def test_the_engines_own_pidfile_is_looked_at(host: Host, run: Run, engine: Engine) -> None:
    engine()
    elsewhere = host.pidfile.rename(host.folder / "elsewhere.pid")
    host.write({"pidfile": str(elsewhere)})
    assert run({"debug": True})["reloaded"] is True
