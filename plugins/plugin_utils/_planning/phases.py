# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The phases of the roles: which steps each of them takes, and which of them tags leave out. The one list."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence, Tuple

Steps = List[Dict[str, Any]]

_REPOSITORY = ("foreign_repository", "foreign_repository_lines", "foreign_key", "repository_key", "repository", "index")
_HOLD = ("hold", "unhold")
# In the order of each role's tasks/main.yml. The tag of a phase is the role's name with the phase's behind it.
PHASES: Dict[str, Dict[str, Tuple[str, ...]]] = {
    "docker_engine": {
        "repository": _REPOSITORY,
        "packages": ("conflicts", "packages"),
        "config": ("units", "proxy", "group", "config"),
        "service": ("hide", "service", "stop", "enable", "disable", "compare"),
        "hold": _HOLD,
        "verify": ("verify",),
    },
    "nvidia_driver": {
        "repository": _REPOSITORY,
        "packages": ("headers", "pinning", "others", "packages"),
        "hold": _HOLD,
        "config": ("nouveau", "initramfs", "no_service", "persistence_mode", "services", "forget_reboot"),
        "load": ("load", "reload", "reboot", "containers"),
    },
    "nvidia_container_toolkit": {
        "repository": _REPOSITORY,
        "packages": ("packages", "migrate", "removed"),
        "hold": _HOLD,
        "config": ("config", "daemon_config"),
        "cdi": ("cdi_by_hand", "units", "no_units", "cdi", "no_cdi", "boot"),
        "service": ("engine",),
    },
}
# What the package manager needs before all else: part of whichever of these phases runs.
_BEFORE_PACKAGES = "dpkg"
OF_PACKAGES = ("repository", "packages", "hold")


def tags(role: str) -> List[str]:
    return [f"{role}_{phase}" for phase in PHASES.get(role, {})]


def left_out(role: str, run: Sequence[str], skip: Sequence[str], whole: Sequence[str]) -> List[str]:
    """The phases without a tag of their own, where some have one; and those that are skipped.

    ``whole`` are the tags by which all of the role runs.
    """
    phases = list(PHASES.get(role, {}))
    named = [phase for phase in phases if f"{role}_{phase}" in run]
    kept = phases if not named or {*whole} & {*run} else named
    return [phase for phase in phases if phase not in kept or f"{role}_{phase}" in skip]


def of_steps(role: str, steps: Sequence[Mapping[str, Any]]) -> List[str]:
    """The phases that these steps make up."""
    return [phase for phase in PHASES.get(role, {}) if any(_is_of(role, phase, step) for step in steps)]


def without(role: str, steps: Steps, phases: Sequence[str]) -> Steps:
    """The steps of the other phases."""
    if not phases:
        return steps
    kept = [phase for phase in PHASES[role] if phase not in phases]
    return [step for step in steps if any(_is_of(role, phase, step) for phase in kept)]


def _is_of(role: str, phase: str, step: Mapping[str, Any]) -> bool:
    if step["step"] == _BEFORE_PACKAGES:
        return phase in OF_PACKAGES
    return step["step"] in PHASES[role][phase]
