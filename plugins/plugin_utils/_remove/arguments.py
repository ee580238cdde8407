# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role's tasks hand to modules, by the plan that they follow."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping

from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import driver_paths, toolkit_paths

_LOG = "/var/log/docker.log"
# They go when they are empty.
_FOLDERS = [
    "/etc/docker",
    "/etc/dockyard",
    "/var/lib/dockyard",
    "/etc/nvidia-container-runtime",
    "/etc/systemd/system/docker.service.d",
    "/etc/systemd/system/containerd.service.d",
    "/etc/systemd/system/nvidia-cdi-refresh.service.d",
    "/etc/systemd/system/nvidia-persistenced.service.d",
]


def arguments(host: Dict[str, Any], wanted: Dict[str, Any], plan: Mapping[str, Any]) -> Dict[str, Any]:
    todo, steps = plan["todo"], plan["steps"]
    files = _both(steps, "_files", "from")
    return {
        "packages": [
            *todo.get("driver_packages", {}).get("from", []),
            *todo.get("engine_packages", {}).get("from", []),
        ],
        "released": _both(steps, "_unhold", "from"),
        "data_roots": (todo.get("engine_data") or todo.get("engine_data_left") or {}).get("from", []),
        "files": files,
        "has_units": any(path.startswith("/etc/systemd/") for path in files),
        "has_nouveau": driver_paths.NOUVEAU_FILE in files,
        # Whose records go with the files.
        "roles": _both(steps, "_files", "to"),
        # Of runs. The log is the role's where the engine runs detached; under systemd it would belong to others.
        "records": [engine_paths.VERIFIED, engine_paths.CONTENTS, *([_LOG] if host["init"] == "none" else [])],
        # One that was there before stays, though nothing is in it any more.
        "made_daemon_json": engine_paths.DAEMON_JSON in host["installed"]["shared_files"],
        "folders": _FOLDERS,
        "cdi_specification": toolkit_paths.BY_HAND,
    }


def _both(steps: List[Dict[str, Any]], kind: str, side: str) -> List[Any]:
    """Of the steps of this kind of all components."""
    return [each for step in steps if step["step"].endswith(kind) for each in step[side]]
