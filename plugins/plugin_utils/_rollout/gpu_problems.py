# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Problems of GPUs before and after a change: those that were there before are no fault of it."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence

Problems = List[Dict[str, Any]]


def compared(nvidia: Mapping[str, Any], before: Optional[Sequence[Mapping[str, Any]]] = None) -> Dict[str, Any]:
    """``kinds`` is what is kept until after the change; ``new`` has the messages where there are others by then."""
    problems: Problems = nvidia["problems"]
    kinds = [_kind(each) for each in problems]
    # Without a driver all that is known of the GPUs is that they are there.
    changed = nvidia["driver"]["state"] != "absent" and any(each not in (before or []) for each in kinds)
    return {"kinds": kinds, "new": [each["message"] for each in problems] if changed else []}


def _kind(problem: Mapping[str, Any]) -> Dict[str, Any]:
    """Its words may name another version after the change."""
    return {**problem, "message": "", "remedy": ""}
