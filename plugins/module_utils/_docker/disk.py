# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine has in its data root, whether it runs or not, and whichever of it it shows.

The layout is moby's, the same in 20.10 and 29: containers/ID/config.v2.json and hostconfig.json (daemon/container),
image/DRIVER/imagedb/content/sha256 (image/fs.go), volumes/NAME, and a folder of the graph driver's name.
"""

from __future__ import annotations

import json
import os
from typing import Any, Dict, List, NamedTuple, Optional

from .._common import engine_paths
from .._common.prober import entries
from . import image_store

# The key for images in containerd's store, beside the names of graph drivers.
CONTAINERD = "containerd"
# Those that an engine starts again when it starts itself.
_COMING_BACK = ("always", "unless-stopped")
# What every engine has in its root.
_OF_ENGINE = frozenset(["containers", "image", "volumes"])
_SOME = 3
# Swarm makes others in their place.
_SWARM = "com.docker.swarm.task.id"

# What a host tells of each that runs.
_KEPT = ("id", "name", "driver", "comes_back", "removed_at_end", "auto_remove")


class Container(NamedTuple):
    id: str
    name: str
    driver: str
    # It has a process that lives; of a paused one and of one that outlives its engine too.
    runs: bool
    paused: bool
    started: str
    restarting: bool
    comes_back: bool
    # By the engine, since it was started with --rm, or by the swarm that it is a task of.
    removed_at_end: bool
    auto_remove: bool
    # By `docker stop` or `docker kill`, since it was last started.
    stopped_by_people: bool
    exit_code: int
    error: str


def containers(root: str) -> List[Container]:
    """All whose files can be read, by their name."""
    found = (container(folder) for folder in entries(os.path.join(root, "containers")))
    return sorted((each for each in found if each), key=lambda each: each.name)


def container(folder: str) -> Optional[Container]:
    try:
        config = _read(os.path.join(folder, "config.v2.json"))
        host = _read(os.path.join(folder, "hostconfig.json"))
        state = config["State"]
        labels = (config.get("Config") or {}).get("Labels") or {}
        policy = (host.get("RestartPolicy") or {}).get("Name")
        return Container(
            id=config["ID"],
            name=str(config.get("Name") or "").lstrip("/") or config["ID"][:12],
            driver=str(config.get("Driver") or ""),
            # An engine that was killed, and a host that went down, leave it as it was.
            runs=bool(state.get("Running")) and os.path.exists(f"/proc/{state.get('Pid')}"),
            paused=bool(state.get("Paused")),
            started=str(state.get("StartedAt") or ""),
            restarting=bool(state.get("Restarting")),
            comes_back=policy in _COMING_BACK and _SWARM not in labels,
            removed_at_end=bool(host.get("AutoRemove")) or _SWARM in labels,
            auto_remove=bool(host.get("AutoRemove")),
            stopped_by_people=bool(config.get("HasBeenManuallyStopped")),
            exit_code=int(state.get("ExitCode") or 0),
            error=str(state.get("Error") or ""),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def holdings(root: str, namespace: str) -> Dict[str, Any]:
    """How many containers and images of which driver, and volumes; what runs; the graph drivers that have state."""
    found = containers(root)
    drivers: Dict[str, int] = {}
    for each in found:
        drivers[each.driver] = drivers.get(each.driver, 0) + 1
    return {
        "folder": os.path.realpath(root),
        "containers": drivers,
        "images": _images(root, namespace),
        "volumes": sum(1 for volume in entries(os.path.join(root, "volumes")) if os.path.isdir(volume)),
        "running": [{name: getattr(each, name) for name in _KEPT} for each in found if each.runs or each.restarting],
        "graph_drivers": graph_drivers(root),
    }


def unknown(root: str, mount: str) -> Dict[str, Any]:
    """Of a folder on a mount that does not answer."""
    nothing: Dict[str, Any] = {"containers": {}, "images": {}, "volumes": 0, "running": [], "graph_drivers": []}
    return {**nothing, "folder": root, "others": [], "silent": mount}


def has_data(root: str) -> bool:
    """Whether images, containers or volumes may be in it, or in a folder of userns-remap: any trace of them counts."""
    remapped = [place for place in entries(root) if engine_paths.REMAPPED.fullmatch(os.path.basename(place))]
    return any(map(_has_traces, [root, *remapped]))


def _has_traces(root: str) -> bool:
    if entries(os.path.join(root, "containers")):
        return True
    if any(os.path.isdir(volume) for volume in entries(os.path.join(root, "volumes"))):
        return True
    return any(
        name not in ("l", "metadata.db")
        for driver in (*image_store.GRAPH_DRIVERS, "vfs/dir")
        for name in map(os.path.basename, entries(os.path.join(root, driver)))
    )


def others(root: str) -> List[str]:
    """Some names of what other users reach in the folder, and would no more once it is an engine's, which is for root
    alone. Nothing where it has been one: dockerd has set its mode then, or its folders are there."""
    try:
        names = sorted(name for name in os.listdir(root) if name != "lost+found")
        reached = os.stat(root).st_mode & 0o005
    except OSError:
        return []
    return names[:_SOME] if reached and not _OF_ENGINE.issubset(names) else []


def graph_drivers(root: str) -> List[str]:
    """Those that have state."""
    return [driver for driver in image_store.GRAPH_DRIVERS if entries(os.path.join(root, driver))]


def _images(root: str, namespace: str) -> Dict[str, int]:
    images = {
        os.path.basename(folder): len(entries(os.path.join(folder, "imagedb/content/sha256")))
        for folder in entries(os.path.join(root, "image"))
    }
    folder = os.path.basename(root)
    if engine_paths.REMAPPED.fullmatch(folder):
        namespace = f"{namespace}-{folder}"
    # Without an init system the engine has a containerd of its own.
    folders = (engine_paths.CONTAINERD_ROOT, os.path.join(root, "containerd/daemon"))
    places = [each for each in folders if os.path.exists(os.path.join(each, engine_paths.CONTAINERD_DATABASE))]
    if places:
        # A host compiles what it imports in each run.
        from . import containerd_images

        images[CONTAINERD] = sum(containerd_images.count(place, namespace) for place in places)
    return {driver: number for driver, number in images.items() if number}


def _read(path: str) -> Dict[str, Any]:
    with open(path, encoding="utf-8") as handle:
        return dict(json.load(handle))
