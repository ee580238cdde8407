# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""container_exchange and container_state on a real engine, with what was written in containers and in their volumes."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.engine

MODULES = "ansible_collections.dockyard.gpu.plugins.modules"
WEB = f"dockyard-test-{os.getpid()}-web"
NEW, OLD = f"{WEB}.dockyard-new", f"{WEB}.dockyard-old"
NETWORK = f"{WEB}-front"
# It ends when it is asked to: the engine waits ten seconds for others.
LIVES = 'echo "$0" >>/written; echo "$0" >>/data/written; trap "exit 0" TERM; sleep 3600 & wait'


def docker(*arguments: str, check: bool = True) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, (arguments, done.stderr)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    """The host's own shell, with a volume without a name and what images made from CUDA's say of GPUs."""
    programs = [shutil.which(name) or "" for name in ("sh", "sleep", "cat")]
    libraries = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=True).stdout.split()
    files = {*programs, *(word for word in libraries if word.startswith("/") and not word.endswith(":"))}
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", dereference=True) as archive:
        for path in sorted(files):
            archive.add(path)
    changes = ["VOLUME /data", "ENV NVIDIA_VISIBLE_DEVICES=all", 'CMD ["sh"]']
    command = ["docker", "import", *(f"--change={each}" for each in changes), "-", f"{WEB}:1"]
    subprocess.run(command, input=content.getvalue(), capture_output=True, check=True)
    yield f"{WEB}:1"
    docker("rmi", f"{WEB}:1")


@pytest.fixture(autouse=True)
def _nothing_stays(image: str) -> Iterator[None]:
    volumes = set(docker("volume", "ls", "--quiet").split())
    docker("network", "create", NETWORK)
    yield
    docker(
        "rm", "--force", "--volumes", *docker("ps", "--all", "--quiet", "--filter", f"name={WEB}").split(), check=False
    )
    docker("network", "rm", NETWORK)
    # Of a removed container the volumes stay, as they should.
    mine = [each for each in docker("volume", "ls", "--quiet").split() if each not in volumes]
    for volume in mine:
        docker("volume", "rm", volume, check=False)


def make(name: str, image: str, *options: str, script: str = LIVES, start: bool = True) -> str:
    """``script`` writes the container's first name into the container and into its volume."""
    number = docker(
        "create", "--name", name, "--env", "NVIDIA_VISIBLE_DEVICES=void", *options, image, "sh", "-c", script, name
    )
    if start:
        docker("start", name)
        deadline = time.monotonic() + 20
        while name not in written(number) and time.monotonic() < deadline:
            time.sleep(0.05)
    return number


def written(number: str) -> str:
    done = subprocess.run(["docker", "cp", f"{number}:/written", "-"], capture_output=True, check=False)
    return done.stdout.decode("utf-8", "replace")


def shown() -> dict[str, tuple[str, str]]:
    lines = docker("ps", "--all", "--no-trunc", "--filter", f"name={WEB}", "--format", "{{.Names}} {{.ID}} {{.State}}")
    return {name: (number, state) for name, number, state in map(str.split, lines.splitlines())}


def volumes(number: str) -> str:
    return docker("inspect", "--format", "{{range .Mounts}}{{.Name}}{{end}}", number)


def started(module: str, **options: Any) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", f"{MODULES}.{module}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": {"name": WEB, **options}}))
    process.stdin.close()
    return process


def ended(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout
    with process:
        result: dict[str, Any] = json.loads(process.stdout.read())
    return result


def run(module: str, **options: Any) -> dict[str, Any]:
    return ended(started(module, **options))


def test_what_another_left_under_the_old_ones_name_costs_the_current_one_nothing(image: str) -> None:
    make(OLD, image)
    docker("stop", OLD)
    current = make(WEB, image)
    make(NEW, image, start=False)
    before, kept = shown(), volumes(current)
    result = run("container_exchange")
    assert result["failed"]
    assert f"{OLD} is in the way" in result["msg"]
    assert shown() == before
    assert kept in docker("volume", "ls", "--quiet").split()
    assert WEB in written(current)


@pytest.mark.parametrize("state", ["running", "paused", "exited"])
def test_the_old_one_is_as_it_was_where_the_new_one_does_not_live(image: str, state: str) -> None:
    old = make(WEB, image)
    if state != "running":
        docker("pause" if state == "paused" else "stop", WEB)
    new = make(NEW, image, script="echo no such thing; exit 3", start=False)
    kept = [volumes(old), volumes(new)]
    result = run("container_exchange", settle=0.2, new_id=new, old_id=old)
    assert "exit code 3 and said: no such thing. The old container is as it was" in result["msg"]
    assert shown() == {WEB: (old, state)}
    if state == "paused":
        docker("unpause", WEB)
    assert WEB in written(old)
    assert set(kept) <= set(docker("volume", "ls", "--quiet").split()), "what ran may have written into its volume"


def test_a_new_one_that_lives_has_the_place_and_the_old_ones_volume_stays(image: str) -> None:
    old, kept = make(WEB, image), ""
    kept = volumes(old)
    new = make(NEW, image, start=False)
    assert run("container_exchange", settle=0.2, new_id=new, old_id=old)["changed"]
    assert shown() == {WEB: (new, "running")}
    assert kept in docker("volume", "ls", "--quiet").split()


def test_one_that_a_stop_would_remove_is_not_stopped(image: str) -> None:
    number = make(WEB, image, "--rm")
    make(NEW, image, start=False)
    before = shown()
    assert "it was started with --rm" in run("container_exchange")["msg"]
    assert "it was started with --rm" in run("container_state", state="stopped")["msg"]
    assert shown() == before
    assert WEB in written(number)


def test_two_at_once_wait_for_each_other_and_the_second_is_reported(image: str) -> None:
    old = make(WEB, image)
    new = make(NEW, image, start=False)
    both = [started("container_exchange", settle=1, new_id=new, old_id=old) for _each in range(2)]
    results = [ended(each) for each in both]
    assert sorted(bool(each.get("failed")) for each in results) == [False, True]
    (reason,) = (each["msg"] for each in results if each.get("failed"))
    assert f"there is no container {NEW} any more" in reason
    assert shown() == {WEB: (new, "running")}


def test_killed_at_any_moment_the_next_calls_end_it_and_nothing_is_lost(image: str) -> None:
    make(WEB, image)
    make(NEW, image, start=False)
    begin = time.monotonic()
    run("container_exchange", settle=0.2)
    wall = time.monotonic() - begin
    outcomes = set()
    for _time in range(6):
        docker("rm", "--force", *(number for number, _state in shown().values()))
        old = make(WEB, image)
        new = make(NEW, image, "--label", f"dockyard.gpu.replaces={old}", start=False)
        with started("container_exchange", settle=0.2, new_id=new, old_id=old) as process:
            time.sleep(random.uniform(0.2 * wall, wall))
            process.kill()
        ended_how = process.returncode
        time.sleep(1)  # What the engine was asked for it still does.
        results = [run("container_exchange", settle=0.1, state=each) for each in ("finished", "recovered")]
        after = shown()
        outcomes.add((ended_how, after[WEB][0] == new, any(each["changed"] for each in results)))
        assert [each["msg"] for each in results if each.get("failed")] == []
        assert set(after) == {WEB} or set(after) == {WEB, NEW}, after
        assert after[WEB][1] == "running", after
        assert after[WEB][0] == new or WEB in written(old), after
    assert outcomes


def test_start_stop_policy_and_networks_leave_a_container_what_it_is(image: str) -> None:
    """Though its environment is not its image's."""
    number = make(WEB, image, "--publish", "127.0.0.1::80", "--label", "a=b")
    same = "{{.Id}} {{.HostConfig.PortBindings}} {{.Config}} {{.Mounts}}"
    before = docker("inspect", "--format", same, WEB)
    for options, changes in (
        ({"state": "stopped"}, ["stopped"]),
        ({"restart_policy": "always"}, ["restart policy always"]),
        ({"networks": [NETWORK]}, [f"joined {NETWORK}", "left bridge"]),
        ({"state": "started", "networks": ["bridge"]}, ["joined bridge", f"left {NETWORK}", "started"]),
    ):
        assert run("container_state", _ansible_check_mode=True, **options)["changes"] == changes
        assert run("container_state", id=number, **options)["changes"] == changes
        assert run("container_state", **options)["changed"] is False
        assert docker("inspect", "--format", same, WEB) == before
        assert WEB in written(number)
    docker("pause", WEB)
    assert run("container_state", state="started")["changes"] == ["started"]
    assert shown() == {WEB: (number, "running")}


def test_the_one_that_was_planned_for_or_none(image: str) -> None:
    number = make(WEB, image)
    for options in ({"state": "absent"}, {"state": "stopped"}, {"restart_policy": "always"}):
        result = run("container_state", id="0" * 64, **options)
        assert "it was 000000000000, and is now" in result["msg"]
    assert shown() == {WEB: (number, "running")}
    kept = volumes(number)
    assert run("container_state", id=number, state="absent")["changes"] == ["stopped", "removed"]
    assert run("container_state", id=number, state="absent")["changed"] is False
    assert kept in docker("volume", "ls", "--quiet").split()
    assert "there is no container of this name" in run("container_state", state="started")["msg"]
