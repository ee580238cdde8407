# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The containers of all hosts as a table."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting.workload_table import workload_table

Described = dict[str, Any]
GPUS = [
    {"index": 0, "uuid": "GPU-a", "mig_devices": [{"index": 1, "uuid": "MIG-x", "profile": "1g.10gb"}]},
    {"index": 1, "uuid": "GPU-b", "mig_devices": []},
    # One that does not answer.
    {"index": None, "uuid": None, "mig_devices": []},
]


def container(name: str, **parts: Any) -> Described:
    return {"name": name, "state": "running", "exit_code": None, "error": "", "ports": [], "gpus": [], **parts}


def host(*containers: Described, ended: bool = True) -> Described:
    facts = {"dockyard_host": {"nvidia": {"gpus": GPUS}}, "dockyard_workloads": {"containers": list(containers)}}
    return {"ansible_facts": facts, **({"gpu_container_results": {}} if ended else {})}


def lines(ended_well: str = "ab", left_out: tuple[str, ...] = (), **hosts: Described) -> list[str]:
    return workload_table(hosts, list(hosts), list(ended_well), left_out)


def test_a_line_is_a_container_with_its_state_ports_and_gpus() -> None:
    found = lines(
        a=host(
            container("notebook", gpus=["GPU-b"], ports=["127.0.0.1:8888->8888/tcp"]),
            container("job", state="exited", exit_code=3),
            container("late", state="created", error="no such device"),
        ),
        b=host(container("all", gpus=["all"], ports=["80->80/tcp", "81->81/tcp"])),
    )
    assert found == [
        "host  container  state                    ports                     GPUs",
        "a     notebook   running                  127.0.0.1:8888->8888/tcp  1 GPU-b",
        "a     job        exited (3)               -                         -",
        "a     late       created: no such device  -                         -",
        "b     all        running                  80->80/tcp, 81->81/tcp    all",
    ]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (["GPU-b", "GPU-a"], "1 GPU-b, 0 GPU-a"),
        (["1"], "1 GPU-b"),
        (["0:1"], "0:1 MIG-x"),
        (["MIG-x"], "0:1 MIG-x"),
        (["GPU-gone"], "GPU-gone"),
        (["7"], "7"),
        (["None"], "None"),
        ([], "-"),
    ],
)
def test_a_gpu_has_its_index_and_its_uuid_however_it_was_given(given: list[str], shown: str) -> None:
    assert lines(a=host(container("c", gpus=given)))[1].split("  ")[-1] == shown


def test_a_host_that_failed_says_so_and_a_cache_says_nothing() -> None:
    found = lines("a", a=host(container("kept"), ended=False), b=host(container("kept"), ended=False))
    assert [line.split() for line in found[1:]] == [["b", "-", "failed;", "see", "the", "error", "above", "-", "-"]]
    assert lines("a", a={}) == ["no containers"]
    assert "gpu_container" in lines("a", ("gpu_container",), a={})[1]


def test_what_a_host_says_of_itself_is_text() -> None:
    hostile = "\x1b[2J{{ 7 * 7 }}\n\u202e"
    odd = container(hostile, error=hostile, ports=[hostile], gpus=[hostile], state=hostile)
    found = workload_table({hostile: host(odd)}, [hostile], [hostile])
    assert len(found) == 2
    assert all(line.isprintable() for line in found)
    assert found[1].count("{{ 7 * 7 }}") == 6
