# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why containers cannot be as they are described: invalid requests, and hosts that lack what they need."""

from __future__ import annotations

from typing import Any, Dict, List

from .spec import LABELS, LIVES, Described


def errors_of_settings(described: List[Described]) -> List[str]:
    reasons = [problem for container in described for problem in container.problems]
    names = [container.name for container in described if container.name]
    twice = sorted({name for name in names if names.count(name) > 1})
    return reasons + [f"gpu_container_list: {name} is listed twice; give each container its own name" for name in twice]


def errors_of_host(described: List[Described], workloads: Dict[str, Any], preview: bool) -> List[str]:
    """A preview passes over an engine that is still to come."""
    engine = workloads["engine"]
    if not engine["answers"]:
        why = f"no engine answers on this host ({engine['reason']}); run dockyard.gpu.site first"
        return [] if preview else [f"gpu_container_list: {why}"]
    reasons = []
    if not workloads["all_known"] and any(each.gpu_request.exclusive and each.state != "absent" for each in described):
        reasons.append(
            "gpu_container_list: not all containers with GPUs could be determined, so that exclusive use cannot be "
            "granted; see the problems of workload_info"
        )
    there = {container["name"]: container for container in workloads["containers"]}
    for container in described:
        found = there.get(container.name)
        if found and LABELS + "spec" not in found["labels"]:
            reasons.append(
                f"gpu_container_list: {container.name}: another container, not created by this role, has this name; "
                f"choose another name, "
                f"or remove it: docker rm --force {container.name}"
            )
        elif found and container.state == "run_once" and found["state"] in LIVES and _runs_once(found):
            reasons.append(
                f"gpu_container_list: {container.name}: its last run has not ended; wait for it, or stop it: docker "
                f"stop {container.name}"
            )
        if container.state != "absent":
            reasons += [f"gpu_container_list: {container.name}: {reason}" for reason in _lacks(container, workloads)]
    return reasons


def _lacks(container: Described, workloads: Dict[str, Any]) -> List[str]:
    missing = [source for source in container.sources if workloads["paths"].get(source) is False]
    reasons = [f"volumes: {source} does not exist on this host; create it, or set another one" for source in missing]
    silent = [source for source in container.sources if workloads["paths"].get(source, True) is None]
    reasons += [
        f"volumes: {source} lies on a mount that does not answer, and a container with it would not start; repair the "
        f"mount, or set another folder"
        for source in silent
    ]
    reasons += [
        f"networks: the engine has no network {network}; create it: docker network create {network}"
        for network in container.networks
        if network not in workloads["networks"]
    ]
    return reasons


def _runs_once(container: Dict[str, Any]) -> bool:
    return bool(container["labels"].get(LABELS + "kind") == "run")
