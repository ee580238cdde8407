# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images as a stand-in of the engine has them, and archives as `docker save` of either kind of engine writes them."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import images as docker_images
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import registry as docker_registry
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import EngineClient, EngineError
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_engine import FakeEngine
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_registry import FakeRegistry

BUILT = {"context": "c", "bases": {}}
FOUND = {
    "Id": "sha256:1",
    "Created": "2026-01-01T00:00:00Z",
    "Size": 7,
    "Architecture": "amd64",
    "RepoDigests": ["b@sha256:2", "a@sha256:1"],
    "Config": {"Labels": {docker_images.BUILD_LABEL: json.dumps(BUILT)}},
}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[FakeEngine]:
    with FakeEngine(tmp_path / "s") as running:
        yield running


@pytest.fixture
def client(engine: FakeEngine) -> EngineClient:
    return EngineClient(engine.socket_path, 5)


def test_an_image_is_reported_with_what_it_was_built_from(engine: FakeEngine, client: EngineClient) -> None:
    engine.instead("GET /v1.99/images/lab/x:1/json", (200, FOUND))
    found = docker_images.image(client, "lab/x:1")
    assert found is not None
    assert (found["id"], found["digests"], found["built"]) == ("sha256:1", ["a@sha256:1", "b@sha256:2"], BUILT)


def test_an_image_that_is_not_there_is_none(client: EngineClient) -> None:
    assert docker_images.image(client, "lab/x:1") is None


def test_an_engine_that_fails_is_not_an_image_that_is_missing(engine: FakeEngine, client: EngineClient) -> None:
    engine.instead("GET /v1.99/images/.*", (500, {"message": "disk"}))
    with pytest.raises(EngineError, match="disk"):
        docker_images.image(client, "lab/x:1")


@pytest.mark.parametrize("label", [None, "", "{", "[]", "7"])
def test_a_label_that_is_none_of_ours_is_none(engine: FakeEngine, client: EngineClient, label: str | None) -> None:
    labels = None if label is None else {docker_images.BUILD_LABEL: label}
    engine.instead("GET /v1.99/images/.*", (200, {**FOUND, "Config": {"Labels": labels}}))
    found = docker_images.image(client, "lab/x:1")
    assert found is not None
    assert found["built"] is None


def test_what_the_registry_has_and_why_it_cannot_be_asked(engine: FakeEngine, client: EngineClient) -> None:
    engine.instead("GET /v1.99/distribution/a:1/json", (200, {"Descriptor": {"digest": "sha256:3"}}))
    engine.instead("GET /v1.99/distribution/b:1/json", (500, {"message": "connection refused"}))
    assert docker_registry.pulled(client, "a:1") == {"digest": "sha256:3", "error": ""}
    assert docker_registry.pulled(client, "b:1") == {"digest": "", "error": "connection refused"}


@pytest.mark.parametrize("answer", [None, [], {}, {"Descriptor": None}, {"Descriptor": "sha256:3"}])
def test_an_answer_without_a_digest_is_why(engine: FakeEngine, client: EngineClient, answer: Any) -> None:
    engine.instead("GET /v1.99/distribution/a:1/json", (200, answer))
    found = docker_registry.pulled(client, "a:1")
    assert found == {"digest": "", "error": "the engine's answer about a:1 has no digest"}


@pytest.fixture
def login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logins = {"reg.example": {"auth": base64.b64encode(b"ada:secret").decode()}}
    (tmp_path / "config.json").write_text(json.dumps({"auths": logins}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))


@pytest.mark.parametrize(
    ("name", "answer", "expected", "words"),
    [
        ("reg.example/a:1", (200, {"Descriptor": {"digest": "sha256:3"}}), "sha256:3", ""),
        ("reg.example/a:1", (404, {"message": "manifest unknown"}), "", ""),
        # Of a repository that is still to be made, Docker Hub says so, too.
        ("reg.example/a:1", (401, {"message": "authentication required"}), "", ""),
        ("other.example/a:1", (401, {"message": "authentication required"}), "", "docker login other.example"),
        ("other.example/a:1", (403, {"message": "denied"}), "", "docker login other.example"),
        ("a:1", (403, {"message": "denied"}), "", "docker login docker.io"),
        ("reg.example/a:1", (500, {"message": "connection refused"}), "", "connection refused"),
    ],
)
@pytest.mark.usefixtures("login")
def test_whether_the_registry_itself_has_an_image(
    engine: FakeEngine, client: EngineClient, name: str, answer: Any, expected: str, words: str
) -> None:
    engine.instead(f"GET /v1.99/distribution/{name}/json", answer)
    found = docker_registry.pushed(client, name)
    assert found["digest"] == expected
    assert words in found["error"]
    assert bool(found["error"]) == bool(words)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("lab/a:1", "registry-1.docker.io/lab/a:1"),
        ("a:1", "registry-1.docker.io/library/a:1"),
        ("docker.io/lab/a:1", "registry-1.docker.io/lab/a:1"),
        ("localhost/a:1", "localhost/a:1"),
        ("reg.example:5000/a:1", "reg.example:5000/a:1"),
    ],
)
def test_a_mirror_of_docker_hub_is_not_where_a_push_goes(
    engine: FakeEngine, client: EngineClient, name: str, asked: str
) -> None:
    engine.info["RegistryConfig"] = {"Mirrors": ["https://mirror.example/"]}
    docker_registry.pushed(client, name)
    assert engine.requests[-1] == f"GET /v1.99/distribution/{asked}/json"
    engine.info["RegistryConfig"] = {"Mirrors": []}
    docker_registry.pushed(client, name)
    assert engine.requests[-1] == f"GET /v1.99/distribution/{name}/json"


def test_builds_that_lost_their_name_and_that_no_one_uses(engine: FakeEngine, client: EngineClient) -> None:
    old = [{"Id": number, "Labels": {docker_images.NAME_LABEL: "lab/x:1"}} for number in ("2", "1", "3")]
    other = {"Id": "4", "Labels": {docker_images.NAME_LABEL: "lab/y:1"}}
    engine.instead("GET /v1.99/images/json", (200, [*old, other]))
    engine.instead("GET /v1.99/containers/json", (200, [{"ImageID": "3"}]))
    assert docker_images.replaced(client, ["lab/x:1"]) == {"lab/x:1": ["1", "2"]}


def test_no_engine_is_reported(tmp_path: Path) -> None:
    found = docker_images.engine(EngineClient(str(tmp_path / "none"), 1))
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
    assert docker_images.archive(saved(tmp_path / "a.tar", files)) == {"error": "", "images": images}


def test_what_is_no_archive_of_images_is_reported(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("x" * 2000)
    none = saved(tmp_path / "none.tar", {"other": 1})
    wrong = saved(tmp_path / "wrong.tar", {"index.json": []})
    for path, words in (
        (str(tmp_path / "text"), "no archive"),
        (none, "no archive"),
        (wrong, "no archive"),
        ("/x", "not there"),
    ):
        found = docker_images.archive(path)
        assert words in found["error"]
        assert found["images"] == {}
    assert docker_images.archive("/none.tar")["error"] == "/none.tar is not there"


@pytest.mark.engine
class TestRealEngine:
    """Asks a registry of this machine, which engines trust without TLS."""

    @pytest.fixture
    def registry(self) -> Iterator[FakeRegistry]:
        with FakeRegistry() as running:
            yield running

    @pytest.fixture
    def name(self, registry: FakeRegistry) -> Iterator[str]:
        name = f"{registry.name}/lab/none:1"
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w") as archive:
            archive.addfile(tarfile.TarInfo("file"))
        subprocess.run(["docker", "import", "-", name], input=content.getvalue(), capture_output=True, check=True)
        yield name
        subprocess.run(["docker", "rmi", name], capture_output=True, check=True)

    def test_a_build_is_in_the_registry_once_it_was_pushed(self, registry: FakeRegistry, name: str) -> None:
        client = EngineClient(timeout=20)
        assert docker_registry.pushed(client, name) == {"digest": "", "error": ""}
        subprocess.run(["docker", "push", name], capture_output=True, check=True)
        there = docker_registry.pushed(client, name)
        assert there == {"digest": registry.tags["lab/none:1"], "error": ""}
        found = docker_images.image(client, name)
        assert found is not None
        assert f"{registry.name}/lab/none@{there['digest']}" in found["digests"]
        registry.tags.clear()
        assert docker_registry.pushed(client, name) == {"digest": "", "error": ""}

    def test_a_registry_that_cannot_be_asked_is_not_one_without_the_image(
        self, registry: FakeRegistry, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = EngineClient(timeout=3)
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        registry.login = "ada:secret"
        assert f"docker login {registry.name}" in docker_registry.pushed(client, name)["error"]
        login = {"auth": base64.b64encode(registry.login.encode()).decode()}
        (tmp_path / "config.json").write_text(json.dumps({"auths": {registry.name: login}}))
        assert docker_registry.pushed(client, name) == {"digest": "", "error": ""}
        subprocess.run(["docker", "push", name], capture_output=True, check=True)
        assert docker_registry.pushed(client, name)["digest"] == registry.tags["lab/none:1"]
        assert docker_registry.pulled(client, name)["digest"] == registry.tags["lab/none:1"]
        assert "connection refused" in docker_registry.pushed(client, "127.0.0.1:9/lab/none:1")["error"]
        registry.hangs = True
        assert "no answer on the socket" in docker_registry.pushed(client, name)["error"]
        registry.released.set()
