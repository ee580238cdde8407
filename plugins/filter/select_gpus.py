# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Dict, List, Optional

from ansible.errors import AnsibleFilterError
from ansible_collections.dockyard.gpu.plugins.plugin_utils.plan import PlanRefused


def select_gpus(
    gpus: List[Dict[str, Any]],
    wish: Any,
    taken: Optional[Dict[str, List[Any]]] = None,
    alone: Optional[List[str]] = None,
    kept: Optional[List[str]] = None,
) -> List[str]:
    # Here, for its cost: at the first use of one filter, Ansible compiles and loads all of the collection's.
    from ansible_collections.dockyard.gpu.plugins.plugin_utils.gpu_selection import choose

    try:
        return choose(gpus, wish, taken or {}, alone or [], kept or [])
    except PlanRefused as refused:
        raise AnsibleFilterError("; ".join(refused.reasons)) from refused


class FilterModule:
    def filters(self) -> Dict[str, Any]:
        return {"select_gpus": select_gpus}
