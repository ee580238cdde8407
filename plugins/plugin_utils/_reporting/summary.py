# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans and outcomes in words, for people who read a terminal."""

from __future__ import annotations

import collections
from typing import Any, Dict, List, Mapping, Sequence

from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import driver_paths

from .._nvidia_driver.plan import NO_GPU, untouched
from .._planning.text import NAME, shown
from .._planning.variables import read
from .._site.components import sentence
from . import problems

# The facts in which the roles say what they began with, in the order of playbooks/tasks/roles.yml.
_STEPS = (
    "nvidia_driver_steps",
    "nvidia_container_toolkit_steps",
    "docker_group_steps",
    "docker_engine_steps",
    "remove_steps",
)


def plan_lines(steps: List[Dict[str, Any]]) -> List[str]:
    """One line a step, and what the whole disrupts."""
    if not steps:
        return ["nothing to do"]
    return [
        shown(f"{step['component']}: {step['step']}: {step['why']} (disrupts: {step['disrupts']})") for step in steps
    ]


def step_line(step: Mapping[str, Any], side: str = "to") -> str:
    """For check mode: a step with what it comes to, or what it takes away; files by their names alone."""
    words = f"{step['step']}: {step['why']} (disrupts: {step['disrupts']}"
    what = _in_words(step[side])
    return shown(f"{words}; {side}: {what})" if what else f"{words})")


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ", ".join(each for each in map(_in_words, value) if each)
    if isinstance(value, Mapping):
        # What --diff shows.
        kept = {key: _in_words(each) for key, each in value.items() if key not in ("content", "files")}
        return ", ".join(f"{key} {each}" if each else str(key) for key, each in kept.items())
    return "" if value is None else str(value)


def summary(
    hostvars: Mapping[str, Any], hosts: List[str], ended_well: List[str], previewed: bool, left_out: Sequence[str] = ()
) -> List[str]:
    """What was found on each host, what changed, what was verified, what is still to do."""
    lines: List[str] = []
    for name in hosts:
        facts = hostvars[name]
        host = (facts.get("ansible_facts") or {}).get("dockyard_host")
        if not host:
            lines.append(f"{name}: no facts could be gathered; see the error above")
            continue
        # A host that failed half-way was last looked at before its steps.
        half_way = name not in ended_well and not previewed and _steps(facts)
        when = "when last looked at: " if half_way else ""
        lines.append(f"{name}: {when}{_found(host)}{_left_alone(host, facts)}")
        lines.append(f"  changed: {_changed(facts, name in ended_well, previewed)}")
        lines.append(f"  verified: {_verified(facts)}")
        lines.extend(f"  stays: {item}" for item in facts.get("remove_kept") or [])
        lines.extend(f"  to do: {item}" for item in _to_do(host, name in ended_well, previewed))
    lines += [sentence(left_out)] if left_out else []
    return [shown(line) for line in lines]


def _found(host: Mapping[str, Any]) -> str:
    engine = host["engine"]
    if engine.get("answers"):
        how = "under systemd" if host["init"] == "systemd" else "detached, since this host has no init system"
        count = engine["containers_running"]
        state = f"engine {engine['version']} runs {how}, with {count} container{'' if count == 1 else 's'}"
    else:
        state = "the engine does not run" if engine.get("binary") else "no engine"
    members = sorted({*host["docker_group"]["members"], *host["docker_group"]["primary_members"]})
    group = f"group docker: {', '.join(members) or 'no one'}" if host["docker_group"]["exists"] else "no group docker"
    return f"{shown(host['distribution']['pretty_name'], NAME)}, {state}; {group}{_gpus(host['nvidia'])}"


def _left_alone(host: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Why the role nvidia_driver touches nothing here; nothing where it would, or where there is no GPU."""
    given = "nvidia_driver_allow_container"
    reason = untouched(host, read("nvidia_driver", {given: facts.get(given)}))
    if reason == NO_GPU:
        return f"; {reason}"
    return f"; nvidia_driver skipped: {reason}" if reason else ""


def _gpus(nvidia: Mapping[str, Any]) -> str:
    """How many of which, and what drives them; nothing where there are none."""
    if not nvidia["gpus"]:
        return ""
    counted = collections.Counter(shown(gpu["name"] or f"device {gpu['device_id']}", NAME) for gpu in nvidia["gpus"])
    cards = ", ".join(f"{count} x {name}" for name, count in counted.items())
    driver = nvidia["driver"]
    if driver["answers"]:
        version = driver["loaded_version"] or driver["user_space_version"] or "of Windows"
        return f"; {cards}, driver {version}"
    return f"; {cards}, " + ("no driver" if driver["state"] == "absent" else "a driver that does not answer")


def _changed(facts: Mapping[str, Any], ended_well: bool, previewed: bool) -> str:
    steps = _steps(facts)
    if not steps:
        return "nothing"
    if previewed:
        return "nothing yet; a run without --check does " + ", ".join(steps)
    return ", ".join(steps) if ended_well else "only a part of " + ", ".join(steps)


def _steps(facts: Mapping[str, Any]) -> List[str]:
    # The engine's plan is made again on the way.
    found = (f"{step['component']} {step['step']}" for name in _STEPS for step in facts.get(name) or [])
    return list(dict.fromkeys(found))


def _verified(facts: Mapping[str, Any]) -> str:
    verification = facts.get("docker_engine_verification") or {}
    if verification.get("verified"):
        return "a verification container ran: " + ", ".join(check["name"] for check in verification["checks"])
    return "nothing in this run; playbooks/verify.yml verifies at any time"


def _to_do(host: Mapping[str, Any], ended_well: bool, previewed: bool) -> List[str]:
    items = [] if ended_well else ["this host failed; see the error above, fix it, and run again"]
    if host["init"] == "none" and host["engine"].get("running") and not previewed:
        items.append("start the engine again after this machine restarts: run the playbook again")
    if host["reboot"]["required"]:
        items.append(f"reboot, for {', '.join(host['reboot']['packages']) or 'the distribution says so'}")
    # A driver that someone else cares for is reported by its problems alone.
    if host["files"].get(driver_paths.NOUVEAU_FILE):
        from .._nvidia_driver.runtime import reboot_reason

        reason = reboot_reason(host)
        items += [f"reboot: {reason}"] if reason else []
    # A sick GPU comes before all that may follow from it.
    return [*problems.of_gpus(host), *items, *problems.of_host(host)]
