# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Dict

from ansible_collections.dockyard.gpu.plugins.plugin_utils.engine_defaults import fitting_defaults


class FilterModule:
    def filters(self) -> Dict[str, Any]:
        return {"fitting_defaults": fitting_defaults}
