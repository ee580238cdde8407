# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done to one container, named by its id: under its name there may be another by the next request."""

from __future__ import annotations

import contextlib
import os
import re
import time
from typing import Any, Dict, Iterator, List, Optional
from urllib.parse import quote

from .._common.atomic_files import locked
from .api import EngineClient, EngineError
from .streams import in_order

# States in which its processes are there.
LIVES = ("running", "paused", "restarting")
# Behind a container's name, while it is exchanged: the one to come, and the one that goes.
NEW, OLD = ".dockyard-new", ".dockyard-old"
# What the engine takes for a name.
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_NEVER = "0001-01-01T00:00:00Z"
# Seconds between two questions about what takes a while.
PAUSE = 0.2

Container = Dict[str, Any]


class NotTouched(Exception):
    """Why nothing was changed, with the way out."""


@contextlib.contextmanager
def one_at_a_time(doing: str, patience: float) -> Iterator[None]:
    """Two runs on a host wait for each other. Only root can lock; others have the ids and the engine's names."""
    if os.geteuid() == 0:
        with locked("containers", doing, patience):
            yield
    else:
        yield


def check_name(name: str) -> None:
    """It becomes a part of addresses: ``web?force=1`` is no name."""
    if not _NAME.fullmatch(name):
        raise NotTouched(f"name: {name!r} is no name of a container: two or more letters, digits, '_', '.' and '-'")


def lives(container: Container) -> bool:
    return container["State"]["Status"] in LIVES


def never_ran(container: Container) -> bool:
    """One that never ran holds nothing that someone wrote."""
    return container["State"]["Status"] == "created" and container["State"].get("StartedAt", _NEVER) == _NEVER


def goes_when_it_ends(container: Container) -> bool:
    """With ``--rm`` the engine removes it, and its volumes without a name, as soon as it is stopped."""
    return bool((container.get("HostConfig") or {}).get("AutoRemove"))


def label(container: Container, name: str) -> str:
    return str(((container.get("Config") or {}).get("Labels") or {}).get(name) or "")


def name_of(container: Container) -> str:
    return str(container["Name"]).lstrip("/")


def ports_of(container: Container) -> List[str]:
    """Published ports, as ``docker ps`` writes them; of a container that does not run those that it would use."""
    used = (container.get("NetworkSettings") or {}).get("Ports") or {}
    ports = used or (container.get("HostConfig") or {}).get("PortBindings") or {}
    found = []
    for inside, places in ports.items():
        for place in places or []:
            address, number = place.get("HostIp") or "", place.get("HostPort") or "?"
            # For IPv4 and IPv6 apart, where it is for all addresses.
            where = "" if address in ("", "0.0.0.0", "::") else f"[{address}]:" if ":" in address else f"{address}:"  # noqa: S104
            found.append(f"{where}{number}->{inside}")
    return sorted(set(found))


def networks_of(container: Container) -> List[str]:
    """The engine's own has its mode's name in one that was not started yet, and the network's in others."""
    names = (container.get("NetworkSettings") or {}).get("Networks") or {}
    return sorted("bridge" if name == "default" else name for name in names)


def described(container: Container) -> str:
    """For a message: enough to find it by."""
    return f"{container['Id'][:12]}, {container['State']['Status']}, made {container.get('Created', '')[:19]}"


class Containers:
    def __init__(self, client: EngineClient) -> None:
        self.client = client

    def named(self, name: str) -> Optional[Container]:
        found = self.get(name)
        # The engine also takes the first digits of an id for a name.
        return found if found and name_of(found) == name else None

    def get(self, number: str) -> Optional[Container]:
        try:
            found: Container = self.client.get_json(f"/containers/{number}/json")
        except EngineError as error:
            if error.status == 404:
                return None
            raise
        return found

    def start(self, number: str) -> None:
        """It runs, as far as the engine says at once."""
        found = self.get(number)
        self._post(number, "unpause" if found and found["State"]["Status"] == "paused" else "start")

    def pause(self, number: str) -> None:
        """Also one that is paused already."""
        found = self.get(number)
        if found and found["State"]["Status"] != "paused":
            self._post(number, "pause")

    def stop(self, number: str) -> None:
        self._post(number, "stop")

    def rename(self, number: str, name: str) -> None:
        self.client.request("POST", f"/containers/{number}/rename", {"name": name})

    def wait(self, number: str) -> None:
        self._post(number, "wait")

    def set_restart_policy(self, number: str, policy: str) -> None:
        self.client.post_json(f"/containers/{number}/update", {"RestartPolicy": {"Name": policy}})

    def connect(self, number: str, network: str) -> None:
        self.client.post_json(f"/networks/{quote(network, safe='')}/connect", {"Container": number})

    def disconnect(self, number: str, network: str) -> None:
        self.client.post_json(f"/networks/{quote(network, safe='')}/disconnect", {"Container": number})

    def remove(self, number: str, volumes: bool = False, force: bool = False) -> None:
        """Gone when this returns. Without ``force`` the engine keeps one that runs."""
        query = {"force": str(force).lower(), "v": str(volumes).lower()}
        try:
            self.client.request("DELETE", f"/containers/{number}", query)
        except EngineError as error:
            if error.status == 404:
                return
            if error.status != 409 or "already in progress" not in error.message:
                raise
            self._gone(number)

    def output(self, number: str, lines: int, most: int) -> str:
        """Of both outputs the last lines, and of those the last bytes."""
        query = {"stdout": "1", "stderr": "1", "tail": str(lines)}
        stream = self.client.request("GET", f"/containers/{number}/logs", query)
        return in_order(stream)[-most:].decode("utf-8", "replace")

    def _gone(self, number: str) -> None:
        deadline = time.monotonic() + self.client.timeout
        while self.get(number):
            if time.monotonic() >= deadline:
                raise EngineError(None, f"the engine did not remove {number[:12]} within {self.client.timeout:g} s")
            time.sleep(PAUSE)

    def _post(self, number: str, verb: str) -> None:
        self.client.request("POST", f"/containers/{number}/{verb}")
