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


def engine_data_root(host: Dict[str, Any], wanted: Dict[str, Any]) -> str:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine import defaults

    return defaults.data_root(host, wanted)


def image_questions(wanted: Dict[str, Any], builds: Dict[str, Any]) -> Dict[str, Any]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._container_image.queries import questions

    return as_data(questions(wanted["list"], builds))


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


def vendor_repository(host: Dict[str, Any], role: str, wanted: Dict[str, Any]) -> Dict[str, Any]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._site import vendor_repository as vendors

    return vendors.vendor_repository(host, role, wanted)


def apt_advice(result: Dict[str, Any], otherwise: str) -> str:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.apt_advice import advice

    return advice(result, otherwise)


_FILTERS: List[Callable[..., Any]] = [
    apt_advice,
    build_failure,
    engine_config,
    engine_data_root,
    image_questions,
    masked,
    proxy_environment,
    select_gpus,
    vendor_repository,
]


class FilterModule:
    def filters(self) -> Dict[str, Callable[..., Any]]:
        return {each.__name__: each for each in _FILTERS}
