# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What someone wants of GPUs for a container: all, none, these devices, or so many that are like this."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, NamedTuple, Tuple

from .._planning.conversions import Unfit, display, listed, mapping, plain, truth

INDEX = re.compile(r"[0-9]{1,4}")
MIG_INDEX = re.compile(r"[0-9]{1,4}:[0-9]{1,4}")
_UUID = re.compile(r"(GPU|MIG)-[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# Drivers before 470 name MIG devices by the GPU's UUID and two numbers.
_OLD_MIG_UUID = re.compile(r"MIG-GPU-[0-9a-fA-F-]{36}/[0-9]+/[0-9]+")
_NUMBERS = ("count", "memory_free_mib", "memory_total_mib")
_TEXTS = ("name", "architecture")
_KEYS = ("devices", *_NUMBERS, *_TEXTS, "exclusive")


class GpuRequest(NamedTuple):
    """``kind`` is none, all, devices or count; what does not belong to the kind is empty."""

    kind: str
    devices: Tuple[str, ...] = ()
    amount: int = 0
    memory_free_mib: int = 0
    memory_total_mib: int = 0
    name: str = ""
    architecture: str = ""
    exclusive: bool = False

    @property
    def by_index(self) -> bool:
        """Whether it names a device by a number, which may be another one's after a reboot."""
        return any(INDEX.fullmatch(each) or MIG_INDEX.fullmatch(each) for each in self.devices)

    def text(self) -> str:
        """The same for the same request, however it was written."""
        said = {key: value for key, value in self._asdict().items() if value and key != "kind"}
        return json.dumps({"kind": self.kind, **said}, sort_keys=True, separators=(",", ":"))


def parse(gpus: Any) -> GpuRequest:
    """Raises ValueError with a sentence that ends with the way out."""
    try:
        return _parsed(plain(gpus))
    except Unfit as problem:
        raise ValueError(f"gpus: {problem}") from problem


def _parsed(gpus: Any) -> GpuRequest:
    if gpus is None or gpus == "none":
        return GpuRequest("none")
    if gpus == "all":
        return GpuRequest("all")
    if isinstance(gpus, dict) or (isinstance(gpus, str) and gpus.strip().startswith("{")):
        return _described({key: value for key, value in mapping(gpus).items() if value is not None})
    if isinstance(gpus, (list, str)):
        return _devices(gpus)
    raise ValueError(
        "gpus: must be one of all, none, a list of devices such as [1], or a request such as {count: 1}; "
        f"got {display(gpus)}"
    )


def _devices(devices: Any) -> GpuRequest:
    found = [_device(each) for each in listed(devices, texts=True)]
    twice = sorted({each for each in found if found.count(each) > 1})
    if twice:
        raise ValueError(f"gpus: {', '.join(twice)} is listed twice; list each device once")
    return GpuRequest("devices", devices=tuple(found)) if found else GpuRequest("none")


def _device(device: Any) -> str:
    text = "" if isinstance(device, bool) else str(device)
    if any(pattern.fullmatch(text) for pattern in (INDEX, MIG_INDEX, _UUID, _OLD_MIG_UUID)):
        # As the driver writes it.
        return str(int(text)) if INDEX.fullmatch(text) else text
    raise ValueError(
        "gpus: must be an index such as 1, a UUID (GPU-..., MIG-...), or a MIG device of a GPU such as "
        f'"1:0", in quotes; got {display(device)}'
    )


def _exclusive(value: Any) -> bool:
    try:
        return truth(value)
    except Unfit as problem:
        raise ValueError(f"gpus: exclusive: {problem}") from problem


def _described(gpu_request: Dict[str, Any]) -> GpuRequest:
    unknown = [display(key) for key in gpu_request if key not in _KEYS]
    if unknown:
        raise ValueError(f"gpus: unknown key {', '.join(sorted(unknown))}; known: {', '.join(_KEYS)}")
    for key in _NUMBERS:
        value = gpu_request.get(key, 0)
        if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,9}", str(value)):
            raise ValueError(f"gpus: {key}: must be a whole number from 0 on; got {display(value)}")
    for key in _TEXTS:
        if not isinstance(gpu_request.get(key, ""), str):
            raise ValueError(f"gpus: {key}: must be a string (quote it); got {display(gpu_request[key])}")
    exclusive = _exclusive(gpu_request.get("exclusive", False))
    if "devices" in gpu_request:
        others = [key for key in (*_NUMBERS, *_TEXTS) if key in gpu_request]
        if others:
            raise ValueError(f"gpus: devices and {', '.join(others)} exclude each other; remove one")
        named = GpuRequest("all") if gpu_request["devices"] == "all" else _devices(gpu_request["devices"])
        return named._replace(exclusive=exclusive and named.kind != "none")
    if not int(gpu_request.get("count", 0)):
        raise ValueError("gpus: count must be 1 or more, such as {count: 1}; set gpus: none for no GPU")
    return GpuRequest(
        "count",
        amount=int(gpu_request["count"]),
        memory_free_mib=int(gpu_request.get("memory_free_mib", 0)),
        memory_total_mib=int(gpu_request.get("memory_total_mib", 0)),
        name=gpu_request.get("name", ""),
        architecture=gpu_request.get("architecture", ""),
        exclusive=exclusive,
    )
