# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people read: a plan in lines, a run in a summary."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine.plan import plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import step
from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting.summary import plan_lines, step_line, summary
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described, bare_host, settings
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.machines import host as machine_host
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.machines import nvidia as machine_nvidia

STEPS = [
    step("docker_group", "members", "configured members are missing", [], ["ann"]),
    step("docker_engine", "service", "its proxy changed", "running", {"docker": "restarted"}, "restart"),
]
RUNNING = {"binary": "/usr/bin/dockerd", "running": True, "answers": True, "version": "29.7.2", "containers_running": 3}


def facts(host: Described | None, **parts: Any) -> dict[str, Any]:
    return {"n1": {"ansible_facts": {"dockyard_host": host} if host else {}, **parts}}


def report(host: Described | None, ended_well: bool = True, previewed: bool = False, **parts: Any) -> list[str]:
    return summary(facts(host, **parts), ["n1"], ["n1"] if ended_well else [], previewed)


def test_a_plan_is_a_line_a_step() -> None:
    assert plan_lines([]) == ["nothing to do"]
    assert plan_lines(STEPS) == [
        "docker_group: members: configured members are missing (disrupts: none)",
        "docker_engine: service: its proxy changed (disrupts: restart)",
    ]


def test_lines_hold_no_credentials() -> None:
    secret = "http://joe:opensesame@proxy.example.org:3128"
    wanted = settings(
        http_proxy=secret,
        config={"registry-mirrors": [secret], "log-driver": "splunk", "log-opts": {"splunk-token": "opensesame"}},
    )
    steps = plan(bare_host(), wanted)
    assert "opensesame" not in json.dumps(steps)
    lines = [*plan_lines(steps), *report(bare_host(), docker_engine_steps=steps)]
    assert "opensesame" not in "".join(lines)
    assert any(line.startswith("docker_engine: proxy: ") for line in lines)


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ({}, "A look-alike, no engine; no group docker"),
        ({"engine": {"binary": "/usr/bin/dockerd"}}, "A look-alike, the engine does not run; no group docker"),
        ({"engine": RUNNING}, "A look-alike, engine 29.7.2 runs under systemd, with 3 containers; no group docker"),
        (
            {"engine": RUNNING, "init": "none"},
            "A look-alike, engine 29.7.2 runs detached, since this host has no init system, with 3 containers; "
            "no group docker",
        ),
        (
            {"docker_group": {"exists": True, "members": ["bob", "ann"], "primary_members": ["cid"]}},
            "A look-alike, no engine; group docker: ann, bob, cid",
        ),
        (
            {"docker_group": {"exists": True, "members": [], "primary_members": []}},
            "A look-alike, no engine; group docker: no one",
        ),
    ],
)
def test_a_summary_begins_with_what_was_found(parts: Described, found: str) -> None:
    assert report(bare_host(**parts))[0] == f"n1: {found}; no NVIDIA GPU"


def test_a_summary_says_why_a_host_keeps_its_driver_to_itself() -> None:
    for platform, allowed, reason in (
        (
            "wsl2",
            False,
            "; nvidia_driver skipped: WSL2 has the driver of Windows, and one installed here would break it",
        ),
        ("container", False, "; nvidia_driver skipped: this host is a container, and its machine has the driver"),
        ("container", True, ""),
        ("bare_metal", False, ""),
    ):
        found = report(
            machine_host("rtx4090", nvidia={**machine_nvidia("rtx4090"), "platform": platform}),
            nvidia_driver_allow_container=allowed,
        )[0]
        assert found.endswith(f"; 1 x GeForce RTX 4090, no driver{reason}")


@pytest.mark.parametrize(
    ("ended_well", "previewed", "said"),
    [
        (True, False, "docker_group members, docker_engine service"),
        (False, False, "only a part of docker_group members, docker_engine service"),
        (True, True, "nothing yet; a run without --check does docker_group members, docker_engine service"),
    ],
)
def test_a_summary_says_what_changed(ended_well: bool, previewed: bool, said: str) -> None:
    plans = {"docker_group_steps": STEPS[:1], "docker_engine_steps": STEPS[1:]}
    assert report(bare_host(), ended_well, previewed, **plans)[1] == f"  changed: {said}"
    assert report(bare_host(), ended_well, previewed)[1] == "  changed: nothing"


def test_of_a_host_that_failed_half_way_the_summary_tells_no_old_tale() -> None:
    """The engine was installed when the next step failed, and the last look is from before."""
    said = report(bare_host(), ended_well=False, docker_engine_steps=STEPS)[0]
    assert said.startswith("n1: when last looked at: A look-alike, no engine; no group docker")
    assert "when last" not in report(bare_host(), ended_well=False)[0]
    assert "when last" not in report(bare_host(), ended_well=False, previewed=True, docker_engine_steps=STEPS)[0]


def test_a_summary_says_what_was_verified() -> None:
    verification: Described = {"verified": True, "checks": [{"name": "container"}, {"name": "network"}]}
    verified = report(bare_host(), docker_engine_verification=verification)[2]
    assert verified == "  verified: a verification container ran: container, network"
    for verification in ({}, {"skipped": True}, {"verified": False}):
        assert "verified: nothing in this run" in report(bare_host(), docker_engine_verification=verification)[2]


def test_a_summary_ends_with_what_is_still_to_do() -> None:
    host = bare_host(
        init="none",
        engine=RUNNING,
        reboot={"required": True, "packages": ["linux-image-amd64"]},
        problems=[{"code": "timeout", "message": "x gave no answer", "remedy": "look at x"}],
    )
    assert report(host, ended_well=False)[3:] == [
        "  to do: this host failed; see the error above, fix it, and run again",
        "  to do: start the engine again after this machine restarts: run the playbook again",
        "  to do: reboot, for linux-image-amd64",
        "  to do: x gave no answer; look at x",
    ]
    assert report(bare_host())[3:] == []
    silent = report(bare_host(reboot={"required": True, "packages": []}))
    assert silent[3:] == ["  to do: reboot, for the distribution says so"]


def test_a_host_that_could_not_be_looked_at_is_said_so() -> None:
    assert report(None) == ["n1: no facts could be gathered; see the error above"]
    assert summary({"n1": {}}, ["n1"], [], False) == ["n1: no facts could be gathered; see the error above"]


def test_hosts_come_in_the_order_of_the_play() -> None:
    hosts = {**facts(bare_host()), "n2": facts(bare_host())["n1"]}
    lines = summary(hosts, ["n2", "n1"], ["n1", "n2"], False)
    assert [line.split(":")[0] for line in lines if not line.startswith(" ")] == ["n2", "n1"]


def test_what_a_host_says_of_itself_is_text() -> None:
    said = "\x1b[2J{{ 7 * 7 }}" + "x" * 10240
    host = bare_host(problems=[{"code": "x", "message": "\x1b[1mloud", "remedy": "\u202ebackwards"}])
    host["distribution"]["pretty_name"] = said
    host["nvidia"]["gpus"] = [{"name": said, "device_id": "2330", "kernel_driver": None}]
    lines = report(host)
    assert not [line for line in lines if "\x1b" in line or "\u202e" in line]
    assert lines[0].count("(cut: ") == 2
    assert lines[0].endswith("no driver")
    assert lines[-1] == "  to do: \\x1b[1mloud; \\u202ebackwards"
    assert plan_lines([step("docker_engine", "config", "\x1b[2J", "", "")])[0].startswith(
        "docker_engine: config: \\x1b"
    )


@pytest.mark.parametrize(
    ("to", "words"),
    [
        (["ada", "bob"], "; to: ada, bob"),
        ({"docker.io": "", "docker-cli": "28"}, "; to: docker.io, docker-cli 28"),
        ({"path": "/etc/a", "content": "secret\nlines"}, "; to: path /etc/a"),
        (
            {"unit": "a.service", "enable": True, "flags": [], "more": {"a": 1}},
            "; to: unit a.service, enable true, flags, more a 1",
        ),
        (None, ""),
        ("absent", "; to: absent"),
    ],
)
def test_a_step_in_check_mode_is_words_and_no_code(to: Any, words: str) -> None:
    found = step_line(step("docker_engine", "packages", "they are not installed", "absent", to))
    assert found == f"packages: they are not installed (disrupts: none{words})"
    assert "; from: absent)" in step_line(step("a", "b", "c", "absent", to), "from")


def test_a_step_in_check_mode_has_nothing_that_acts_on_a_terminal() -> None:
    odd = step("docker_engine", "config", "\x1b[2J", None, {"\x1b[2J": ["\u202e"]})
    assert step_line(odd).isprintable()
