# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan for containers: what is described, the host's GPUs and what its engine has in, ordered steps out."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional

from .._planning import python_dependencies
from .._planning.step import PlanInvalid, step
from .._planning.text import shown
from .injection import options, way_for
from .selection import Claim, Devices, Holder, select
from .spec import LABELS, LIVES, Described, full_image, networks_of
from .standing import Found, Standing, is_leftover, lives
from .validation import errors_of_host, errors_of_settings

NAME = "gpu_container"
# What a step costs that removes a container, in the words that people see before they agree to it.
_LOSES = "; what was written in it is lost, its volumes stay"
# As many signs of what an engine says of a start that failed: a runtime tells of each hook.
_WORDS = 400
# Marks a step that a converged host has too, because it is configured to be taken at each run.
EACH_TIME = "each_time"
# What can fail without touching a container comes first; what frees GPUs, names and ports next.
_ORDER = (
    *("python", "image", "interrupted", "leftover", "remove", "restart_policy", "networks", "stop", "start"),
    *("finish", "recreate", "create", "run"),
)


def plan(host: Dict[str, Any], wanted: Dict[str, Any]) -> List[Dict[str, Any]]:
    """``host`` is the fact dockyard_host with the key ``workloads``. Raises PlanInvalid with every reason at once."""
    described = [Described(container) for container in wanted["list"]]
    reasons = wanted["errors"] + errors_of_settings(described)
    if not described and not reasons:
        return []
    host = _with_full_names(host)
    reasons += errors_of_host(described, host["workloads"], wanted["preview"])
    gpus: Dict[str, Optional[List[str]]] = {}
    try:
        gpus = _selected(host, described, wanted["preview"])
    except PlanInvalid as rejected:
        reasons += rejected.reasons
    if reasons:
        raise PlanInvalid(reasons)
    made = _Plan(host, described, gpus, wanted["preview"])
    if made.reasons:
        raise PlanInvalid(made.reasons)
    steps = python_dependencies.steps(NAME, host) if made.steps else []
    return sorted(steps + made.steps, key=lambda each: _ORDER.index(each["step"]))


class _Plan:
    def __init__(
        self, host: Dict[str, Any], described: List[Described], gpus: Dict[str, Optional[List[str]]], preview: bool
    ) -> None:
        self._workloads = host["workloads"]
        self._gpus = gpus
        self._preview = preview
        self.steps: List[Dict[str, Any]] = []
        self.reasons: List[str] = []
        for container in described:
            standing = Standing(container.name, self._workloads["containers"])
            self._leftovers(container, standing)
            self._container(container, standing)
        self._images([each for each in described if each.state != "absent"])

    def _add(
        self, name: str, container: str, why: str, there: Optional[Found], after: Dict[str, Any], **more: str
    ) -> None:
        """``there`` is the container that the step changes, if it is there; only that one, by its id."""
        before = there["state"] if there else "absent"
        to = {"name": container, "id": there["id"] if there else "", **after}
        self.steps.append(step(NAME, name, f"{container}: {why}", before, to, **more))

    def _leftovers(self, container: Described, standing: Standing) -> None:
        name, old, new = container.name, standing.old, standing.new
        starts = container.state == "started"
        if container.state == "absent":
            pass
        elif standing.cut == "early" or (standing.cut == "late" and starts and self._is_to_go(container, standing)):
            why = "an exchange was interrupted: the old container gets its name back" + (", and runs" if starts else "")
            self._add("interrupted", name, why, standing.current, {"start": starts})
        elif standing.cut == "late" and starts:
            why = "an exchange was interrupted before its end: it is completed, or the old container comes back"
            self._add("finish", name, why, standing.current, {})
        elif standing.cut == "late" and old:
            self._gone(name, f"an exchange left the old container behind{_loses(old)}", old)
        if new and is_leftover(new) and (standing.cut != "early" or container.state == "absent"):
            self._gone(name, "an exchange left a new container behind, which never ran", new)

    def _is_to_go(self, container: Described, standing: Standing) -> bool:
        """A new one that never ran and is not what is described any more."""
        named = standing.named
        return named is not None and not named["ran"] and bool(self._differences(container, named))

    def _gone(self, container: str, why: str, there: Found) -> None:
        self._add("leftover", container, why, there, {"gone": there["name"]}, disrupts=_restart(there))

    def _images(self, described: List[Described]) -> None:
        """Only what is made of an image needs it: what runs goes on without, and is not made anew for want of it."""
        there = self._workloads["images"]
        made = {each["to"]["name"] for each in self.steps if each["step"] in ("create", "recreate", "run")}
        for container in described:
            if (
                container.name in made
                and container.pull == "never"
                and not self._preview
                and not there.get(container.image)
            ):
                self.reasons.append(
                    f"gpu_container_list: {container.name}: image: {container.image} is not on this host, and pull: "
                    f"never forbids pulling it"
                )
        # What must not be pulled is made by another role, perhaps in this very run.
        pulled = [each for each in described if each.pull != "never"]
        each_time = [each.image for each in pulled if each.pull == "always"]
        for image in dict.fromkeys(each.image for each in pulled):
            after = {"image": image, "pull": "always" if image in each_time else "not_present"}
            users = [each for each in pulled if each.image == image]
            if image in each_time:
                why = f"{image} is pulled at each run, and the container is recreated if the image changed"
                # Only the registry knows.
                may = "restart" if any(self._runs(each) for each in users) else "none"
                self.steps.append(step(NAME, "image", why, "", {**after, EACH_TIME: True}, may))
            elif not there.get(image) and any(each.name in made for each in users):
                self.steps.append(step(NAME, "image", f"{image} is not on the host", "absent", after))

    def _runs(self, container: Described) -> bool:
        return lives(Standing(container.name, self._workloads["containers"]).current)

    def _container(self, container: Described, standing: Standing) -> None:
        there = standing.current
        if container.state == "absent":
            there = standing.named or (standing.old if standing.vouched else None)
            for each in (there, standing.old if standing.cut == "late" else None):
                if each:
                    why = f"state is absent{_loses(each)}"
                    self._add("remove", container.name, why, each, {"gone": each["name"]}, disrupts=_restart(each))
        elif there and there["state"] in ("removing", "dead"):
            self.reasons.append(
                f"gpu_container_list: {container.name}: it is {there['state']}: the engine is removing it, or failed "
                f"to; remove it: docker rm --force {there['name']}"
            )
        elif container.state == "run_once":
            why = self._why_run(container, there)
            if why:
                each_time = {EACH_TIME: True} if container.rerun == "always" else {}
                self._made("run", container, standing, why, {"start": True, **each_time})
        elif there is None:
            self._made("create", container, standing, "it does not exist", {"start": container.state == "started"})
        else:
            self._existing(container, standing, there)

    def _made(self, name: str, container: Described, standing: Standing, why: str, more: Dict[str, Any]) -> None:
        there = standing.current
        self.reasons += [f"gpu_container_list: {container.name}: {reason}" for reason in standing.in_the_way()]
        after = {**self._made_with(container, there), **more}
        self._add(name, container.name, f"{why}{_loses(there)}", there, after, disrupts=_restart(there))

    def _existing(self, container: Described, standing: Standing, there: Found) -> None:
        reasons = self._differences(container, there)
        wants_run = container.state == "started"
        if wants_run and not reasons and not lives(there) and self._lacks_its_way(container, there):
            # It cannot be started. To make it anew by another way would lose what was written in it, for what may
            # pass: a CDI specification that was not renewed yet.
            self.reasons.append(_way_gone(container.name, there))
            return
        if reasons:
            self._made("recreate", container, standing, "; ".join(reasons), {"start": wants_run})
            return
        if there["restart_policy"] != container.restart_policy:
            after = {"restart_policy": container.restart_policy}
            why = f"restart_policy is {there['restart_policy']}, should be {container.restart_policy}"
            self._add("restart_policy", container.name, why, there, after)
        networks = container.networks or ["bridge"]
        if sorted(networks) != sorted(there["networks"]):
            why = f"networks are {', '.join(there['networks']) or 'none'}, should be {', '.join(networks)}"
            # Connections by a network that it leaves break off.
            left = "reload" if lives(there) and set(there["networks"]) - set(networks) else "none"
            self._add("networks", container.name, why, there, {"networks": networks}, disrupts=left)
        if wants_run and there["state"] != "running" and standing.cut != "late":
            self._add("start", container.name, f"it does not run{_says(there)}", there, {})
        if not wants_run and lives(there):
            self._add("stop", container.name, "state is stopped, and it runs", there, {}, disrupts="restart")

    def _why_run(self, container: Described, there: Optional[Found]) -> str:
        """Empty where its run counts as done: it ended well, and what matters is the same."""
        if container.rerun == "always":
            return "rerun is always"
        if there is None or there["state"] == "created":
            return "it has not run yet"
        reasons = self._differences(container, there)
        if reasons:
            return "; ".join(reasons)
        return f"its last run ended with exit code {there['exit_code']}{_says(there)}" if there["exit_code"] else ""

    def _differences(self, container: Described, there: Found) -> List[str]:
        """Why it has to be made anew."""
        labels, reasons = there["labels"], []
        before, after = _json(labels.get(LABELS + "spec")), container.hashes()
        changed = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
        if changed:
            reasons.append(f"{', '.join(changed)} changed")
        if labels.get(LABELS + "kind") != _kind(container):
            reasons.append("it changed between run_once and a service")
        current = self._workloads["images"].get(container.image)
        if current and "image" not in changed and there["image_id"] != current:
            reasons.append(f"{container.image} names another image now")
        return reasons + self._gpu_differences(container, labels)

    def _gpu_differences(self, container: Described, labels: Dict[str, str]) -> List[str]:
        uuids = self._gpus[container.name]
        if uuids is None:
            return []
        had = _uuids(labels)
        # Their order is that of the indices, which a reboot may change.
        if sorted(had) != sorted(uuids):
            return [f"its GPUs differ, should be {', '.join(uuids) or 'none'}"]
        exclusive = labels.get(LABELS + "exclusive") == "true"
        # What an index once stood for has to be remembered; other requests may be worded anew.
        reworded = container.gpu_request.by_index and labels.get(LABELS + "gpu_request") != container.gpu_request.text()
        return ["its GPU request changed"] if exclusive != container.gpu_request.exclusive or reworded else []

    def _lacks_its_way(self, container: Described, there: Found) -> bool:
        uuids, way = self._gpus[container.name], there["labels"].get(LABELS + "way", "")
        return bool(uuids) and not self._preview and way_for(uuids or [], self._workloads["engine"]["ways"], way) != way

    def _made_with(self, container: Described, there: Optional[Found]) -> Dict[str, Any]:
        uuids = self._gpus[container.name]
        had = (there or {"labels": {}})["labels"].get(LABELS + "way", "")
        way = way_for(uuids, self._workloads["engine"]["ways"], had) if uuids else ""
        if uuids and not way and not self._preview:
            raise PlanInvalid([_no_way(container.name, uuids)])
        labels = {
            "spec": json.dumps(container.hashes(), sort_keys=True),
            "kind": _kind(container),
            "gpu_request": container.gpu_request.text(),
            "uuids": ",".join(uuids or []),
            "way": way,
            "exclusive": "true" if container.gpu_request.exclusive else "false",
            "replaces": there["id"] if there else "",
        }
        return {
            "image": container.image,
            "gpus": uuids if uuids is not None else ["chosen once the driver answers"],
            "restart_policy": container.restart_policy,
            "shm_size": container.shm_size,
            **networks_of(container.networks),
            "labels": {LABELS + key: value for key, value in labels.items()},
            **options(way, uuids or []),
        }


def _with_full_names(host: Dict[str, Any]) -> Dict[str, Any]:
    """The facts have images under the names by which they are configured, with a tag or without."""
    images = {full_image(name): image_id for name, image_id in host["workloads"]["images"].items()}
    return {**host, "workloads": {**host["workloads"], "images": images}}


def _selected(host: Dict[str, Any], described: List[Described], preview: bool) -> Dict[str, Optional[List[str]]]:
    """UUIDs by name; None where a preview cannot know them yet."""
    workloads, claims = host["workloads"], []
    standing = {each.name: Standing(each.name, workloads["containers"]) for each in described}
    for container in described:
        labels = (standing[container.name].current or {"labels": {}})["labels"]
        if container.state != "absent":
            same = labels.get(LABELS + "gpu_request") == container.gpu_request.text()
            passing = container.state == "run_once"
            claims.append(Claim(container.name, container.gpu_request, tuple(_uuids(labels)), same, passing))
    if preview and not host["nvidia"]["driver"]["answers"]:
        return {claim.name: [] if claim.gpu_request.kind == "none" else None for claim in claims}
    devices = Devices(host["nvidia"]["gpus"])
    ours = {name for each in standing.values() for name in each.names}
    # Who is not described has no claim once it does not run, as it may never again.
    others = [each for each in workloads["containers"] if each["name"] not in ours and each["state"] in LIVES]
    holders = [_holder(each, devices) for each in others]
    try:
        return {**select(claims, host["nvidia"]["gpus"], holders)}
    except PlanInvalid as rejected:
        raise PlanInvalid([f"gpu_container_list: {reason}" for reason in rejected.reasons]) from rejected


def _holder(container: Dict[str, Any], devices: Devices) -> Holder:
    exclusive = container["labels"].get(LABELS + "exclusive") == "true"
    return Holder(container["name"], devices.uuids(container["gpus"]), exclusive)


def _no_way(name: str, uuids: List[str]) -> str:
    return (
        f"gpu_container_list: {name}: this engine cannot give {', '.join(uuids)} to a container: there is neither a "
        "CDI specification that names them by UUID, nor NVIDIA's container toolkit; install it, and run again"
    )


def _way_gone(name: str, there: Found) -> str:
    given = {
        "cdi": "by CDI, and no CDI specification names them now",
        "gpus": "by --gpus, which this engine lacks now",
    }.get(there["labels"].get(LABELS + "way", ""), "by NVIDIA's runtime, which this engine lacks now")
    return (
        f"gpu_container_list: {name}: it was given its GPUs {given}{_says(there)}; "
        "run dockyard.gpu.site, which sets up the toolkit and its specification, or, if nothing in the container is "
        f"needed, docker rm {there['name']}: the next run makes it anew"
    )


def _uuids(labels: Dict[str, str]) -> List[str]:
    return [uuid for uuid in labels.get(LABELS + "uuids", "").split(",") if uuid]


def _says(there: Found) -> str:
    """Why its last start failed, perhaps at a boot, hours ago: the engine keeps it."""
    return f", and the engine said: {shown(there['error'], _WORDS)}" if there.get("error") else ""


def _loses(there: Optional[Found]) -> str:
    return _LOSES if there and there["ran"] else ""


def _restart(there: Optional[Found]) -> str:
    return "restart" if lives(there) else "none"


def _kind(container: Described) -> str:
    return "run" if container.state == "run_once" else "service"


def _json(text: Optional[str]) -> Dict[str, str]:
    """What a label says; someone's own text under our name is as good as none."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
