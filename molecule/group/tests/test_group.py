# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests stand in the order in which they run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from control import Run, play, shell
from lab.hosts import address, arguments
from lab.machine import KEY

HOST, PODMAN = "group", "group-podman"
NEXT_TASK, ALONE = (Path(__file__).parents[1] / name for name in ("next_task.yml", "alone.yml"))
# The link itself, and what it leads to.
SOCKETS = "stat --format '%N %F %G %a' /run/docker.sock /run/podman/podman.sock"


def site(**settings: Any) -> Run:
    return play("dockyard.gpu.site", {HOST: settings})


def members() -> list[str]:
    return sorted(filter(None, shell(HOST, "getent group docker").rpartition(":")[2].split(",")))


def over_ssh() -> dict[str, str]:
    """One connection that stays open, as a user without rights."""
    return {
        "ansible_connection": "ssh",
        "ansible_host": address(HOST),
        "ansible_user": "carol",
        "ansible_ssh_private_key_file": str(KEY),
        "ansible_ssh_args": arguments(),
        # Not by the way of the scenario's other tasks.
        "ansible_ssh_common_args": "",
    }


def test_the_next_task_is_a_member() -> None:
    assert members() == []
    run = play(NEXT_TASK, {HOST: over_ssh()})
    assert run.rc == 0, run.message(HOST)
    assert run.result("The engine is asked before")["rc"] != 0
    assert members() == ["carol"]


def test_a_deleted_group_heals_and_the_next_task_is_a_member() -> None:
    shell(HOST, "groupdel docker")
    run = play(NEXT_TASK, {HOST: over_ssh()})
    assert run.rc == 0, run.message(HOST)
    assert members() == ["carol"]


def test_a_second_run_changes_nothing() -> None:
    run = site(docker_group_users=["carol"])
    assert (run.rc, run.changed(HOST)) == (0, 0)


def test_users_are_added_to_those_that_are_there() -> None:
    # As where an account of a directory service is gone: no one takes it out of the groups.
    shell(HOST, "sed -i '/^docker:/ s/$/,gone/' /etc/group /etc/gshadow")
    assert site(docker_group_users=["dave", "erin"]).rc == 0
    assert members() == ["carol", "dave", "erin", "gone"]


def test_unknown_users_are_rejected_by_name_before_anything_changes() -> None:
    run = site(docker_group_users=["dave", "mallory", "trudy"], docker_group_exclusive=True)
    assert run.failures(HOST) == 1
    assert run.changed(HOST) == 0
    assert "docker_group_users: mallory, trudy not known on this host" in run.message(HOST)
    assert members() == ["carol", "dave", "erin", "gone"]


def test_exclusive_takes_the_others_out() -> None:
    assert site(docker_group_users=["dave"], docker_group_exclusive=True).rc == 0
    assert members() == ["dave"]


def test_podmans_socket_behind_the_engines_name_stays_podmans() -> None:
    before = shell(PODMAN, SOCKETS)
    assert "'/run/docker.sock' -> '/run/podman/podman.sock'" in before.replace("/var/run", "/run")
    run = play(ALONE, {PODMAN: {"docker_group_users": ["dave"]}})
    assert run.rc == 0, run.message(PODMAN)
    assert shell(PODMAN, "getent group docker").endswith(":dave")
    assert shell(PODMAN, SOCKETS) == before
    assert play(ALONE, {PODMAN: {"docker_group_users": ["dave"]}}).changed(PODMAN) == 0


def test_podman_is_no_engine_that_a_verification_could_be_about() -> None:
    run = play("dockyard.gpu.verify", {PODMAN: {}})
    assert "is Podman, and no Docker engine" in run.message(PODMAN)


def test_an_engine_that_is_desired_takes_the_place_of_podmans_package() -> None:
    run = play("dockyard.gpu.site", {PODMAN: {"docker_group_users": ["dave"]}})
    assert run.rc == 0, run.message(PODMAN)
    docker, podman = shell(PODMAN, SOCKETS).splitlines()
    assert docker == "'/run/docker.sock' socket docker 660"
    assert "socket root" in podman
    assert play("dockyard.gpu.site", {PODMAN: {"docker_group_users": ["dave"]}}).changed(PODMAN) == 0


def test_another_programs_link_is_not_replaced() -> None:
    """As Docker Desktop, rootless engines and others have it."""
    shell(PODMAN, "mv /run/docker.sock /run/kept.sock; ln -s /run/user/1000/docker.sock /run/docker.sock")
    run = play("dockyard.gpu.site", {PODMAN: {}})
    assert run.changed(PODMAN) == 0
    assert "/run/docker.sock is a link to /run/user/1000/docker.sock" in run.message(PODMAN)
