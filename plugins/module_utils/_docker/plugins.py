# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which plugins the engine has that daemon.json can name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Dict, List

if TYPE_CHECKING:
    from .api import EngineClient

# Where plugins lie that are no containers (docs.docker.com, "Docker plugin API").
_LEGACY = ("/run/docker/plugins", "/etc/docker/plugins", "/usr/lib/docker/plugins")
_AUTHORIZATION = "docker.authz/"


def plugins(client: EngineClient, information: Dict[str, Any]) -> Dict[str, List[str]]:
    """By names that daemon.json can have: {log, authorization}. ``information`` is the engine's own."""
    reported, legacy = information.get("Plugins") or {}, _legacy()
    managed = [each for each in client.get_json("/plugins") or [] if each.get("Enabled")]
    authorizing = [
        each["Name"] for each in managed if _AUTHORIZATION in str((each.get("Config") or {}).get("Interface"))
    ]
    return {
        # What these are for they say only when they are used.
        "log": sorted({*(reported.get("Log") or []), *legacy}),
        "authorization": sorted({*authorizing, *(reported.get("Authorization") or []), *legacy}),
    }


def _legacy() -> List[str]:
    """By their sockets and descriptions, each perhaps in a folder of its own name."""
    names = []
    for folder in _LEGACY:
        for place, _folders, files in os.walk(folder):
            names += [os.path.splitext(name)[0] for name in files if name.endswith((".sock", ".spec", ".json"))]
            if place.count("/") > folder.count("/"):
                _folders.clear()
    return sorted(set(names))
