# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver's plan on hosts with GPUs of their own: apart from plan.py, which every host needs."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping

from .._planning.distribution import family
from .._planning.step import PlanInvalid
from .._planning.versions import numbers
from . import origin, sources
from .choice import Choice, below_floor, choose
from .gpus import ours
from .packages import PackagePlan, holds_beside_anothers, is_packaged, packaged_branch
from .runtime import RuntimePlan, reboot_reason, waiting_services
from .stopped import waiting_containers

# Of branch and kernel modules: no one named any.
_AUTO = ("auto", "auto")


def steps(host: Dict[str, Any], wanted: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Raises PlanInvalid with every reason at once, before anything is touched."""
    source = source_of(host, wanted)
    if source == "preinstalled":
        return _preinstalled(host) if wanted["source"] == source else _beside_anothers(host, wanted)
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
    return packages.steps + runtime.steps


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
    return not choose(ours(host), str(branch), modules, None, wanted["today"]).errors


def choice_of(host: Dict[str, Any], wanted: Dict[str, Any]) -> Choice:
    source = source_of(host, wanted)
    fixed = sources.fixed_branch(source, host["distribution"])
    return choose(ours(host), wanted["branch"], wanted["kernel_modules"], fixed, wanted["today"])


def status(host: Dict[str, Any], wanted: Dict[str, Any]) -> Dict[str, Any]:
    """Where the plan is a valid one: {branch, modules, reboot_required, warnings}."""
    driver, source = host["nvidia"]["driver"], source_of(host, wanted)
    if source == "preinstalled":
        warnings = below_floor(driver["loaded_version"] or "")
        if wanted["source"] == "auto":
            version = driver["installed_version"] or f"of branch {packaged_branch(host['packages'])}"
            warnings.append(
                f"driver {version} was installed before this collection, supports all GPUs, and stays as it is; set "
                f"nvidia_driver_branch for another"
            )
        return {"reboot_required": reboot_reason(host), "warnings": warnings}
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
    if driver["secure_boot"] and source != "ubuntu":
        warnings.append(
            "Secure Boot is on, and modules built on the host load only once their key is enrolled at the console "
            "(mokutil --import); Ubuntu's archive has signed ones"
        )
    branch = wanted["branch"] if wanted["branch"] != "auto" else str(choice.branch)
    return {
        "branch": branch,
        "modules": choice.modules,
        "reboot_required": reboot_reason(host),
        "warnings": warnings,
    }


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
            "is not known to this collection; set its fingerprint, from a source that you trust"
        ]
    return []
