# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine: its process, its configuration and who owns which part, its data, what it says of itself."""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import Any, Dict, List, Sequence

from ansible_collections.dockyard.gpu.plugins.module_utils import (
    daemon_state,
    engine_paths,
    engine_plugins,
    look_socket,
)
from ansible_collections.dockyard.gpu.plugins.module_utils.daemon_pending import not_taken_up
from ansible_collections.dockyard.gpu.plugins.module_utils.engine_api import AnotherProgram, EngineClient, EngineError
from ansible_collections.dockyard.gpu.plugins.module_utils.look import Look, entries
from ansible_collections.dockyard.gpu.plugins.module_utils.masking import mask
from ansible_collections.dockyard.gpu.plugins.module_utils.plain_files import FileError

# Nothing may be written over a file that could not be read: the plan refuses where there is an error.
UNREADABLE: Dict[str, Any] = {
    "path": engine_paths.DAEMON_JSON,
    "content": None,
    "error": f"{engine_paths.DAEMON_JSON} could not be read; the problems that host_info returns say why.",
    "state": {},
    "pending": None,
    "unit_flags": [],
}


def daemon_config(unit_flags: List[str], key: str = "") -> Dict[str, Any]:
    """daemon.json with credentials masked, what each owner wrote last, and a change not yet taken up by the engine."""
    found: Dict[str, Any] = {
        "path": engine_paths.DAEMON_JSON,
        "content": None,
        "error": None,
        "state": {},
        "pending": None,
        "unit_flags": unit_flags,
    }
    try:
        state = daemon_state.load()
        found["state"] = mask(state, key)
        config = daemon_state.read_config(engine_paths.DAEMON_JSON)[1]
        found["content"] = mask(config, key)
        found["pending"] = not_taken_up(state, daemon_state.engine_identity(config))
    except FileError as error:
        found["error"] = str(error)
    return found


def engine(look: Look, running: bool, awaited: bool = False, hosts: Sequence[str] = ()) -> Dict[str, Any]:
    """The engine as it answers. It is asked only while it runs: a question to its socket would start it.

    ``awaited`` says that systemd has its socket or starts it, ``hosts`` where it listens.
    """
    found: Dict[str, Any] = {
        "binary": shutil.which("dockerd"),
        "running": running,
        "answers": False,
        "socket": look_socket.socket(look, running or awaited, hosts),
    }
    if not running:
        return found
    client = EngineClient(timeout=look.timeout)
    try:
        information = client.get_json("/info")
    except EngineError as error:
        if isinstance(error, AnotherProgram) and found["socket"]:
            found["socket"]["of_engine"] = False
        look.problem(
            "engine_silent",
            f"the engine runs but does not answer: {error}",
            "journalctl -u docker -n 50 (without systemd: tail /var/log/docker.log)",
        )
        return found
    found.update(
        answers=True,
        version=information.get("ServerVersion"),
        api_version=client.api_version(),
        containers_running=information.get("ContainersRunning"),
        containers=information.get("Containers"),
        images=information.get("Images"),
        live_restore=information.get("LiveRestoreEnabled"),
        swarm=(information.get("Swarm") or {}).get("LocalNodeState", "inactive") != "inactive",
        storage_driver=information.get("Driver"),
        cgroup_driver=information.get("CgroupDriver"),
        cgroup_version=information.get("CgroupVersion"),
        data_root=information.get("DockerRootDir"),
        runtimes=sorted(information.get("Runtimes") or {}),
    )
    # Of an engine that answers nothing more there is nothing to be told of them.
    with contextlib.suppress(EngineError):
        found["plugins"] = engine_plugins.plugins(client, information)
    return found


def data_roots(paths: List[str]) -> Dict[str, bool]:
    """Whether each folder holds an engine's data: images, containers or volumes."""
    found = {}
    for path in paths:
        remapped = [place for place in entries(path) if engine_paths.REMAPPED.fullmatch(os.path.basename(place))]
        found[path] = any(map(_has_data, [path, *remapped]))
    return found


def _has_data(path: str) -> bool:
    if entries(os.path.join(path, "containers")):
        return True
    if any(os.path.isdir(volume) for volume in entries(os.path.join(path, "volumes"))):
        return True
    return any(
        name not in ("l", "metadata.db")
        for driver in ("overlay2", "overlay", "btrfs", "zfs", "vfs/dir", "fuse-overlayfs")
        for name in map(os.path.basename, entries(os.path.join(path, driver)))
    )
