# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in of a host with an engine and GPUs: it does to its description what the role's steps do to a real one."""

from __future__ import annotations

import copy
from typing import Any

from ansible_collections.dockyard.gpu.plugins.plugin_utils.container_plan import NEW, OLD
from ansible_collections.dockyard.gpu.plugins.plugin_utils.container_spec import full_image
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described, bare_host, package

CARDS = 4


def uuid(number: int) -> str:
    return f"GPU-00000000-0000-0000-0000-{number:012d}"


def gpu(number: int) -> Described:
    return {
        "index": number,
        "uuid": uuid(number),
        "name": "H100",
        "architecture": "hopper",
        "memory_total_mib": 80000,
        "memory_used_mib": 0,
        "mig_mode": "disabled",
        "mig_devices": [],
    }


def host(*containers: Described, **workloads: Any) -> Described:
    """One whose engine answers and gives GPUs by CDI, with an image and a folder."""
    found = bare_host(nvidia={"gpus": [gpu(number) for number in range(CARDS)], "driver": {"answers": True}})
    found["python"]["requests"] = True
    names = [uuid(number) for number in range(CARDS)]
    found["workloads"] = {
        "engine": {"answers": True, "reason": "", "ways": {"cdi": names, "gpus": True, "runtime": True}},
        "containers": list(containers),
        "all_known": True,
        "images": {"debian:13": "sha256:1"},
        "networks": ["bridge", "front", "host", "none"],
        "paths": {"/srv/data": True},
        **workloads,
    }
    return copy.deepcopy(found)


def looked(found: Described, wanted: Described) -> Described:
    """What the role's look tells of it: the images under the names by which they are wished, with a tag or without."""
    has = found["workloads"]["images"]
    names = [each["image"] for each in wanted["list"]]
    images = {name: has.get(full_image(name)) for name in names if name}
    return {**found, "workloads": {**found["workloads"], "images": images}}


def container(name: str, **parts: Any) -> Described:
    """As workload_info tells of one that somebody started by hand, unless it is told otherwise."""
    return {
        "name": name,
        "state": "running",
        "exit_code": None,
        "image": "debian:13",
        "image_id": "sha256:1",
        "labels": {},
        "restart_policy": "no",
        "networks": ["bridge"],
        "gpus": [],
        **parts,
    }


def act(found: Described, steps: list[Described]) -> None:
    """Follows a plan."""
    for step in steps:
        _act(found, step["step"], step["to"])


def _act(found: Described, step: str, to: Any) -> None:
    workloads = found["workloads"]
    there = {each["name"]: each for each in workloads["containers"]}
    if step == "python":
        found["packages"][to] = package("2.32.3")
        found["python"]["requests"] = True
    elif step == "image":
        workloads["images"].setdefault(to["image"], "sha256:pulled")
    elif step == "interrupted":
        there[to["name"] + OLD].update(name=to["name"], state="running")
    elif step in ("remove", "leftover", "finish"):
        if step == "finish":
            there[to["name"]]["state"] = "running"
            to = {"gone": to["name"] + OLD}
        gone = to.get("gone", to["name"])
        workloads["containers"] = [each for each in workloads["containers"] if each["name"] != gone]
    elif step in ("start", "stop"):
        there[to["name"]]["state"] = "running" if step == "start" else "exited"
    elif step == "restart_policy":
        there[to["name"]]["restart_policy"] = to["restart_policy"]
    else:
        _make(workloads, step, to)


def _make(workloads: Described, step: str, to: Described) -> None:
    gone = (to["name"], to["name"] + NEW, to["name"] + OLD)
    workloads["containers"] = [each for each in workloads["containers"] if each["name"] not in gone]
    if step == "run" and to.get("each_time"):
        return
    networks = sorted(each["name"] for each in to["networks"])
    workloads["containers"].append(
        container(
            to["name"],
            state="exited" if step == "run" else "running" if to["start"] else "created",
            exit_code=0 if step == "run" else None,
            image=to["image"],
            image_id=workloads["images"][to["image"]],
            labels=to["labels"],
            restart_policy=to["restart_policy"],
            networks=[to["network_mode"]] if to["network_mode"] else networks or ["bridge"],
            gpus=to["gpus"],
        )
    )
