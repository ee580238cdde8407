# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which GPUs a container has, in the names by which it was given them: its engine's word, before any is looked up."""

from __future__ import annotations

import re
from typing import Any, Dict, List

# Of NVIDIA's toolkit, its runtime's own, and its device plugin's; Intel's and AMD's are GPUs of others.
_CDI = re.compile(r"(?:[A-Za-z0-9-]+\.)*nvidia\.com/gpu=(?P<name>.+)")
_DEVICE = re.compile(r"/dev/nvidia([0-9]+)")
_NOTHING = ("", "none", "void")


def gpus_of(container: Dict[str, Any], default_runtime: str = "runc") -> List[str]:
    """``all``, indices, UUIDs and MIG devices of a container as the engine describes it, each once."""
    host = container.get("HostConfig") or {}
    names = [name for request in host.get("DeviceRequests") or [] for name in _requested(request)]
    # A node's number is not always the index, but what else there is to go by is the driver's secret.
    nodes = (_DEVICE.fullmatch(device.get("PathOnHost") or "") for device in host.get("Devices") or [])
    names += [node.group(1) for node in nodes if node]
    # The toolkit also makes nvidia-cdi and nvidia-legacy of its runtime.
    if (host.get("Runtime") or default_runtime).startswith("nvidia"):
        names += _visible(container)
    return list(dict.fromkeys(name for name in names if name))


def _requested(request: Dict[str, Any]) -> List[str]:
    driver = request.get("Driver") or ""
    gpu = any("gpu" in together for together in request.get("Capabilities") or [])
    ids = request.get("DeviceIDs") or []
    if driver == "cdi":
        return [name for each in ids for name in _by_cdi(each)]
    # Engines since 29.2 also know nvidia.cdi and nvidia.runtime-hook; others than NVIDIA's are named.
    if not driver.startswith("nvidia") and (driver or not gpu):
        return []
    count = request.get("Count") or 0
    if count < 0:
        return ["all"]
    # The engine gives the first ones. Where neither is said, NVIDIA's hook takes what the environment says, or all.
    named = [str(number) for number in range(count)] or [name for each in ids for name in _plain(each)]
    return named if count or ids else ["all"]


def _plain(name: str) -> List[str]:
    """An index or a UUID as it is, and the same of a CDI name of NVIDIA's."""
    name = name.strip()
    return _by_cdi(name) if "=" in name else [name]


def _by_cdi(name: str) -> List[str]:
    match = _CDI.fullmatch(name.strip())
    return [match.group("name")] if match else []


def _visible(container: Dict[str, Any]) -> List[str]:
    pairs = (variable.partition("=") for variable in (container.get("Config") or {}).get("Env") or [])
    visible = {name: value for name, _equals, value in pairs}.get("NVIDIA_VISIBLE_DEVICES", "").strip()
    return [] if visible in _NOTHING else [name for each in visible.split(",") for name in _plain(each)]
