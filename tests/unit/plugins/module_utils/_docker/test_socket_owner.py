# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be in the place of the engine's socket, from real sockets and links to what the plans make of it."""

from __future__ import annotations

import functools
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import api, facts, socket_owner
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import EngineClient, EngineError
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine import socket_owner as engine_socket_owner
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_group import plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting import fleet_plan
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_engine import FakeEngine
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.podman import podman
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described, bare_host, unit, wanted
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.stand_in import names

# A group that no file of these tests belongs to.
GROUP = {"exists": True, "gid": 4343, "members": ["ann"], "primary_members": []}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "docker.sock"
    monkeypatch.setattr(engine_paths, "SOCKET", str(path))
    monkeypatch.setattr(api, "EngineClient", functools.partial(EngineClient, str(path)))
    return path


def seen(running: bool = False, *rest: Any) -> Described:
    found = bare_host(docker_group=GROUP, users={"ann": True, "bob": True})
    found["engine"].update(facts.engine(Prober(), running, *rest))
    return found


def steps(host: Described) -> list[str]:
    return names(plan.plan(host, wanted("docker_group", users=["bob"])))


def note(host: Described) -> list[str]:
    return list(fleet_plan.host_plan({"ansible_facts": {"dockyard_host": host}}, [], [], {})["notes"])


def test_podmans_socket_behind_a_link_is_left_as_it_is(place: Path, tmp_path: Path) -> None:
    real = tmp_path / "podman.sock"
    with podman(real) as asked:
        place.symlink_to(real)
        host = seen()
        assert steps(host) == ["members"]
        found = host["engine"]["socket"]
        assert (found["kind"], found["target"], found["of_engine"]) == ("link", str(real), False)
        assert note(host) == [f"{place} is a link to {real}, which docker_group does not change"]
        # To ask would start it, where systemd listens for it.
        assert asked == []


def test_podmans_own_socket_in_the_place_is_left_as_it_is(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "unix"
    table.write_text(
        "Num       RefCount Protocol Flags    Type St Inode Path\n"
        "0000000000000000: 00000002 00000000 00010000 0001 01 20480\n"
        f"0000000000000000: 00000002 00000000 00010000 0001 01 20481 {place}\n"
    )
    monkeypatch.setattr(socket_owner, "_TABLE", str(table))
    with podman(place):
        host = seen()
    assert host["engine"]["socket"]["listening"] is True
    assert steps(host) == ["members"]
    assert "another program than this host's Docker engine" in note(host)[0]


def test_what_answers_for_an_engine_that_runs_elsewhere_is_not_taken_for_it(place: Path) -> None:
    """The engine's process is there, and someone has put another program's socket into the place since."""
    with podman(place):
        prober = Prober()
        found = facts.engine(prober, True)
    assert (found["answers"], found["socket"]["of_engine"]) == (False, False)
    assert f"what answers at {place} is Podman, and no Docker engine" in prober.problems[0]["message"]


@pytest.mark.parametrize(
    ("kind", "words"), [("file", "is a file"), ("folder", "is a folder"), ("other", "is neither a socket nor a file")]
)
def test_what_is_no_socket_gets_no_group(place: Path, kind: str, words: str) -> None:
    made: dict[str, Callable[[], None]] = {
        "file": place.touch,
        "folder": place.mkdir,
        "other": lambda: os.mkfifo(place),
    }
    made[kind]()
    for host in (seen(), seen(False, True)):
        assert host["engine"]["socket"]["kind"] == kind
        assert steps(host) == ["members"]
        assert words in note(host)[0]


@pytest.mark.parametrize(
    "target", ["docker.sock", "nowhere", "/run/user/1000/docker.sock", "~/.docker/desktop/docker.sock"]
)
def test_a_link_is_never_the_engines(place: Path, target: str) -> None:
    place.symlink_to(target)
    assert steps(seen(False, True)) == ["members"]
    assert f"a link to {target}" in engine_socket_owner.foreign(seen())


def test_what_a_killed_engine_left_is_no_ones(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(place))
    host = seen()
    assert (host["engine"]["socket"]["of_engine"], host["engine"]["socket"]["listening"]) == (False, False)
    assert steps(host) == ["members"]
    assert note(host) == []


@pytest.mark.parametrize(("running", "awaited"), [(True, False), (False, True), (True, True)])
def test_the_engines_own_belongs_to_the_group(place: Path, running: bool, awaited: bool) -> None:
    with FakeEngine(place):
        host = seen(running, awaited)
    assert host["engine"]["socket"]["of_engine"] is True
    assert steps(host) == ["members", "socket"]
    assert note(host) == []


def test_where_nothing_is_there_is_nothing_to_tell(place: Path) -> None:
    host = seen(False, True)
    assert host["engine"]["socket"] is None
    assert (steps(host), note(host)) == (["members"], [])


@pytest.mark.parametrize(
    ("content", "flags", "expected"),
    [
        (None, [], True),
        ({}, ["-H", "fd://", "--containerd=/run/containerd/containerd.sock"], True),
        ({"hosts": ["unix:///var/run/docker.sock", "tcp://127.0.0.1:2376"]}, [], True),
        ({"hosts": ["unix:///run/docker.sock"]}, [], True),
        ({"hosts": ["unix://"]}, [], True),
        ({"hosts": ["unix:///srv/docker.sock"]}, [], False),
        ({"hosts": "unix:///srv/docker.sock"}, [], True),
        (None, ["-H", "tcp://0.0.0.0:2376"], False),
        (None, ["--host=unix:///srv/docker.sock"], False),
        (None, ["-H=unix:///srv/docker.sock", "--host", "fd://"], True),
        (None, ["--hostname-override", "x"], True),
    ],
)
def test_an_engine_may_listen_elsewhere(
    place: Path, content: Described | None, flags: list[str], expected: bool
) -> None:
    with FakeEngine(place):
        found = facts.engine(Prober(), True, True, socket_owner.hosts(content, flags))
    assert (found["socket"]["expected"], found["socket"]["of_engine"]) == (expected, expected)


@pytest.mark.parametrize("ask", [lambda it: it.api_version(), lambda it: it.version(), lambda it: it.get_json("/info")])
def test_no_client_talks_to_podman_as_if_it_were_the_engine(place: Path, ask: Any) -> None:
    with podman(place) as asked, pytest.raises(EngineError, match="is Podman, and no Docker engine"):
        ask(EngineClient(str(place)))
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("services", "content", "flags", "group"),
    [
        ({}, None, [], "docker"),
        ({"docker.socket": unit()}, None, ["-H", "fd://"], "docker"),
        ({"docker.socket": {**unit(), "socket_group": "ops"}}, None, ["-H", "fd://"], "ops"),
        ({"docker.socket": {**unit(), "socket_group": ""}}, None, ["-H", "fd://"], ""),
        # What systemd makes is not what dockerd was reported.
        ({"docker.socket": unit()}, {"group": "ops"}, [], "docker"),
        ({"docker.socket": {**unit(active=False), "socket_group": "docker"}}, {"group": "ops"}, [], "ops"),
        ({}, {"group": ""}, [], ""),
        ({}, {}, ["--group", "ops"], "ops"),
        ({}, {}, ["--group=ops"], "ops"),
        ({}, {}, ["-G", "ops"], "ops"),
    ],
)
def test_a_socket_that_an_administrator_gave_to_another_group_stays_theirs(
    place: Path, services: Described, content: Described | None, flags: list[str], group: str
) -> None:
    with FakeEngine(place):
        host = seen(True)
    host["services"] = services
    host["daemon_config"].update(content=content, unit_flags=flags)
    assert engine_socket_owner.group(host) == group
    assert steps(host) == (["members", "socket"] if group == "docker" else ["members"])
    words = f"{place} is for the group {group or 'root'}, which docker_group does not change"
    assert note(host) == ([] if group == "docker" else [words])
    host["docker_group"] = {**GROUP, "exists": False}
    host["engine"]["binary"] = "/usr/bin/dockerd"
    assert ("group" in names(plan.plan(host, wanted("docker_group")))) is (group == "docker")
