# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules of community.docker need on a host beside Python itself; two roles use them."""

from __future__ import annotations

from typing import Any, Dict, List

from ansible_collections.dockyard.gpu.plugins.plugin_utils.plan import step

PACKAGE = "python3-requests"


def steps(component: str, host: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Asked for only where something else is to be done."""
    found = host["packages"].get(PACKAGE)
    if host["package_manager"] != "apt" or (found and found["state"] == "installed"):
        return []
    return [step(component, "python", f"community.docker needs {PACKAGE}", "absent", PACKAGE)]
