# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change over a fleet: which hosts come in which batch, and what became of each."""

from __future__ import annotations

import collections
from typing import Any, Dict, List, Mapping, Sequence

from .._reporting.progress import printable
from .._site.components import sentence


def batches(hosts: Sequence[str], first: Sequence[str], canary: int, size: str) -> List[List[str]]:
    """The canaries, then batches of the rest. ``first`` come before all others; those of them that are no hosts do not.

    ``size`` is a number, or a share such as 25% of all hosts: rounded down, and one at least.
    """
    ordered = list(dict.fromkeys([*(name for name in first if name in hosts), *hosts]))
    number = int(size.rstrip("%"))
    if size.endswith("%"):
        number = max(1, len(ordered) * number // 100)
    canaries, rest = ordered[:canary], ordered[canary:]
    return [part for part in (canaries, *(rest[at : at + number] for at in range(0, len(rest), number))) if part]


def summary(hostvars: Mapping[str, Any], hosts: Sequence[str], left_out: Sequence[str] = ()) -> List[str]:
    """A line for each host with what became of it and what it is on, and then how many are on what."""
    lines = []
    on: Dict[str, List[str]] = collections.OrderedDict()
    for name in hosts:
        facts = hostvars[name]
        # Without a plan of this run, the fact may be one that a cache kept.
        planned = facts.get("rollout_due") is not None
        host = (facts.get("ansible_facts") or {}).get("dockyard_host") if planned else None
        versions = _versions(host) if host else "versions unknown"
        lines.append(f"{name}: {_outcome(facts, host)}; {versions}")
        on.setdefault(versions, []).append(name)
    totals = sorted(on.items(), key=lambda item: -len(item[1]))
    missing = [sentence(left_out)] if left_out else []
    return [*lines, *missing, *(f"{len(names)} of {len(hosts)} hosts: {versions}" for versions, names in totals)]


def _outcome(facts: Mapping[str, Any], host: Any) -> str:
    batch = facts.get("rollout_batch_number")
    where = f"in batch {batch}" if batch else ""
    if facts.get("rollout_failed"):
        return f"FAILED {where}: {printable(str(facts['rollout_failed']))}"
    if facts.get("rollout_done"):
        return f"done {where}"
    if not host:
        return "UNREACHABLE, or it gave no facts, or its settings make no plan; see the error above"
    if facts.get("rollout_host_errors"):
        return f"INVALID: {printable(' '.join(facts['rollout_host_errors']))}"
    if facts.get("rollout_begun"):
        return f"LOST {where}: it has not been reached since its change began"
    return f"not begun, would be {where}" if batch else "nothing to do"


def _versions(host: Mapping[str, Any]) -> str:
    engine = host["engine"]
    words = [f"engine {engine['version']}" if engine.get("answers") else "no engine that answers"]
    driver = host["nvidia"]["driver"]
    if host["nvidia"]["gpus"]:
        words.append(f"driver {driver['loaded_version']}" if driver["loaded_version"] else "no driver loaded")
    return printable(", ".join(words))
