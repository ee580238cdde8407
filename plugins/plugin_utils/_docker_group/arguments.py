# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role's tasks hand to modules, by the plan that they follow."""

from __future__ import annotations

from typing import Any, Dict, Mapping


def arguments(host: Dict[str, Any], wanted: Dict[str, Any], plan: Mapping[str, Any]) -> Dict[str, Any]:
    members = plan["todo"].get("members") or {"from": [], "to": []}
    return {
        "add": sorted({*members["to"]} - {*members["from"]}),
        "remove": sorted({*members["from"]} - {*members["to"]}),
    }
