# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an engine that starts with what is desired still shows this host's images, containers and volumes."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import disk, image_store, store_choice
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.image_store import Settings
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.store_choice import Place

from .._planning import versions
from . import effective_config, sources, store_messages

Version = Tuple[int, ...]
_NOTHING: Dict[str, Any] = {"containers": {}, "images": {}, "volumes": 0, "running": [], "graph_drivers": []}
# Where the engine's version cannot be determined beforehand, it is one of these.
_ANY_VERSION: List[Version] = [(image_store.DEFAULT_SINCE - 1,), (image_store.DEFAULT_SINCE,)]


class Change(NamedTuple):
    """What is to become of the engine: daemon.json as it runs with it, daemon.json afterwards, and its packages.

    ``brought`` says that an engine is installed, with its own unit, ``target`` of which version, as far as is known.
    """

    before: Optional[Dict[str, Any]]
    after: Dict[str, Any]
    brought: bool = False
    target: Version = ()


def runs_with(daemon_config: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    """The daemon.json that the engine runs with: not the one of now where a restart for it is still due."""
    waiting = daemon_config["state"].get("pending") if daemon_config["pending"] == "restart" else None
    return waiting.get("running", waiting["before"]["config"]) if waiting else daemon_config["content"]


class StoreChange:
    """``hidden`` says what the change hides, and the way out; ``adrift`` are containers that would run on unseen."""

    def __init__(self, host: Dict[str, Any], wanted: Dict[str, Any], change: Change) -> None:
        self.host = host
        self.wanted = wanted
        self.change = change
        self.hidden: List[str] = []
        self.adrift: List[Dict[str, Any]] = []
        environment = (host["services"].get("docker.service") or {}).get("environment") or {}
        self.before = image_store.settings(change.before, host["daemon_config"]["unit_flags"], environment)
        environment = {} if change.brought else environment
        self.flags = effective_config.flags(host, wanted["source"] if change.brought else "")
        self.after = image_store.settings(change.after, self.flags, environment)

    def find(self) -> StoreChange:
        for version in self._versions():
            after = self._place(version, self.after)
            now = self._now(after)
            if not self._is_as_before(after):
                self._compare(now, after, version)
            if self.hidden:
                break
        return self

    def stays_elsewhere(self) -> str:
        """Where images stay whatever the data root is; empty where they lie in it."""
        places = [self._place(version, self.after) for version in self._versions()]
        # Without systemd, the engine has a containerd of its own, in its data root.
        of_system = self.host["init"] == "systemd" and self.after.address == image_store.DEFAULT_ADDRESS
        return engine_paths.CONTAINERD_ROOT if of_system and all(place.containerd for place in places) else ""

    def _versions(self) -> List[Version]:
        if self.change.target:
            return [self.change.target]
        if self.change.brought:
            return _ANY_VERSION if self.wanted["source"] == "distribution" else [()]
        found = sources.installed_version(self.host) or sources.engine_version(self.host)
        return [versions.numbers(found)]

    def _is_as_before(self, after: Place) -> bool:
        """Whether an engine that was started with the same settings took what it has, whatever the rule says of it."""
        running = versions.numbers(self.host["engine"].get("version") or "")
        settled = self.host["engine"].get("runs_as_configured") and running
        return bool(settled and self._place(running, self.before) == after)

    def _place(self, version: Version, settings: Settings) -> Place:
        held = self.held(settings.root, settings.remap)
        return store_choice.choose(version, settings, held["graph_drivers"])._replace(root=self._real(settings.root))

    def _now(self, after: Place) -> Place:
        """Where the data are that are seen now."""
        engine, before = self.host["engine"], self.before
        reported = engine.get("data_root")
        if reported and engine.get("storage_driver"):
            root = engine_paths.given_root(reported)
            return Place(
                bool(engine.get("containerds_store")),
                engine["storage_driver"],
                self._real(root),
                before.remap if root != reported.rstrip("/") else "",
                before.namespace,
                before.address,
            )
        version = versions.numbers(sources.engine_version(self.host))
        now = self._place(version, before)
        if version:
            return now
        # Without an engine nothing is seen; whoever installs one expects to see what is there.
        there = _kinds(self.held(before.root, before.remap))
        expected = (after.containerd, after.driver)
        containerd, driver = expected if expected in there or not there else there[0]
        return now._replace(containerd=containerd, driver=driver)

    def _compare(self, now: Place, after: Place, version: Version) -> None:
        held = self.held(now.root, now.remap)
        seen = self._seen(now, held)
        missing = dict.fromkeys(seen, 0)
        if now.root != after.root and now.remap == after.remap:
            # What was copied is seen in its new place.
            there = _amounts(now, self.held(after.root, after.remap))
            missing = {name: max(0, number - there[name]) for name, number in seen.items()}
            after = after._replace(root=now.root)
        hides = {
            "images": now.hides_images(after),
            "containers": now.hides_containers(after),
            "volumes": now.moves(after),
        }
        lost = {name: seen[name] if hides[name] else missing[name] for name in seen}
        if not any(lost.values()) and not now.leaves(after):
            return
        self.adrift = held["running"]
        say = store_messages.Words(self, now, after, version)
        if any(missing.values()):
            self.hidden.append(say.moved(lost))
        elif any(lost.values()):
            self.hidden.append(say.hidden(lost))
        elif self.adrift:
            self.hidden.append(say.left([each["name"] for each in self.adrift]))

    def _seen(self, now: Place, held: Dict[str, Any]) -> Dict[str, int]:
        found, engine = _amounts(now, held), self.host["engine"]
        if engine.get("answers"):
            found.update(images=int(engine.get("images") or 0), containers=int(engine.get("containers") or 0))
        return found

    def held(self, root: str, remap: str = "") -> Dict[str, Any]:
        """What is in the folder, or in that of an engine with userns-remap below it."""
        roots = self.host["data_roots"]
        below = [held for path, held in roots.items() if engine_paths.given_root(path) == root != path]
        found = below[0] if remap and below else {} if remap else roots.get(root)
        return dict(found or _NOTHING)

    def _real(self, root: str) -> str:
        return str((self.host["data_roots"].get(root) or {}).get("folder") or root)


def _amounts(place: Place, held: Dict[str, Any]) -> Dict[str, int]:
    return {
        "images": held["images"].get(disk.CONTAINERD if place.containerd else place.driver, 0),
        "containers": held["containers"].get(place.driver, 0),
        "volumes": held["volumes"],
    }


def _kinds(held: Dict[str, Any]) -> List[Tuple[bool, str]]:
    """Stores, with their drivers, that hold images or containers; first the one that an engine would take."""
    names = [name for name in held["images"] if name != disk.CONTAINERD] + list(held["containers"])
    graph = [name for name in (*image_store.GRAPH_DRIVERS, image_store.VFS) if name in names]
    snapshotters = sorted(name for name in held["containers"] if name not in graph)
    if held["images"].get(disk.CONTAINERD) and image_store.DEFAULT_SNAPSHOTTER not in snapshotters:
        snapshotters.append(image_store.DEFAULT_SNAPSHOTTER)
    return [*((False, name) for name in graph), *((True, name) for name in snapshotters)]
