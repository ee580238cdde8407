# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role's tasks hand to modules, by the plan that they follow."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths

from .._planning import arguments as common
from . import defaults, sources


def arguments(host: Dict[str, Any], wanted: Dict[str, Any], plan: Mapping[str, Any]) -> Dict[str, Any]:
    todo = plan["todo"]
    exchanged: Mapping[str, Any] = todo.get("packages", {}).get("to") or {}
    removed = todo.get("conflicts", {}).get("from") or []
    desired = sources.repository(wanted, host["distribution"])
    root = defaults.data_root(host, wanted)
    roots = host["installed"]["data_roots"]
    return {
        "repository": common.repository(
            "docker_engine", desired, engine_paths.REPOSITORY_FILE, engine_paths.REPOSITORY_KEY, todo
        ),
        # A minimal system has none, and neither the download of the key nor apt would trust the repository's server.
        "needs_certificates": bool(exchanged and desired and "ca-certificates" not in host["packages"]),
        "packages": [f"{name}={version}" if version else name for name, version in sorted(exchanged.items())],
        # Those without a version stay as they are.
        "released": common.held(host, [name for name, version in exchanged.items() if version]),
        "released_to_go": common.held(host, removed),
        "holds": common.holds(todo, removed),
        # Where the engine will keep what people made with it.
        "data_roots": [root, engine_paths.CONTAINERD_ROOT],
        "is_recorded": not exchanged and not ("config" in todo and roots and root not in roots),
        # Its packages are exchanged, or it is restarted: what it holds is compared before and after.
        "is_interrupted": todo.get("service", {}).get("disrupts") == "restart",
        **_ends(host, wanted),
        "way_out": f"Check {_place(wanted)}, the network and the proxy of this host, and run again.",
    }


def _ends(host: Mapping[str, Any], wanted: Mapping[str, Any]) -> Dict[str, bool]:
    """Whether a container verifies the engine at the end; where none does, a configuration is settled once it runs."""
    left_out = wanted.get("left_out", ())
    starts = wanted["service_state"] == "started" and "verify" not in left_out
    runs = "service" not in left_out or bool(host["engine"].get("running"))
    return {"verifies": starts and runs and wanted["verify"], "settles": starts and runs and not wanted["verify"]}


def _place(wanted: Mapping[str, Any]) -> str:
    if wanted["source"] == "distribution":
        return "the host's package sources (docker_engine_source is distribution)"
    return f"docker_engine_repository_url ({wanted['repository_url'] or sources.UPSTREAM_URL})"
