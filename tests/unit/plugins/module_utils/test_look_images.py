# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images as a stand-in of the engine has them, and archives as `docker save` of either kind of engine writes them."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils import look_images
from ansible_collections.dockyard.gpu.plugins.module_utils.engine_api import EngineClient, EngineError

from .fake_engine import FakeEngine

BUILT = {"context": "c", "bases": {}}
FOUND = {
    "Id": "sha256:1",
    "Created": "2026-01-01T00:00:00Z",
    "Size": 7,
    "Architecture": "amd64",
    "RepoDigests": ["b@sha256:2", "a@sha256:1"],
    "Config": {"Labels": {look_images.BUILD_LABEL: json.dumps(BUILT)}},
}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[FakeEngine]:
    with FakeEngine(tmp_path / "s") as running:
        yield running


@pytest.fixture
def client(engine: FakeEngine) -> EngineClient:
    return EngineClient(engine.socket_path, 5)


def test_an_image_is_told_with_what_it_was_built_from(engine: FakeEngine, client: EngineClient) -> None:
    engine.instead("GET /v1.99/images/lab/x:1/json", (200, FOUND))
    found = look_images.image(client, "lab/x:1")
    assert found is not None
    assert (found["id"], found["digests"], found["built"]) == ("sha256:1", ["a@sha256:1", "b@sha256:2"], BUILT)


def test_an_image_that_is_not_there_is_none(client: EngineClient) -> None:
    assert look_images.image(client, "lab/x:1") is None


def test_an_engine_that_fails_is_not_an_image_that_is_missing(engine: FakeEngine, client: EngineClient) -> None:
    engine.instead("GET /v1.99/images/.*", (500, {"message": "disk"}))
    with pytest.raises(EngineError, match="disk"):
        look_images.image(client, "lab/x:1")


@pytest.mark.parametrize("label", [None, "", "{", "[]", "7"])
def test_a_label_that_is_none_of_ours_is_none(engine: FakeEngine, client: EngineClient, label: str | None) -> None:
    labels = None if label is None else {look_images.BUILD_LABEL: label}
    engine.instead("GET /v1.99/images/.*", (200, {**FOUND, "Config": {"Labels": labels}}))
    found = look_images.image(client, "lab/x:1")
    assert found is not None
    assert found["built"] is None


def test_what_the_registry_has_and_why_it_cannot_be_asked(engine: FakeEngine, client: EngineClient) -> None:
    engine.instead("GET /v1.99/distribution/a:1/json", (200, {"Descriptor": {"digest": "sha256:3"}}))
    engine.instead("GET /v1.99/distribution/b:1/json", (500, {"message": "connection refused"}))
    assert look_images.remote(client, "a:1") == {"digest": "sha256:3", "error": ""}
    assert look_images.remote(client, "b:1") == {"digest": "", "error": "connection refused"}


def test_builds_that_lost_their_name_and_that_nobody_uses(engine: FakeEngine, client: EngineClient) -> None:
    old = [{"Id": number, "Labels": {look_images.NAME_LABEL: "lab/x:1"}} for number in ("2", "1", "3")]
    other = {"Id": "4", "Labels": {look_images.NAME_LABEL: "lab/y:1"}}
    engine.instead("GET /v1.99/images/json", (200, [*old, other]))
    engine.instead("GET /v1.99/containers/json", (200, [{"ImageID": "3"}]))
    assert look_images.replaced(client, ["lab/x:1"]) == {"lab/x:1": ["1", "2"]}


def test_no_engine_is_told(tmp_path: Path) -> None:
    found = look_images.engine(EngineClient(str(tmp_path / "none"), 1))
    assert (found["answers"], found["error"]) == (False, f"there is no socket {tmp_path}/none")


def saved(path: Path, files: dict[str, Any]) -> str:
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            text = json.dumps(content).encode()
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    return str(path)


MANIFEST = [{"Config": "blobs/sha256/aa", "RepoTags": ["lab/x:1"], "Layers": []}, {"Config": "bb", "RepoTags": None}]
INDEX = {
    "manifests": [
        {"digest": "sha256:cc", "annotations": {"io.containerd.image.name": "docker.io/lab/x:1"}},
        {"digest": "sha256:dd", "annotations": {"io.containerd.image.name": "docker.io/library/y:2"}},
        {"digest": "sha256:ee"},
    ]
}


@pytest.mark.parametrize(
    ("files", "images"),
    [
        ({"manifest.json": [{"Config": "aa.json", "RepoTags": ["lab/x:1"]}]}, {"lab/x:1": ["sha256:aa"]}),
        (
            {"index.json": INDEX, "manifest.json": MANIFEST},
            {"lab/x:1": ["sha256:cc", "sha256:aa"], "y:2": ["sha256:dd"]},
        ),
    ],
)
def test_an_archive_tells_its_images(tmp_path: Path, files: dict[str, Any], images: dict[str, list[str]]) -> None:
    assert look_images.archive(saved(tmp_path / "a.tar", files)) == {"error": "", "images": images}


def test_what_is_no_archive_of_images_is_told(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("x" * 2000)
    none = saved(tmp_path / "none.tar", {"other": 1})
    wrong = saved(tmp_path / "wrong.tar", {"index.json": []})
    for path, words in (
        (str(tmp_path / "text"), "no archive"),
        (none, "no archive"),
        (wrong, "no archive"),
        ("/x", "not there"),
    ):
        found = look_images.archive(path)
        assert words in found["error"]
        assert found["images"] == {}
    assert look_images.archive("/none.tar")["error"] == "/none.tar is not there"
