# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The container toolkit's plan: the host and the role's settings in, the steps to containers with GPUs out."""

from __future__ import annotations

import re
from typing import Any, Dict, List

from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import toolkit_paths

from .._planning.conversions import display
from .._planning.distribution import family
from .._planning.formats import is_line
from .._planning.step import PlanInvalid
from . import sources

_PLATFORMS = {
    "jetson": "a Jetson has its container toolkit from NVIDIA's JetPack",
    "vgpu_host": "this host shares its GPUs with guests (vGPU), and cannot use them itself",
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
    # Few hosts have GPUs: Ansible compiles in each run what is imported.
    from .engine import EnginePlan
    from .packages import PackagePlan
    from .runtime import RuntimePlan

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

    It has its place on WSL2 and in a vGPU guest too, where only the driver is someone else's. ``driver_follows``: of a
    whole host's plan, in which what comes before the toolkit makes the driver answer.
    """
    found = host["nvidia"]
    if wanted["state"] == "absent" and any(name in host["packages"] for name in toolkit_paths.PACKAGES):
        return ""
    if found["platform"] in _PLATFORMS:
        return _PLATFORMS[found["platform"]]
    if found["platform"] == "wsl2" and not found["gpus"] and not found["driver"]["smi"]:
        return "no NVIDIA GPU"
    if not found["gpus"] and found["platform"] != "wsl2":
        return "no NVIDIA GPU"
    if found["platform"] == "container" and not (found["driver"]["answers"] or wanted.get("driver_follows")):
        return "this host is a container that was given no GPUs"
    if found["gpus"] and all(gpu["kernel_driver"] in ("vfio-pci", "pci-stub") for gpu in found["gpus"]):
        return "all GPUs are bound to vfio-pci, for virtual machines"
    return ""


def status(host: Dict[str, Any], wanted: Dict[str, Any]) -> Dict[str, Any]:
    """What people want to know beside the steps, and what they need: {untouched, version, cdi, warnings, ...}."""
    from .status import status as known

    return known(host, wanted, untouched(host, wanted))


def _bad_settings(wanted: Dict[str, Any]) -> List[str]:
    found = list(wanted["errors"])
    version = wanted["version"]
    if sources.is_below_floor(version) and not wanted["allow_insecure"]:
        found.append(
            f"nvidia_container_toolkit_version: {version} has known vulnerabilities by which containers can escape to "
            f"their host "
            f"(CVE-2026-24260 and older); set {'.'.join(map(str, sources.FLOOR))} or newer, or accept them with "
            f"nvidia_container_toolkit_allow_insecure: true"
        )
    if not wanted["config"]:
        return found
    from .config import dotted, said_twice

    found += [
        f"nvidia_container_toolkit_config: {display(key)} is set twice, with different values; remove one"
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
