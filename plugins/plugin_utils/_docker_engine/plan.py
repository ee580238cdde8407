# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's plan: the host as it is and the role's variables in, the steps between them out."""

from __future__ import annotations

from typing import Any, Dict, List

from .._planning import distribution as planning_distribution
from .._planning.step import PlanInvalid, step, without_waiting
from . import containers, sources
from .packages import PackagePlan
from .runtime import RuntimePlan


def plan(host: Dict[str, Any], wanted: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Raises PlanInvalid with every reason at once, before anything is touched."""
    errors = wanted["errors"] + _wrong_host(host, wanted)
    if errors:
        raise PlanInvalid(errors)
    packages = PackagePlan(host, wanted).make()
    runtime = RuntimePlan(host, wanted, packages).make()
    errors = packages.errors + runtime.errors + containers.lost(host, wanted, packages.steps)
    if errors:
        raise PlanInvalid(errors)
    steps = packages.steps + runtime.steps
    verifies = wanted["verify"] and wanted["service_state"] == "started"
    if verifies and not host["verified"]:
        changed = "engine or GPUs changed since the last verification, or there was none"
        why = changed if host["engine"].get("binary") else "the engine is newly installed"
        steps.append(step("docker_engine", "verify", why, "unverified", "verified"))
    if not host["engine"].get("compared", True):
        why = "an earlier run ended before it had compared the engine's images and containers with those from before"
        steps.append(step("docker_engine", "compare", why, "not compared", "compared"))
    return without_waiting(host, steps)


def _wrong_host(host: Dict[str, Any], wanted: Dict[str, Any]) -> List[str]:
    distribution = host["distribution"]
    if host["package_manager"] != "apt" or not planning_distribution.family(distribution):
        name = distribution.get("pretty_name") or distribution.get("id")
        return [f"docker_engine: {name} is not supported yet; Debian, Ubuntu and their descendants are"]
    if host["snap_docker"]:
        return ["docker_engine: an engine from a snap is installed; `snap remove docker` and run again"]
    no_suite = sources.suite_error(wanted, distribution)
    return [no_suite] if no_suite else []
