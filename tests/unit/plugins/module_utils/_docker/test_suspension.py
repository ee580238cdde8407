# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers that are stopped for a while come back once, whatever ends in between, and no other decision is undone."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import DEFAULT_SOCKET, EngineClient, EngineError
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.suspension import Entry, Suspension, entries
from ansible_collections.dockyard.gpu.plugins.module_utils._verify import image as verify_image
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_engine import Answer, FakeEngine

EARLIER, LATER = "2026-11-30T08:52:28.3Z", "2026-11-30T09:00:00.1Z"


class Engine(FakeEngine):
    """Containers that run and end; ``broken`` has the engine's words for those that do not start."""

    def __init__(self, socket_path: Path) -> None:
        super().__init__(socket_path)
        self.broken: dict[str, str] = {}
        self.needs: dict[str, str] = {}
        self.stopped: list[str] = []

    def make(self, name: str, status: str = "running", finished: str = "0001-01-01T00:00:00Z") -> None:
        state = {"Status": status, "FinishedAt": finished, "Error": ""}
        self.containers[name] = {"Id": name, "Name": f"/{name}", "State": state, "Config": {"StopTimeout": None}}

    def _containers(self, method: str, name: str, query: dict[str, str], body: bytes) -> Answer:
        name, _, verb = name.partition("/")
        if name not in self.containers:
            return 404, {"message": f"No such container: {name}"}
        state = self.containers[name]["State"]
        if verb == "stop":
            self.stopped.append(name)
            state.update(Status="exited", FinishedAt=EARLIER)
        elif verb == "pause":
            if state["Status"] != "running":
                return 409, {"message": f"container {name} is not running"}
            state.update(Status="paused")
        elif verb == "start":
            need = self.needs.get(name)
            words = self.broken.get(name)
            if need and self.containers[need]["State"]["Status"] != "running":
                words = f"cannot join network of a non running container: {need}"
            if words:
                # As an engine does it: the time of its end stays.
                state.update(Error=words)
                return 500, {"message": words}
            state.update(Status="running", Error="")
        return 200, self.containers[name]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with Engine(tmp_path / "docker.sock") as fake:
        yield fake


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "state" / "stopped"


def suspension(engine: Engine, record: Path, pretend: bool = False) -> Suspension:
    return Suspension(EngineClient(engine.socket_path), str(record), pretend)


def suspended(engine: Engine, record: Path, *names: str) -> None:
    for name in names:
        engine.make(name)
    suspension(engine, record).suspend(list(names))


def resumed(engine: Engine, record: Path) -> Suspension:
    made = suspension(engine, record)
    made.resume()
    return made


def test_they_stop_and_come_back_and_the_record_goes(engine: Engine, record: Path) -> None:
    suspended(engine, record, "a", "b")
    assert entries(record.read_text()) == [Entry("a", EARLIER, "a"), Entry("b", EARLIER, "b")]
    made = resumed(engine, record)
    assert (made.done, made.left, made.failed, record.exists()) == (["a", "b"], [], {}, False)
    assert resumed(engine, record).done == []


def test_it_is_recorded_before_the_first_is_stopped(engine: Engine, record: Path) -> None:
    engine.make("a")
    engine.instead("POST .*/stop", lambda: (500, {"message": record.read_text()}))
    made = suspension(engine, record)
    made.suspend(["a"])
    assert made.failed == {"a": "a - a"}
    engine.containers["a"]["State"].update(Status="exited", FinishedAt=LATER)
    assert resumed(engine, record).done == ["a"]


def test_what_was_paused_is_paused_again_and_what_ran_runs(engine: Engine, record: Path) -> None:
    engine.make("a", "paused")
    engine.make("b")
    suspension(engine, record).suspend(["a", "b"])
    assert [each["State"]["Status"] for each in engine.containers.values()] == ["exited", "exited"]
    made = resumed(engine, record)
    assert (made.done, record.exists()) == (["a", "b"], False)
    assert [each["State"]["Status"] for each in engine.containers.values()] == ["paused", "running"]


class Killed(BaseException):
    """What a program that is killed does not live to see."""


def test_wherever_a_run_is_killed_the_next_one_pauses_what_was_paused(
    engine: Engine, record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before and after each request that changes something, of both halves."""
    post = Suspension._post
    for killed_at in range(6):
        engine.make("a", "paused")
        requests = 0

        def counted(self: Suspension, container: str, verb: str, seconds: float, at: int = killed_at) -> None:
            nonlocal requests
            if requests == at:
                raise Killed
            post(self, container, verb, seconds)
            requests += 2
            if requests == at + 1:
                raise Killed

        monkeypatch.setattr(Suspension, "_post", counted)
        try:
            suspension(engine, record).suspend(["a"])
            resumed(engine, record)
        except Killed:
            pass
        monkeypatch.setattr(Suspension, "_post", post)
        # A run stops what it finds, if anything runs, and starts it at its end.
        suspension(engine, record).suspend(["a"])
        resumed(engine, record)
        assert (engine.containers["a"]["State"]["Status"], record.exists()) == ("paused", False), killed_at


def test_what_cannot_be_paused_is_kept_for_the_next_run(engine: Engine, record: Path) -> None:
    engine.make("a", "paused")
    suspension(engine, record).suspend(["a"])
    engine.instead("POST .*/pause", (500, {"message": "cgroup: no freezer"}))
    made = resumed(engine, record)
    assert (made.failed, record.exists()) == ({"a": "cgroup: no freezer"}, True)
    engine.instead("POST .*/pause", lambda: None)
    assert resumed(engine, record).done == ["a"]
    assert (engine.containers["a"]["State"]["Status"], record.exists()) == ("paused", False)


@pytest.mark.parametrize("status", ["running", "paused"])
def test_one_that_was_paused_and_that_others_started_meanwhile_stays(engine: Engine, record: Path, status: str) -> None:
    engine.make("a", "paused")
    suspension(engine, record).suspend(["a"])
    engine.containers["a"]["State"]["Status"] = status
    made = resumed(engine, record)
    assert (made.done, engine.containers["a"]["State"]["Status"], record.exists()) == ([], status, False)


def test_what_does_not_start_is_kept_for_the_next_run(engine: Engine, record: Path) -> None:
    suspended(engine, record, "a", "b")
    engine.broken["a"] = 'could not select device driver "cdi"'
    made = resumed(engine, record)
    assert (made.done, made.failed) == (["b"], {"a": 'could not select device driver "cdi"'})
    assert entries(record.read_text()) == [Entry("a", EARLIER, "a")]
    engine.broken.clear()
    assert resumed(engine, record).done == ["a"]
    assert not record.exists()


@pytest.mark.parametrize(
    ("state", "done", "left"),
    [
        # Someone started it, and stopped it on purpose.
        ({"FinishedAt": LATER}, [], ["a"]),
        # A boot has tried to start it, and could not.
        ({"FinishedAt": LATER, "Error": "unresolvable CDI devices"}, ["a"], []),
        ({"Status": "running"}, [], []),
        (None, [], []),
        ({}, ["a"], []),
    ],
)
def test_what_others_did_meanwhile_stays(
    engine: Engine, record: Path, state: dict[str, str] | None, done: list[str], left: list[str]
) -> None:
    suspended(engine, record, "a")
    if state is None:
        del engine.containers["a"]
    else:
        engine.containers["a"]["State"].update(state)
    made = resumed(engine, record)
    assert (made.done, made.left, record.exists()) == (done, left, False)


def test_a_second_exchange_forgets_none_of_the_first_and_takes_up_nothing_of_others(
    engine: Engine, record: Path
) -> None:
    suspended(engine, record, "a", "b")
    engine.containers["b"]["State"]["FinishedAt"] = LATER
    suspended(engine, record, "c")
    assert [entry.id for entry in entries(record.read_text())] == ["a", "b", "c"]
    made = resumed(engine, record)
    assert (made.done, made.left) == (["a", "c"], ["b"])


def test_who_needs_another_starts_after_it(engine: Engine, record: Path) -> None:
    suspended(engine, record, "a", "b", "c")
    engine.needs.update(a="b", b="c")
    assert resumed(engine, record).done == ["c", "b", "a"]


def test_a_record_of_an_earlier_version_has_ids_alone(engine: Engine, record: Path) -> None:
    engine.make("a", "exited", LATER)
    record.parent.mkdir()
    record.write_text("a\ngone\n")
    assert resumed(engine, record).done == ["a"]


def test_a_pretended_run_changes_nothing_and_says_what_it_would(engine: Engine, record: Path) -> None:
    engine.make("a")
    made = suspension(engine, record, pretend=True)
    made.suspend(["a"])
    assert (made.done, engine.stopped, record.exists()) == (["a"], [], False)
    suspended(engine, record, "a")
    made = suspension(engine, record, pretend=True)
    made.resume()
    assert (made.done, record.exists(), engine.containers["a"]["State"]["Status"]) == (["a"], True, "exited")


def test_an_engine_that_is_away_loses_nothing(engine: Engine, record: Path) -> None:
    suspended(engine, record, "a")
    away = Suspension(EngineClient(engine.socket_path + "-none"), str(record))
    with pytest.raises(EngineError):
        away.resume()
    assert [entry.name for entry in entries(record.read_text())] == ["a"]


@pytest.mark.engine
def test_a_real_engine_tells_by_the_time_of_its_end_who_was_started_by_others(tmp_path: Path) -> None:
    """And a start that failed is no end: containers are tried again."""

    def docker(*words: str) -> str:
        return subprocess.run(["docker", *words], check=True, capture_output=True, text=True).stdout.strip()

    run_id = uuid.uuid4().hex[:8]
    image, names = f"suspension-{run_id}", [f"suspension-{run_id}-{each}" for each in ("a", "b", "c")]
    archive = verify_image.build().archive
    subprocess.run(["docker", "import", "-", image], input=archive, check=True, capture_output=True)
    record, mounted = tmp_path / "record", tmp_path / "mounted"
    mounted.touch()
    try:
        for name in names:
            mount = f"type=bind,source={mounted},target=/mounted"
            docker("run", "-di", "--name", name, "--mount", mount, image, "/bin/sh", "-c", "trap exit TERM; read _")
        client = EngineClient(DEFAULT_SOCKET)
        Suspension(client, str(record)).suspend(names)
        docker("start", names[1])
        docker("stop", "--time", "0", names[1])
        mounted.unlink()
        made = Suspension(client, str(record))
        made.resume()
        assert (sorted(made.failed), made.done, made.left) == ([names[0], names[2]], [], [names[1]])
        mounted.touch()
        made = Suspension(client, str(record))
        made.resume()
        states = json.loads("[" + ",".join(docker("inspect", "-f", "{{json .State}}", *names).splitlines()) + "]")
        assert [state["Running"] for state in states] == [True, False, True]
        assert not record.exists()
    finally:
        subprocess.run(["docker", "rm", "--force", *names], capture_output=True, check=False)
        subprocess.run(["docker", "rmi", image], capture_output=True, check=False)
