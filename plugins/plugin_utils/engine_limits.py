# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Defaults of daemon.json made to fit a host that cannot give what they ask for."""

from __future__ import annotations

from typing import Any, Dict


def within_limits(config: Dict[str, Any], host: Dict[str, Any]) -> Dict[str, Any]:
    """The configuration with the limits of open files no higher than the host's own: a container would not start."""
    limits = config.get("default-ulimits") or {}
    nofile = limits.get("nofile")
    if not nofile:
        return config
    highest = int(host["open_files_limit"])
    fitting = {key: min(value, highest) if key in ("Soft", "Hard") else value for key, value in nofile.items()}
    return {**config, "default-ulimits": {**limits, "nofile": fitting}}
