# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images and containers where containerd keeps the images: their ids are digests, and each build has one at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from control import Run, play, shell
from kept import repository

HOST = "workloads-containerd"
WORKLOADS = "dockyard.gpu.workloads"
REGISTRY = repository()["registry"]
NAME = f"{REGISTRY['name']}/lab/{HOST}"
ARCHIVE = "/root/images/kept.tar"
BUILT = {
    "name": NAME,
    # With the network of the host there is no step that this engine in an engine cannot do.
    "network": "host",
    "dockerfile_content": 'FROM host-shell:1\nRUN ["/bin/sh", "-c", "echo one > /kept"]\n',
    "push": True,
    "save_to": ARCHIVE,
    "prune": True,
}
SERVICE = {"name": "service", "image": NAME, "pull": "never", "command": ["sleep", "3600"]}


def run(*images: dict[str, Any], containers: tuple[dict[str, Any], ...] = (), check: bool = False) -> Run:
    desired = {"container_image_list": list(images), "gpu_container_list": list(containers)}
    done = play(WORKLOADS, {HOST: desired}, *(["--check"] if check else []))
    assert done.failures(HOST) == 0, done.message(HOST)
    return done


def changes(*images: dict[str, Any], containers: tuple[dict[str, Any], ...] = ()) -> list[str]:
    done = run(*images, containers=containers)
    return [task.rpartition(" : ")[2] for task in done.changes(HOST)]


def in_registry() -> str:
    """The digest under the tag; empty where there is none."""
    asked = f"urllib.request.Request('http://{REGISTRY['name']}/v2/lab/{HOST}/manifests/latest', headers=headers)"
    accept = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json"
    script = (
        f"import urllib.request; headers = {{'Accept': '{accept}'}}\n"
        f"print(urllib.request.urlopen({asked}).headers['Docker-Content-Digest'])"
    )
    return shell(HOST, f'python3 -c "{script}" 2>/dev/null || true')


def image() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shell(HOST, f"docker image inspect {NAME}"))[0]
    return found


def test_the_engine_keeps_images_in_containerd() -> None:
    assert "io.containerd.snapshotter.v1" in shell(HOST, "docker info --format '{{.DriverStatus}}'")


def test_a_build_is_pushed_though_it_has_a_digest_at_once() -> None:
    done = changes(BUILT, containers=(SERVICE,))
    assert "Push the image to its registry" in done
    assert image()["RepoDigests"] == [f"{NAME}@{image()['Id']}"]
    assert in_registry() == image()["Id"]
    assert changes(BUILT, containers=(SERVICE,)) == [], "and a container of it is of that image"


@pytest.mark.thorough
def test_what_is_gone_from_the_registry_or_another_one_there_is_pushed_again() -> None:
    gone = (
        f"urllib.request.Request('http://{REGISTRY['name']}/v2/lab/{HOST}/manifests/{in_registry()}', method='DELETE')"
    )
    shell(HOST, f'python3 -c "import urllib.request; urllib.request.urlopen({gone})"')
    assert in_registry() == ""
    announced = run(BUILT, check=True).result("Show what a run without --check would do", HOST)["results"]
    assert [each["msg"].partition(" (")[0] for each in announced] == [
        f"push: {NAME}:latest: its registry has not this one"
    ]
    assert changes(BUILT) == ["Push the image to its registry"]
    assert in_registry() == image()["Id"]
    back = f"docker tag mine {NAME}; docker rmi mine"
    other = f"docker tag {NAME} mine; docker tag host-shell:1 {NAME}; docker push {NAME}; {back}"
    shell(HOST, other)
    assert in_registry() != image()["Id"]
    assert changes(BUILT) == ["Push the image to its registry"]
    assert in_registry() == image()["Id"]
    assert changes(BUILT) == []


@pytest.mark.parametrize(("registry", "words"), [("down", "connection refused"), ("nowhere", "no such host")])
def test_a_registry_that_cannot_be_asked_is_said_before_anything_is_built(registry: str, words: str) -> None:
    name = f"{REGISTRY.get(registry, 'nowhere.lab:5000')}/lab/x"
    done = play(WORKLOADS, {HOST: {"container_image_list": [{**BUILT, "name": name, "save_to": ""}]}})
    assert (done.failures(HOST), done.changed(HOST)) == (1, 0)
    assert f"container_image_list: {name}:latest: push: its registry cannot be queried" in done.message(HOST)
    assert words in done.message(HOST)


@pytest.mark.thorough
def test_a_later_build_takes_the_name_and_the_container_is_made_anew_for_it() -> None:
    before = image()["Id"]
    later = {**BUILT, "dockerfile_content": str(BUILT["dockerfile_content"]).replace("one", "two")}
    announced = run(later, containers=(SERVICE,), check=True)
    assert announced.changed(HOST)
    changes(later, containers=(SERVICE,))
    assert image()["Id"] != before
    assert shell(HOST, "docker exec service cat /kept") == "two"
    assert in_registry() == image()["Id"]
    assert changes(later, containers=(SERVICE,)) == []
    shell(HOST, "docker rm --force service")
    assert changes(BUILT) != []


@pytest.mark.thorough
def test_an_archive_brings_it_back_as_it_was_and_so_does_the_registry() -> None:
    before = image()["Id"]
    assert changes({"name": NAME, "state": "absent"}) == ["Remove the image"]
    loaded = {"name": NAME, "load_from": ARCHIVE, "push": True}
    assert changes(loaded) == ["Load the image from its archive"], "the registry has it still"
    assert image()["Id"] == before
    assert changes(loaded) == []
    changes({"name": NAME, "state": "absent"})
    pulled = {"name": NAME, "pull": "always"}
    assert changes(pulled) == ["Pull the image"]
    assert image()["Id"] == before
    assert changes(pulled) == []
