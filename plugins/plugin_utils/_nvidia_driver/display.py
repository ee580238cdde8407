# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the driver is installed with the packages for displays: by the variable, or by the host's facts."""

from __future__ import annotations

import re
from typing import Any, Dict, List

from .._planning.auto import said

# The packages that stand for a whole driver, whatever its branch, series and source.
_WHOLE = re.compile(r"nvidia-driver(-\d{3})?(-server)?(-open)?$|nvidia-open(-\d{3})?$|cuda-drivers(-\d{3})?$")


def reason(host: Dict[str, Any], headless: Any) -> str:
    """Why it comes with it; empty where it does not."""
    setting = said(headless)
    if setting is not None:
        return "" if setting else "nvidia_driver_headless is false"
    display = host.get("display") or {}
    managers = display.get("managers") or []
    running = [manager["name"] for manager in managers if manager["active"]]
    if running:
        return f"{running[0]} runs"
    starting = [manager["name"] for manager in managers if manager["enabled"]]
    if starting and display["graphical_target"]:
        return f"{starting[0]} starts at boot"
    outputs = display.get("outputs") or []
    return f"a display is connected to {outputs[0]}" if outputs else ""


def whole_drivers(names: List[str]) -> List[str]:
    """Those that bring what displays need."""
    return [name for name in names if _WHOLE.match(name)]
