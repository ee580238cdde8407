# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways in which a container is given GPUs, those that an engine is able to go, and what is seen at their end."""

from __future__ import annotations

import re
from typing import Any, Dict, FrozenSet, List, NamedTuple, Optional, Tuple

from .._nvidia.cdi import KIND
from .expectation import Gpu, Truth
from .gpu_fingerprint import CDI_HOOK, HOOK, RUNTIME

# Those of the end-to-end test of NVIDIA's toolkit.
WAYS = ("gpus", "runtime_gpus", "runtime", "runtime_cdi", "cdi")
_ENVIRONMENT = "NVIDIA_VISIBLE_DEVICES"


class Request(NamedTuple):
    """One container: how it asks, for what, and what it must see."""

    way: str
    devices: str
    command: str  # what a person would type
    container: Dict[str, Any]
    needed: FrozenSet[str]
    # A MIG device is listed below its GPU, whose own UUID is seen with it.
    allowed: FrozenSet[str]
    nodes: FrozenSet[str]


def unable(way: str, engine: Dict[str, Any], truth: Truth) -> Optional[str]:
    """Why a way cannot be gone with this engine and toolkit; None where it can. What is broken can be gone."""
    version = str(engine.get("Version", ""))
    by_cdi = bool(engine.get("CDISpecDirs"))
    if way == "cdi" and not by_cdi:
        if _number(version) < (25, 0):
            return f"the engine {version} knows no CDI, which came with 25.0"
        return f"CDI is off in the engine {version}; features.cdi turns it on, and is the default since 28.2"
    flag_by_cdi = by_cdi and _number(version) >= (29, 2) and CDI_HOOK in truth.programs
    if way == "gpus" and HOOK not in truth.programs and not flag_by_cdi:
        return f"there is no {HOOK}, and the engine {version} has no --gpus by CDI, which came with 29.2"
    if way.startswith("runtime"):
        if "nvidia" not in (engine.get("Runtimes") or {}) and RUNTIME not in truth.programs:
            return f"there is no {RUNTIME}"
        if way == "runtime_cdi" and not truth.specifications:
            return f"there is no CDI specification of {KIND}"
    if not truth.by_environment and way in ("runtime_gpus", "runtime", "runtime_cdi"):
        return f"the toolkit's config.toml keeps unprivileged containers from choosing GPUs by {_ENVIRONMENT}"
    if truth.mode in ("cdi", "csv") and way == "gpus" and not flag_by_cdi:
        return f"the toolkit's config.toml sets the mode {truth.mode}, in which its hook gives nothing"
    if not truth.by_environment and way == "gpus" and not flag_by_cdi:
        return f"the toolkit's config.toml keeps its hook from giving GPUs by {_ENVIRONMENT} to unprivileged containers"
    return None


def requests(way: str, gpus: List[Gpu]) -> List[Request]:
    """All GPUs by every way; one by the ways that are typed by people, once by index and once by UUID."""
    made = [_all(way, gpus)]
    whole = [gpu for gpu in gpus if not gpu.in_parts]
    # The last one by its index: a way that gives the first ones, whatever was asked for, is found out.
    if whole and way in ("gpus", "cdi"):
        made.append(_one(way, str(whole[-1].number), whole[-1]))
    if whole and way in ("gpus", "runtime"):
        made.append(_one(way, whole[0].uuid, whole[0]))
    parts = [(gpu, index, uuid) for gpu in gpus for index, uuid in sorted(gpu.parts.items())]
    if parts and way in ("gpus", "runtime", "cdi"):
        gpu, index, uuid = parts[-1]
        # By index with CDI, whose specifications do not name parts by UUID unless they are asked to.
        name = f"{gpu.number}:{index}" if way == "cdi" else uuid
        made.append(_request(way, name, frozenset({uuid}), frozenset({uuid, gpu.uuid}), frozenset(_nodes([gpu]))))
    return made


def _all(way: str, gpus: List[Gpu]) -> Request:
    needed = {gpu.uuid for gpu in gpus if not gpu.in_parts} | {uuid for gpu in gpus for uuid in gpu.parts.values()}
    seen_with = {gpu.uuid for gpu in gpus}
    given = [gpu for gpu in gpus if gpu.parts or not gpu.in_parts]
    return _request(way, "all", frozenset(needed), frozenset(needed | seen_with), frozenset(_nodes(given)))


def _one(way: str, name: str, gpu: Gpu) -> Request:
    return _request(way, name, frozenset({gpu.uuid}), frozenset({gpu.uuid}), frozenset(_nodes([gpu])))


def _nodes(gpus: List[Gpu]) -> List[str]:
    return [gpu.node for gpu in gpus if gpu.node]


def nothing(way: str, mode: str = "auto") -> Request:
    """No GPU at all: with the runtime of NVIDIA said so, and without it not asked for.

    In the mode cdi that runtime takes "none" for a device's name, of which no specification knows.
    """
    return _request(
        way, "void" if way == "runtime" and mode == "cdi" else "none", frozenset(), frozenset(), frozenset()
    )


def _request(way: str, devices: str, needed: FrozenSet[str], allowed: FrozenSet[str], nodes: FrozenSet[str]) -> Request:
    command, host, environment = _asked(way, devices)
    return Request(way, devices, command, {"HostConfig": host, "Env": environment}, needed, allowed, nodes)


def _asked(way: str, devices: str) -> Tuple[str, Dict[str, Any], List[str]]:
    """As the docker command of each way has the engine asked."""
    name = f"{KIND}={devices}"
    if devices == "none" and way != "runtime":
        return "no request", {}, []
    if way == "cdi":
        return f"--device {name}", {"DeviceRequests": [{"Driver": "cdi", "DeviceIDs": [name]}]}, []
    if way == "runtime":
        return f"--runtime=nvidia -e {_ENVIRONMENT}={devices}", {"Runtime": "nvidia"}, [f"{_ENVIRONMENT}={devices}"]
    if way == "runtime_cdi":
        return f"--runtime=nvidia -e {_ENVIRONMENT}={name}", {"Runtime": "nvidia"}, [f"{_ENVIRONMENT}={name}"]
    request: Dict[str, Any] = {"Driver": "", "Capabilities": [["gpu"]]}
    if devices == "all":
        command, request["Count"] = "--gpus all", -1
    else:
        command, request["DeviceIDs"] = f"--gpus device={devices}", [devices]
    if way == "runtime_gpus":
        return f"--runtime=nvidia {command}", {"Runtime": "nvidia", "DeviceRequests": [request]}, []
    return command, {"DeviceRequests": [request]}, []


def _number(version: str) -> Tuple[int, ...]:
    match = re.match(r"(\d+)\.(\d+)", version)
    return (int(match.group(1)), int(match.group(2))) if match else (0, 0)
