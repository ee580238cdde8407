# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images and running containers of an engine that takes containerd's store, under all that would hide or end them.

The tests stand in the order in which they run, on one host.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from control import Run, play, shell

HOST = "versions-29"
DATA = Path(__file__).parents[2] / "shared/data"
MAKE, SHOW = ((DATA / name).read_text() for name in ("make.sh", "show.sh"))
CONFIG = "/etc/docker/daemon.json"
RECORD = "/var/lib/dockyard/docker_engine.contents"
STORE = {"features": {"containerd-snapshotter": True}}
RUNNING = """
libraries="$(ldd /bin/sleep | grep -o '/lib[^ ]*')"
tar --create --dereference --absolute-names /bin/sleep $libraries | docker import - sleeper
docker run --detach --name web --restart unless-stopped sleeper /bin/sleep 3600
docker run --detach --name plain sleeper /bin/sleep 3600
"""
KILLER = "/etc/systemd/system/containerd.service.d/killer.conf"


def site(**all_settings: Any) -> Run:
    return play("dockyard.gpu.site", {HOST: all_settings})


def rejected(**all_settings: Any) -> str:
    return " ".join(play("dockyard.gpu.plan", {HOST: all_settings}).planned(HOST)["errors"])


def running() -> list[str]:
    return shell(HOST, "docker ps --format '{{.Names}}'").split()


@pytest.fixture(scope="module")
def before() -> str:
    """What a user has on the host."""
    shell(HOST, MAKE + RUNNING)
    return shell(HOST, SHOW)


@pytest.fixture(autouse=True)
def unhurt(before: str) -> Iterator[None]:
    yield
    assert shell(HOST, SHOW) == before


def test_the_engine_took_containerds_store_by_itself() -> None:
    assert shell(HOST, "docker info --format '{{.ServerVersion}} {{.Driver}}'") == "29.7.2+stand overlayfs"
    assert "snapshotter" not in shell(HOST, f"cat {CONFIG}")


@pytest.mark.parametrize(
    ("all_settings", "variable"),
    [
        ({"docker_engine_config": {"storage-driver": "overlay2"}}, "docker_engine_config: storage-driver"),
        ({"docker_engine_config": {"features": {"containerd-snapshotter": False}}}, "docker_engine_config: features"),
        ({"docker_engine_config": {"userns-remap": "default"}}, "docker_engine_config: userns-remap"),
        ({"docker_engine_data_root": "/srv/docker"}, "docker_engine_data_root: /srv/docker"),
        ({"docker_engine_version": "28.5"}, "docker_engine_version: 28.5"),
        (
            {"docker_engine_source": "distribution", "docker_engine_version": "present"},
            "docker_engine_source: distribution",
        ),
    ],
)
def test_what_would_hide_it_is_an_error_beforehand(all_settings: dict[str, Any], variable: str) -> None:
    words = rejected(**all_settings)
    assert variable in words
    assert "docker_engine_hide_data: true" in words


def test_a_restart_that_would_take_up_someone_elses_change_is_an_error() -> None:
    kept = shell(HOST, f"cat {CONFIG}")
    shell(HOST, f"echo '{json.dumps({**json.loads(kept), 'storage-driver': 'vfs'})}' > {CONFIG}")
    try:
        assert "the current daemon.json and docker.service would" in rejected(
            docker_engine_config={"dns": ["192.0.2.1"]}
        )
    finally:
        shell(HOST, f"echo '{kept}' > {CONFIG}")


def test_what_is_put_back_has_the_store_again_though_a_graph_driver_has_left_its_state() -> None:
    # With that bridge the engine gets as far as its store, and then ends.
    broken = {"storage-driver": "overlay2", "bridge": "nope0"}
    run = site(docker_engine_config=broken, docker_engine_hide_data=True)
    assert "daemon.json was put back, and the engine runs as before" in run.message(HOST)
    # As the next engine would take the graph driver, it is reported not to.
    assert shell(HOST, "ls /var/lib/docker/overlay2") == "l"
    assert json.loads(shell(HOST, f"cat {CONFIG}"))["features"] == {"containerd-snapshotter": True}
    assert sorted(running()) == ["plain", "web"]


def test_containers_that_a_restart_ends_fail_the_run_and_the_next_one() -> None:
    """Whatever ended them: here, someone's unit file does, as soon as containerd is started."""
    kill = "[Service]\\nExecStartPost=-/usr/bin/pkill --signal KILL --full containerd-shim\\n"
    shell(HOST, f"mkdir -p $(dirname {KILLER}); printf '{kill}' > {KILLER}; systemctl daemon-reload")
    proxy = {"docker_engine_https_proxy": "http://proxy.invalid:3128"}
    words = site(**proxy).message(HOST)
    assert "These containers ran before and do not run now: plain (exit status" in words
    shell(HOST, f"rm {KILLER}; systemctl daemon-reload")
    assert play("dockyard.gpu.plan", {HOST: proxy}).plan(HOST)[-1] == "compare"
    assert "plain" in site(**proxy).message(HOST)
    shell(HOST, "docker start plain")
    assert site(**proxy).message(HOST) == ""
    assert shell(HOST, f"ls {RECORD} 2>/dev/null || :") == ""


def test_an_older_engine_finds_it_with_the_way_out_of_the_message() -> None:
    lives = shell(HOST, "docker inspect --format '{{.State.Pid}}' web plain")
    assert site(docker_engine_version="28.5", docker_engine_config=STORE).message(HOST) == ""
    assert shell(HOST, "docker info --format '{{.ServerVersion}} {{.Driver}}'").startswith("28.5.2")
    assert shell(HOST, "docker inspect --format '{{.State.Pid}}' web plain") == lives


def test_containers_that_an_older_containerd_would_lose_are_named_and_lived_through_once_stopped() -> None:
    all_settings = {
        "docker_engine_source": "distribution",
        "docker_engine_version": "present",
        "docker_engine_config": STORE,
    }
    words = rejected(**all_settings)
    assert "plain, web" in words
    assert "before a reboot of the host; `docker stop plain web` first" in words
    shell(HOST, "docker stop plain web")
    assert site(**all_settings).message(HOST) == ""
    shell(HOST, "docker start plain web")
