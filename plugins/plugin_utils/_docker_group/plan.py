# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The docker group's plan: who is in it, who should be, and whether the engine's socket belongs to it."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from .._docker_engine import socket_owner
from .._planning.step import PlanInvalid, step

NAME = "docker_group"


def out_of_reach(
    group: Dict[str, Any], variable: str, joining: Sequence[str], leaving: Sequence[str] = ()
) -> List[str]:
    """Why gpasswd could not do it: it knows the groups of /etc/group alone, whatever directory has others."""
    messages = []
    if joining and group["exists"] and group.get("of_directory"):
        line = f"docker:x:{group['gid']}:"
        messages.append(
            f"{variable}: the group docker is one of a directory (LDAP, SSSD or the like) and not in /etc/group, where "
            f"alone {', '.join(joining)} could be added here; make them members in the directory, or give this host a "
            f"group of its own with the same number, by the line {line} in /etc/group (vigr), and run again"
        )
    elsewhere = [user for user in leaving if user in group.get("directory_members", [])]
    if elsewhere:
        messages.append(
            f"{variable}: {', '.join(elsewhere)} would leave the group docker, of which a directory (LDAP, SSSD or the "
            "like) makes them members, and not /etc/group; take them out of it there, and run again"
        )
    return messages


def plan(host: Dict[str, Any], wanted: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Raises PlanInvalid naming every user who does not exist, before anything is touched."""
    users = list(dict.fromkeys(wanted["users"]))
    unknown = [user for user in users if not host["users"].get(user)]
    errors = list(wanted["errors"])
    if unknown:
        errors.append(
            f"docker_group_users: {', '.join(unknown)} not known on this host; create the users first, or remove them"
        )
    group = host["docker_group"]
    if group["exists"] is None:
        errors.append("docker_group: the groups of this host could not be read; its problems in host_info say why")
    members = list(group["members"])
    keep = [] if wanted["exclusive"] else members
    after = sorted({*keep, *(user for user in users if user not in group["primary_members"])})
    errors += out_of_reach(group, NAME + "_users", [user for user in after if user not in members])
    errors += out_of_reach(group, NAME + "_exclusive", [], [user for user in members if user not in after])
    if errors:
        raise PlanInvalid(errors)
    steps = []
    # Another program's, or one that an administrator gave to another group, is no business of this one.
    is_its = socket_owner.group(host) == socket_owner.GROUP
    socket = socket_owner.of_engine(host) if is_its else None
    # The packages of an engine that is still to come make the group themselves.
    if not group["exists"] and (users or socket or (is_its and host["engine"].get("binary"))):
        steps.append(step(NAME, "group", "the group docker does not exist", "absent", "docker"))
    if after != members:
        why = "the members differ from the configuration" if wanted["exclusive"] else "configured members are missing"
        steps.append(step(NAME, "members", why, members, after))
    # A group made anew has another number than the socket, which is made at the engine's start.
    if socket and (not group["exists"] or socket["gid"] != group["gid"]):
        steps.append(step(NAME, "socket", "the engine's socket belongs to another group", socket["gid"], "docker"))
    return steps
