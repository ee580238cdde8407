# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a host is this collection's, by what it recorded (see host_info's ``installed``) and what is there now."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from ansible_collections.dockyard.gpu.plugins.module_utils._common import installed
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import packages as docker_packages
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import toolkit_paths

from .._nvidia_driver.packages import is_driver_package, is_packaged

# The roles whose record goes with a component. python3-requests comes for the engine's modules.
ROLES = {
    "toolkit": ("nvidia_container_toolkit",),
    "driver": ("nvidia_driver",),
    "engine": ("docker_engine", "container_image", "gpu_container"),
    "group": ("docker_group",),
}
# Those that the role asks apt for. What came along with them goes when no one needs it any more.
ENGINE = (
    *docker_packages.OF_UPSTREAM,
    *(name for name in docker_packages.OF_DISTRIBUTIONS if name not in ("containerd", "runc")),
)
# With one of them, dockerd itself comes.
DOCKERD = ("docker-ce", "docker.io")
TOOLKIT = "nvidia-container-toolkit"


class Removal:
    """What is ours of each component, and what of it stays."""

    def __init__(self, host: Dict[str, Any], wanted: Dict[str, Any]) -> None:
        self.host = host
        self.wanted = wanted
        # By the playbook's tags, which are names of roles; all where none is said.
        chosen = wanted.get("chosen")
        self.components = [
            name for name in wanted["components"] if chosen is None or {*ROLES.get(name, ())} & {*chosen}
        ]
        self.made: Dict[str, Any] = host["installed"]
        # Of a removal that was cut short: what is there again since is another's.
        gone = {name: role for name, role in self.made["gone"].items() if name not in host["packages"]}
        self.brought: Dict[str, str] = {**gone, **self.made["packages"]}
        self.owners: Dict[str, Any] = host["daemon_config"]["state"].get("owners") or {}

    def wants(self, component: str) -> bool:
        return component in self.components

    def packages(self, role: str) -> List[str]:
        """That came by a role, installed or, after an interruption, gone already."""
        return sorted(name for name, by in self.brought.items() if by == role)

    def names(self, kind: str, role: str) -> List[str]:
        return sorted(name for name, entry in self.made[kind].items() if entry["by"] == role)

    def recorded(self, component: str) -> bool:
        roles = ROLES[component]
        brought = {*self.made["packages"].values(), *self.made["gone"].values()}
        kinds = ("replaced", *installed.KINDS)
        return any(role in brought or any(self.names(kind, role) for kind in kinds) for role in roles)

    @property
    def engine_goes(self) -> bool:
        """Whether dockerd came by us, and is no other one by now."""
        ours = [name for name in DOCKERD if self.brought.get(name) == "docker_engine"]
        others = [name for name in DOCKERD if name in self.host["packages"] and name not in ours]
        there = [name for name in ours if name in self.host["packages"]]
        # One whose packages are gone has no program any more, unless it is another's.
        return self.wants("engine") and bool(ours) and not others and bool(there or not self.has_engine)

    @property
    def has_engine(self) -> bool:
        return bool(self.host["engine"].get("binary"))

    @property
    def toolkit_goes(self) -> bool:
        """As a whole, or not at all: its packages are of one version."""
        ours = self.packages("nvidia_container_toolkit")
        there = [name for name in toolkit_paths.PACKAGES if name in self.host["packages"]]
        return self.wants("toolkit") and TOOLKIT in ours and all(name in ours for name in there)

    @property
    def driver_packages(self) -> List[str]:
        return [name for name in self.packages("nvidia_driver") if is_driver_package(name)]

    @property
    def driver_goes(self) -> bool:
        """As a whole, or not at all: what is left of it would serve no one."""
        others = {name: package for name, package in self.host["packages"].items() if name not in self.driver_packages}
        return self.wants("driver") and bool(self.driver_packages) and not is_packaged(others)

    def data_roots(self) -> Tuple[List[Dict[str, Any]], List[str]]:
        """Folders whose data are ours, and those that held data before."""
        roots = {name: entry["before"] for name, entry in self.made["data_roots"].items()}
        ours = [{"path": path, "existed": roots[path]["existed"]} for path in sorted(roots) if not roots[path]["data"]]
        return ours, sorted(path for path in roots if roots[path]["data"])

    @property
    def group_goes(self) -> bool:
        """Not as long as an engine is there, nor where others are in it."""
        by = self.made["groups"].get("docker", {}).get("by")
        # Noted before packages came that would have made it; without them it is someone else's.
        came = bool(by) and (by != "docker_engine" or bool(self.packages("docker_engine")))
        gone = self.engine_goes or not self.has_engine
        return self.wants("group") and came and gone and not self.other_members

    @property
    def other_members(self) -> List[str]:
        return [user for user in self.host["docker_group"]["members"] if user not in self.made["members"]]
