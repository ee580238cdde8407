# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plans of many hosts as one: what becomes of each, and of how many hosts."""

from __future__ import annotations

import collections
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from .._docker_engine import socket_owner
from .._nvidia_driver.plan import NO_GPU
from .._planning.step import DISRUPTS
from .._planning.text import shown, shown_within
from .._site.components import sentence
from .problems import problems
from .table import table

# What becomes of a host, and how a sentence says it of several.
STATES = {
    "converged": "with nothing to do",
    "drift": "with steps to do",
    "invalid": "with invalid settings",
    "unreachable": "unreachable",
    "failed": "without facts",
}
# There is no plan for these.
UNPLANNED = ("invalid", "unreachable", "failed")


def host_plan(
    answer: Mapping[str, Any], errors: List[str], steps: List[Dict[str, Any]], driver: Mapping[str, Any]
) -> Dict[str, Any]:
    """One host's: {state, message, errors, steps, disrupts, problems, skipped, notes}. ``answer`` was registered."""
    return {
        "state": _state(answer, errors, steps),
        "message": _message(answer),
        "errors": [shown(reason) for reason in errors],
        "steps": shown_within(steps),
        "disrupts": max((step["disrupts"] for step in steps), key=DISRUPTS.index, default="none"),
        "problems": [shown(each) for each in problems((answer.get("ansible_facts") or {}).get("dockyard_host") or {})],
        "skipped": [{"component": name, "why": shown(why)} for name, why in _skipped(driver, steps)],
        "notes": [shown(note) for note in (*_notes(driver, steps), *_of_socket(answer))],
    }


def fleet_plan(hostvars: Mapping[str, Any], hosts: List[str], left_out: Sequence[str] = ()) -> Dict[str, Any]:
    """{hosts, totals, steps, left_out}: each host and its plan, how many are in what state, which steps on how many."""
    lost = host_plan({"msg": "this host did not answer in this run"}, [], [], {})
    plans = [{"host": shown(name), **(hostvars[name].get("common_planned") or lost)} for name in hosts]
    return {"hosts": plans, "totals": totals(plans), "steps": _steps(plans), "left_out": list(left_out)}


def totals(plans: List[Dict[str, Any]]) -> Dict[str, int]:
    counted = {"hosts": len(plans), **{state: sum(plan["state"] == state for plan in plans) for state in STATES}}
    for kind in DISRUPTS[1:]:
        counted[kind] = sum(any(step["disrupts"] == kind for step in plan["steps"]) for plan in plans)
    return counted


def verdict(fleet: Mapping[str, Any], fail_on_drift: bool) -> List[str]:
    """Why a run should end with an error; empty where all is well."""
    bad = (*UNPLANNED, "drift") if fail_on_drift else UNPLANNED
    found = [(state, [plan["host"] for plan in fleet["hosts"] if plan["state"] == state]) for state in bad]
    return [f"{_hosts(len(names))} {STATES[state]}: {', '.join(names)}" for state, names in found if names]


def fleet_plan_lines(fleet: Mapping[str, Any]) -> List[str]:
    """A table of hosts and steps for a terminal, and what all of them come to."""
    rows = [("host", "step", "disrupts", "why"), *(row for plan in fleet["hosts"] for row in _rows(plan))]
    return [*table(rows), *_in_all(fleet)]


def _state(answer: Mapping[str, Any], errors: List[str], steps: List[Dict[str, Any]]) -> str:
    if answer.get("unreachable"):
        return "unreachable"
    if "ansible_facts" not in answer:
        return "failed"
    if errors:
        return "invalid"
    return "drift" if steps else "converged"


def _message(answer: Mapping[str, Any]) -> str:
    """Why there was no look; what was printed where no module could run at all says more than the message."""
    if "ansible_facts" in answer:
        return ""
    words = [answer.get("msg"), answer.get("module_stderr"), answer.get("module_stdout")]
    return shown(" ".join(" ".join(str(each).split()) for each in words if each))


def _notes(driver: Mapping[str, Any], steps: List[Dict[str, Any]]) -> List[str]:
    if not driver:
        return []
    reboot = f"a reboot is needed: {driver['reboot_required']}" if driver["reboot_required"] else ""
    skipped = [f"{name} skipped: {why}" for name, why in _skipped(driver, steps) if why != NO_GPU]
    return [note for note in (*skipped, reboot, *driver["warnings"]) if note]


def _skipped(driver: Mapping[str, Any], steps: List[Dict[str, Any]]) -> List[Tuple[str, str]]:
    """Roles that have no business on this host, and why: that most hosts have no GPU is said once for all of them.

    Not one that has steps all the same: the toolkit's turn comes when the driver answers.
    """
    found = (("nvidia_driver", "untouched"), ("nvidia_container_toolkit", "toolkit_untouched"))
    busy = {step["component"] for step in steps}
    return [(name, driver[key]) for name, key in found if driver.get(key) and name not in busy]


def _of_socket(answer: Mapping[str, Any]) -> List[str]:
    host = (answer.get("ansible_facts") or {}).get("dockyard_host")
    found = (socket_owner.foreign(host) or socket_owner.given_away(host)) if host else ""
    return [f"{found}, which docker_group does not change"] if found else []


def _steps(plans: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    counted = collections.Counter(
        kind
        for plan in plans
        for kind in {(step["component"], step["step"], step["disrupts"]) for step in plan["steps"]}
    )
    return [
        {"component": component, "step": step, "disrupts": disrupts, "hosts": count}
        for (component, step, disrupts), count in sorted(counted.items(), key=lambda each: (-each[1], each[0]))
    ]


def _rows(plan: Dict[str, Any]) -> List[Any]:
    """A host's name on every line, so that grep finds all of it."""
    problems = [("problem", "-", problem) for problem in plan["problems"]]
    rows = [(f"{step['component']} {step['step']}", step["disrupts"], step["why"]) for step in plan["steps"]]
    rows += [("invalid", "-", reason) for reason in plan["errors"]]
    if plan["state"] in ("unreachable", "failed"):
        rows.append((plan["state"], "-", plan["message"]))
    if not rows:
        rows.append(("-", "-", "nothing to do"))
    rows += [("note", "-", note) for note in plan["notes"]]
    return [(plan["host"], *row) for row in (*problems, *rows)]


def _in_all(fleet: Mapping[str, Any]) -> List[str]:
    found = fleet["totals"]
    states = [f"{found[state]} {words}" for state, words in STATES.items() if found[state]]
    lines = [f"{_hosts(found['hosts'])}, {', '.join(states)}"] if states else ["no hosts"]
    lines += [sentence(fleet["left_out"])] if fleet["left_out"] else []
    lines += _without_gpus(fleet)
    if found["drift"]:
        lines.append("disruption: " + ", ".join(f"{kind} on {_hosts(found[kind])}" for kind in DISRUPTS[1:]))
    lines += [
        f"{each['component']} {each['step']} on {_hosts(each['hosts'])} (disrupts {each['disrupts']})"
        for each in fleet["steps"]
    ]
    return lines


def _without_gpus(fleet: Mapping[str, Any]) -> List[str]:
    counted = collections.Counter(
        each["component"] for plan in fleet["hosts"] for each in plan["skipped"] if each["why"] == NO_GPU
    )
    return [
        f"{name} skipped on {_hosts(count)}: {NO_GPU}"
        for name, count in counted.items()
        if name not in fleet["left_out"]
    ]


def _hosts(count: int) -> str:
    return f"{count} host" if count == 1 else f"{count} hosts"
