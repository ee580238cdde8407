# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in an engine's folders is reported whether an engine runs or not."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import containerd_images, disk
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.bolt import Database
from hypothesis import given
from hypothesis import strategies as st

SWARM = {"com.docker.swarm.task.id": "x"}


@pytest.fixture(autouse=True)
def containerd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Not the machine's own."""
    folder = tmp_path / "containerd"
    monkeypatch.setattr(engine_paths, "CONTAINERD_ROOT", str(folder))
    return folder


def put_container(root: Path, name: str, driver: str = "overlay2", **more: Any) -> Path:
    folder = root / "containers" / f"{name}-id"
    folder.mkdir(parents=True)
    state = {"Running": False, "Pid": 0, "ExitCode": 0, **more.pop("state", {})}
    config = {
        "ID": folder.name,
        "Name": f"/{name}",
        "Driver": driver,
        "State": state,
        "Config": {"Env": ["A=secret"], "Labels": more.pop("labels", {})},
        "HasBeenManuallyStopped": more.pop("stopped", False),
    }
    host = {"RestartPolicy": {"Name": more.pop("policy", "no")}, "AutoRemove": more.pop("removed", False)}
    assert not more
    (folder / "config.v2.json").write_text(json.dumps(config))
    (folder / "hostconfig.json").write_text(json.dumps(host))
    return folder


ALIVE = {"Running": True, "Pid": os.getpid()}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, {"runs": False, "restarting": False}),
        ({"state": ALIVE}, {"runs": True}),
        ({"state": {**ALIVE, "Paused": True}}, {"runs": True}),
        # As an engine that was killed, or a host that went down, left it.
        ({"state": {**ALIVE, "Pid": 2**22 + 1}}, {"runs": False}),
        ({"state": {"Running": True, "Restarting": True}}, {"runs": False, "restarting": True}),
        ({"state": {"ExitCode": 255, "Error": "gone"}}, {"exit_code": 255, "error": "gone"}),
        ({"policy": "always"}, {"comes_back": True}),
        ({"policy": "unless-stopped"}, {"comes_back": True}),
        ({"policy": "on-failure"}, {"comes_back": False}),
        ({"policy": ""}, {"comes_back": False}),
        ({"removed": True}, {"removed_at_end": True, "auto_remove": True}),
        ({"labels": SWARM, "policy": "always"}, {"comes_back": False, "removed_at_end": True, "auto_remove": False}),
        ({"stopped": True}, {"stopped_by_people": True}),
    ],
)
def test_a_container_by_its_files(tmp_path: Path, more: dict[str, Any], expected: dict[str, Any]) -> None:
    put_container(tmp_path, "web", **more)
    (found,) = disk.containers(str(tmp_path))
    assert (found.name, found.driver) == ("web", "overlay2")
    assert {key: getattr(found, key) for key in expected} == expected
    assert "secret" not in str(found)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"ID": "x"}', '{"ID": "x", "State": []}', "\0", "null"])
def test_files_that_say_nothing_are_no_container_and_no_error(tmp_path: Path, text: str) -> None:
    folder = put_container(tmp_path, "web")
    (folder / "config.v2.json").write_text(text)
    put_container(tmp_path, "other")
    assert [each.name for each in disk.containers(str(tmp_path))] == ["other"]


def test_what_a_folder_holds(tmp_path: Path) -> None:
    root = tmp_path / "docker"
    assert disk.holdings(str(root), "moby") == {
        "folder": str(root),
        "containers": {},
        "images": {},
        "volumes": 0,
        "running": [],
        "graph_drivers": [],
    }
    put_container(root, "web", "overlay2", state=ALIVE, policy="always")
    put_container(root, "old", "vfs")
    put_container(root, "new", "overlayfs")
    for name in ("one", "two"):
        (root / "image/overlay2/imagedb/content/sha256" / name).mkdir(parents=True)
    (root / "image/vfs/imagedb/content/sha256").mkdir(parents=True)
    (root / "overlay2/l").mkdir(parents=True)
    (root / "btrfs").mkdir()
    (root / "vfs/dir").mkdir(parents=True)
    (root / "volumes/mine").mkdir(parents=True)
    (root / "volumes/metadata.db").touch()
    link = tmp_path / "link"
    link.symlink_to(root)
    found = disk.holdings(str(link), "moby")
    web = {"id": "web-id", "name": "web", "driver": "overlay2", "comes_back": True}
    assert found == {
        "folder": str(root),
        "containers": {"overlay2": 1, "vfs": 1, "overlayfs": 1},
        "images": {"overlay2": 2},
        "volumes": 1,
        "running": [{**web, "removed_at_end": False, "auto_remove": False}],
        # A folder that is empty is none, and vfs never is.
        "graph_drivers": ["overlay2"],
    }


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
        (["100000.100000/overlay2/0123/"], True),
        (["100000.100000/overlay2/l/"], False),
        (["100000/overlay2/0123/"], False),
        (["image/overlay2/", "buildkit/", "tmp/"], False),
    ],
)
def test_any_trace_of_images_containers_or_volumes_is_data(tmp_path: Path, made: list[str], data: bool) -> None:
    for name in made:
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            target.mkdir(exist_ok=True)
        else:
            target.touch()
    assert disk.has_data(str(tmp_path)) is data


def put_images(folder: Path, content: dict[str, Any], **how: Any) -> None:
    path = folder / engine_paths.CONTAINERD_DATABASE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(Database(**how).write(content))


def images(*names: str) -> dict[str, Any]:
    return {"images": {name: {"target": b"x"} for name in names}, "leases": {}}


def test_images_in_containerds_store_are_counted(tmp_path: Path, containerd: Path) -> None:
    put_images(containerd, {"v1": {"moby": images("a", "b"), "k8s.io": images("c"), "version": b"\x04"}})
    root = tmp_path / "docker"
    assert disk.holdings(str(root), "moby")["images"] == {"containerd": 2}
    assert disk.holdings(str(root), "k8s.io")["images"] == {"containerd": 1}
    assert disk.holdings(str(root), "no_one")["images"] == {}
    # An engine with userns-remap has a namespace of its own, and one without an init system a containerd.
    put_images(containerd, {"v1": {"moby-100000.100000": images("a")}})
    assert disk.holdings(str(root / "100000.100000"), "moby")["images"] == {"containerd": 1}
    put_images(root / "containerd/daemon", {"v1": {"moby": images("a", "b", "c")}})
    assert disk.holdings(str(root), "moby")["images"] == {"containerd": 3}


@given(st.integers(0, 60), st.sampled_from([1, 3, 1000]), st.sampled_from([4096, 16384]), st.booleans(), st.booleans())
def test_databases_of_all_shapes_are_read(
    number: int, per_page: int, page_size: int, inline: bool, crowded: bool
) -> None:
    namespaces = {f"n{index:03}": images(f"x{index}") for index in range(40 if crowded else 0)}
    content = {"v1": {**namespaces, "moby": images(*(f"image-{index:04}" for index in range(number)))}}
    data = Database(page_size, per_page).write(content, inline)
    assert containerd_images.count_in(data, "moby") == number


@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"\0" * 8192, os.urandom(8192)])
def test_what_is_no_database_has_no_images(containerd: Path, data: bytes) -> None:
    path = containerd / engine_paths.CONTAINERD_DATABASE
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    assert containerd_images.count(str(containerd), "moby") == 0


def test_a_value_that_looks_like_a_bucket_is_none(containerd: Path) -> None:
    """Beside the namespaces stands the number of containerd's schema, and behind it whatever was in that place."""
    version = struct.pack("<QQ", 0, 0) + Database()._leaf({"images": {"x": b""}}, True)
    put_images(containerd, {"v1": {"moby": images("a"), "version": version}})
    assert containerd_images.namespaces(str(containerd)) == ["moby"]
    assert containerd_images.count(str(containerd), "version") == 0


def test_a_page_that_names_itself_has_an_end() -> None:
    page = struct.pack("<QHHI", 4, 1, 250, 0) + struct.pack("<IIQ", 0, 0, 5) * 250
    good = bytearray(Database().write({"v1": {}}))
    good[5 * 4096 : 5 * 4096 + len(page)] = page
    assert containerd_images.count_in(bytes(good), "moby") == 0


@given(st.data())
def test_a_broken_database_is_no_error(data: st.DataObject) -> None:
    good = bytearray(Database().write({"v1": {"moby": images("a", "b")}}))
    for _change in range(data.draw(st.integers(1, 8))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    assert containerd_images.count_in(bytes(good), "moby") >= 0


def test_a_folder_that_others_reach_is_reported_by_what_is_in_it(tmp_path: Path) -> None:
    shared = tmp_path / "data"
    assert disk.others(str(shared)) == []
    for name in ("models", "lost+found", "datasets", "notes", "zoo"):
        (shared / name).mkdir(parents=True)
    shared.chmod(0o755)
    assert disk.others(str(shared)) == ["datasets", "models", "notes"]
    # As dockerd leaves it, and as someone copied one.
    shared.chmod(0o710)
    assert disk.others(str(shared)) == []
    shared.chmod(0o755)
    for name in ("containers", "image", "volumes"):
        (shared / name).mkdir()
    assert disk.others(str(shared)) == []
    (tmp_path / "empty").mkdir()
    assert disk.others(str(tmp_path / "empty")) == []
    assert disk.others(str(tmp_path / "no folder")) == []
