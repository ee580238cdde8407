# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tags there are, and what is wrong with those that are named: for runs that name any, and for --list-tags."""

from __future__ import annotations

import difflib
from typing import List, Sequence

from .._planning import phases
from .components import COMPONENTS, TOGETHER, WITH_PHASES, chosen

# Ansible's own.
_RESERVED = ("all", "tagged", "untagged", "always")


def all_tags(owner: str) -> List[str]:
    """Of a playbook or a role, as --list-tags shows them."""
    if owner not in COMPONENTS:
        return [owner, *phases.tags(owner)]
    names = list(COMPONENTS[owner])
    groups = [group for group, parts in TOGETHER.items() if {*parts} & {*names}]
    return [*names, *groups, *(each for name in names if owner in WITH_PHASES for each in phases.tags(name))]


def errors(playbooks: Sequence[str], run: Sequence[str], skip: Sequence[str]) -> List[str]:
    """For a run of these playbooks and no others, which has no tags but theirs."""
    names = list(dict.fromkeys(name for each in playbooks for name in COMPONENTS[each]))
    groups = {group: [name for name in parts if name in names] for group, parts in TOGETHER.items()}
    known = list(dict.fromkeys(tag for each in playbooks for tag in all_tags(each)))
    reported = ", ".join([*names, *(f"{group} ({' and '.join(parts)})" for group, parts in groups.items() if parts)])
    if any(each in WITH_PHASES for each in playbooks):
        reported += "; and phases of these, such as docker_engine_config: --list-tags"
    found = []
    for option, tags in (("--tags", run), ("--skip-tags", skip)):
        for each in tags:
            if each not in (*known, *_RESERVED):
                near = difflib.get_close_matches(str(each), known, n=1)
                hint = f"did you mean {near[0]}? " if near else ""
                found.append(
                    f"{option} {each}: {' and '.join(playbooks)} has no such component; {hint}known: {reported}"
                )
    if not found and not any(chosen(each, run, skip) for each in playbooks):
        found.append(f"--skip-tags {','.join(skip)}: nothing is left to do; known: {reported}")
    return found
