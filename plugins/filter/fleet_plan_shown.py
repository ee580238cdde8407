# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any, Dict, Mapping

from ansible.errors import AnsibleFilterError


def fleet_plan_shown(fleet: Mapping[str, Any], form: str) -> Any:
    # Here, for its cost: at the first use of one filter, Ansible compiles and loads all of the collection's.
    from ansible_collections.dockyard.gpu.plugins.plugin_utils.fleet_plan import fleet_plan_lines

    if form == "table":
        return fleet_plan_lines(fleet)
    # In YAML lines of a list are folded at 80 signs; one text of many lines is shown as it is.
    if form == "text":
        return "\n".join(fleet_plan_lines(fleet))
    if form == "json":
        return fleet
    if form == "file":
        return json.dumps(fleet, indent=2) + "\n"
    raise AnsibleFilterError(f"plan_format: {form!r} is neither table nor json")


class FilterModule:
    def filters(self) -> Dict[str, Any]:
        return {"fleet_plan_shown": fleet_plan_shown}
