# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people want to know of the container toolkit beside the steps: apart from the plan, which each host needs."""

from __future__ import annotations

from typing import Any, Dict, List

from .._docker_engine import effective_config, sources
from .._planning import versions
from . import sources as toolkit_sources
from .boot import engine_waits_for_refresh
from .engine import CDI_BY_ITSELF, CDI_SINCE, daemon_config, found_hooks, switched_off


def status(host: Dict[str, Any], wanted: Dict[str, Any], untouched: str) -> Dict[str, Any]:
    """{untouched, version, cdi, warnings, ...}; ``untouched`` says why the plan leaves the host alone."""
    display: Dict[str, Any] = {"untouched": untouched, "version": "", "cdi": "", "warnings": []}
    display.update(daemon_config=daemon_config(host, wanted), found_hooks=found_hooks(host))
    if display["untouched"]:
        return display
    base = host["packages"].get("nvidia-container-toolkit-base") or host["packages"].get("nvidia-container-toolkit")
    version = versions.upstream(base["version"]) if base else host["toolkit"]["version"] or ""
    return {**display, "version": version, "cdi": _cdi(host, wanted), "warnings": _warnings(host, wanted, version)}


def _cdi(host: Dict[str, Any], wanted: Dict[str, Any]) -> str:
    """Whether containers can be given GPUs by CDI names, in words."""
    version = sources.engine_version(host)
    if not wanted["cdi"]:
        return "not desired"
    if not version:
        return "not known before the engine is installed"
    if versions.numbers(version) < CDI_SINCE:
        return f"engine {version} does not support CDI, which came with 25; its containers get GPUs by the runtime"
    if _cdi_is_left_off(host, wanted):
        return "disabled in daemon.json, and not by this role; nvidia_container_toolkit_cdi: true enables it"
    if versions.numbers(version) < CDI_BY_ITSELF:
        return f"engine {version} gives devices by CDI, since features.cdi is set"
    return f"engine {version} gives devices by CDI"


def _cdi_is_left_off(host: Dict[str, Any], wanted: Dict[str, Any]) -> bool:
    return switched_off(host) and "features" not in daemon_config(host, wanted)


def _warnings(host: Dict[str, Any], wanted: Dict[str, Any], version: str) -> List[str]:
    found = []
    if version and toolkit_sources.is_below_floor(version):
        found.append(
            f"toolkit {version} has known vulnerabilities by which containers can escape to their host; "
            f"{'.'.join(map(str, toolkit_sources.FLOOR))} is the oldest without"
        )
    engine = sources.engine_version(host)
    if wanted["cdi"] and engine and (versions.numbers(engine) < CDI_SINCE or _cdi_is_left_off(host, wanted)):
        found.append(f"CDI: {_cdi(host, wanted)}")
    if effective_config.now(host).get("default-runtime") == "nvidia" and not wanted["default_runtime"]:
        found.append(
            "daemon.json, or a flag, makes nvidia the default runtime, and not by this role: any image that names "
            "NVIDIA_VISIBLE_DEVICES gets GPUs without being given any"
        )
    if wanted["cdi"] and host["init"] == "systemd" and not engine_waits_for_refresh(host):
        found.append(
            "nvidia-cdi-refresh.service is ordered after docker.service here, directly or not, so that after a reboot "
            "containers with CDI devices start late; toolkit 1.19.1 and newer do not do this by themselves"
        )
    if not host["nvidia"]["driver"]["answers"]:
        found.append("the driver does not answer yet, so that containers cannot be given GPUs")
    return found
