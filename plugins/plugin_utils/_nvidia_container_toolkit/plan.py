# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The container toolkit's plan: the host and the role's settings in, the steps to containers with GPUs out."""

from __future__ import annotations

import re
from typing import Any, Dict, List

from .._docker_engine import effective_config, sources
from .._planning import versions
from .._planning.conversions import display
from .._planning.distribution import family
from .._planning.formats import is_line
from .._planning.step import PlanInvalid
from . import sources as toolkit_sources
from .boot import engine_waits_for_refresh
from .config import dotted, said_twice
from .engine import CDI_BY_ITSELF, CDI_SINCE, EnginePlan, daemon_config, found_hooks, switched_off
from .packages import PackagePlan, desired_names
from .runtime import RuntimePlan

_PLATFORMS = {
    "jetson": "a Jetson has its container toolkit from NVIDIA's JetPack",
    "vgpu_host": "this host gives parts of its GPUs (vGPU) to guests, and has no use for them itself",
}


def plan(host: Dict[str, Any], wanted: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Raises PlanInvalid with every reason at once, before anything is touched."""
    errors = _bad_settings(wanted)
    if errors:
        raise PlanInvalid(errors)
    if untouched(host, wanted):
        return []
    if host["package_manager"] != "apt" or not family(host["distribution"]):
        raise PlanInvalid(
            [
                f"nvidia_container_toolkit: {host['distribution'].get('pretty_name')} is not supported yet; Debian, "
                "Ubuntu and their descendants are"
            ]
        )
    packages = PackagePlan(host, wanted).make()
    runtime = RuntimePlan(host, wanted, packages.installs).make()
    engine = EnginePlan(host, wanted, packages.installs).make()
    errors = packages.errors + runtime.errors + engine.errors
    if errors:
        raise PlanInvalid(errors)
    if wanted["state"] == "absent":
        # The engine forgets the runtime before the runtime goes.
        return engine.steps + runtime.steps + packages.steps
    return packages.steps + runtime.steps + engine.steps


def untouched(host: Dict[str, Any], wanted: Dict[str, Any]) -> str:
    """Why nothing of the toolkit's is touched on this host; empty where it belongs there.

    It has its place on WSL2 and in a vGPU guest too, where only the driver is someone else's.
    """
    found = host["nvidia"]
    if wanted["state"] == "absent" and desired_names(host["packages"]):
        return ""
    if found["platform"] in _PLATFORMS:
        return _PLATFORMS[found["platform"]]
    if found["platform"] == "wsl2" and not found["gpus"] and not found["driver"]["smi"]:
        return "no NVIDIA GPU"
    if not found["gpus"] and found["platform"] != "wsl2":
        return "no NVIDIA GPU"
    if found["platform"] == "container" and not found["driver"]["answers"]:
        return "this host is a container that was given no GPUs"
    if found["gpus"] and all(gpu["kernel_driver"] in ("vfio-pci", "pci-stub") for gpu in found["gpus"]):
        return "all GPUs are bound to vfio-pci, for virtual machines"
    return ""


def status(host: Dict[str, Any], wanted: Dict[str, Any]) -> Dict[str, Any]:
    """What people want to know beside the steps, and what they need: {untouched, version, cdi, warnings, ...}."""
    display: Dict[str, Any] = {"untouched": untouched(host, wanted), "version": "", "cdi": "", "warnings": []}
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
        return f"engine {version} is too old for CDI, which begins with 25; its containers get GPUs by the runtime"
    if _cdi_is_left_off(host, wanted):
        return "switched off in daemon.json, and not by this role; nvidia_container_toolkit_cdi: true switches it on"
    if versions.numbers(version) < CDI_BY_ITSELF:
        return f"engine {version} gives devices by CDI, since features.cdi is set"
    return f"engine {version} gives devices by CDI"


def _cdi_is_left_off(host: Dict[str, Any], wanted: Dict[str, Any]) -> bool:
    return switched_off(host) and "features" not in daemon_config(host, wanted)


def _warnings(host: Dict[str, Any], wanted: Dict[str, Any], version: str) -> List[str]:
    found = []
    if version and toolkit_sources.is_below_floor(version):
        found.append(
            f"toolkit {version} has known vulnerabilities by which containers reach their host; "
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


def _bad_settings(wanted: Dict[str, Any]) -> List[str]:
    found = list(wanted["errors"])
    version = wanted["version"]
    if toolkit_sources.is_below_floor(version) and not wanted["allow_insecure"]:
        found.append(
            f"nvidia_container_toolkit_version: {version} has known vulnerabilities by which containers reach their host "
            f"(CVE-2026-24260 and older); set {'.'.join(map(str, toolkit_sources.FLOOR))} or newer, or insist by "
            "nvidia_container_toolkit_allow_insecure: true"
        )
    found += [
        f"nvidia_container_toolkit_config: {display(key)} is named twice, with different values; take one out"
        for key in said_twice(wanted["config"])
    ]
    for key, value in dotted(wanted["config"]).items():
        fits = isinstance(value, (bool, int)) or (isinstance(value, str) and is_line(value))
        if not fits or not re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", key):
            found.append(
                f"nvidia_container_toolkit_config: {display(key)}: {display(value)} is no key of config.toml with a "
                "text of one line, a number or true or false, such as nvidia-container-cli.no-cgroups: true"
            )
    return found
