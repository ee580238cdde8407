# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A first rollout over a fleet: it stops where it goes wrong, is reported, and is taken up again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from control import Run, answer, play, shell

# In the order in which they come.
CANARY = "rollout-cpu1"
SECOND = ["rollout-cpu2", "rollout-gpu1", "rollout-broken1", "rollout-cpu3"]
THIRD = ["rollout-cpu4", "rollout-gpu2", "rollout-broken2", "rollout-cpu5"]
FOURTH = ["rollout-cpu6", "rollout-gpu3"]
REACHED = [CANARY, *SECOND, *THIRD, *FOURTH]
FAILS, GONE = "rollout-cpu3", "rollout-gone"
# No one listens there.
UNREACHABLE = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
BAD = {"docker_engine_repository_url": "http://127.0.0.1:1"}
STATE = "find /etc /var/lib/dpkg -type f -exec md5sum {} + 2>/dev/null | sort"


def fleet(**settings: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {**{host: settings.get(host.replace("-", "_"), {}) for host in REACHED}, GONE: UNREACHABLE}


def roll_out(settings: dict[str, dict[str, Any]]) -> Run:
    order = json.dumps({"rollout_batch": 4, "rollout_first": REACHED})
    return play("dockyard.gpu.rollout", settings, "-e", order)


def reported(run: Run) -> dict[str, str]:
    lines = run.result("Summarize the rollout")["msg"]
    return {line.split(":")[0]: line for line in lines}


def test_the_plan_knows_all_twelve() -> None:
    run = play("dockyard.gpu.plan", fleet())
    states = {host: run.planned(host)["state"] for host in [*REACHED, GONE]}
    assert states == {**dict.fromkeys(REACHED, "drift"), GONE: "unreachable"}
    assert run.rc == 2


def test_a_host_that_fails_in_the_second_batch_stops_the_rollout() -> None:
    untouched = {host: shell(host, STATE) for host in THIRD + FOURTH}
    run = roll_out(fleet(rollout_cpu3=BAD))
    assert run.rc != 0
    assert run.result("Show the batches")["msg"] == [[CANARY], SECOND, THIRD, FOURTH]
    lines = reported(run)
    assert "done in batch 1" in lines[CANARY]
    for host in SECOND:
        assert ("FAILED in batch 2" if host == FAILS else "done in batch 2") in lines[host]
    for host in THIRD:
        assert "not begun, would be in batch 3" in lines[host]
    assert "UNREACHABLE" in lines[GONE]
    assert {host: shell(host, STATE) for host in THIRD + FOURTH} == untouched


def test_the_page_shows_where_it_stands(tmp_path: Path) -> None:
    done = answer("dockyard.gpu.report", fleet(), "-e", f"report_folder={tmp_path}")
    assert done.returncode == 0, done.stdout + done.stderr
    page = (tmp_path / "index.html").read_text()
    assert "a rollout has not ended well here" in page
    report = json.loads((tmp_path / "report.json").read_text())
    hosts = {host["host"]: host for host in report["hosts"]}
    assert len(hosts) == 12
    for host in (CANARY, "rollout-cpu2", "rollout-gpu1", "rollout-broken1"):
        assert hosts[host]["state"] == "converged"
    for host in (FAILS, *THIRD, *FOURTH):
        assert hosts[host]["state"] == "drift"
    assert hosts[GONE]["state"] == "unreachable"
    unfinished = [name for name, host in hosts.items() if "a rollout has not ended well here" in json.dumps(host)]
    assert unfinished == [FAILS]
    assert hosts["rollout-broken1"]["problems"]


def test_the_next_rollout_picks_up_and_then_nothing_is_left() -> None:
    run = roll_out(fleet())
    assert run.result("Show the batches")["msg"] == [[FAILS], THIRD, FOURTH]
    assert [run.message(host) for host in REACHED] == [""] * len(REACHED)
    again = play("dockyard.gpu.plan", fleet())
    states = {host: again.planned(host)["state"] for host in REACHED}
    assert states == dict.fromkeys(REACHED, "converged")
    assert {shell(host, "systemctl is-active docker") for host in REACHED} == {"active"}
    assert roll_out(fleet()).result("Show the batches")["msg"] == "no host has anything to do"
