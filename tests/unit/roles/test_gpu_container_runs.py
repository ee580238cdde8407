# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs of the role over a model of an engine: facts, plan and what its tasks call, killed at any request.

``run`` does what tasks/apply.yml does, with the code that its modules call; there, docker_container makes the new ones.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import container_exchange, containers
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import EngineError
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.container_exchange import Exchange, NotExchanged
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.container_state import Wanted, changes
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.containers import Containers, NotTouched
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.workloads import Workloads
from ansible_collections.dockyard.gpu.plugins.plugin_utils._gpu_container import plan as container_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import PlanInvalid
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.container_world import (
    LIVING,
    Client,
    Killed,
    World,
)
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.container_stand_in import host
from hypothesis import given, settings
from hypothesis import strategies as st

IMAGE = "debian:13"
Described = dict[str, Any]


class NotConverged(Exception):
    """What tasks/verify.yml says: something is left of the plan."""


FAILURES = (NotConverged, NotExchanged, NotTouched, EngineError, PlanInvalid)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (container_exchange, containers):
        monkeypatch.setattr(module, "PAUSE", 0.0)


def web(**parts: Any) -> Described:
    return {"name": "web", "image": IMAGE, **parts}


def plan(client: Client, described: list[Described]) -> list[dict[str, Any]]:
    images = [each["image"] for each in described]
    found = Workloads(Prober(5), client).gather([each["name"] for each in described], images, [])
    there = host()
    there["workloads"] = {**found, "engine": {**found["engine"], "ways": there["workloads"]["engine"]["ways"]}}
    return container_plan.plan(there, {**hosts.wanted("gpu_container", list=described), "preview": False})


def run(client: Client, *described: Described) -> list[str]:
    """The names of the steps. ``ends`` in a description is how what is made of it ends; the role has no such key."""
    reported = [{key: value for key, value in each.items() if key != "ends"} for each in described]
    ends = {each["name"]: each.get("ends") for each in described}
    steps = plan(client, reported)
    found = Containers(client)
    for step in steps:
        if step["step"] == "interrupted":
            Exchange(found, step["to"]["name"], 0.0).recover(step["to"]["start"])
    left = plan(client, reported) if any(step["step"] == "interrupted" for step in steps) else steps
    for step in left:
        _settle(found, step["step"], step["to"])
    made = [step for step in left if step["step"] in ("create", "recreate", "run")]
    numbers = [_make(client, step["to"], ends[step["to"]["name"]]) for step in made]
    for step, number in zip(made, numbers, strict=True):
        exchange = Exchange(found, step["to"]["name"], 0.0)
        if step["step"] == "run":
            exchange.end(exchange.begin(number, step["to"]["id"]), 1.0, keep=True)
        else:
            exchange.make(step["to"]["start"], number, step["to"]["id"])
    if steps and plan(client, reported):
        raise NotConverged
    return [step["step"] for step in steps]


def _settle(found: Containers, step: str, to: dict[str, Any]) -> None:
    wanted = {
        "leftover": Wanted("absent", None, None),
        "remove": Wanted("absent", None, None),
        "start": Wanted("started", None, None),
        "stop": Wanted("stopped", None, None),
        "restart_policy": Wanted(None, to.get("restart_policy"), None),
        "networks": Wanted(None, None, to.get("networks")),
    }
    if step in wanted:
        for change in changes(found, to.get("gone", to["name"]), to["id"], wanted[step]):
            change.act()
    if step == "finish":
        Exchange(found, to["name"], 0.0).finish()


def _make(client: Client, to: dict[str, Any], ends: int | None) -> str:
    """As docker_container with all comparisons ignored: what is there already is not touched."""
    name = to["name"] + ".dockyard-new"
    if client.world.named(name):
        raise NotTouched(f"{name} came meanwhile")
    parts = {"labels": to["labels"], "policy": to["restart_policy"], "ends": ends, "port": 80}
    parts["networks"] = [each["name"] for each in to["networks"]] or ["bridge"]
    return str(client.post_json("/containers/create", parts, {"name": name})["Id"])


def made(**parts: Any) -> World:
    world = World()
    world.images = {IMAGE: "sha256:1"}
    run(Client(world), web(**parts))
    assert run(Client(world), web(**parts)) == []
    return world


WANTED: dict[str, Described] = {
    "another user": web(user="ada"),
    "another user, and it ends at once": web(user="ada", ends=3),
    "another user, and it is to be stopped": web(user="ada", state="stopped"),
    "another policy and network, and it is to be stopped": web(
        restart_policy="always", networks=["front"], state="stopped"
    ),
    "once": web(state="run_once"),
    "absent": web(state="absent"),
}


@pytest.mark.parametrize("fault", ["killed before", "killed after"])
@pytest.mark.parametrize("wanted", WANTED)
@pytest.mark.parametrize("before", ["running", "exited", "paused"])
def test_a_run_that_is_killed_at_any_request_costs_nothing_and_the_next_ones_end_it(
    before: str, wanted: str, fault: str
) -> None:
    for at in itertools.count():
        world = made()
        (old,) = world.containers
        world.containers[old]["State"]["Status"] = before
        volumes = set(world.volumes)
        client = Client(world, at, fault)
        try:
            run(client, WANTED[wanted])
        except Killed:
            pass
        except NotExchanged:
            assert WANTED[wanted].get("ends")
        killed = client.changes > at
        where = f"{fault} at {at}: {world.shown()}"
        for _run in range(2):
            _jobs_end(world)
            try:
                run(Client(world), WANTED[wanted])
                ended = True
            except (NotExchanged, PlanInvalid):
                ended = False
        assert volumes <= world.volumes, where
        _ends_well(world, WANTED[wanted], old, ended, where)
        if not killed:
            break


def _jobs_end(world: World) -> None:
    """What runs once ends some time, whether the run that began it lives or not."""
    for each in world.containers.values():
        if each["Config"]["Labels"].get("dockyard.gpu.kind") == "run" and each["State"]["Status"] == "running":
            each["State"].update(Status="exited", ExitCode=0)


def _ends_well(world: World, wanted: Described, old: str, ended: bool, where: str) -> None:
    left = world.shown()
    where = f"{where}, then {left}"
    if wanted.get("ends"):
        assert not ended, where
        assert left["web"][0] == old, where
        # One that ran until the run was killed may hold what was written in it: the next runs name it, and it stays.
        assert set(left) <= {"web", "web.dockyard-new"}, where
        assert left.get("web.dockyard-new", ("", "exited"))[1] == "exited", where
        return
    assert ended, where
    assert set(left) == ({"web"} if wanted.get("state") != "absent" else set()), where
    state = wanted.get("state", "started")
    if state != "absent":
        assert (left["web"][1] in LIVING) == (state == "started"), where


STATES = st.sampled_from(["created", "exited", "running", "paused"])
OURS = {"dockyard.gpu.spec": "{}", "dockyard.gpu.replaces": ""}


@given(
    beside=st.dictionaries(
        st.sampled_from([".dockyard-new", ".dockyard-old"]), st.tuples(STATES, st.sampled_from([{}, OURS])), max_size=2
    ),
    current=st.sampled_from(["none", "ours", "foreign"]),
    state=STATES,
    wanted=st.sampled_from(sorted(WANTED)),
    fault=st.sampled_from(["", "rejected", "unanswered", "lost", "killed before", "killed after"]),
    at=st.integers(0, 8),
)
@settings(max_examples=250)
def test_what_the_role_did_not_make_is_never_started_stopped_renamed_or_removed(
    beside: dict[str, tuple[str, dict[str, str]]], current: str, state: str, wanted: str, fault: str, at: int
) -> None:
    world = made() if current == "ours" else World()
    world.images = {IMAGE: "sha256:1"}
    if current == "foreign":
        world.add("web", state)
    elif current == "ours":
        next(iter(world.containers.values()))["State"]["Status"] = state
    for suffix, (its, labels) in beside.items():
        world.add(f"web{suffix}", its, labels=labels)
    strangers = {number: json.dumps(each) for number, each in world.containers.items() if not each["Config"]["Labels"]}
    # Where nothing has the name, what has the role's labels and the old one's name is taken for the old one.
    back = current == "none" and beside.get(".dockyard-old", ("", {}))[1] == OURS
    # One of the role's that ran, and is not the one that is exchanged.
    stale = {
        number
        for number, each in world.containers.items()
        if each["Config"]["Labels"] == OURS
        and each["State"]["StartedAt"].startswith("2")
        and not (back and each["Name"].endswith("-old"))
    }
    volumes = set(world.volumes)
    for client in (Client(world, at, fault), Client(world), Client(world)):
        try:
            run(client, WANTED[wanted])
        except (*FAILURES, Killed):
            pass
        assert {number: json.dumps(world.containers.get(number)) for number in strangers} == strangers
        assert stale <= set(world.containers)
        assert volumes <= world.volumes


def test_two_runs_that_begin_with_the_same_plan_are_reported_and_nothing_is_lost() -> None:
    world = made()
    (old,) = world.containers
    first, second = (plan(Client(world), [web(user="ada")])[0]["to"] for _run in range(2))
    number = _make(Client(world), first, None)
    with pytest.raises(NotTouched, match="came meanwhile"):
        _make(Client(world), second, None)
    exchange = Exchange(Containers(Client(world)), "web", 0.0)
    exchange.make(True, number, first["id"])
    again = _make(Client(world), second, None)
    with pytest.raises(NotTouched, match=f"it was {old[:12]}, and is now"):
        exchange.make(True, again, second["id"])
    assert world.shown()["web"] == (number, "running")
    # The second one's is never started, and the next run takes it away.
    assert run(Client(world), web(user="ada")) == ["leftover"]


def test_a_container_of_an_image_that_was_committed_from_ours_is_not_ours() -> None:
    world = World()
    world.images = {IMAGE: "sha256:1"}
    labels = {"dockyard.gpu.spec": "{}", "dockyard.gpu.kind": "service"}
    world.add("web", "running", labels=labels, image_id="sha256:committed")
    world.image_labels = {"sha256:committed": labels}
    with pytest.raises(PlanInvalid, match="another container, not created by this role, has this name"):
        run(Client(world), web())
