# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the running containers have GPUs, as the engine says."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Optional

from .._common.prober import Prober
from .api import EngineClient, EngineError
from .container_gpus import gpus_of

# Each is a question of its own, since the engine's list does not tell.
_MOST = 200
# By a label of its tasks: who starts others in the place of those that are stopped.
_ORCHESTRATORS = {"com.docker.swarm.task.id": "Swarm", "io.kubernetes.pod.uid": "Kubernetes"}


def gpu_containers(prober: Prober) -> Optional[List[Dict[str, Any]]]:
    """[{id, name, auto_remove, orchestrator}] of those that run; null where not all are known."""
    deadline = time.monotonic() + prober.timeout
    client = EngineClient(timeout=prober.timeout)
    try:
        running = client.get_json("/containers/json")
        if len(running) > _MOST:
            raise EngineError(None, f"{len(running)} containers run, and no more than {_MOST} are examined")
        runtime = (client.get_json("/info").get("DefaultRuntime") or "runc") if running else "runc"
        inspected = [each for container in running for each in _inspect(client, container["Id"], deadline)]
    except EngineError as error:
        late = time.monotonic() >= deadline
        reason = f"the engine did not tell of all within {prober.timeout:g} s" if late else str(error)
        prober.problem(
            "gpu_containers_unknown",
            f"which containers have GPUs could not be determined: {reason}",
            "Ask the engine: `docker ps -q | xargs docker inspect`; look for DeviceRequests, Devices and Runtime.",
        )
        return None
    return [
        {
            "id": each["Id"],
            "name": each["Name"].lstrip("/"),
            "auto_remove": bool((each.get("HostConfig") or {}).get("AutoRemove")),
            "orchestrator": _orchestrator((each.get("Config") or {}).get("Labels") or {}),
        }
        for each in inspected
        if gpus_of(each, runtime)
    ]


def _orchestrator(labels: Dict[str, str]) -> str:
    return next((name for label, name in _ORCHESTRATORS.items() if label in labels), "")


def _inspect(client: EngineClient, container: str, deadline: float) -> List[Dict[str, Any]]:
    """None where it is gone since it was listed."""
    client.timeout = deadline - time.monotonic()
    if client.timeout <= 0:
        raise EngineError(None, "the time is over")
    try:
        return [client.get_json(f"/containers/{container}/json")]
    except EngineError as error:
        if error.status == 404:
            return []
        raise
