# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""host_info: as gpu_info, for the part of the facts that is of GPUs."""

from __future__ import annotations

from typing import Any, Dict

from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_gpu.action import CompletingAction


class ActionModule(CompletingAction):
    @staticmethod
    def gpus_of(result: Dict[str, Any]) -> Dict[str, Any]:
        host: Dict[str, Any] = result.get("ansible_facts", {}).get("dockyard_host", {})
        nvidia: Dict[str, Any] = host.get("nvidia", {})
        return nvidia
