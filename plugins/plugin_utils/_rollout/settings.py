# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a rollout can be as it is described, before any host changes."""

from __future__ import annotations

from typing import Any, List, Mapping, Sequence


def errors(wanted: Mapping[str, Any], hosts: Sequence[str], missing: Mapping[str, str]) -> List[str]:
    """``missing`` has the files of tasks that are not there, by before and after: they would fail in the middle of each
    host's change."""
    found: List[str] = list(wanted["errors"])
    # A name that is mistyped would let another host go first.
    unknown = [name for name in wanted["first"] if name not in hosts]
    if unknown:
        found.append(
            f"rollout_first: {', '.join(unknown)} is no host of this run; list hosts of the inventory, or remove it"
        )
    return found + [
        f"rollout_{name}: {path} is not a file on the control node; paths are relative to the folder in which the "
        "playbook is called"
        for name, path in missing.items()
    ]
