# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plans of all roles of one host as one: the errors and steps of a whole run."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence

from .._docker_engine import plan as engine_plan
from .._docker_group import plan as group_plan
from .._nvidia_container_toolkit import plan as toolkit_plan
from .._nvidia_driver import plan as driver_plan
from .._planning.step import PlanInvalid, without_waiting
from .components import SITE

# In the order of playbooks/tasks/roles.yml.
_PLANS = {
    "nvidia_driver": driver_plan.plan,
    "nvidia_container_toolkit": toolkit_plan.plan,
    "docker_group": group_plan.plan,
    "docker_engine": engine_plan.plan,
}


def site_plan(
    host: Dict[str, Any], settings: Mapping[str, Dict[str, Any]], components: Sequence[str] = SITE
) -> Dict[str, Any]:
    """Every named role's plan is made, so that errors come all at once. Nothing is planned where there is any."""
    errors: List[str] = []
    steps: List[Dict[str, Any]] = []
    for role, plan in ((role, plan) for role, plan in _PLANS.items() if role in components):
        try:
            follows = {"driver_follows": True} if role == "nvidia_container_toolkit" and _comes(host, steps) else {}
            made = plan(host, {**settings[role], **follows})
            if settings[role].get("left_out"):
                from .._planning import phases

                made = phases.without(role, made, settings[role]["left_out"])
            steps += made
        except PlanInvalid as reasons:
            # A restart of the engine is the matter of two of them.
            errors += [reason for reason in reasons.reasons if reason not in errors]
        # A fault of ours in the plan of one host would otherwise end the run for all of them.
        except Exception as fault:
            errors.append(
                f"{role}: no plan can be made, because of a bug in this collection: {fault!r}; please report it"
            )
    if not errors and _both_write(steps):
        from . import shared_config

        errors += shared_config.conflicts(host, settings)
    steps = [] if errors else without_waiting(host, _index_once(steps))
    # After a run: that an index is old by then is nothing that it left undone.
    left = [step for step in steps if step["step"] != "index"]
    return {"errors": errors, "steps": steps, "left": left, "converged": not errors and not steps}


def _index_once(steps: Sequence[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """The first role that updates all indexes does it for the others, but for a repository that comes after it."""
    found: List[Dict[str, Any]] = []
    for entry in steps:
        if (entry["step"], entry["to"]) == ("index", "all"):
            brings = any(
                each["step"] in ("repository", "repository_key")
                for each in steps
                if each["component"] == entry["component"]
            )
            if not brings and any((each["step"], each["to"]) == ("index", "all") for each in found):
                continue
        found.append(entry)
    return found


def _comes(host: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a driver that does not answer yet will, by the time that the toolkit has its turn."""
    loads = any(step["step"] in ("load", "reload", "reboot") for step in steps if step["component"] == "nvidia_driver")
    return loads and not host["nvidia"]["driver"]["answers"]


def _both_write(steps: Sequence[Dict[str, Any]]) -> bool:
    kinds = {(step["component"], step["step"]) for step in steps}
    return kinds >= {("nvidia_container_toolkit", "daemon_config"), ("docker_engine", "config")}
