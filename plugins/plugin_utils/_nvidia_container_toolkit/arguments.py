# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role's tasks hand to modules, by the plan that they follow."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping

from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import toolkit_paths

from .._planning import arguments as common
from . import sources


def arguments(host: Dict[str, Any], wanted: Dict[str, Any], plan: Mapping[str, Any]) -> Dict[str, Any]:
    todo, status = plan["todo"], plan["status"]
    exchanged: Mapping[str, Any] = todo.get("packages", {}).get("to") or {}
    replaced: List[str] = todo.get("migrate", {}).get("from") or []
    desired = sources.repository(host, wanted) if wanted["state"] == "present" else None
    place = toolkit_paths.REPOSITORY_FILE, toolkit_paths.REPOSITORY_KEY
    engine = host["toolkit"]["engine"]
    return {
        "repository": common.repository("nvidia_container_toolkit", desired, *place, todo),
        "packages": [f"{name}={version}" if version else name for name, version in sorted(exchanged.items())],
        # Without a version, the newest of all: they have to be of one.
        "package_state": "present" if any(exchanged.values()) else "latest",
        "released": common.held(host, exchanged),
        "released_to_go": common.held(host, replaced),
        "holds": common.holds(todo),
        "replaced": replaced,
        # What the running engine has found, of which the times of files will say no more once they are exchanged.
        "found_file": toolkit_paths.FOUND,
        "found": [engine, *status["found_hooks"]] if engine and (exchanged or replaced) else [],
        "config_file": toolkit_paths.CONFIG,
        "settings": [f"{key}={_toml(value)}" for key, value in (todo.get("config", {}).get("to") or {}).items()],
        "daemon_config": status["daemon_config"],
        # In the same folder: a rename is whole or not at all, and a link stays one.
        "kept_daemon_json": engine_paths.KEPT_DAEMON_JSON,
        "ways_out": {
            "repository": f"Check nvidia_container_toolkit_repository_url ({wanted['repository_url'] or sources.URL}), "
            "the network and the proxy of this host, and run again.",
            "packages": f"Check nvidia_container_toolkit_version ({wanted['version']}) and "
            "nvidia_container_toolkit_repository_url, and run again.",
        },
    }


def _toml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
