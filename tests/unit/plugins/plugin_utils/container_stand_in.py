# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in of a host with an engine and GPUs: it does to its description what the role's steps do to a real one."""

from __future__ import annotations

import copy
from typing import Any

from ansible_collections.dockyard.gpu.plugins.plugin_utils._gpu_container.spec import full_image
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
    """What the role's look tells of it: the images under the names by which they are desired, with a tag or without."""
    has = found["workloads"]["images"]
    names = [each["image"] for each in wanted["list"]]
    images = {name: has.get(full_image(name)) for name in names if name}
    return {**found, "workloads": {**found["workloads"], "images": images}}


def container(name: str, **parts: Any) -> Described:
    """As workload_info tells of one that someone started by hand, unless it is configured otherwise."""
    return {
        "name": name,
        "id": f"id of {name}",
        "state": "running",
        "ran": parts.get("state") != "created",
        "exit_code": None,
        "error": "",
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
    there = {each["id"]: each for each in workloads["containers"]}
    if step == "python":
        found["packages"][to] = package("2.32.3")
        found["python"]["requests"] = True
    elif step == "image":
        workloads["images"].setdefault(to["image"], "sha256:pulled")
    elif step == "interrupted":
        _recover(workloads, there[to["id"]], to)
    elif step == "finish":
        there[to["id"]]["state"] = "running"
        _remove(workloads, there[to["id"]]["labels"]["dockyard.gpu.replaces"])
    elif step in ("remove", "leftover"):
        _remove(workloads, to["id"])
    elif step in ("start", "stop"):
        there[to["id"]].update(state="running" if step == "start" else "exited", ran=True)
    elif step in ("restart_policy", "networks"):
        there[to["id"]][step] = to[step]
    else:
        _make(workloads, step, to)


def _recover(workloads: Described, current: Described, to: Described) -> None:
    """The older of the two has the name again."""
    replaced = current["labels"].get("dockyard.gpu.replaces")
    old = next((each for each in workloads["containers"] if each["id"] == replaced), current)
    for each in list(workloads["containers"]):
        if each["labels"].get("dockyard.gpu.replaces") == old["id"]:
            _remove(workloads, each["id"])
    old.update(name=to["name"], state="running" if to["start"] else old["state"])


def _remove(workloads: Described, number: str) -> None:
    workloads["containers"] = [each for each in workloads["containers"] if each["id"] != number]


def _make(workloads: Described, step: str, to: Described) -> None:
    _remove(workloads, to["id"])
    if step == "run" and to.get("each_time"):
        return
    networks = sorted(each["name"] for each in to["networks"])
    workloads["made"] = workloads.get("made", 0) + 1
    workloads["containers"].append(
        container(
            to["name"],
            id=f"id {workloads['made']}",
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
