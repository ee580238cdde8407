# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role's tasks hand to modules: what facts are gathered about, and a new container."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping

# The host's side of a volume.
_OF_HOST = re.compile(r"(/[^:]*):")
# As the description has them; an empty one is the image's, or the engine's.
_AS_DESCRIBED = ("command", "entrypoint", "user", "workdir", "volumes", "ports", "ipc", "ulimits")
_BY_PLAN = (
    *("image", "shm_size", "restart_policy", "networks", "network_mode"),
    *("device_requests", "runtime"),
)


def questions(wanted: Mapping[str, Any]) -> Dict[str, List[str]]:
    """For workload_info."""
    described = wanted["list"]
    volumes = [str(volume) for each in described for volume in each.get("volumes") or []]
    found = (_OF_HOST.match(volume) for volume in volumes)
    return {
        "names": [each["name"] for each in described],
        "images": list(dict.fromkeys(each["image"] for each in described if each.get("image"))),
        "paths": list(dict.fromkeys(match.group(1) for match in found if match)),
    }


def container(wanted: Mapping[str, Any], to: Mapping[str, Any], made: str) -> Dict[str, Any]:
    """All that docker_container is given of a new container, null where that is nothing; ``made`` tells it from a
    container of an image that was committed from one like it."""
    described: Mapping[str, Any] = next(each for each in wanted["list"] if each["name"] == to["name"])
    return {
        **{name: described.get(name) or None for name in _AS_DESCRIBED},
        **{name: to.get(name) or None for name in _BY_PLAN},
        "env": {**(described.get("env") or {}), **to["env"]},
        "labels": {**(described.get("labels") or {}), **to["labels"], "dockyard.gpu.made": made},
    }
