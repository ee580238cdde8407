# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers that an earlier run stopped for an exchange of the driver: they come back, whatever became of the GPUs."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping

from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import driver_paths

from .._planning.step import step

NAME = "nvidia_driver"


def waiting_containers(host: Mapping[str, Any]) -> List[str]:
    file = host["files"].get(driver_paths.STOPPED_FILE)
    if not file:
        return []
    from ansible_collections.dockyard.gpu.plugins.module_utils._docker.suspension import entries

    return [entry.name for entry in entries(file["content"])]


def stopped_containers(host: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """Not where the engine is stopped: no one could start them, and the record waits with it."""
    names = waiting_containers(host)
    if not names or not host["engine"].get("running"):
        return []
    why = "an earlier run stopped them for an exchange of the driver, and they have not been started again"
    return [step(NAME, "containers", why, names, "started")]
