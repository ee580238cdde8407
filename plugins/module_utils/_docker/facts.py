# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine: its process, its configuration and who owns which part, its data, what it says of itself."""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import Any, Dict, List, Optional, Sequence

from .._common import engine_paths
from .._common.plain_files import FileError
from .._common.prober import Prober, entries
from .._common.redaction import mask
from .._daemon_json import flags as daemon_json_flags
from .._daemon_json import state as daemon_json_state
from . import disk, image_store, socket_owner

# By which an engine says that its images are in containerd's store.
_DRIVER_TYPE, _SNAPSHOTTER = "driver-type", "io.containerd.snapshotter.v1"

# Nothing may be written over a file that could not be read: the plan rejects where there is an error.
UNREADABLE: Dict[str, Any] = {
    "path": engine_paths.DAEMON_JSON,
    "content": None,
    "error": f"{engine_paths.DAEMON_JSON} could not be read; the problems that host_info returns say why.",
    "state": {},
    "pending": None,
    "unit_flags": [],
    "options": [],
}


def daemon_config(unit_flags: List[str], key: str = "", options: Sequence[str] = ()) -> Dict[str, Any]:
    """daemon.json with credentials masked, what each owner wrote last, and a change not yet taken up by the engine."""
    found: Dict[str, Any] = {
        "path": engine_paths.DAEMON_JSON,
        "content": None,
        "error": None,
        "state": {},
        "pending": None,
        "unit_flags": unit_flags,
        "options": list(options),
    }
    try:
        state = daemon_json_state.load()
        found["state"] = mask(state, key)
        config = daemon_json_state.read_config(engine_paths.DAEMON_JSON)[1]
        found["content"] = mask(config, key)
        found["pending"] = daemon_json_state.not_taken_up(
            state, daemon_json_state.engine_identity(daemon_json_flags.combined(config, unit_flags))
        )
    except FileError as error:
        found["error"] = str(error)
    return found


def runs_as_configured(process: Optional[Dict[str, Any]], flags: List[str]) -> bool:
    """Whether the engine that runs was started after daemon.json last changed, and with these flags."""
    if process is None:
        return False
    path = engine_paths.DAEMON_JSON
    with contextlib.suppress(OSError, ValueError, IndexError):
        # Of a file that is gone, its folder tells the time.
        changed = os.stat(path if os.path.exists(path) else os.path.dirname(path)).st_mtime
        with open("/proc/stat", encoding="ascii") as handle:
            booted = int(next(line.split()[1] for line in handle if line.startswith("btime ")))
        with open(f"/proc/{process['pid']}/cmdline", encoding="utf-8", errors="replace") as handle:
            arguments = mask(handle.read().rstrip("\0").split("\0")[1:])
        # The time of boot is known to the second.
        return arguments == flags and changed + 1 < booted + process["start_ticks"] / os.sysconf("SC_CLK_TCK")
    return False


def engine(prober: Prober, running: bool, awaited: bool = False, hosts: Sequence[str] = ()) -> Dict[str, Any]:
    """The engine as it answers. It is asked only while it runs: a question to its socket would start it.

    ``awaited`` says that systemd has its socket or starts it, ``hosts`` where it listens.
    """
    found: Dict[str, Any] = {
        "binary": shutil.which("dockerd"),
        "running": running,
        "answers": False,
        "socket": socket_owner.socket(prober, running or awaited, hosts),
        # Of a run that ended between a restart and the comparison after it.
        "compared": not os.path.exists(engine_paths.CONTENTS),
    }
    if not running:
        return found
    # A host compiles what it imports in each run: one without an engine is spared the client.
    from . import plugins
    from .api import AnotherProgram, EngineClient, EngineError

    client = EngineClient(timeout=prober.timeout)
    try:
        information = client.get_json("/info")
    except EngineError as error:
        if isinstance(error, AnotherProgram) and found["socket"]:
            found["socket"]["of_engine"] = False
        prober.problem(
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
        containerds_store=[_DRIVER_TYPE, _SNAPSHOTTER] in (information.get("DriverStatus") or []),
        cgroup_driver=information.get("CgroupDriver"),
        cgroup_version=information.get("CgroupVersion"),
        data_root=information.get("DockerRootDir"),
        runtimes=sorted(information.get("Runtimes") or {}),
    )
    # An engine that does not answer any more says nothing about them.
    with contextlib.suppress(EngineError):
        found["plugins"] = plugins.plugins(client, information)
    return found


def data_roots(
    prober: Prober, paths: List[str], namespace: str = image_store.DEFAULT_NAMESPACE
) -> Dict[str, Dict[str, Any]]:
    """What each folder holds of an engine's, and each folder in it that belongs to an engine with userns-remap."""
    answering = [path for path in paths if not prober.silent(path)]
    remapped = [
        each for path in answering for each in entries(path) if engine_paths.REMAPPED.fullmatch(os.path.basename(each))
    ]
    return {
        **{path: disk.unknown(path, prober.silent(path)) for path in paths if path not in answering},
        **{
            path: {**disk.holdings(path, namespace), "others": disk.others(path), "silent": ""}
            for path in dict.fromkeys([*answering, *remapped])
        },
    }
