# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine held is compared with what it shows after a restart: real files, and a stand-in for the engine."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import contents
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import EngineClient, EngineError
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils._docker.test_disk import (
    ALIVE,
    SWARM,
    put_container,
)
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_engine import FakeEngine

SNAPSHOTTER = [["driver-type", "io.containerd.snapshotter.v1"]]


class Host:
    """An engine with overlay2, its folder and what it lists."""

    def __init__(self, folder: Path, fake: FakeEngine) -> None:
        self.root, self.record = folder / "docker", str(folder / "state/engine.contents")
        self.fake, self.client = fake, EngineClient(fake.socket_path)
        self.driver, self.images = "overlay2", ["sha256:a", "sha256:b"]
        self.listed: list[str] = []
        fake.instead("GET /v1.99/info", self.info)
        fake.instead("GET /v1.99/images/json", lambda: (200, [{"Id": each} for each in self.images]))
        fake.instead("GET /v1.99/containers/json", lambda: (200, [{"Id": each} for each in self.listed]))

    def info(self) -> tuple[int, dict[str, Any]]:
        status = SNAPSHOTTER if self.driver == "overlayfs" else [["Backing Filesystem", "extfs"]]
        return 200, {
            "Driver": self.driver,
            "DriverStatus": status,
            "DockerRootDir": str(self.root),
            "ServerVersion": "29.7.2",
        }

    def put(self, name: str, **more: Any) -> None:
        self.remove(name)
        self.listed.append(put_container(self.root, name, **more).name)

    def remove(self, name: str) -> None:
        shutil.rmtree(self.root / "containers" / f"{name}-id", ignore_errors=True)
        self.listed = [each for each in self.listed if each != f"{name}-id"]

    def take(self, spares_containers: bool = True) -> dict[str, Any]:
        found = contents.taken(self.client, str(self.root), spares_containers)
        contents.write(self.record, found)
        return found

    def compare(self, allowed: bool = False) -> contents.Comparison:
        record = contents.load(self.record)
        assert record
        return contents.Comparison(self.client, record, allowed, patience=0).make()


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with FakeEngine(tmp_path / "docker.sock") as fake:
        yield Host(tmp_path, fake)


def test_nothing_is_missing_where_nothing_changed(host: Host) -> None:
    host.put("web", state=ALIVE)
    host.put("old")
    found = host.take()
    assert {each["name"]: each["ran"] for each in found["containers"].values()} == {"web": True, "old": False}
    comparison = host.compare()
    assert (comparison.hidden, comparison.dead) == ([], [])
    assert Path(host.record).stat().st_mode & 0o777 == 0o600


# How a container that ran is found afterwards, and whether it counts as lost.
AFTERWARDS = [
    ("it runs", {"state": ALIVE}, {"state": ALIVE}, False),
    ("it is paused", {"state": ALIVE}, {"state": {**ALIVE, "Paused": True}}, False),
    ("it is about to be started again", {"state": ALIVE}, {"state": {"Running": True, "Restarting": True}}, False),
    ("its end is not known", {"state": ALIVE}, {"state": {"ExitCode": 255}}, True),
    ("it could not be started", {"state": ALIVE, "policy": "always"}, {"state": {"ExitCode": 128}}, True),
    ("it was killed", {"state": ALIVE}, {"state": {"ExitCode": 137}}, True),
    ("a batch job ended well", {"state": ALIVE}, {"state": {"ExitCode": 0}}, False),
    ("a batch job ended badly", {"state": ALIVE}, {"state": {"ExitCode": 1}}, False),
    ("it ended well and does not come back", {"state": ALIVE, "policy": "always"}, {"policy": "always"}, True),
    ("someone stopped it", {"state": ALIVE}, {"state": {"ExitCode": 143}, "stopped": True}, False),
    (
        "someone stopped it for good",
        {"state": ALIVE, "policy": "always"},
        {"policy": "always", "stopped": True},
        False,
    ),
    ("someone removed it", {"state": ALIVE}, None, False),
    ("it did not run before", {"state": {"ExitCode": 1}}, {"state": {"ExitCode": 137}}, False),
    ("it was dead before", {"state": {**ALIVE, "Pid": 2**22 + 1}}, {"state": {"ExitCode": 255}}, False),
    ("it is removed when it ends", {"state": ALIVE, "removed": True}, {"state": {"ExitCode": 255}}, False),
    ("it is swarm's", {"state": ALIVE, "labels": SWARM}, {"state": {"ExitCode": 255}, "labels": SWARM}, False),
]


@pytest.mark.parametrize(("case", "before", "after", "lost"), AFTERWARDS, ids=[case[0] for case in AFTERWARDS])
def test_containers_that_ran_run_or_ended_for_a_reason_of_their_own(
    host: Host, case: str, before: dict[str, Any], after: dict[str, Any] | None, lost: bool
) -> None:
    host.put("web", **before)
    host.take()
    if after is None:
        host.remove("web")
    else:
        host.put("web", **after)
    comparison = host.compare()
    assert bool(comparison.dead) is lost, case
    if lost:
        assert "web (exit status" in comparison.words()
        assert "docker start" in comparison.words()


def test_without_live_restore_only_those_that_come_back_are_expected(host: Host) -> None:
    host.put("web", state=ALIVE, policy="unless-stopped")
    host.put("plain", state=ALIVE)
    host.take(spares_containers=False)
    host.put("plain", state={"ExitCode": 143})
    assert host.compare().dead == []
    host.put("web", state={"ExitCode": 128, "Error": "file exists"}, policy="unless-stopped")
    assert host.compare().dead == ["web (exit status 128: file exists)"]


STARTED, AGAIN = {**ALIVE, "StartedAt": "1"}, {**ALIVE, "StartedAt": "2"}


@pytest.mark.parametrize(
    ("before", "after", "paused"),
    [
        ({**STARTED, "Paused": True}, {**AGAIN, "Status": "running"}, ["web"]),
        ({**STARTED, "Paused": True}, {**AGAIN, "Status": "paused"}, []),
        # People have woken it.
        ({**STARTED, "Paused": True}, {**STARTED, "Status": "running"}, []),
        ({**STARTED, "Paused": True}, {**AGAIN, "Status": "exited"}, []),
        ({**STARTED, "Paused": True}, None, []),
        (STARTED, {**AGAIN, "Status": "running"}, []),
    ],
)
def test_what_was_paused_and_was_started_anew_by_the_engine_is_paused_again(
    host: Host, before: dict[str, Any], after: dict[str, Any] | None, paused: list[str]
) -> None:
    host.put("web", state=before, policy="always")
    host.take(spares_containers=False)
    host.fake.instead(".*/containers/web-id/json", (200, {"State": after}) if after else (404, {"message": "gone"}))
    host.fake.instead("POST .*/containers/web-id/pause", (204, b""))
    assert host.compare().pause() == paused
    assert [each for each in host.fake.requests if each.endswith("/pause")] == [
        f"POST /v1.99/containers/{name}-id/pause" for name in paused
    ]


def test_one_that_cannot_be_paused_again_is_named(host: Host) -> None:
    host.put("web", state={**STARTED, "Paused": True}, policy="always")
    host.take(spares_containers=False)
    host.fake.instead(".*/containers/web-id/json", (200, {"State": {**AGAIN, "Status": "running"}}))
    host.fake.instead("POST .*/containers/web-id/pause", (500, {"message": "no freezer"}))
    with pytest.raises(EngineError, match="web was paused, and is not now: no freezer"):
        host.compare().pause()


def test_a_reboot_is_named_where_only_one_helps(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "_TASKS", str(tmp_path / "tasks"))
    (tmp_path / "tasks/web-id").mkdir(parents=True)
    for name in ("web", "plain"):
        host.put(name, state=ALIVE)
    host.take()
    for name in ("web", "plain"):
        host.put(name, state={"ExitCode": 255})
    assert "A reboot of the host is needed before web can be started" in host.compare().words()


def test_after_a_reboot_only_those_that_come_back_are_expected(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.put("web", state=ALIVE, policy="always")
    host.put("plain", state=ALIVE)
    host.take()
    monkeypatch.setattr(contents, "boot_id", lambda: "another")
    host.put("plain", state={"ExitCode": 255})
    assert host.compare().dead == []
    host.put("web", state={"ExitCode": 255}, policy="always")
    assert host.compare().dead == ["web (exit status 255)"]


def test_images_and_containers_that_are_not_seen_any_more_are_missing(host: Host) -> None:
    host.put("web", driver="overlayfs")
    host.driver = "overlayfs"
    host.take()
    # As after a restart with storage-driver: overlay2.
    host.driver, host.images, host.listed = "overlay2", [], []
    comparison = host.compare()
    words = comparison.words()
    assert "The engine shows none of 2 images and 0 of 1 container (not web) that it showed before" in words
    assert f"it takes overlay2 in {host.root}, and took overlayfs" in words
    assert "docker_engine_hide_data: true" in words
    assert host.compare(allowed=True).hidden == []


@pytest.mark.parametrize(
    ("images", "hidden"), [(["sha256:a"], False), (["sha256:b", "sha256:c"], False), ([], True), (["sha256:c"], True)]
)
def test_someone_may_remove_images_meanwhile(host: Host, images: list[str], hidden: bool) -> None:
    host.take()
    host.images = images
    assert bool(host.compare().hidden) is hidden


def test_another_driver_that_has_some_of_the_same_images_hides_the_others(host: Host) -> None:
    host.take()
    host.driver, host.images = "vfs", ["sha256:a"]
    assert host.compare().hidden == ["1 of 2 images"]


def test_an_engine_without_images_has_none_to_lose(host: Host) -> None:
    host.images = []
    host.take()
    assert host.compare().hidden == []


def test_what_was_hidden_before_is_not_missing(host: Host) -> None:
    host.put("old", driver="vfs")
    host.listed = []
    host.take()
    assert host.compare().hidden == []


def test_an_engine_that_did_not_answer_is_compared_by_what_ran(host: Host) -> None:
    host.put("web", state=ALIVE)
    host.put("hidden", driver="vfs")
    host.fake.instead("GET /v1.99/info", (500, {"message": "busy"}))
    found = host.take()
    assert (found["store"], found["images"]) == (None, [])
    host.fake.instead("GET /v1.99/info", host.info)
    host.listed = ["web-id"]
    assert host.compare().hidden == []
    host.put("web", state={"ExitCode": 255})
    assert host.compare().dead


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\0"])
def test_a_record_that_someone_broke_is_none(host: Host, text: str) -> None:
    host.take()
    Path(host.record).write_text(text)
    assert contents.load(host.record) is None
    assert contents.load("/nowhere/at/all") is None


STORE = {"driver": "overlayfs", "containerd": True}


@pytest.mark.parametrize(
    ("before", "version", "config", "graph_state", "store", "expected"),
    [
        # 29 takes a graph driver once it has run with one.
        (
            "29.7.2",
            (29, 7),
            {"mtu": 1400},
            ["overlay2"],
            STORE,
            {"mtu": 1400, "features": {"containerd-snapshotter": True}},
        ),
        ("29.7.2", (29, 7), None, ["overlay2"], STORE, {"features": {"containerd-snapshotter": True}}),
        (
            "29.7.2",
            (29, 7),
            {"features": {"cdi": True}},
            ["overlay2"],
            STORE,
            {"features": {"cdi": True, "containerd-snapshotter": True}},
        ),
        ("29.7.2", (29, 7), {"mtu": 1400}, [], STORE, {"mtu": 1400}),
        ("29.7.2", (29, 7), {"mtu": 1400}, ["overlay2"], {"driver": "overlay2", "containerd": False}, {"mtu": 1400}),
        ("28.5.2", (28, 5), {"mtu": 1400}, [], {"driver": "vfs", "containerd": False}, {"mtu": 1400}),
        (
            "28.5.2",
            (29, 7),
            {},
            [],
            {"driver": "vfs", "containerd": False},
            {"storage-driver": "vfs", "features": {"containerd-snapshotter": False}},
        ),
        # An engine that is older than the one that had the images.
        ("29.7.2", (28, 5), {}, [], STORE, {"features": {"containerd-snapshotter": True}}),
        ("28.5.2", (28, 5), None, [], None, None),
    ],
)
def test_what_is_put_back_takes_the_store_that_it_had(
    tmp_path: Path,
    before: str,
    version: tuple[int, ...],
    config: dict[str, Any] | None,
    graph_state: list[str],
    store: dict[str, Any] | None,
    expected: dict[str, Any] | None,
) -> None:
    for driver in graph_state:
        (tmp_path / driver / "l").mkdir(parents=True)
    record: dict[str, Any] = {"store": {**store, "root": str(tmp_path)} if store else None}
    record["chosen_from"] = {"version": before, "graph_drivers": []}
    unchanged = json.dumps(config)
    assert contents.config_with_store(config, record, version, []) == expected
    assert json.dumps(config) == unchanged
