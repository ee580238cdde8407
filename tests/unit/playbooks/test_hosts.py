# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose failure is reported, and what becomes of a run that is about no host at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._site.components import COMPONENTS

from .stand_ins import Outcome, Site

# No one listens there.
DEAD = "dead1 ansible_connection=ssh ansible_host=127.0.0.1 ansible_port=1"
ANSWER = {"ANSIBLE_STDOUT_CALLBACK": "dockyard.gpu.answer"}
NO_ONE = "dockyard_hosts: all matches none of the 0 hosts of the inventory"


def is_one_error(done: Outcome, words: str) -> None:
    assert done.rc not in (0, 250), done.text
    assert words in done.text
    assert done.text.count(words) == 1
    assert "TASK [" not in done.text
    assert "Traceback" not in done.text


def failures(done: Outcome) -> dict[str, str]:
    """By the words of the callback for programs."""
    lines = [line.split(": ", 2) for line in done.stderr.splitlines() if ": failed: " in line]
    return {host: said for host, _state, said in lines}


@pytest.mark.parametrize("playbook", ["plan"])
def test_an_inventory_without_hosts_is_an_error(tmp_path: Path, playbook: str) -> None:
    done = Site(tmp_path).play(f"dockyard.gpu.{playbook}", "", "-e", "fail_on_drift=true", **ANSWER)
    is_one_error(done, NO_ONE)


@pytest.mark.slow
@pytest.mark.parametrize("playbook", COMPONENTS)
def test_an_inventory_without_hosts_is_an_error_of_each_playbook(tmp_path: Path, playbook: str) -> None:
    is_one_error(Site(tmp_path).play(f"dockyard.gpu.{playbook}", ""), NO_ONE)


@pytest.mark.slow
@pytest.mark.parametrize("playbook", COMPONENTS)
def test_a_pattern_that_fits_no_host_is_an_error(tmp_path: Path, playbook: str) -> None:
    done = Site(tmp_path).play(f"dockyard.gpu.{playbook}", "web1\nweb2", "-e", "dockyard_hosts=db*")
    is_one_error(done, "dockyard_hosts: db* matches none of the 2 hosts of the inventory")


@pytest.mark.slow
@pytest.mark.parametrize("playbook", ["plan", "site"])
def test_a_limit_that_leaves_no_host_is_an_error(tmp_path: Path, playbook: str) -> None:
    inventory = "web1\ndb1\n[web]\nweb1"
    arguments = ("-e", "dockyard_hosts=web", "--limit", "db1")
    done = Site(tmp_path).play(f"dockyard.gpu.{playbook}", inventory, *arguments)
    is_one_error(done, "--limit db1: leaves none of the hosts of dockyard_hosts (web)")


@pytest.mark.slow
def test_a_limit_that_fits_none_is_an_error(tmp_path: Path) -> None:
    done = Site(tmp_path).play("dockyard.gpu.plan", "web1", "--limit", "web9")
    assert done.rc != 0
    assert "--limit" in done.text


@pytest.mark.slow
def test_this_machine_alone_needs_no_inventory(tmp_path: Path) -> None:
    done = Site(tmp_path).play("dockyard.gpu.plan", "", "-e", "dockyard_hosts=localhost", "-e", "dockyard_become=no")
    assert done.rc == 0, done.text


def test_who_is_unreachable_fails_and_who_is_well_does_not(tmp_path: Path) -> None:
    done = Site(tmp_path).play("dockyard.gpu.plan", f"web1\n{DEAD}\nweb2", **ANSWER)
    assert done.rc == 2
    assert failures(done) == {"dead1": "1 host unreachable: dead1"}
    assert "3 hosts, 2 with steps to do, 1 unreachable" in done.text


@pytest.mark.slow
def test_who_has_drift_fails_where_that_is_asked_for(tmp_path: Path) -> None:
    inventory = f"{DEAD}\nweb1\n[g]\nbad\n[g:vars]\ndocker_engine_lock_timeout=2m"
    done = Site(tmp_path).play("dockyard.gpu.plan", inventory, "-e", "fail_on_drift=true", **ANSWER)
    assert done.rc == 2
    assert failures(done) == {
        "dead1": "1 host unreachable: dead1",
        "web1": "1 host with steps to do: web1",
        "bad": "1 host with invalid settings: bad",
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("playbook", "variable"), [("plan", "plan_file"), ("report", "report_folder")], ids=["plan", "report"]
)
def test_what_the_control_node_cannot_write_is_its_own_failure(tmp_path: Path, playbook: str, variable: str) -> None:
    (tmp_path / "file").write_text("")
    arguments = ("-e", f"{variable}={tmp_path}/file/below")
    done = Site(tmp_path).play(f"dockyard.gpu.{playbook}", "web1\nweb2", *arguments, **ANSWER)
    assert done.rc != 0
    assert set(failures(done)) == {"localhost"}
    assert failures(done)["localhost"].startswith(f"{variable}: ")
