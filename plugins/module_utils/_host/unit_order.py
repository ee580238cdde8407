# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which units systemd starts after which: one that the engine is to wait for may itself wait for the engine."""

from __future__ import annotations

from typing import Dict, List, Mapping, Sequence, Set

from .._common.prober import Prober

ENGINE = "docker.service"
# They come after every service that they want: after the engine as soon as it is installed and enabled.
_LATE = ("multi-user.target", "graphical.target", "default.target")
# A chain that is longer than this is no one's.
_MOST_CALLS = 5


def waits_for(prober: Prober, after: Mapping[str, Sequence[str]], units: Sequence[str]) -> Dict[str, List[str]]:
    """For each of ``units`` that exists: those of them, and the engine, that it is started after, directly or not.

    ``after`` says of the units that have been asked for what they are ordered after; others are asked for here.
    """
    known = {name: list(names) for name, names in after.items()}
    # What the engine itself waits for cannot wait for the engine. It is all that a service waits for by default.
    early = set(known.get(ENGINE, ())) - set(units)
    goals = [name for name in (*units, ENGINE) if name in known or name == ENGINE]
    return {
        name: [goal for goal in goals if goal != name and goal in _before(prober, name, known, early)]
        for name in units
        if name in after
    }


def _before(prober: Prober, unit: str, known: Dict[str, List[str]], early: Set[str]) -> Set[str]:
    seen: Set[str] = set()
    fresh = {unit}
    for _call in range(_MOST_CALLS):
        fresh = {name for each in fresh for name in known.get(each, ())} - early - seen
        seen |= fresh
        unasked = sorted(name for name in fresh if name not in known and name not in _LATE and name != ENGINE)
        if unasked:
            known.update({name: [] for name in unasked}, **_asked(prober, unasked))
    return seen | ({ENGINE} if seen & set(_LATE) else set())


def _asked(prober: Prober, names: Sequence[str]) -> Dict[str, List[str]]:
    _rc, output = prober.run(["systemctl", "show", "--property", "Id,After", *names])
    shown = [dict(line.split("=", 1) for line in block.splitlines() if "=" in line) for block in output.split("\n\n")]
    return {each["Id"]: each.get("After", "").split() for each in shown if "Id" in each}
