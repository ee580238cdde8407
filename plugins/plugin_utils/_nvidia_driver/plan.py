# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver's plan: the host's GPUs and the role's settings in, the steps to a loaded driver out."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping

from .._planning.step import PlanInvalid, errors_of
from .._planning.versions import numbers
from .gpus import ours
from .stopped import stopped_containers

NO_GPU = "no NVIDIA GPU"
# Where a driver has no business, and why.
_PLATFORMS = {
    "container": "this host is a container, and its machine has the driver",
    "wsl2": "WSL2 has the driver of Windows, and one installed here would break it",
    "jetson": "a Jetson has its driver from NVIDIA's JetPack",
    "vgpu_guest": "a vGPU needs the guest driver of its host's vGPU software",
    "vgpu_host": "this host shares its GPUs with guests (vGPU), by a driver of its own",
}


def plan(host: Dict[str, Any], wanted: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Raises PlanInvalid with every reason at once, before anything is touched."""
    errors = wanted["errors"] + _bad_branch(wanted)
    if errors:
        raise PlanInvalid(errors)
    if untouched(host, wanted):
        return stopped_containers(host)
    # Few hosts have GPUs: Ansible compiles in each run what is imported.
    from .with_gpus import steps

    return steps(host, wanted) + stopped_containers(host)


def untouched(host: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Why nothing of NVIDIA's is touched on this host; empty where a driver belongs there."""
    found = host["nvidia"]
    if found["platform"] in _PLATFORMS and not (found["platform"] == "container" and wanted["allow_container"]):
        return _PLATFORMS[found["platform"]] if found["gpus"] or found["platform"] != "container" else NO_GPU
    if not found["gpus"]:
        return NO_GPU
    if not ours(host):
        return "all GPUs are bound to vfio-pci, for virtual machines"
    return ""


def errors(host: Dict[str, Any], wanted: Dict[str, Any]) -> List[str]:
    return errors_of(plan, host, wanted)


def status(host: Dict[str, Any], wanted: Dict[str, Any]) -> Dict[str, Any]:
    """What people want to know beside the steps: {untouched, source, branch, modules, reboot_required, warnings}."""
    from .with_gpus import source_of
    from .with_gpus import status as of_driver

    found = {"untouched": untouched(host, wanted), "source": source_of(host, wanted), "branch": "", "modules": ""}
    if found["untouched"] or errors(host, wanted):
        return {**found, "reboot_required": "", "warnings": []}
    return {**found, **of_driver(host, wanted)}


def _bad_branch(wanted: Dict[str, Any]) -> List[str]:
    branch = wanted["branch"]
    if branch == "auto":
        return []
    from .branches import BRANCHES, EARLIER

    if "." in branch and wanted["source"] != "cuda_repository":
        return [
            f"nvidia_driver_branch: {branch!r} is a version, which only nvidia_driver_source: cuda_repository can pin; "
            f"set {branch[:3]}"
        ]
    number = numbers(branch)[0]
    if number not in BRANCHES and number not in EARLIER:
        return [
            f"nvidia_driver_branch: {number} is an unknown branch, the newest known is {max(BRANCHES)}; set auto, or "
            f"one of {', '.join(map(str, BRANCHES))}"
        ]
    return []
