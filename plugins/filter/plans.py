# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles' plans, as filters: the steps, or the errors for which there are none, and what people want to know beside.

All filters stand in three files, since Ansible goes through all files of a collection where a template uses a filter.
What a filter needs is loaded at its first use, since Ansible compiles that in each run.
"""

from __future__ import annotations

import importlib
import time
from typing import Any, Callable, Dict, Mapping, Optional, Sequence

from ansible.errors import AnsibleFilterError
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning import phases
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.comparison_key import comparison_key
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.data import as_data
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import PlanInvalid

_PLACE = "ansible_collections.dockyard.gpu.plugins.plugin_utils"
_ROLES = (
    "container_image",
    "docker_engine",
    "docker_group",
    "gpu_container",
    "nvidia_container_toolkit",
    "nvidia_driver",
    "remove",
)
# What these are to have may hold secrets, and is compared with what there is.
_WITH_SECRETS = ("docker_engine",)
# Whether a branch is past its end of life: a date that who calls need not say.
_DRIVER = "nvidia_driver"
_WITH_ARGUMENTS = ("docker_engine", "docker_group", "nvidia_container_toolkit", "nvidia_driver", "remove")
_WITH_STATUS = ("nvidia_container_toolkit", "nvidia_driver", "remove")


def plan(host: Dict[str, Any], role: str, desired: Dict[str, Any]) -> Dict[str, Any]:
    if role not in _ROLES:
        raise AnsibleFilterError(f"plan: there is no role {role!r}; there are {', '.join(_ROLES)}")
    module, wanted = _module(role), _with_key(role, desired)
    found: Dict[str, Any] = {"errors": [], "steps": [], "todo": {}, "phases": [], "status": {}}
    if role in _WITH_STATUS:
        found["status"] = module.status(host, wanted)
    try:
        found["steps"] = phases.without(role, module.plan(host, wanted), wanted.get("left_out", ()))
    except PlanInvalid as invalid:
        found["errors"] = invalid.reasons
    # In reverse, so that of several of a name the first one stands.
    found["todo"] = {step["step"]: step for step in reversed(found["steps"])}
    found["phases"] = phases.of_steps(role, found["steps"])
    return as_data(found)


def arguments(host: Dict[str, Any], role: str, desired: Dict[str, Any]) -> Dict[str, Any]:
    if role not in _WITH_ARGUMENTS:
        raise AnsibleFilterError(f"arguments: {role!r} has none; those of {', '.join(_WITH_ARGUMENTS)} have")
    module = importlib.import_module(f"{_PLACE}._{role}.arguments")
    return as_data(module.arguments(host, _with_key(role, desired), plan(host, role, desired)))


def _with_key(role: str, wanted: Dict[str, Any]) -> Dict[str, Any]:
    return {**wanted, "comparison_key": comparison_key()} if role in _WITH_SECRETS else wanted


def _module(role: str) -> Any:
    return importlib.import_module(f"{_PLACE}._{role}.plan")


def site_plan(
    host: Dict[str, Any], settings: Mapping[str, Dict[str, Any]], components: Optional[Sequence[str]] = None
) -> Dict[str, Any]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._site import plan as of_site
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._site.components import SITE

    named = SITE if components is None else components
    wanted = {role: _with_key(role, desired) for role, desired in settings.items()}
    if _DRIVER in wanted:
        wanted[_DRIVER] = {"today": time.strftime("%Y-%m"), **wanted[_DRIVER]}
    return as_data(of_site.site_plan(host, wanted, named))


class FilterModule:
    def filters(self) -> Dict[str, Callable[..., Any]]:
        return {"arguments": arguments, "plan": plan, "site_plan": site_plan}
