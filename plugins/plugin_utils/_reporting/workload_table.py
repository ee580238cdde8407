# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The containers of all hosts as a table for a terminal: state, ports, and which GPUs each has."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence

from .._planning.text import NAME, shown
from .._site.components import sentence
from .table import table

_HEAD = ("host", "container", "state", "ports", "GPUs")
# What the role gpu_container leaves where it came to its end; facts may be those that a cache kept.
_ENDED = "gpu_container_results"


def workload_table(
    hostvars: Mapping[str, Any], hosts: Sequence[str], ended_well: Sequence[str], left_out: Sequence[str] = ()
) -> List[str]:
    """A line for each described container, for each other one that has GPUs, and for each host that failed."""
    rows = [row for name in hosts for row in _host(name, hostvars[name], name in ended_well)]
    lines = table([_HEAD, *rows]) if rows else ["no containers"]
    return [*lines, *([sentence(left_out)] if left_out else [])]


def _host(name: str, variables: Mapping[str, Any], ended_well: bool) -> List[Sequence[str]]:
    facts = variables.get("ansible_facts") or {}
    found = facts.get("dockyard_workloads") if _ENDED in variables else None
    rows = [_row(name, each, _indices(facts)) for each in (found or {}).get("containers") or []]
    return rows if ended_well else [*rows, (name, "-", "failed; see the error above", "-", "-")]


def _row(name: str, container: Mapping[str, Any], indices: Mapping[str, str]) -> Sequence[str]:
    gpus = ", ".join(_gpu(each, indices) for each in container["gpus"])
    return (name, shown(container["name"], NAME), _state(container), ", ".join(container["ports"]) or "-", gpus or "-")


def _state(container: Mapping[str, Any]) -> str:
    code = container["exit_code"]
    state = container["state"] if code is None else f"{container['state']} ({code})"
    return f"{state}: {shown(container['error'], NAME)}" if container["error"] else str(state)


def _indices(facts: Mapping[str, Any]) -> Dict[str, str]:
    """By UUID: of a MIG device the GPU's index and its own."""
    gpus = ((facts.get("dockyard_host") or {}).get("nvidia") or {}).get("gpus") or []
    found = {}
    for gpu in gpus:
        if gpu["uuid"] and gpu["index"] is not None:
            found[str(gpu["uuid"])] = str(gpu["index"])
            found.update({str(part["uuid"]): f"{gpu['index']}:{part['index']}" for part in gpu["mig_devices"]})
    return found


def _gpu(given: str, indices: Mapping[str, str]) -> str:
    """Index and UUID, whichever of them it was given by; what is neither stays as it is."""
    uuids = {index: uuid for uuid, index in indices.items()}
    uuid = uuids.get(given, given)
    return f"{indices[uuid]} {uuid}" if uuid in indices else given
