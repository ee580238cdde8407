# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A vendor's repository, as the module signed_repository is to write it, by the role that it belongs to."""

from __future__ import annotations

from typing import Any, Dict

from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import driver_paths, toolkit_paths

from .._docker_engine import sources as engine_sources
from .._nvidia_container_toolkit import sources as toolkit_sources
from .._nvidia_driver import sources, with_gpus
from .._planning.repository import options


def vendor_repository(host: Dict[str, Any], role: str, wanted: Dict[str, Any]) -> Dict[str, Any]:
    roles = {"docker_engine": _engine, "nvidia_driver": _driver, "nvidia_container_toolkit": _toolkit}
    return roles[role](host, wanted)


def _engine(host: Dict[str, Any], wanted: Dict[str, Any]) -> Dict[str, Any]:
    desired = engine_sources.repository(wanted, host["distribution"])
    return options(desired, engine_paths.REPOSITORY_FILE, engine_paths.REPOSITORY_KEY)


def _driver(host: Dict[str, Any], wanted: Dict[str, Any]) -> Dict[str, Any]:
    desired = sources.repository(host, wanted, with_gpus.source_of(host, wanted))
    return options(desired, driver_paths.REPOSITORY_FILE, driver_paths.REPOSITORY_KEY)


def _toolkit(host: Dict[str, Any], wanted: Dict[str, Any]) -> Dict[str, Any]:
    desired = toolkit_sources.repository(host, wanted)
    return options(desired, toolkit_paths.REPOSITORY_FILE, toolkit_paths.REPOSITORY_KEY)
