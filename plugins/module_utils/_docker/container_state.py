# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container is started, stopped, removed, or gets another restart policy or other networks, and nothing else."""

from __future__ import annotations

from functools import partial
from typing import Callable, List, NamedTuple, Optional

from .containers import Container, Containers, NotTouched, check_name, described, goes_when_it_ends, lives, networks_of


class Change(NamedTuple):
    words: str
    act: Callable[[], None]


class Wanted(NamedTuple):
    state: Optional[str]
    restart_policy: Optional[str]
    networks: Optional[List[str]]


def changes(containers: Containers, name: str, number: str, wanted: Wanted) -> List[Change]:
    """What is to do, in order. ``number`` is the id that was planned for; empty takes what has the name."""
    found = _found(containers, name, number)
    if not found:
        if wanted.state == "absent":
            return []
        raise NotTouched(f"there is no container of this name{f', it was {number[:12]}' if number else ''}")
    if wanted.state == "absent":
        return _removal(containers, found)
    if found["State"]["Status"] in ("removing", "dead"):
        raise NotTouched(f"it is {found['State']['Status']}: see to it that it is gone, docker rm --force {name}")
    needed = _policy(containers, found, wanted.restart_policy) + _networks(containers, found, wanted.networks)
    if wanted.state == "started" and found["State"]["Status"] == "restarting":
        code = found["State"]["ExitCode"]
        raise NotTouched(f"the engine starts it again and again, and it ends with exit code {code}: docker logs {name}")
    if wanted.state == "started" and found["State"]["Status"] != "running":
        needed.append(Change("started", lambda: containers.start(found["Id"])))
    if wanted.state == "stopped" and lives(found):
        if goes_when_it_ends(found):
            raise NotTouched(
                "it was started with --rm: the engine removes it, with its volumes, as soon as it is stopped"
            )
        needed.append(Change("stopped", lambda: containers.stop(found["Id"])))
    return needed


def _found(containers: Containers, name: str, number: str) -> Optional[Container]:
    check_name(name)
    found = containers.named(name)
    if found and number and found["Id"] != number:
        raise NotTouched(
            f"another run or program was at it since the plan was made: it was {number[:12]}, and is now "
            f"{described(found)}. Nothing was changed; run again"
        )
    return found


def _removal(containers: Containers, found: Container) -> List[Change]:
    needed = [Change("stopped", lambda: containers.stop(found["Id"]))] if lives(found) else []
    # Its volumes stay: those without a name may hold what no one else has.
    return [*needed, Change("removed", lambda: containers.remove(found["Id"]))]


def _policy(containers: Containers, found: Container, policy: Optional[str]) -> List[Change]:
    has = ((found.get("HostConfig") or {}).get("RestartPolicy") or {}).get("Name") or "no"
    if policy is None or policy == has:
        return []
    return [Change(f"restart policy {policy}", lambda: containers.set_restart_policy(found["Id"], policy))]


def _networks(containers: Containers, found: Container, networks: Optional[List[str]]) -> List[Change]:
    if networks is None:
        return []
    number, has = found["Id"], networks_of(found)
    joined = [name for name in networks if name not in has]
    left = [name for name in has if name not in networks]
    # First in, then out: it is never without any that it keeps.
    return [
        *(Change(f"joined {name}", partial(containers.connect, number, name)) for name in joined),
        *(Change(f"left {name}", partial(containers.disconnect, number, name)) for name in left),
    ]
