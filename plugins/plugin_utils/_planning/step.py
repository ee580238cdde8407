# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every plan is made of: steps in order, and errors that come all at once."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, Optional

from ansible_collections.dockyard.gpu.plugins.module_utils._common.mask_pairs import apart

# From the mildest to the hardest; a plan disrupts as much as its hardest step.
DISRUPTS = ("none", "reload", "restart", "reboot")


class PlanInvalid(Exception):
    """The settings cannot be met; ``reasons`` has one sentence each, with the variable, the value and the way out."""

    def __init__(self, reasons: List[str]) -> None:
        self.reasons = apart(None, reasons)[1]
        super().__init__("; ".join(self.reasons))


def step(component: str, name: str, why: str, before: Any, after: Any, disrupts: str = "none") -> Dict[str, Any]:
    if disrupts not in DISRUPTS:
        raise ValueError(disrupts)
    before, after = apart(before, after)
    return {"component": component, "step": name, "why": why, "from": before, "to": after, "disrupts": disrupts}


def is_in_place(file: Optional[Mapping[str, Any]], content: str, mode: str = "0644") -> bool:
    """Whether a file is what a role writes. A link, or one of another user, could become something else at any time."""
    return bool(file and file["content"] == content and file["mode"] == mode and file.get("plain", True))


def without_waiting(host: Dict[str, Any], steps: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """No steps where all that is to do is dpkg's, and someone is at it.

    Before other steps it stays: who has the lock may be the rest of a run that was cut short, and leave it undone.
    """
    return [] if host["dpkg_locked"] and all(entry["step"] == "dpkg" for entry in steps) else steps


def errors_of(
    plan: Callable[[Dict[str, Any], Dict[str, Any]], List[Dict[str, Any]]], host: Dict[str, Any], wanted: Dict[str, Any]
) -> List[str]:
    """Why this plan cannot be; empty where it can."""
    try:
        plan(host, wanted)
    except PlanInvalid as rejected:
        return rejected.reasons
    return []
