# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What roles work out on the way from a plan to what they do, as filters. Loaded at their first use: see plans.py."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional

from ansible.errors import AnsibleFilterError
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.data import as_data


def build_failure(result: Dict[str, Any]) -> str:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._container_image.build_errors import failure

    return failure(result)


def masked(text: Any) -> Any:
    from ansible_collections.dockyard.gpu.plugins.module_utils._common.redaction import mask

    # What comes from a host is no template, also where a variable keeps it.
    return as_data(mask(text))


def engine_config(host: Dict[str, Any], wanted: Dict[str, Any]) -> Dict[str, Any]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine import defaults

    return as_data(defaults.desired_config(host, wanted))


def image_questions(wanted: Dict[str, Any]) -> Dict[str, Any]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._container_image.queries import questions

    return as_data(questions(wanted["list"], wanted.get("builds") or {}))


def image_job(wanted: Dict[str, Any], steps: List[Dict[str, Any]], ref: str) -> Dict[str, Any]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._container_image.job import job

    return as_data(job(wanted, steps, ref))


def container_questions(wanted: Dict[str, Any]) -> Dict[str, Any]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._gpu_container.arguments import questions

    return as_data(questions(wanted))


def container_arguments(wanted: Dict[str, Any], to: Dict[str, Any], made: str) -> Dict[str, Any]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._gpu_container.arguments import container

    return as_data(container(wanted, to, made))


def proxy_environment(http: str, https: str, no_proxy: List[str]) -> str:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine import sources
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.variables import read

    given = {"docker_engine_http_proxy": http, "docker_engine_https_proxy": https, "docker_engine_no_proxy": no_proxy}
    wanted = read("docker_engine", given)
    if wanted["errors"]:
        raise AnsibleFilterError("; ".join(wanted["errors"]))
    return sources.proxy_environment(wanted["http_proxy"], wanted["https_proxy"], wanted["no_proxy"])


def select_gpus(
    gpus: List[Dict[str, Any]],
    gpu_request: Any,
    taken: Optional[Dict[str, List[Any]]] = None,
    alone: Optional[List[str]] = None,
    kept: Optional[List[str]] = None,
) -> List[str]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._gpu_container.selection import choose
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import PlanInvalid

    try:
        return choose(gpus, gpu_request, taken or {}, alone or [], kept or [])
    except PlanInvalid as invalid:
        raise AnsibleFilterError("; ".join(invalid.reasons)) from invalid


def apt_failure(result: Dict[str, Any], failed: str, role: str, timeout: int, otherwise: str = "") -> str:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.apt_failure import failure

    return as_data(failure(result, failed, role, timeout, otherwise))


def removal(
    named: List[str], recorded: Dict[str, Any], simulated: str, orphans: str = "", whole: str = ""
) -> Dict[str, Any]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._remove import packages

    return as_data(packages.removal(named, recorded, simulated, orphans, whole))


def left_configuration(
    installed: Dict[str, Any], packages: List[str], roles: List[str], listed: str, checked: str = ""
) -> Dict[str, Any]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._remove.packages import configuration

    return as_data(configuration(installed, packages, roles, listed, checked))


_FILTERS: List[Callable[..., Any]] = [
    apt_failure,
    build_failure,
    container_arguments,
    container_questions,
    engine_config,
    image_job,
    image_questions,
    left_configuration,
    masked,
    proxy_environment,
    removal,
    select_gpus,
]


class FilterModule:
    def filters(self) -> Dict[str, Callable[..., Any]]:
        return {each.__name__: each for each in _FILTERS}
