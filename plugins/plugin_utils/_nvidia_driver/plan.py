# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver's plan: the host's GPUs and the role's settings in, the steps to a loaded driver out."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping

from .._planning.distribution import family
from .._planning.step import PlanInvalid, errors_of
from .._planning.versions import numbers
from . import origin, sources
from .branches import BRANCHES, EARLIER
from .choice import Choice, below_floor, choose
from .packages import PackagePlan, holds_beside_anothers, is_packaged, packaged_branch
from .runtime import RuntimePlan, reboot_reason, stopped_containers, waiting_containers, waiting_services

# Where a driver has no business, and why.
_PLATFORMS = {
    "container": "this host is a container, whose kernel and modules are its machine's",
    "wsl2": "WSL2 has the driver of Windows, and one installed here would break it",
    "jetson": "a Jetson has its driver from NVIDIA's JetPack",
    "vgpu_guest": "a part of a GPU (vGPU) needs the guest driver of its host's vGPU software",
    "vgpu_host": "this host gives parts of its GPUs (vGPU) to guests, by a driver of its own",
}

# Of branch and kernel modules: no one named any.
_AUTO = ("auto", "auto")


def plan(host: Dict[str, Any], wanted: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Raises PlanInvalid with every reason at once, before anything is touched."""
    errors = wanted["errors"] + _bad_branch(wanted)
    if errors:
        raise PlanInvalid(errors)
    if untouched(host, wanted):
        return stopped_containers(host)
    source = source_of(host, wanted)
    if source == "preinstalled":
        named = _preinstalled(host) if wanted["source"] == source else _beside_anothers(host, wanted)
        return named + stopped_containers(host)
    errors = _wrong_host(host, wanted, source)
    if errors:
        raise PlanInvalid(errors)
    choice = choice_of(host, wanted)
    if choice.errors:
        raise PlanInvalid(choice.errors)
    packages = PackagePlan(host, wanted, source, choice).make()
    runtime = RuntimePlan(host, wanted, packages.changes_driver, packages.brings_driver).make()
    errors = packages.errors + runtime.errors
    if errors:
        raise PlanInvalid(errors)
    return packages.steps + runtime.steps + stopped_containers(host)


def source_of(host: Dict[str, Any], wanted: Dict[str, Any]) -> str:
    if wanted["source"] != "auto":
        return str(wanted["source"])
    return "preinstalled" if _is_anothers(host, wanted) else sources.default(host["distribution"])


def _is_anothers(host: Dict[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether an administrator has chosen a driver that serves all GPUs, and no variable asks for another: it stays."""
    if (wanted["branch"], wanted["kernel_modules"]) != _AUTO or origin.error(host):
        return False
    made, driver = host["installed"], host["nvidia"]["driver"]
    touched = {name: "" for name, entry in made["replaced"].items() if entry["by"] == "nvidia_driver"}
    branch = packaged_branch(host["packages"])
    version = driver["installed_version"] or driver["loaded_version"] or ""
    # A library alone, which a tool has drawn in, is no driver; one whose kernel is not yet the running one is.
    is_driver = numbers(version)[:1] == (branch,) or (not version and driver["module_kernels"])
    if is_packaged({**made["packages"], **touched}) or branch is None or not is_driver:
        return False
    modules = driver["installed_modules"] or "auto"
    return not choose(_ours(host), str(branch), modules, None, wanted["today"]).errors


def choice_of(host: Dict[str, Any], wanted: Dict[str, Any]) -> Choice:
    source = source_of(host, wanted)
    fixed = sources.fixed_branch(source, host["distribution"])
    return choose(_ours(host), wanted["branch"], wanted["kernel_modules"], fixed, wanted["today"])


def untouched(host: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Why nothing of NVIDIA's is touched on this host; empty where a driver belongs there."""
    found = host["nvidia"]
    if found["platform"] in _PLATFORMS and not (found["platform"] == "container" and wanted["allow_container"]):
        return _PLATFORMS[found["platform"]] if found["gpus"] or found["platform"] != "container" else "no NVIDIA GPU"
    if not found["gpus"]:
        return "no NVIDIA GPU"
    if not _ours(host):
        return "all GPUs are bound to vfio-pci, for virtual machines"
    return ""


def errors(host: Dict[str, Any], wanted: Dict[str, Any]) -> List[str]:
    return errors_of(plan, host, wanted)


def status(host: Dict[str, Any], wanted: Dict[str, Any]) -> Dict[str, Any]:
    """What people want to know beside the steps: {untouched, source, branch, modules, reboot_required, warnings}."""
    reported = {"untouched": untouched(host, wanted), "source": source_of(host, wanted), "branch": "", "modules": ""}
    if reported["untouched"] or errors(host, wanted):
        return {**reported, "reboot_required": "", "warnings": []}
    driver = host["nvidia"]["driver"]
    if reported["source"] == "preinstalled":
        warnings = below_floor(driver["loaded_version"] or "")
        if wanted["source"] == "auto":
            version = driver["installed_version"] or f"of branch {packaged_branch(host['packages'])}"
            warnings.append(
                f"driver {version} was there before this collection, serves all GPUs, and stays as it is; name "
                "nvidia_driver_branch for another"
            )
        return {**reported, "reboot_required": reboot_reason(host), "warnings": warnings}
    choice = choice_of(host, wanted)
    warnings = [*choice.warnings, *waiting_services(host, wanted)]
    waiting = waiting_containers(host)
    if waiting and not host["engine"].get("running"):
        warnings.append(
            f"{', '.join(waiting)} were stopped for an exchange of the driver; run again once the engine runs, and "
            "they are started"
        )
    if driver["user_space_version"]:
        warnings += [each for each in below_floor(driver["user_space_version"]) if each not in warnings]
    if driver["secure_boot"] and reported["source"] != "ubuntu":
        warnings.append(
            "Secure Boot is on, and modules built on the host load only once their key is enrolled at the console "
            "(mokutil --import); Ubuntu's archive has signed ones"
        )
    branch = wanted["branch"] if wanted["branch"] != "auto" else str(choice.branch)
    return {
        **reported,
        "branch": branch,
        "modules": choice.modules,
        "reboot_required": reboot_reason(host),
        "warnings": warnings,
    }


def _ours(host: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """GPUs that are not given to virtual machines."""
    return [gpu for gpu in host["nvidia"]["gpus"] if gpu["kernel_driver"] not in ("vfio-pci", "pci-stub")]


def _preinstalled(host: Dict[str, Any]) -> List[Dict[str, Any]]:
    driver = host["nvidia"]["driver"]
    if driver["state"] == "absent":
        raise PlanInvalid(
            ["nvidia_driver_source: preinstalled, and no driver is installed on this host; install one, or set auto"]
        )
    return []


def _beside_anothers(host: Dict[str, Any], wanted: Dict[str, Any]) -> List[Dict[str, Any]]:
    """What variables say beyond the driver itself, and what belongs to the GPUs whoever brought it."""
    runtime = RuntimePlan(host, wanted, False, False).services()
    if runtime.errors:
        raise PlanInvalid(runtime.errors)
    return holds_beside_anothers(host, wanted) + runtime.steps


def _bad_branch(wanted: Dict[str, Any]) -> List[str]:
    branch = wanted["branch"]
    if branch == "auto":
        return []
    if "." in branch and wanted["source"] != "cuda_repository":
        return [
            f"nvidia_driver_branch: {branch!r} is a version, which only nvidia_driver_source: cuda_repository can pin; "
            f"set {branch[:3]}"
        ]
    number = numbers(branch)[0]
    if number not in BRANCHES and number not in EARLIER:
        return [
            f"nvidia_driver_branch: {number} is no branch of NVIDIA's that is known here, of which the newest is "
            f"{max(BRANCHES)}; set auto, or one of {', '.join(map(str, BRANCHES))}"
        ]
    return []


def _wrong_host(host: Dict[str, Any], wanted: Dict[str, Any], source: str) -> List[str]:
    distribution = host["distribution"]
    if host["package_manager"] != "apt" or not family(distribution):
        return [
            f"nvidia_driver: {distribution.get('pretty_name')} is not supported yet; Debian, Ubuntu and their "
            "descendants are. Install the driver by hand, and set nvidia_driver_source: preinstalled"
        ]
    by_installer = origin.error(host)
    if by_installer:
        return [by_installer]
    misfit = sources.fits(source, distribution)
    if misfit:
        return [f"nvidia_driver_source: {source} {misfit}"]
    secret = sources.secret_address(host, source)
    if secret:
        return [
            f"nvidia_driver_source: {source} needs Debian's contrib and non-free, and {secret}, which has its address, "
            "has a user and a password in it, which are copied nowhere; move them to /etc/apt/auth.conf.d "
            "(apt_auth.conf(5)), or add the components there"
        ]
    fixed = sources.fixed_branch(source, distribution)
    if fixed and wanted["branch"] not in ("auto", str(fixed)):
        return [
            f"nvidia_driver_branch: {wanted['branch']} is not what {distribution.get('pretty_name')} has, which is "
            f"{fixed}; set auto, or nvidia_driver_source: cuda_repository"
        ]
    if source in ("cuda_repository", "graphics_drivers_ppa") and not (
        wanted["repository_key_fingerprint"] or sources.known_fingerprint(source, distribution)
    ):
        return [
            f"nvidia_driver_repository_key_fingerprint: the key of {source} for {distribution.get('pretty_name')} "
            "is not known to us; set its fingerprint, from a source that you trust"
        ]
    return []
