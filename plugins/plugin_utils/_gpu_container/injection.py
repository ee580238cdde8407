# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways in which an engine gives GPUs to a container: which of them it has, and what a container is made with."""

from __future__ import annotations

from typing import Any, Dict, Sequence

# The first that an engine has is taken. CDI survives a `systemctl daemon-reload`, which takes GPUs away from others.
WAYS = ("cdi", "gpus", "runtime")
# What an image may have as its own request (all CUDA images request all GPUs), where NVIDIA's runtime is the default.
_NONE = {"NVIDIA_VISIBLE_DEVICES": "void"}


def way_for(uuids: Sequence[str], ways: Dict[str, Any], had: str) -> str:
    """What it had before stays where it can: another way alone is no reason for a new container. Empty without any."""
    can = [way for way in WAYS if _can(way, uuids, ways)]
    return had if had in can else (can or [""])[0]


def options(way: str, uuids: Sequence[str]) -> Dict[str, Any]:
    """``device_requests``, ``runtime`` and ``env``, as community.docker.docker_container takes them."""
    if not uuids:
        return {"device_requests": [], "runtime": "", "env": dict(_NONE)}
    if way == "cdi":
        names = [f"nvidia.com/gpu={uuid}" for uuid in uuids]
        return {"device_requests": [{"driver": "cdi", "device_ids": names}], "runtime": "", "env": dict(_NONE)}
    if way == "gpus":
        request = {"device_ids": list(uuids), "capabilities": [["gpu"]]}
        return {"device_requests": [request], "runtime": "", "env": {}}
    return {"device_requests": [], "runtime": "nvidia", "env": {"NVIDIA_VISIBLE_DEVICES": ",".join(uuids)}}


def _can(way: str, uuids: Sequence[str], ways: Dict[str, Any]) -> bool:
    # A specification that knows only numbers would give another card after a reboot that swaps them.
    return set(uuids) <= set(ways["cdi"]) if way == "cdi" else bool(ways[way])
