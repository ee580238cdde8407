# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a rollout can be as it is described, before any host changes."""

from __future__ import annotations

import os
from typing import Any, List, Mapping, Sequence


def errors(wanted: Mapping[str, Any], hosts: Sequence[str]) -> List[str]:
    found: List[str] = list(wanted["errors"])
    # A name that is mistyped would let another host go first.
    unknown = [name for name in wanted["first"] if name not in hosts]
    if unknown:
        found.append(
            f"rollout_first: {', '.join(unknown)} is no host of this run; list hosts of the inventory, or remove it"
        )
    # Files of tasks that are not there would fail in the middle of each host's change.
    for name in ("before", "after"):
        path = wanted[name]
        if path and not os.path.isfile(path):
            found.append(
                f"rollout_{name}: {os.path.realpath(path)} is not a file on the control node; paths are relative to "
                "the folder in which the playbook is called"
            )
    return found
