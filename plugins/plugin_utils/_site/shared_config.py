# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the engine's and the toolkit's variables want one key of daemon.json with different values.

Each role's plan sees what the other has written; before a first run that is nothing, and the second of the two would
stop in the middle of the run.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping

from ansible_collections.dockyard.gpu.plugins.module_utils._common.redaction import mask
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import merge

from .._docker_engine import defaults
from .._nvidia_container_toolkit import engine as toolkit

ENGINE = "docker_engine"


def conflicts(host: Dict[str, Any], settings: Mapping[str, Dict[str, Any]]) -> List[str]:
    found, engine = host["daemon_config"], settings[ENGINE]
    owners = {**(found["state"].get("owners") or {}), toolkit.NAME: toolkit.daemon_config(host, settings[toolkit.NAME])}
    desired = mask(merge.without_nulls(defaults.desired_config(host, engine)), engine.get("comparison_key", ""))
    change = merge.plan_change(found["content"], {**found["state"], "owners": owners}, ENGINE, desired)
    return [f"docker_engine_config: {conflict}" for conflict in change["conflicts"]]
