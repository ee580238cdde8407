# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan for containers: what is described, the host's GPUs and what its engine has in, ordered steps out."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional

from ansible_collections.dockyard.gpu.plugins.plugin_utils import docker_python
from ansible_collections.dockyard.gpu.plugins.plugin_utils.container_refusals import (
    refusals_of_host,
    refusals_of_wishes,
)
from ansible_collections.dockyard.gpu.plugins.plugin_utils.container_spec import (
    LABELS,
    LIVES,
    SUFFIXES,
    Described,
    full_image,
    networks_of,
)
from ansible_collections.dockyard.gpu.plugins.plugin_utils.gpu_selection import Claim, Devices, Holder, select
from ansible_collections.dockyard.gpu.plugins.plugin_utils.gpu_ways import options, way_for
from ansible_collections.dockyard.gpu.plugins.plugin_utils.plan import PlanRefused, step

NAME = "gpu_container"
NEW, OLD = SUFFIXES
# Marks a step that a converged host has too, because somebody wished it so.
EACH_TIME = "each_time"
# What can fail without touching a container comes first; what frees GPUs, names and ports next.
_ORDER = (
    *("python", "image", "interrupted", "remove", "stop", "restart_policy"),
    *("finish", "recreate", "create", "start", "run", "leftover"),
)


def plan(host: Dict[str, Any], wanted: Dict[str, Any]) -> List[Dict[str, Any]]:
    """``host`` is the fact dockyard_host with the key ``workloads``. Raises PlanRefused with every reason at once."""
    described = [Described(container) for container in wanted["list"]]
    reasons = wanted["errors"] + refusals_of_wishes(described)
    if not described and not reasons:
        return []
    host = _with_full_names(host)
    reasons += refusals_of_host(described, host["workloads"], wanted["preview"])
    gpus: Dict[str, Optional[List[str]]] = {}
    try:
        gpus = _selected(host, described, wanted["preview"])
    except PlanRefused as refused:
        reasons += refused.reasons
    if reasons:
        raise PlanRefused(reasons)
    made = _Plan(host, described, gpus, wanted["preview"])
    steps = docker_python.steps(NAME, host) if made.steps else []
    return sorted(steps + made.steps, key=lambda each: _ORDER.index(each["step"]))


class _Plan:
    def __init__(
        self, host: Dict[str, Any], described: List[Described], gpus: Dict[str, Optional[List[str]]], preview: bool
    ) -> None:
        self._workloads = host["workloads"]
        self._gpus = gpus
        self._preview = preview
        self._there = {container["name"]: container for container in self._workloads["containers"]}
        self.steps: List[Dict[str, Any]] = []
        for container in described:
            self._leftovers(container)
            self._container(container, self._of(container.name))
        # What must not be pulled is made by somebody else, perhaps in this very run.
        self._images([each for each in described if each.state != "absent" and each.pull != "never"])

    def _of(self, name: str) -> Optional[Dict[str, Any]]:
        """The container of that name, or what an exchange that was cut short made of it."""
        return self._there.get(name) or self._there.get(name + OLD)

    def _add(
        self, name: str, container: str, why: str, before: Any, after: Dict[str, Any], disrupts: str = "none"
    ) -> None:
        self.steps.append(step(NAME, name, f"{container}: {why}", before, {"name": container, **after}, disrupts))

    def _leftovers(self, container: Described) -> None:
        if container.name not in self._there and container.name + OLD in self._there:
            self._add("interrupted", container.name, "an exchange was cut short", container.name + OLD, {})
        elif self._unproven(container):
            self._add("finish", container.name, "an exchange was cut short before its end", container.name + OLD, {})
        elif container.name + OLD in self._there:
            self._add(
                "leftover", container.name, "an exchange left the old one", "there", {"gone": container.name + OLD}
            )
        if container.name + NEW in self._there:
            self._add("leftover", container.name, "an exchange left a new one", "there", {"gone": container.name + NEW})

    def _unproven(self, container: Described) -> bool:
        """Whether the old one is still there, since the new one has not been seen to live."""
        both = {container.name, container.name + OLD} <= set(self._there)
        return container.state == "started" and both

    def _images(self, described: List[Described]) -> None:
        there = self._workloads["images"]
        each_time = [each.image for each in described if each.pull == "always"]
        for image in dict.fromkeys(each.image for each in described):
            after = {"image": image, "pull": "always" if image in each_time else "not_present"}
            if image in each_time:
                self.steps.append(step(NAME, "image", f"{image} is pulled each time", "", {**after, EACH_TIME: True}))
            elif not there.get(image):
                self.steps.append(step(NAME, "image", f"{image} is not on the host", "absent", after))

    def _container(self, container: Described, there: Optional[Dict[str, Any]]) -> None:
        if container.state == "absent":
            if there:
                self._add("remove", container.name, "it is not wished any more", there["state"], {}, "restart")
        elif container.state == "run_once":
            why = self._why_run(container, there)
            if why:
                each_time = {EACH_TIME: True} if container.rerun == "always" else {}
                made = {**self._made_with(container, there), "start": True, **each_time}
                self._add("run", container.name, why, there["state"] if there else "absent", made)
        elif there is None:
            made = {**self._made_with(container, there), "start": container.state == "started"}
            self._add("create", container.name, "it does not exist", "absent", made)
        else:
            self._existing(container, there)

    def _existing(self, container: Described, there: Dict[str, Any]) -> None:
        reasons = self._differences(container, there)
        wants_run = container.state == "started"
        runs = there["state"] == "running"
        if reasons:
            made = {**self._made_with(container, there), "start": wants_run}
            disrupts = "restart" if runs else "none"
            self._add("recreate", container.name, "; ".join(reasons), there["state"], made, disrupts)
            return
        if there["restart_policy"] != container.restart_policy:
            after = {"restart_policy": container.restart_policy, "image": container.image}
            self._add("restart_policy", container.name, "it is another one", there["restart_policy"], after)
        if wants_run and not runs and not self._unproven(container):
            self._add("start", container.name, "it does not run", there["state"], {})
        if not wants_run and there["state"] in LIVES:
            self._add("stop", container.name, "it is to be stopped", there["state"], {}, "restart")

    def _why_run(self, container: Described, there: Optional[Dict[str, Any]]) -> str:
        """Empty where its run counts as done: it ended well, and what matters is the same."""
        if container.rerun == "always":
            return "it is run each time"
        if there is None or there["state"] == "created":
            return "it has not run yet"
        reasons = self._differences(container, there)
        if reasons:
            return "; ".join(reasons)
        return f"its last run ended with exit code {there['exit_code']}" if there["exit_code"] else ""

    def _differences(self, container: Described, there: Dict[str, Any]) -> List[str]:
        """Why it has to be made anew."""
        labels, reasons = there["labels"], []
        before, after = _json(labels.get(LABELS + "spec")), container.hashes()
        changed = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
        if changed:
            reasons.append(f"{', '.join(changed)} changed")
        if labels.get(LABELS + "kind") != _kind(container):
            reasons.append("whether it runs once changed")
        current = self._workloads["images"].get(container.image)
        if current and "image" not in changed and there["image_id"] != current:
            reasons.append(f"{container.image} is another image by now")
        if sorted(container.networks or ["bridge"]) != sorted(there["networks"]) and "networks" not in changed:
            reasons.append("its networks are others by now")
        return reasons + self._gpu_differences(container, labels)

    def _gpu_differences(self, container: Described, labels: Dict[str, str]) -> List[str]:
        uuids = self._gpus[container.name]
        if uuids is None:
            return []
        had = _uuids(labels)
        # Their order is that of the indices, which a reboot may change.
        if sorted(had) != sorted(uuids):
            return [f"its GPUs are to be {', '.join(uuids) or 'none'}"]
        way = labels.get(LABELS + "way", "")
        if uuids and way_for(uuids, self._workloads["engine"]["ways"], way) != way:
            return ["the way by which it was given its GPUs is gone"]
        exclusive = labels.get(LABELS + "exclusive") == "true"
        # What an index once stood for has to be remembered; other wishes may be worded anew.
        reworded = container.wish.by_index and labels.get(LABELS + "wish") != container.wish.text()
        return ["its wish for GPUs changed"] if exclusive != container.wish.exclusive or reworded else []

    def _made_with(self, container: Described, there: Optional[Dict[str, Any]]) -> Dict[str, Any]:
        uuids = self._gpus[container.name]
        had = (there or {"labels": {}})["labels"].get(LABELS + "way", "")
        way = way_for(uuids, self._workloads["engine"]["ways"], had) if uuids else ""
        if uuids and not way and not self._preview:
            raise PlanRefused([_no_way(container.name, uuids)])
        labels = {
            "spec": json.dumps(container.hashes(), sort_keys=True),
            "kind": _kind(container),
            "wish": container.wish.text(),
            "uuids": ",".join(uuids or []),
            "way": way,
            "exclusive": "true" if container.wish.exclusive else "false",
        }
        return {
            "image": container.image,
            "gpus": uuids if uuids is not None else ["chosen once the driver answers"],
            "restart_policy": container.restart_policy,
            **networks_of(container.networks),
            "labels": {LABELS + key: value for key, value in labels.items()},
            **options(way, uuids or []),
        }


def _with_full_names(host: Dict[str, Any]) -> Dict[str, Any]:
    """The look tells of images under the names by which they are wished, with a tag or without."""
    images = {full_image(name): image_id for name, image_id in host["workloads"]["images"].items()}
    return {**host, "workloads": {**host["workloads"], "images": images}}


def _selected(host: Dict[str, Any], described: List[Described], preview: bool) -> Dict[str, Optional[List[str]]]:
    """UUIDs by name; None where a preview cannot know them yet."""
    workloads, claims = host["workloads"], []
    there = {container["name"]: container for container in workloads["containers"]}
    for container in described:
        labels = (there.get(container.name) or there.get(container.name + OLD) or {"labels": {}})["labels"]
        if container.state != "absent":
            same = labels.get(LABELS + "wish") == container.wish.text()
            passing = container.state == "run_once"
            claims.append(Claim(container.name, container.wish, tuple(_uuids(labels)), same, passing))
    if preview and not host["nvidia"]["driver"]["answers"]:
        return {claim.name: [] if claim.wish.kind == "none" else None for claim in claims}
    devices = Devices(host["nvidia"]["gpus"])
    ours = {container.name + suffix for container in described for suffix in ("", *SUFFIXES)}
    # Who is not described has no claim once it does not run, as it may never again.
    others = [each for each in workloads["containers"] if each["name"] not in ours and each["state"] in LIVES]
    holders = [_holder(each, devices) for each in others]
    try:
        return {**select(claims, host["nvidia"]["gpus"], holders)}
    except PlanRefused as refused:
        raise PlanRefused([f"gpu_container_list: {reason}" for reason in refused.reasons]) from refused


def _holder(container: Dict[str, Any], devices: Devices) -> Holder:
    exclusive = container["labels"].get(LABELS + "exclusive") == "true"
    return Holder(container["name"], devices.uuids(container["gpus"]), exclusive)


def _no_way(name: str, uuids: List[str]) -> str:
    return (
        f"gpu_container_list: {name}: this engine cannot give {', '.join(uuids)} to a container: there is neither a "
        "CDI specification that names them by UUID, nor NVIDIA's container toolkit; install it, then look again"
    )


def _uuids(labels: Dict[str, str]) -> List[str]:
    return [uuid for uuid in labels.get(LABELS + "uuids", "").split(",") if uuid]


def _kind(container: Described) -> str:
    return "run" if container.state == "run_once" else "service"


def _json(text: Optional[str]) -> Dict[str, str]:
    """What a label says; somebody's own text under our name is as good as none."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
