# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Dict

from ansible_collections.dockyard.gpu.plugins.plugin_utils.toolkit_plan import status


def nvidia_container_toolkit_status(host: Dict[str, Any], wanted: Dict[str, Any]) -> Dict[str, Any]:
    return status(host, wanted)


class FilterModule:
    def filters(self) -> Dict[str, Any]:
        return {"nvidia_container_toolkit_status": nvidia_container_toolkit_status}
