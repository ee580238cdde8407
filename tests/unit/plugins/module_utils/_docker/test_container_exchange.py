# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has a name after an exchange, whatever stands under the three names, whichever request fails or is the last."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import container_exchange, containers
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import EngineClient, EngineError
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.container_exchange import (
    REPLACES,
    Exchange,
    NotExchanged,
)
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.containers import Containers, NotTouched
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.container_world import (
    FAULTS,
    LIVING,
    Client,
    Killed,
    World,
)
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_engine import Answer, FakeEngine

NEW, OLD = "web.dockyard-new", "web.dockyard-old"
Shown = dict[str, tuple[str, str]]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (container_exchange, containers):
        monkeypatch.setattr(module, "PAUSE", 0.0)


def exchange(client: EngineClient) -> Exchange:
    return Exchange(Containers(client), "web", 0.0)


def runs(shown: tuple[str, str]) -> tuple[str, str]:
    """A container that ran runs again where an exchange is undone, and one that was paused is paused."""
    state = shown[1]
    return shown[0], state if state == "paused" else "runs" if state in LIVING else ""


def world(old: str | None, new: str | None = "created", **parts: Any) -> tuple[World, str, str]:
    """With the ids of the old one and of the new one, which has the parts."""
    made = World()
    other = made.add("other", "running")
    number = made.add("web", old, port=80) if old else ""
    labels = {REPLACES: number} if number else {}
    fresh = made.add(NEW, new, labels=labels, **{"port": 80, **parts}) if new else ""
    assert made.containers[other]
    return made, number, fresh


# What may stand under each name: what of it an exchange goes on with, and what is in its way.
CURRENT = (None, "running", "exited", "created", "paused", "restarting")
BEHAVIOURS: dict[str, dict[str, Any]] = {
    "lives": {},
    "ends at once": {"ends": 3},
    "is started again and again": {"ends": 3, "again": True},
    "wants a port that is taken": {"port": 22},
    "is removed as soon as it ends": {"ends": 3, "rm": True},
}
ACTS: dict[str, Callable[[Exchange], object]] = {
    "exchanged": lambda each: each.make(start=True),
    "exchanged and not started": lambda each: each.make(start=False),
    "begun": lambda each: each.begin(),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize("current", CURRENT)
def test_whichever_request_fails_the_old_one_is_as_it_was_or_the_new_one_has_its_place(
    current: str | None, behaviour: str, act: str
) -> None:
    """One request after the other, until none of the call's is left."""
    for fault in ("", "rejected", "unanswered", "lost"):
        for at in itertools.count():
            made, old, new = world(current, **BEHAVIOURS[behaviour])
            made.add("ssh", "running", port=22)
            before, volumes = made.shown(), set(made.volumes)
            client = Client(made, at, fault)
            try:
                ACTS[act](exchange(client))
            except (NotExchanged, EngineError, NotTouched):
                failed = True
            else:
                failed = False
            after = made.shown()
            where = f"{fault} at {at}: {after}"
            assert made.lost <= {old, new, f"data of {new}"}, where
            # Its volumes are never removed, and the new one's only if it never ran.
            assert {each for each in volumes if new not in each} <= made.volumes, where
            assert f"data of {new}" in made.volumes or new not in made.lost or behaviour.endswith("it ends"), where
            assert {name: after[name] for name in ("other", "ssh")} == {name: before[name] for name in ("other", "ssh")}
            if old and failed and after.get("web", ("",))[0] != new:
                assert runs(after["web"]) == runs(before["web"]), where
                assert old not in made.lost, where
            if not failed:
                assert after["web"][0] == new, where
                assert OLD not in after, where
            assert OLD not in after or after["web"][0] == new, where
            if client.changes <= at or not fault:
                break


@pytest.mark.parametrize("stale", ["exited", "running", "created", "paused"])
@pytest.mark.parametrize("current", CURRENT)
def test_what_another_left_under_the_old_ones_name_is_in_the_way_and_nothing_changes(
    current: str | None, stale: str
) -> None:
    made, _old, _new = world(current)
    made.add(OLD, stale)
    before, volumes = made.shown(), set(made.volumes)
    for act in ACTS.values():
        with pytest.raises(NotTouched, match=rf"{OLD} is in the way.*docker rename {OLD} OTHER or docker rm {OLD}"):
            act(exchange(Client(made)))
        assert (made.shown(), made.volumes) == (before, volumes)


@pytest.mark.parametrize("state", ["exited", "running", "paused", "dead"])
def test_a_new_one_that_ran_already_is_in_the_way(state: str) -> None:
    made, _old, _new = world("running", new=state)
    before = made.shown()
    with pytest.raises(NotTouched, match=rf"{NEW} is in the way"):
        exchange(Client(made)).make(start=True)
    assert made.shown() == before


@pytest.mark.parametrize(
    ("current", "parts", "words"),
    [
        ("running", {"rm": True}, "--rm.*docker stop web"),
        ("removing", {}, "it is removing"),
        ("dead", {}, "it is dead.*docker rm --force web"),
    ],
)
def test_an_old_one_that_a_stop_would_cost_or_that_is_going_is_not_touched(
    current: str, parts: dict[str, Any], words: str
) -> None:
    made = World()
    made.add("web", current, **parts)
    made.add(NEW)
    before, volumes = made.shown(), set(made.volumes)
    with pytest.raises(NotTouched, match=words):
        exchange(Client(made)).make(start=True)
    assert (made.shown(), made.volumes) == (before, volumes)


def test_ids_that_were_planned_for_count() -> None:
    made, old, new = world("running")
    before = made.shown()
    for number, planned, words in (
        ("0" * 64, old, f"{NEW} is in the way"),
        (new, "0" * 64, "it was 000000000000, and is now"),
        (new, "", "it was absent, and is now"),
    ):
        with pytest.raises(NotTouched, match=words):
            exchange(Client(made)).make(True, number, planned)
    assert made.shown() == before
    exchange(Client(made)).make(True, new, old)
    assert made.shown()["web"] == (new, "running")
    with pytest.raises(NotTouched, match="another run removed"):
        exchange(Client(made)).make(True, new, None)


@pytest.mark.parametrize("name", ["web?force=1", "../images/x", "w", "", "web\n", "web 2", "Ã¤Ã¤"])
def test_what_is_no_name_never_becomes_a_part_of_an_address(name: str) -> None:
    with pytest.raises(NotTouched, match="is no name of a container"):
        Exchange(Containers(Client(World())), name, 0.0)


def _renames(name: str, other: str) -> Callable[[World], None]:
    def act(made: World) -> None:
        found = made.named(name)
        if found and not made.named(other):
            found["Name"] = f"/{other}"

    return act


def _starts(name: str) -> Callable[[World], None]:
    def act(made: World) -> None:
        found = made.named(name)
        if found and found["State"]["Status"] not in LIVING:
            made.answer("POST", f"/containers/{found['Id']}/start", {}, b"")

    return act


def _removes(name: str) -> Callable[[World], None]:
    def act(made: World) -> None:
        found = made.named(name)
        if found:
            del made.containers[found["Id"]]

    return act


def _adds(name: str) -> Callable[[World], None]:
    def act(made: World) -> None:
        if not made.named(name):
            made.add(name, "running")

    return act


# Other programs hold no lock.
MEDDLING: dict[str, Callable[[World], None]] = {
    **{f"renames {name}": _renames(name, f"{name}.kept") for name in ("web", NEW, OLD)},
    **{f"starts {name}": _starts(name) for name in ("web", OLD)},
    **{f"removes {name}": _removes(name) for name in ("web", NEW, OLD)},
    **{f"makes {name}": _adds(name) for name in ("web", NEW, OLD)},
}


@pytest.mark.parametrize("behaviour", ["lives", "ends at once"])
@pytest.mark.parametrize("meddling", MEDDLING)
@pytest.mark.parametrize("current", [None, "running", "exited"])
def test_whatever_another_program_does_meanwhile_nothing_of_its_is_lost(
    current: str | None, meddling: str, behaviour: str
) -> None:
    for at in range(12):
        made, old, new = world(current, **BEHAVIOURS[behaviour])
        present = set(made.containers)
        client = Client(made, at, meddle=MEDDLING[meddling])
        try:
            exchange(client).make(start=True)
        except (NotExchanged, EngineError, NotTouched):
            assert old not in made.lost, at
        assert made.lost <= {old, new, f"data of {new}"}, at
        theirs = [each for each in made.containers.values() if each["Id"] not in present]
        assert all(each["State"]["Status"] == "running" for each in theirs), at
        if old in made.lost and not meddling.startswith("removes"):
            # Only for a new one that lives under the name.
            assert made.containers[new]["State"]["Status"] == "running", at
        if client.changes <= at:
            break


def test_an_engine_that_stops_it_late_stops_it_before_it_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made, old, _new = world("running")
    client = Client(made, 0, "unanswered")
    late = iter([False, False, True])

    def get(number: str) -> Any:
        if number == old and next(late, False):
            made.answer("POST", f"/containers/{old}/stop", {}, b"")
        return Containers.get(found, number)

    found = Containers(client)
    monkeypatch.setattr(found, "get", get)
    with pytest.raises(NotExchanged, match="The old container is as it was"):
        Exchange(found, "web", 0.0).make(start=True)
    assert made.shown()["web"] == (old, "running")


def test_an_engine_that_goes_for_good_is_reported_with_the_old_ones_id(monkeypatch: pytest.MonkeyPatch) -> None:
    made, old, _new = world("running")

    def gone(*_all: object) -> Any:
        raise EngineError(None, "nothing listens")

    def rename(_number: str, _name: str) -> None:
        monkeypatch.setattr(client, "_send", gone)
        gone()

    client = Client(made)
    found = Containers(client)
    monkeypatch.setattr(found, "rename", rename)
    with pytest.raises(NotExchanged, match=rf"could not be undone: nothing listens.*the old container is {old[:12]}"):
        Exchange(found, "web", 0.0).make(start=True)


def test_secrets_in_its_last_words_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _old, _new = world("running", ends=3)
    client = Client(made)
    found = Containers(client)
    said = "no connection to postgres://app:opensesame@db/app\nAPI_TOKEN=opensesame"
    monkeypatch.setattr(found, "output", lambda *_arguments: said)
    with pytest.raises(NotExchanged, match=r"and said: no connection to postgres://\*\*\*@db/app API_TOKEN=\*\*\*"):
        Exchange(found, "web", 0.0).make(start=True)


def test_what_is_reported_one_that_does_not_live() -> None:
    made, _old, _new = world("running", ends=3)
    with pytest.raises(NotExchanged, match=r"ended at once with exit code 3 and said: first last words\. The old"):
        exchange(Client(made)).make(start=True)
    made, _old, _new = world("running", ends=3, again=True)
    with pytest.raises(NotExchanged, match="ended at once, and the engine started it again and said: first last"):
        exchange(Client(made)).make(start=True)


def test_an_old_one_that_another_started_again_is_not_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    made, old, new = world("running", port=81)
    found = Containers(Client(made))
    seen = itertools.count()

    def get(number: str) -> Any:
        if number == old and next(seen) == 0:
            _starts(OLD)(made)
        return Containers.get(found, number)

    monkeypatch.setattr(found, "get", get)
    with pytest.raises(NotExchanged, match="the old one stays: another program has made of it web"):
        Exchange(found, "web", 0.0).make(start=True)
    assert made.shown()[OLD] == (old, "running")
    assert made.shown()["web"] == (new, "running")


def cut(current: str, old: str = "exited", **parts: Any) -> tuple[World, str, str]:
    """As a run leaves it that is killed once the new one has its name; ids of the old one and the new one."""
    made = World()
    number = made.add(OLD, old, port=80)
    fresh = made.add("web", current, labels={REPLACES: number}, **{"port": 80, **parts})
    return made, number, fresh


@pytest.mark.parametrize("before", ["created", "exited", "running", "paused"])
def test_an_exchange_that_was_cut_short_ends_well(before: str) -> None:
    made, old, new = cut(before)
    assert exchange(Client(made)).finish()
    assert made.shown() == {"web": (new, "running")}
    assert f"data of {old}" in made.volumes
    assert not exchange(Client(made)).finish()


def test_one_that_does_not_live_makes_room_for_the_old_one() -> None:
    made, old, new = cut("created", ends=3)
    with pytest.raises(NotExchanged, match="exit code 3"):
        exchange(Client(made)).finish()
    assert made.shown() == {"web": (old, "running")}
    assert f"data of {new}" in made.volumes


def test_one_that_had_run_before_may_hold_what_was_written_and_is_only_set_aside() -> None:
    made, old, new = cut("exited", ends=3)
    with pytest.raises(NotExchanged, match="exit code 3"):
        exchange(Client(made)).finish()
    assert made.shown() == {"web": (old, "running"), NEW: (new, "exited")}
    assert made.lost == set()


def test_a_restart_of_long_ago_is_no_sign_of_an_early_end() -> None:
    made, _old, new = cut("running")
    made.containers[new]["RestartCount"] = 1
    assert exchange(Client(made)).finish()
    assert made.shown() == {"web": (new, "running")}


@pytest.mark.parametrize("labels", [{}, {REPLACES: "0" * 64}])
def test_two_that_do_not_belong_together_stay(labels: dict[str, str]) -> None:
    for state in ("created", "running", "exited"):
        made = World()
        made.add(OLD, "exited")
        made.add("web", state, labels=labels)
        before = made.shown()
        with pytest.raises(NotTouched, match=f"{OLD} is in the way"):
            exchange(Client(made)).finish()
        assert not exchange(Client(made)).recover(start=True)
        assert made.shown() == before


@pytest.mark.parametrize("start", [True, False])
def test_what_a_killed_run_left_is_taken_back(start: bool) -> None:
    made, old, _new = world("exited")
    made.named("web")["Name"] = f"/{OLD}"  # type: ignore[index]
    assert exchange(Client(made)).recover(start)
    assert {name: each for name, each in made.shown().items() if name != "other"} == {
        "web": (old, "running" if start else "exited")
    }
    assert not exchange(Client(made)).recover(start)


@pytest.mark.parametrize("ran", [True, False])
def test_a_new_one_that_is_another_or_ran_is_not_removed_by_a_recovery(ran: bool) -> None:
    made = World()
    old = made.add(OLD, "exited")
    new = made.add(NEW, "exited" if ran else "created", labels={REPLACES: old} if ran else {})
    assert exchange(Client(made)).recover(start=True)
    assert made.shown() == {"web": (old, "running"), NEW: (new, "exited" if ran else "created")}


@pytest.mark.parametrize("current", CURRENT)
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize("fault", [each for each in FAULTS if each.startswith("killed")])
def test_a_killed_exchange_is_taken_back_or_ended_by_the_next_call(
    current: str | None, behaviour: str, fault: str
) -> None:
    for at in itertools.count():
        made, old, new = world(current, **BEHAVIOURS[behaviour])
        made.add("ssh", "running", port=22)
        volumes = {each for each in made.volumes if new not in each}
        client = Client(made, at, fault)
        try:
            exchange(client).make(start=True)
        except Killed:
            pass
        except NotExchanged:
            break
        if client.changes <= at:
            break
        again = exchange(Client(made))
        try:
            done = again.finish() or again.recover(start=True)
        except NotExchanged:
            done = True
        after = made.shown()
        where = f"{fault} at {at}: {after}"
        assert volumes <= made.volumes, where
        if old and old not in made.containers:
            assert after["web"] == (new, "running"), where
        elif old and done:
            assert (after["web"][0], after["web"][1] in LIVING) == (old, True), where
            assert OLD not in after, where


@pytest.mark.parametrize(("keep", "left"), [(True, {"web": "exited"}), (False, {})])
def test_one_that_runs_to_its_end(keep: bool, left: dict[str, str]) -> None:
    made = World()
    old = made.add("web", "exited")
    new = made.add(NEW)
    client = Client(made)
    number = exchange(client).begin()
    made.containers[new]["ends"] = 4
    assert exchange(client).end(number, 5, keep) == (4, "first\nlast words\n")
    assert {name: state for name, (_id, state) in made.shown().items()} == left
    assert f"data of {old}" in made.volumes
    assert (f"data of {new}" in made.volumes) is keep


class Served(FakeEngine):
    """The same over a socket, where a request can hang."""

    def __init__(self, socket_path: Path) -> None:
        super().__init__(socket_path)
        self.world = World()

    def _containers(self, method: str, name: str, query: dict[str, str], body: bytes) -> Answer:
        return self.world.answer(method, f"/containers/{name}", query, body)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with Served(tmp_path / "docker.sock") as engine:
        yield engine


def test_one_that_does_not_end_is_removed_and_its_volumes_stay(served: Served) -> None:
    new = served.world.add(NEW)
    served.hang(f"POST /v1.99/containers/{new}/wait")
    running = exchange(EngineClient(served.socket_path))
    with pytest.raises(NotExchanged, match=r"did not end within 0\.2 s, and was removed"):
        running.end(running.begin(), 0.2, keep=True)
    assert served.world.shown() == {}
    assert f"data of {new}" in served.world.volumes


def _breaks_off() -> Answer:
    raise ConnectionError


# An engine that goes away under its clients, and one that tells them before it does.
@pytest.mark.parametrize("answer", [_breaks_off, (200, {"StatusCode": -1, "Error": {"Message": "context canceled"}})])
@pytest.mark.parametrize("keep", [True, False])
def test_one_that_outlives_the_engine_goes_on(served: Served, answer: Any, keep: bool) -> None:
    new = served.world.add(NEW)
    served.instead(f"POST /v1.99/containers/{new}/wait", answer)
    running = exchange(EngineClient(served.socket_path))
    with pytest.raises(EngineError, match="it was not removed, and may still run"):
        running.end(running.begin(), 5, keep)
    assert served.world.shown() == {"web": (new, "running")}


def test_an_id_that_begins_like_the_name_is_not_it() -> None:
    made = World()
    made.add(NEW)
    prefix = made.add("other", "running")[:12]
    assert made.answer("GET", f"/containers/{prefix}/json", {}, b"")[0] == 200
    assert Containers(Client(made)).named(prefix) is None
