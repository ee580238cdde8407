# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine that no one looks after but the playbook: it is found, started, restarted and stopped. In this order."""

from __future__ import annotations

from typing import Any

from control import Run, play, shell

HOSTS = ("no-init-debian12", "no-init-debian13")
OTHER_LIMIT = {"docker_engine_config": {"log-opts": {"max-size": "7m"}}}
STOPPED = {"docker_engine_service_state": "stopped"}


def site(**settings: Any) -> Run:
    run = play("dockyard.gpu.site", dict.fromkeys(HOSTS, settings))
    assert [run.message(host) for host in HOSTS] == ["", ""]
    return run


def pids() -> list[str]:
    return [shell(host, "cat /run/docker.pid") for host in HOSTS]


def alive() -> list[str]:
    # The dead ones stay for ever: `sleep infinity` as process 1 never asks how its children ended.
    return [shell(host, "ps --no-headers -C dockerd -o pid=,stat= | awk '$2 !~ /Z/ { print $1 }'") for host in HOSTS]


def test_runs_with_a_pidfile_and_a_log_and_outlives_the_run() -> None:
    assert pids() == alive()
    for host, pid in zip(HOSTS, pids(), strict=True):
        # A child of process 1: no session of the playbook's holds it.
        assert shell(host, f"ps --no-headers -o ppid= -p {pid}").strip() == "1"
        assert "API listen on /run/docker.sock" in shell(host, "cat /var/log/docker.log").replace("/var/run", "/run")


def test_nothing_to_do_is_said_and_how_it_runs() -> None:
    run = site()
    summary = run.text("Summarize the run")
    assert summary.count("runs detached, since this host has no init system") == len(HOSTS)
    assert summary.count("changed: nothing") == len(HOSTS)
    assert [run.changed(host) for host in HOSTS] == [0, 0]


def test_killed_engine_is_started_by_the_next_run() -> None:
    for host in HOSTS:
        shell(host, "kill -KILL $(cat /run/docker.pid)")
    assert alive() == ["", ""]
    site()
    assert pids() == alive()


def test_change_that_needs_a_restart_restarts_it() -> None:
    before = pids()
    site(**OTHER_LIMIT)
    assert pids() == alive()
    assert not set(before) & set(pids())
    for host in HOSTS:
        shell(host, 'grep --quiet \'"max-size": "7m"\' /etc/docker/daemon.json')


def test_is_stopped_when_that_is_the_desired_and_stays_so() -> None:
    site(**OTHER_LIMIT, **STOPPED)
    assert alive() == ["", ""]
    run = site(**OTHER_LIMIT, **STOPPED)
    assert [run.changed(host) for host in HOSTS] == [0, 0]


def test_an_engine_that_was_killed_is_taken_away_too() -> None:
    site()
    for host in HOSTS:
        shell(host, "kill -KILL $(cat /run/docker.pid)")
    run = play("dockyard.gpu.remove", {host: {} for host in HOSTS})
    assert [run.message(host) for host in HOSTS] == ["", ""]
    assert [shell(host, "command -v dockerd || ls /run/docker.pid 2>/dev/null || :") for host in HOSTS] == ["", ""]
