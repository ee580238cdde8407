# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which GPUs a container has, in the names by which it was given them: its engine's word, before any is looked up."""

from __future__ import annotations

import re
from typing import Any, Dict, List

_CDI = "nvidia.com/gpu="
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
        visible = _visible(container)
        names += [_plain(name) for name in visible.split(",") if visible not in _NOTHING]
    return list(dict.fromkeys(name for name in names if name))


def _requested(request: Dict[str, Any]) -> List[str]:
    driver = request.get("Driver") or ""
    gpu = any("gpu" in together for together in request.get("Capabilities") or [])
    ids = request.get("DeviceIDs") or []
    if driver == "cdi":
        return [_plain(name) for name in ids if name.startswith(_CDI)]
    # Engines since 29.2 also know nvidia.cdi and nvidia.runtime-hook.
    if not gpu and not driver.startswith("nvidia"):
        return []
    count = request.get("Count") or 0
    if count < 0:
        return ["all"]
    # The engine gives the first ones.
    return [str(number) for number in range(count)] or [_plain(name) for name in ids]


def _plain(name: str) -> str:
    name = name.strip()
    return name[len(_CDI) :] if name.startswith(_CDI) else name


def _visible(container: Dict[str, Any]) -> str:
    pairs = (variable.partition("=") for variable in (container.get("Config") or {}).get("Env") or [])
    return {name: value for name, _equals, value in pairs}.get("NVIDIA_VISIBLE_DEVICES", "")
