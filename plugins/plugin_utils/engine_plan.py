# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's plan: the host as it is and the role's wishes in, the steps between them out."""

from __future__ import annotations

import re
from typing import Any, Dict, List

from ansible_collections.dockyard.gpu.plugins.module_utils.openpgp import normalise
from ansible_collections.dockyard.gpu.plugins.plugin_utils import engine_sources, versions
from ansible_collections.dockyard.gpu.plugins.plugin_utils.engine_plan_packages import PackagePlan
from ansible_collections.dockyard.gpu.plugins.plugin_utils.engine_plan_runtime import RuntimePlan
from ansible_collections.dockyard.gpu.plugins.plugin_utils.plan import PlanRefused, step, without_waiting

_SOURCES = ("upstream", "distribution")
_STATES = ("started", "stopped")


def plan(host: Dict[str, Any], wanted: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Raises PlanRefused with every reason at once, before anything is touched."""
    refusals = _bad_wishes(wanted) + _wrong_host(host)
    if refusals:
        raise PlanRefused(refusals)
    packages = PackagePlan(host, wanted).make()
    runtime = RuntimePlan(host, wanted, packages.replaces, packages.brings_engine, packages.target).make()
    if packages.refusals or runtime.refusals:
        raise PlanRefused(packages.refusals + runtime.refusals)
    steps = packages.steps + runtime.steps
    if wanted["prove"] and not host["proven"]:
        why = "no container has proven the engine as it is now" if host["engine"].get("binary") else "it will be new"
        steps.append(step("docker_engine", "prove", why, "unproven", "proven"))
    return without_waiting(host, steps)


def _bad_wishes(wanted: Dict[str, Any]) -> List[str]:
    refusals = []
    if wanted["source"] not in _SOURCES:
        refusals.append(f"docker_engine_source: {wanted['source']!r} is none of {', '.join(_SOURCES)}")
    if wanted["service_state"] not in _STATES:
        refusals.append(f"docker_engine_service_state: {wanted['service_state']!r} is none of {', '.join(_STATES)}")
    version = wanted["version"]
    if version not in ("present", "latest") and not versions.WISH.fullmatch(version):
        refusals.append(
            f"docker_engine_version: {version!r} is neither present, nor latest, nor a version such as 29.7 or 29.7.2 "
            "(quote it: 29.10 without quotes is the number 29.1)"
        )
    url = wanted["repository_url"]
    if url and not re.fullmatch(r"https?://[^/\s@]+(/\S*)?", url):
        # What has an @ may hold a password.
        shown = repr(url) if "@" not in url else "what was given"
        refusals.append(
            f"docker_engine_repository_url: {shown} is no http(s) address of a mirror without user and password "
            "(those belong in /etc/apt/auth.conf.d on the host)"
        )
    fingerprint = wanted["repository_key_fingerprint"]
    if fingerprint and not re.fullmatch(r"[0-9A-F]{40}|[0-9A-F]{64}", normalise(fingerprint)):
        refusals.append(
            f"docker_engine_repository_key_fingerprint: {fingerprint!r} is no full fingerprint of 40 hexadecimal digits"
        )
    # A proxy's value may hold a password, so that it is not repeated here.
    refusals += [
        f"docker_engine_{name}: not an address such as http://proxy.example.org:3128"
        for name in ("http_proxy", "https_proxy")
        if wanted[name] and not re.fullmatch(r'(https?|socks5h?)://[^\s"\\]+', wanted[name])
    ]
    if wanted["data_root"] and not wanted["data_root"].startswith("/"):
        refusals.append(f"docker_engine_data_root: {wanted['data_root']!r} is no absolute path")
    return refusals


def _wrong_host(host: Dict[str, Any]) -> List[str]:
    distribution = host["distribution"]
    if host["package_manager"] != "apt" or not engine_sources.family(distribution):
        name = distribution.get("pretty_name") or distribution.get("id")
        return [f"docker_engine: {name} is not supported yet; Debian, Ubuntu and their descendants are"]
    if host["snap_docker"]:
        return ["docker_engine: an engine from a snap is installed; `snap remove docker` and run again"]
    return []
