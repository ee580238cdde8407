# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine is configured with: daemon.json, and the flags with which it is started here."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import flags as daemon_json_flags
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import start

from .._planning import distribution
from . import sources


def flags(host: Mapping[str, Any], source: str = "") -> List[str]:
    """Once the engine is one of this source; of the engine that is there where none is named."""
    config = host["daemon_config"]
    if host["init"] != "systemd" or not source or _is_of(host, source):
        return list(config["unit_flags"])
    # Its packages bring a unit of their own, and the variables come from the file that it reads.
    unit = host["services"].get("docker.service") or {}
    found = start.expanded(unit["flags"], {}) if unit.get("flags") else list(config["unit_flags"])
    reads_options = source == "distribution" and distribution.family(host["distribution"]) == "debian"
    return found + (config.get("options") or [] if reads_options else [])


def settings_of(host: Mapping[str, Any], config: Optional[Mapping[str, Any]], source: str = "") -> Dict[str, Any]:
    return daemon_json_flags.combined(config, flags(host, source))


def now(host: Mapping[str, Any]) -> Dict[str, Any]:
    return settings_of(host, host["daemon_config"]["content"])


def _is_of(host: Mapping[str, Any], source: str) -> bool:
    return sources.packages(source, host["distribution"]).versioned[0] in host["packages"]
