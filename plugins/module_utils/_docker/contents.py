# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine held before it was exchanged or restarted, and what of it is missing afterwards.

The record lies on disk until a comparison has ended well, so that a run that is cut short leaves it to the next one.

A container is missing from sight if its files are still in the folder where they were, and the engine does not list it:
one that someone removed in between has none. It should run if it ran, unless the restart was known to stop it. It may
have ended since on its own, by people, or by what was done here: ``docker stop`` and ``docker kill`` are noted in its
files; a program that ends has an exit status of its own, below 128, and is left where its restart policy leaves it. A
lost one has 128 or more: the engine writes 255 where it cannot tell, 128 where it could not start it again, 128 and
a signal's number where it was killed.

What was paused, and was started anew by the engine, is paused again.
"""

from __future__ import annotations

import json
import os
import re
import time
from typing import Any, Dict, List, Optional, Sequence, Tuple

from .._common import atomic_files, plain_files
from . import disk, image_store, store_choice
from .api import EngineClient, EngineError

# The exit statuses that are a program's own.
_OWN = range(128)
_TASKS = "/run/containerd/io.containerd.runtime.v2.task/moby"
_KEYS = {"boot", "root", "store", "images", "containers"}
_BOOT_ID = "/proc/sys/kernel/random/boot_id"


def boot_id() -> str:
    """Of this boot. In a container it is the kernel's, and the start of process 1 stands for it."""
    with open("/proc/1/stat", encoding="utf-8", errors="replace") as handle:
        started = handle.read().rpartition(")")[2].split()[19]
    return f"{(plain_files.read(_BOOT_ID) or b'').decode().strip()} {started}"


def numbers(version: str) -> Tuple[int, ...]:
    found = re.match(r"(\d+)\.(\d+)", version)
    return (int(found.group(1)), int(found.group(2))) if found else ()


def load(path: str) -> Optional[Dict[str, Any]]:
    """Null where there is none. It is written whole: one that makes no sense someone has changed, and says nothing."""
    data = plain_files.read(path)
    try:
        found = json.loads(data.decode("utf-8")) if data else None
    except ValueError:
        return None
    if not isinstance(found, dict) or not set(found) >= _KEYS:
        return None
    return {"chosen_from": {"version": "", "graph_drivers": []}, **found}


def taken(client: EngineClient, root: str, spares_containers: bool) -> Dict[str, Any]:
    """The record of an engine as it is now. One that does not answer tells neither its store nor its images."""
    found: Dict[str, Any] = {"boot": boot_id(), "root": root, "store": None, "images": []}
    try:
        information = client.get_json("/info")
        found.update(root=information["DockerRootDir"], store=store(information), images=images(client))
        found["chosen_from"] = {
            "version": information["ServerVersion"],
            "graph_drivers": disk.graph_drivers(found["root"]),
        }
    except EngineError:
        pass
    found["containers"] = {
        each.id: {
            "name": each.name,
            "ran": _should_run(each, spares_containers),
            "comes_back": each.comes_back,
            # When one that is paused was started; an engine that starts it again does not pause it.
            "paused": each.started if each.paused and each.runs else "",
        }
        for each in disk.containers(found["root"])
        if found["store"] is None or each.driver == found["store"]["driver"]
    }
    return found


def write(path: str, record: Dict[str, Any]) -> None:
    atomic_files.make_folder(os.path.dirname(path))
    atomic_files.write(path, json.dumps(record).encode("utf-8"), 0o600, keep_mode=False)


def config_with_store(
    config: Optional[Dict[str, Any]], record: Optional[Dict[str, Any]], version: Tuple[int, ...], flags: Sequence[str]
) -> Optional[Dict[str, Any]]:
    """daemon.json with which the engine takes the recorded store: with keys for it where it would take another.

    An engine from 29 on that has once run with a graph driver takes it for ever, unless it is configured otherwise.
    """
    before = record["store"] if record else None
    if not before:
        return config
    wanted = image_store.settings(config, flags)
    chosen = store_choice.choose(version, wanted, disk.graph_drivers(before["root"]))
    then = record["chosen_from"] if record else {}
    expected = store_choice.choose(numbers(then["version"]), wanted, then["graph_drivers"])
    # An engine may have found vfs by itself, where nothing else works, and will again.
    if chosen == expected or (chosen.containerd, chosen.driver) == (before["containerd"], before["driver"]):
        return config
    keys = store_choice.staying(chosen._replace(containerd=before["containerd"], driver=before["driver"]), wanted)
    features = {**((config or {}).get("features") or {}), **keys.pop("features")}
    return {**(config or {}), **keys, "features": features}


def store(information: Dict[str, Any]) -> Dict[str, Any]:
    """By which two engines show the same images: {driver, containerd, root}."""
    kind = ["driver-type", "io.containerd.snapshotter.v1"]
    return {
        "driver": information.get("Driver"),
        "containerd": kind in (information.get("DriverStatus") or []),
        "root": information.get("DockerRootDir"),
    }


def images(client: EngineClient) -> List[str]:
    return sorted(image["Id"] for image in client.get_json("/images/json", {"all": "true"}))


def _should_run(container: disk.Container, spares_containers: bool) -> bool:
    runs = container.runs or container.restarting
    return runs and not container.removed_at_end and (spares_containers or container.comes_back)


class Comparison:
    """``hidden`` are sentences about what is not seen any more, ``dead`` about containers that should run."""

    def __init__(self, client: EngineClient, record: Dict[str, Any], hiding_is_allowed: bool, patience: float) -> None:
        self._client = client
        self._record = record
        self._hiding_is_allowed = hiding_is_allowed
        self._deadline = time.monotonic() + patience
        self.hidden: List[str] = []
        self.dead: List[str] = []
        # They cannot be started before a reboot: containerd finds the folder of their old task.
        self._leftover: List[str] = []

    def make(self) -> Comparison:
        listed = {each["Id"] for each in self._client.get_json("/containers/json", {"all": "true"})}
        if not self._hiding_is_allowed:
            self._images()
            self._containers(listed)
        self._running(listed)
        return self

    def _images(self) -> None:
        before = self._record["images"]
        if not before:
            return
        seen = len(set(images(self._client)).intersection(before))
        # Others may remove some in between, and hardly all of them. In another store there may be some of the same.
        same_store = self._record["store"] == store(self._client.get_json("/info"))
        if seen == 0 or (seen < len(before) and not same_store):
            self.hidden.append(f"{seen or 'none'} of {_number(len(before), 'image')}")

    def _containers(self, listed: Any) -> None:
        if self._record["store"] is None:
            # No one knows which of them were seen.
            return
        unseen = [
            each["name"]
            for number, each in self._record["containers"].items()
            if number not in listed and os.path.isdir(self._folder(number))
        ]
        if unseen:
            all_of_them = len(self._record["containers"])
            seen = f"{all_of_them - len(unseen)} of {_number(all_of_them, 'container')}"
            self.hidden.append(f"{seen} (not {', '.join(unseen)})")

    def _folder(self, number: str) -> str:
        return os.path.join(self._record["root"], "containers", number)

    def _running(self, listed: Any) -> None:
        same_boot = self._record["boot"] == boot_id()
        waiting = {
            number: each["name"]
            for number, each in self._record["containers"].items()
            # What a boot ends, it ends for everybody.
            if each["ran"] and number in listed and (same_boot or each["comes_back"])
        }
        while True:
            found = {number: disk.container(self._folder(number)) for number in waiting}
            dead = {number: each for number, each in found.items() if each and _is_dead(each)}
            if not dead or time.monotonic() > self._deadline:
                break
            time.sleep(0.5)
        for number, each in dead.items():
            words = f"exit status {each.exit_code}" + (f": {each.error}" if each.error else "")
            self.dead.append(f"{each.name} ({words})")
            if os.path.isdir(os.path.join(_TASKS, number)):
                self._leftover.append(each.name)

    def pause(self) -> List[str]:
        """Those that the engine has started anew. One that was woken, and not started, people have woken."""
        done = []
        for number, each in self._record["containers"].items():
            if not each.get("paused") or not each["ran"]:
                continue
            try:
                state = self._client.get_json(f"/containers/{number}/json")["State"]
                if state["Status"] != "running" or state["StartedAt"] == each["paused"]:
                    continue
                self._client.request("POST", f"/containers/{number}/pause")
            except EngineError as error:
                if error.status == 404:
                    continue
                raise EngineError(
                    error.status, f"{each['name']} was paused, and is not now: {error.message}"
                ) from error
            done.append(each["name"])
        return done

    def words(self) -> str:
        """What is missing, and the way out."""
        said = []
        if self.hidden:
            said.append(
                f"The engine shows {' and '.join(self.hidden)} that it showed before; it takes {self._store_words()}. "
                "They are hidden, not lost: take back what changed its store or folder, or let them be hidden with "
                "docker_engine_hide_data: true."
            )
        if self.dead:
            said.append(f"These containers ran before and do not run now: {', '.join(self.dead)}.")
            said.append(
                f"A reboot of the host is needed before {', '.join(self._leftover)} can be started: what an earlier "
                f"containerd began is left in {_TASKS}."
                if self._leftover
                else "Start them (docker start), or remove them, and run again."
            )
        return " ".join(said)

    def _store_words(self) -> str:
        now = store(self._client.get_json("/info"))
        before = self._record["store"]
        words = f"{now['driver']} in {now['root']}"
        return words if before in (None, now) else f"{words}, and took {before['driver']} in {before['root']}"


def _is_dead(container: disk.Container) -> bool:
    if container.runs or container.restarting or container.stopped_by_people:
        return False
    return container.comes_back or container.exit_code not in _OWN


def _number(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'}"
