# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Dict, List

from ansible.errors import AnsibleFilterError
from ansible_collections.dockyard.gpu.plugins.plugin_utils.plan import PlanRefused


def container_image_plan(host: Dict[str, Any], wanted: Dict[str, Any]) -> List[Dict[str, Any]]:
    # Here, for its cost: at the first use of one filter, Ansible compiles and loads all of the collection's.
    from ansible_collections.dockyard.gpu.plugins.plugin_utils.image_plan import plan

    try:
        return plan(host, wanted)
    except PlanRefused as refused:
        raise AnsibleFilterError("; ".join(refused.reasons)) from refused


class FilterModule:
    def filters(self) -> Dict[str, Any]:
        return {"container_image_plan": container_image_plan}
