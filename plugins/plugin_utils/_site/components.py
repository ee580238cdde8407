# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which components of a playbook run, and which phases of theirs, by --tags and --skip-tags."""

from __future__ import annotations

import os
from typing import Any, Dict, List, Mapping, Sequence, Tuple

# In the order of playbooks/tasks/roles.yml.
SITE = ("nvidia_driver", "nvidia_container_toolkit", "docker_group", "docker_engine")
COMPONENTS: Dict[str, Tuple[str, ...]] = {
    **dict.fromkeys(("site", "plan", "report", "rollout", "remove"), SITE),
    "verify": ("nvidia_driver", "nvidia_container_toolkit", "docker_engine"),
    "workloads": ("container_image", "gpu_container"),
}
# The others verify or remove a component as a whole.
WITH_PHASES = ("site", "plan", "report", "rollout")
TOGETHER = {"docker": ("docker_engine", "docker_group"), "nvidia": ("nvidia_driver", "nvidia_container_toolkit")}
# What runs whatever is asked for, and what runs where Ansible's own rules say so.
RUNS, ORDINARY = "always", "dockyard"


def chosen(playbook: str, run: Sequence[str], skip: Sequence[str]) -> List[str]:
    """All of them where no tag names one: then the tag is that of who imports the playbook."""
    return [name for name in _named(playbook, run) or COMPONENTS[playbook] if not {*_whole(name)} & {*skip}]


def left_out(playbook: str, run: Sequence[str], skip: Sequence[str]) -> List[str]:
    """Components, and the phases of those that run."""
    kept = chosen(playbook, run, skip)
    found: List[str] = []
    for name in COMPONENTS[playbook]:
        missing = phases_left_out(name, run, skip) if playbook in WITH_PHASES else []
        found += [f"{name}_{phase}" for phase in missing] if name in kept else [name]
    return found


def phases_left_out(component: str, run: Sequence[str], skip: Sequence[str]) -> List[str]:
    if not any(_may_be_phase(component, each) for each in (*run, *skip)):
        return []
    from .._planning import phases

    return phases.left_out(component, run, skip, _whole(component))


def sentence(missing: Sequence[str]) -> str:
    """What a plan, a report or a summary says of them; empty where none is left out."""
    return f"left out by tags, and neither planned for nor changed: {', '.join(missing)}" if missing else ""


def tag(owner: str, run: Sequence[str], ours_alone: bool) -> str:
    """Of each task of a playbook, or of a role: facts are gathered, and the outcome is reported, whatever of it runs.

    Of a playbook that others import, and of a role in one of theirs, nothing runs for a tag of theirs.
    """
    if owner not in COMPONENTS:
        return RUNS if _is_named(owner, run, True) else ORDINARY
    named_elsewhere = any(_named(each, run) for each in COMPONENTS)
    return RUNS if _named(owner, run) or (ours_alone and not named_elsewhere) else ORDINARY


def playbooks_of(arguments: Sequence[Any], collection: str) -> List[str]:
    """The names of those that were called, where all of them are this collection's; else none of them."""
    found = [_own(str(each), collection) for each in arguments]
    return found if all(found) else []


def _own(argument: str, collection: str) -> str:
    name = argument[len("dockyard.gpu.") :] if argument.startswith("dockyard.gpu.") else ""
    folder, file = os.path.split(os.path.realpath(argument))
    if folder == os.path.join(os.path.realpath(collection), "playbooks"):
        name = file
    name = name[: -len(".yml")] if name.endswith(".yml") else name
    return name if name in COMPONENTS else ""


def _named(playbook: str, run: Sequence[str]) -> List[str]:
    return [name for name in COMPONENTS[playbook] if _is_named(name, run, playbook in WITH_PHASES)]


def _is_named(component: str, run: Sequence[str], by_phase: bool) -> bool:
    if {*_whole(component)} & {*run}:
        return True
    asked = [each for each in run if by_phase and _may_be_phase(component, each)]
    if not asked:
        return False
    # Hardly any run names one: Ansible compiles in each run what is imported.
    from .._planning import phases

    return any(each in phases.tags(component) for each in asked)


def _may_be_phase(component: str, tag: str) -> bool:
    return tag.startswith(f"{component}_")


def _whole(component: str) -> List[str]:
    """The tags by which all of it runs."""
    return [component, *(group for group, parts in TOGETHER.items() if component in parts)]


def by_tags(variables: Mapping[str, Any]) -> Tuple[List[str], List[str]]:
    """What Ansible says of both options."""
    run, skip = (variables.get(name) or [] for name in ("ansible_run_tags", "ansible_skip_tags"))
    return [str(each) for each in run], [str(each) for each in skip]
