# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stays on a host when the rest is removed, and why: it was there before, others brought it, or may need it."""

from __future__ import annotations

from typing import List

from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import toolkit_paths

from .._nvidia_driver.packages import is_driver_package, is_packaged
from .ownership import DOCKERD, ENGINE, ROLES, Removal

_COMPANIONS = ("apparmor", "ca-certificates", "dkms", "python3-requests", "ubuntu-drivers-common")


def kept(ours: Removal) -> List[str]:
    """One sentence each; none on a host that has nothing of the kind."""
    return [*_engine(ours), *_data(ours), *_group(ours), *_toolkit(ours), *_driver(ours), *_others(ours)]


def _engine(ours: Removal) -> List[str]:
    names = [name for name in ENGINE if name in ours.host["packages"] and name not in ours.made["packages"]]
    there = ours.has_engine or any(name in names for name in DOCKERD)
    if not ours.wants("engine") or ours.engine_goes or not there:
        return []
    what = ", ".join(names) or str(ours.host["engine"].get("binary"))
    said = _stays(ours, "engine", f"the engine ({what})", names)
    if "docker_engine" in ours.owners:
        said += " It applies daemon.json without this collection's part at its next start, if not by a reload."
    return [said]


def _stays(ours: Removal, component: str, what: str, names: List[str]) -> str:
    by_hand = f" (by hand: apt-get purge {' '.join(names)})" if names else ""
    if not ours.recorded(component):
        return f"{what} stays: no record says that this collection installed it{by_hand}."
    return f"{what} stays: it was installed before this collection, or by others since{by_hand}."


def _data(ours: Removal) -> List[str]:
    if not (ours.wanted["data"] and ours.wants("engine")):
        return []
    if not ours.engine_goes:
        return ["images, containers and volumes stay with the engine."] if ours.has_engine else []
    return [
        f"{path} stays: it held images, containers or volumes of another engine before this collection installed one."
        for path in ours.data_roots()[1]
    ]


def _group(ours: Removal) -> List[str]:
    group = ours.host["docker_group"]
    if not ours.wants("group") or not group["exists"] or ours.group_goes:
        return []
    if "docker" not in ours.made["groups"]:
        # An engine that stays needs it anyway, and has been named.
        return ["the group docker stays: it was here before this collection."] if ours.engine_goes else []
    if ours.other_members:
        others = ", ".join(ours.other_members)
        return [f"the group docker stays: others than this collection made {others} a member."]
    return ["the group docker stays: the engine that stays uses it."] if ours.has_engine else []


def _toolkit(ours: Removal) -> List[str]:
    names = [name for name in toolkit_paths.PACKAGES if name in ours.host["packages"]]
    if not ours.wants("toolkit") or ours.toolkit_goes or not names:
        return []
    said = _stays(ours, "toolkit", "NVIDIA Container Toolkit", names)
    if "nvidia_container_toolkit" in ours.owners:
        said += " Its part of daemon.json stays with it, without which its containers would have no GPUs."
    return [said]


def _driver(ours: Removal) -> List[str]:
    names = sorted(name for name in ours.host["packages"] if is_driver_package(name))
    if not ours.wants("driver") or ours.driver_goes or not is_packaged(ours.host["packages"]):
        return []
    return [_stays(ours, "driver", "NVIDIA's driver", names)]


def _others(ours: Removal) -> List[str]:
    """What went for ours and does not come back, and what came with ours and others may need by now."""
    roles = [role for component in ours.components for role in ROLES.get(component, ())]
    said = [
        f"{name} {entry['version']} was here before {entry['by']} replaced it, and is not installed again (apt-get "
        f"install {name})."
        for name, entry in sorted(ours.made["replaced"].items())
        if entry["by"] in roles and name not in ours.host["packages"]
    ]
    names = sorted(
        name
        for name, role in ours.made["packages"].items()
        if role in roles
        and name in ours.host["packages"]
        and (name in _COMPANIONS or name.startswith("linux-headers-"))
    )
    if names:
        said.append(f"{', '.join(names)} came with the roles, and stay: others may need them by now.")
    return said
