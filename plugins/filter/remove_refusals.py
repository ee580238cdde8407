# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Dict, List

from ansible_collections.dockyard.gpu.plugins.plugin_utils.plan import refusals_of
from ansible_collections.dockyard.gpu.plugins.plugin_utils.removal_plan import plan


def remove_refusals(host: Dict[str, Any], wanted: Dict[str, Any]) -> List[str]:
    return refusals_of(plan, host, wanted)


class FilterModule:
    def filters(self) -> Dict[str, Any]:
        return {"remove_refusals": remove_refusals}
