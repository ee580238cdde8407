# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from ansible.errors import AnsibleFilterError
from ansible_collections.dockyard.gpu.plugins.plugin_utils.plan import PlanRefused
from ansible_collections.dockyard.gpu.plugins.plugin_utils.rollout import Size, batches


def rollout_batches(hosts: Sequence[str], first: Sequence[str], canary: int, size: Size) -> List[List[str]]:
    try:
        return batches(hosts, first, canary, size)
    except PlanRefused as refused:
        raise AnsibleFilterError("; ".join(refused.reasons)) from refused


class FilterModule:
    def filters(self) -> Dict[str, Any]:
        return {"rollout_batches": rollout_batches}
