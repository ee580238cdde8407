# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has a name after an exchange that failed at any of its steps; the engine is a stand-in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils.container_exchange import Exchange, NotExchanged
from ansible_collections.dockyard.gpu.plugins.module_utils.engine_api import EngineClient, EngineError
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_engine import Answer, FakeEngine, frame


class Engine(FakeEngine):
    """Its containers can be stopped, renamed and started. ``ends`` is how the new one ends as soon as it is started."""

    def __init__(self, socket_path: Path) -> None:
        super().__init__(socket_path)
        self.ends: int | None = None
        self.fails = ""

    def has(self, **states: str) -> None:
        for name, state in states.items():
            self.containers[name.replace("_", ".dockyard-")] = {"made": name, "State": {"Status": state, "ExitCode": 0}}

    def shown(self) -> dict[str, str]:
        return {name: f"{each['made']} {each['State']['Status']}" for name, each in self.containers.items()}

    def _containers(self, method: str, name: str, query: dict[str, str], body: bytes) -> Answer:
        name, _, verb = name.partition("/")
        if self.fails and re.fullmatch(self.fails, f"{verb or method} {name}"):
            self.fails = ""
            return 500, {"message": "the engine does not like it"}
        if name not in self.containers:
            return 404, {"message": f"No such container: {name}"}
        container = self.containers[name]
        if method == "DELETE":
            del self.containers[name]
        elif verb == "rename":
            self.containers[query["name"]] = self.containers.pop(name)
        elif verb == "stop":
            container["State"]["Status"] = "exited"
        elif verb == "unpause":
            container["State"]["Status"] = "running"
        elif verb == "start" and container["State"]["Status"] == "paused":
            return 500, {"message": "cannot start a paused container, try unpause instead"}
        elif verb == "start":
            ended = self.ends if container["made"].endswith("_new") else None
            container["State"] = {"Status": "running" if ended is None else "exited", "ExitCode": ended or 0}
        elif verb == "logs":
            return 200, frame(1, b"first\n") + frame(2, b"last words\n")
        elif verb == "wait":
            container["State"] = {"Status": "exited", "ExitCode": self.ends}
            return 200, {"StatusCode": self.ends}
        else:
            return 200, {**container, "Name": f"/{name}"}
        return 204, b""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    running = Engine(tmp_path / "docker.sock")
    with running:
        yield running


def exchange(engine: Engine, settle: float = 0.01) -> Exchange:
    return Exchange(EngineClient(engine.socket_path), "web", settle)


@pytest.mark.parametrize(("start", "state"), [(True, "running"), (False, "created")])
def test_the_new_one_has_the_place(engine: Engine, start: bool, state: str) -> None:
    engine.has(web="running", web_new="created", other="running")
    exchange(engine).make(start)
    assert engine.shown() == {"other": "other running", "web": f"web_new {state}"}


def test_where_there_is_no_old_one_it_just_begins(engine: Engine) -> None:
    engine.has(web_new="created")
    exchange(engine).make(start=True)
    assert engine.shown() == {"web": "web_new running"}


@pytest.mark.parametrize(("before", "after"), [("running", "running"), ("exited", "exited"), ("paused", "running")])
@pytest.mark.parametrize("fails", ["stop web", "rename web", r"rename web\.dockyard-new", "start web"])
def test_the_old_one_goes_on_whatever_fails(engine: Engine, fails: str, before: str, after: str) -> None:
    engine.has(web=before, web_new="created")
    engine.fails = fails
    with pytest.raises(NotExchanged, match="the engine does not like it"):
        exchange(engine).make(start=True)
    assert engine.shown() == {"web": f"web {after}"}


def test_what_ends_at_once_does_not_count_as_living(engine: Engine) -> None:
    engine.has(web="running", web_new="created")
    engine.ends = 3
    with pytest.raises(NotExchanged, match="ended at once with exit code 3 and said: first last words"):
        exchange(engine).make(start=True)
    assert engine.shown() == {"web": "web running"}


def test_what_the_engine_started_again_does_not_count_either(engine: Engine) -> None:
    engine.has(web="running", web_new="created")
    engine.containers["web.dockyard-new"]["RestartCount"] = 1
    with pytest.raises(NotExchanged, match="ended at once, and the engine started it again and said: first last"):
        exchange(engine).make(start=True)
    assert engine.shown() == {"web": "web running"}


def test_a_first_one_that_does_not_live_leaves_nothing(engine: Engine) -> None:
    engine.has(web_new="created")
    engine.ends = 0
    with pytest.raises(NotExchanged, match="exit code 0"):
        exchange(engine).make(start=True)
    assert engine.shown() == {}


@pytest.mark.parametrize(("keep", "left"), [(True, {"web": "web_new exited"}), (False, {})])
def test_one_that_runs_to_its_end(engine: Engine, keep: bool, left: dict[str, str]) -> None:
    engine.has(web="exited", web_new="created")
    engine.ends = 4
    assert exchange(engine).run(5, keep) == (4, "first\nlast words\n")
    assert engine.shown() == left


def test_one_that_does_not_end_is_removed(engine: Engine) -> None:
    engine.has(web_new="created")
    engine.hang("POST /v1.99/containers/web/wait")
    with pytest.raises(NotExchanged, match=r"did not end within 0\.2 s, and was removed"):
        exchange(engine).run(0.2, keep=True)
    assert engine.shown() == {}


def _breaks_off() -> Answer:
    raise ConnectionError


# An engine that goes away under its clients, and one that tells them before it does.
@pytest.mark.parametrize("answer", [_breaks_off, (200, {"StatusCode": -1, "Error": {"Message": "context canceled"}})])
@pytest.mark.parametrize("keep", [True, False])
def test_one_that_outlives_the_engine_goes_on(engine: Engine, answer: Any, keep: bool) -> None:
    engine.has(web_new="created")
    engine.instead("POST /v1.99/containers/web/wait", answer)
    with pytest.raises(EngineError, match="it was not removed, and may still run"):
        exchange(engine).run(5, keep)
    assert engine.shown() == {"web": "web_new running"}


def test_what_a_killed_run_left_is_taken_back(engine: Engine) -> None:
    engine.has(web_old="exited", web_new="created")
    assert exchange(engine).recover()
    assert engine.shown() == {"web": "web_old running", "web.dockyard-new": "web_new created"}
    assert not exchange(engine).recover()


@pytest.mark.parametrize("before", ["created", "exited", "running", "paused"])
def test_an_exchange_that_was_cut_short_ends_well(engine: Engine, before: str) -> None:
    engine.has(web_new=before, web_old="exited")
    engine.containers["web"] = engine.containers.pop("web.dockyard-new")
    assert exchange(engine).finish()
    assert engine.shown() == {"web": "web_new running"}
    assert not exchange(engine).finish()


def test_the_old_one_is_back_where_the_new_one_of_an_exchange_that_was_cut_short_does_not_live(engine: Engine) -> None:
    engine.has(web_new="created", web_old="exited")
    engine.containers["web"] = engine.containers.pop("web.dockyard-new")
    engine.ends = 3
    with pytest.raises(NotExchanged, match="ended at once with exit code 3"):
        exchange(engine).finish()
    assert engine.shown() == {"web": "web_old running"}


def test_a_restart_of_long_ago_is_no_sign_of_an_early_end(engine: Engine) -> None:
    engine.has(web_new="running", web_old="exited")
    engine.containers["web"] = {**engine.containers.pop("web.dockyard-new"), "RestartCount": 1}
    assert exchange(engine).finish()
    assert engine.shown() == {"web": "web_new running"}


def test_an_id_that_begins_like_the_name_is_not_it(engine: Engine) -> None:
    engine.has(web_new="created")
    wrong: dict[str, Any] = {"Name": "/other", "State": {"Status": "running"}}
    engine.instead("GET /v1.99/containers/web/json", (200, wrong))
    engine.fails = "start web"
    with pytest.raises((NotExchanged, EngineError)):
        exchange(engine).make(start=True)
    assert "POST /v1.99/containers/web/stop" not in engine.requests
