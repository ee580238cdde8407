# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of daemon.json that no engine has taken up, or that are not verified yet, and how to take them back.

``pending`` in the state is ``{effect, backup, engine, before, after}``: what the running engine needs, the copy of the
file from before, the engine process at the time of writing, ``before``: {config, owners, displaced} as it had them, and
``after``: the configuration as it was written. Once a reload has been taken up, ``effect`` is none, and ``running``
what the engine read: what was not verified yet is what can be taken back. Pure functions.
"""

from __future__ import annotations

from typing import Any, Dict, Optional

from .effect import NONE, RESTART, effect
from .state import not_taken_up

State = Dict[str, Any]
Config = Optional[Dict[str, Any]]
# {pid, start_ticks, boot_id}, or null where no engine runs.
Engine = Optional[Dict[str, Any]]


def taken_up(state: State) -> State | None:
    """What is pending once the engine has reloaded: what a failed verification takes back."""
    pending = state["pending"]
    if effect(pending["before"]["config"], pending["after"]) == NONE:
        return None
    return {**pending, "effect": NONE, "running": pending["after"]}


def settled(state: State, engine: Engine) -> State:
    """The state once what the engine has taken up counts as good: it is not taken back any more."""
    return state if not_taken_up(state, engine) else {**state, "pending": None}


def _running(pending: State) -> Config:
    """What the engine of ``pending`` runs with."""
    return pending["running"] if "running" in pending else pending["before"]["config"]


def learns_live_restore(state: State, engine: Engine) -> bool:
    """Whether an engine that is to be restarted has to learn of it before: what it knows when it ends spares them."""
    pending = state["pending"]
    if not pending or not_taken_up(state, engine) != RESTART:
        return False
    before, after = ((config or {}).get("live-restore") for config in (pending["before"]["config"], pending["after"]))
    return bool(after and not before)


def pending_after(state: State, current: Config, after: Config, engine: Engine) -> State | None:
    """What is pending once daemon.json is ``after``, reckoned from what the engine runs with, not from the file."""
    earlier = state["pending"]
    if earlier and (engine is None or engine == earlier["engine"]):
        needed = effect(_running(earlier), after)
        is_as_before = needed == NONE and effect(earlier["before"]["config"], after) == NONE
        return None if is_as_before else {**earlier, "effect": needed, "after": after}
    needed = effect(current, after)
    before = {"config": current, "owners": state["owners"], "displaced": state["displaced"]}
    if needed == NONE:
        return None
    return {"effect": needed, "backup": None, "engine": engine, "before": before, "after": after}


def rolled_back(state: State, current: Config, engine: Engine) -> State:
    """The state as it was before what is pending. To take it back once more changes nothing."""
    pending, later = state["pending"], None
    before = pending["before"]
    running = _running(pending)
    if engine and engine != pending["engine"]:
        # It started in between, and may have read what is taken back now.
        running = current
    needed = effect(running, before["config"]) if engine else NONE
    if needed != NONE:
        later = {"effect": needed, "backup": None, "engine": engine, "before": before}
        later.update(after=before["config"], running=running)
    return {**state, "owners": before["owners"], "displaced": before["displaced"], "pending": later}
