# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example's image on a real engine: from a real registry, with a stand-in of the base under its real name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from control import Run, play, shell
from kept import repository

HOST = "images-debian13"
IMAGE = "dockyard/tensorflow-jupyter:1"
PLAYBOOK = Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"]) / "images.yml"
CONTEXT = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "context"
REGISTRY = repository()["registry"]
BUILD_TASKS = ("Build the image with BuildKit", "Build the image with the classic builder")


def run(*images: dict[str, Any]) -> Run:
    """The example again, or other images."""
    return play(PLAYBOOK, {HOST: {"container_image_list": list(images)} if images else {}})


def changes(*images: dict[str, Any]) -> list[str]:
    done = run(*images)
    assert done.failures(HOST) == 0, done.message(HOST)
    return [task.rpartition(" : ")[2] for task in done.changes(HOST)]


def image(name: str = IMAGE) -> str:
    return shell(HOST, f"docker image inspect --format '{{{{.Id}}}}' {name}")


def in_container(command: str) -> str:
    return shell(HOST, f"docker run --rm {IMAGE} sh -c '{command}'")


def described(content: str, **parts: Any) -> dict[str, Any]:
    name, tag = IMAGE.split(":")
    return {"name": name, "tag": tag, "dockerfile_content": content, **parts}


def test_every_step_of_the_recipe_is_in_the_image() -> None:
    assert {"en_US.utf8", "ko_KR.utf8"} <= set(in_container("locale -a").split())
    assert in_container("echo $LANG; pwd").split() == ["en_US.UTF-8", "/tf"]
    for program in ("java", "git", "vim", "wget", "curl"):
        assert in_container(f"command -v {program}"), program
    assert in_container("ls /usr/include/python3*/Python.h")
    assert in_container('python3 -c "import emoji, tabulate; print(emoji.__version__)"') == "2.14.1"
    assert in_container("find /var/lib/apt/lists /root/.cache /tmp -type f 2>/dev/null | wc -l") == "0"
    assert in_container("ls /tf/examples") == "gpus.ipynb"
    # It is made from the base of that name.
    assert in_container("grep -c Ubuntu /etc/os-release") != "0"


def test_the_builds_output_was_written_down_where_it_was_reported() -> None:
    log = shell(HOST, "cat /var/log/dockyard/dockyard_tensorflow-jupyter_1.log")
    assert "localedef" in log
    assert shell(HOST, "stat --format=%a /var/log/dockyard/dockyard_tensorflow-jupyter_1.log") == "600"


def test_a_container_of_it_has_the_card_and_the_files_that_it_was_given() -> None:
    """The same variables, and a container beside them, by the playbook that people run."""
    shell(HOST, "mkdir -p /srv/ada; echo hers > /srv/ada/notes")
    jupyter = {
        "name": "jupyter",
        "image": IMAGE,
        "pull": "never",
        "command": ["sh", "-c", 'trap "exit 0" TERM; sleep 3600 & wait'],
        "gpus": [1],
        "volumes": ["/srv/ada:/tf/work"],
    }
    for changed in (True, False):
        done = play("dockyard.gpu.workloads", {HOST: {"gpu_container_list": [jupyter]}})
        assert (done.failures(HOST), bool(done.changed(HOST))) == (0, changed), done.message(HOST)
    uuid = shell(HOST, "nvidia-smi --query-gpu=uuid --format=csv,noheader --id=1")
    inside = shell(
        HOST, "docker exec jupyter sh -c 'ls -d /dev/nvidia[0-9]*; nvidia-smi -L; cat work/notes'"
    ).splitlines()
    shell(HOST, "docker rm --force jupyter")
    assert (inside[0], inside[-1], len(inside)) == ("/dev/nvidia1", "hers", 3)
    assert uuid in inside[1]


def test_a_file_that_is_ignored_is_no_reason_to_build() -> None:
    (CONTEXT / "notebooks/scratch.txt").write_text("not in the image")
    (CONTEXT / "requirements.txt").touch()
    assert changes() == []


def test_a_file_that_counts_is_one_build_and_the_earlier_one_is_pruned() -> None:
    before = image()
    (CONTEXT / "notebooks/two.ipynb").write_text("{}")
    done = changes()
    assert [task for task in done if task in BUILD_TASKS] == [BUILD_TASKS[0]]
    assert in_container("ls /tf/examples").split() == ["gpus.ipynb", "two.ipynb"]
    assert image() != before
    assert shell(HOST, "docker images --quiet --filter dangling=true --filter label=dockyard.gpu.image") == ""
    assert changes() == []


BASE = f"{REGISTRY['base']}@{REGISTRY['digests']['latest-gpu-jupyter']}"
FAILURES = {
    "an error in step 3": (
        f"FROM {BASE}\nRUN echo one\nRUN echo two; exit 3\n",
        ("[3/3] RUN echo two", "exit code: 3"),
    ),
    "a registry that is down": (f"FROM {REGISTRY['down']}/base:1\n", ("/base:1", "connection refused")),
    "a base that does not exist": (f"FROM {REGISTRY['name']}/nothing:1\n", ("/nothing:1", "not found")),
    "an instruction that is none": (f"FROM {BASE}\nRUNN true\n", ("unknown instruction", "RUNN")),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_build_that_fails_says_why_and_leaves_the_image(failure: str) -> None:
    content, words = FAILURES[failure]
    before = image()
    done = run(described(content))
    assert done.failures(HOST) == 1
    message = done.message(HOST)
    assert message.startswith(f"container_image_list: {IMAGE}")
    for word in words:
        assert word in message
    assert image() == before


def test_an_image_of_someone_else_under_the_name_is_named_and_built_over() -> None:
    shell(HOST, f"docker tag {BASE} {IMAGE}")
    assert BUILD_TASKS[0] in changes()
    assert in_container("ls /tf/examples").split() == ["gpus.ipynb", "two.ipynb"]
    assert changes() == []


def test_without_buildx_the_classic_builder_does_the_same() -> None:
    small = {"name": "lab/small", "dockerfile_content": f"FROM {BASE}\nRUN echo one > /one\n"}
    broken = {**small, "dockerfile_content": f"FROM {BASE}\nRUN echo one\nRUN echo two; exit 3\n"}
    plugin = shell(HOST, "ls -d /usr/*/docker/cli-plugins/docker-buildx")
    shell(HOST, f"mv {plugin} /root")
    try:
        assert [task for task in changes(small) if task in BUILD_TASKS] == [BUILD_TASKS[1]]
        built = image("lab/small")
        message = run(broken).message(HOST)
        assert ": RUN echo two" in message
        assert "Step 2/3" not in message
        assert image("lab/small") == built
    finally:
        shell(HOST, f"mv /root/docker-buildx {plugin}")
    assert shell(HOST, "docker run --rm lab/small cat /one") == "one"
    # Who built it is no reason to build it anew.
    assert changes(small) == []


def test_an_image_goes_to_a_registry_and_by_an_archive_to_a_host_without_one() -> None:
    name = f"{REGISTRY['name']}/lab/kept"
    kept = {"name": name, "dockerfile_content": f"FROM {BASE}\nRUN echo kept > /kept\n"}
    # Folders that are there, as someone has them.
    archive, folders = "/root/kept.tar", "stat --format='%n %a %U' /root /var/log/dockyard"
    shell(HOST, "chmod 0700 /root; chmod 1777 /var/log/dockyard; chown nobody /var/log/dockyard")
    before = shell(HOST, folders)
    changes({**kept, "push": True, "save_to": archive})
    assert shell(HOST, folders) == before
    built = image(name)
    assert changes({**kept, "push": True, "save_to": archive}) == []
    assert changes({"name": name, "state": "absent"}) == ["Remove the image"]
    assert changes({"name": name, "load_from": archive}) == ["Load the image from its archive"]
    assert image(name) == built
    assert changes({"name": name, "load_from": archive}) == []
    # And from the registry, which has what was pushed.
    changes({"name": name, "state": "absent"})
    assert changes({"name": name, "pull": "always"}) == ["Pull the image"]
    assert image(name) == built
    assert changes({"name": name, "pull": "always"}) == []
