# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers that are stopped for a while, and started again, by this run or a later one.

The record on the host has a line for each: its id, when it ended, its name, and a mark where it was paused. By the
time it is distinguished from one that was started meanwhile and stopped again, which stays as it is.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, List, NamedTuple, Optional

from .._common import atomic_files, plain_files
from .api import EngineClient, EngineError

LIVES = ("running", "paused", "restarting")
# Marks of one that was paused: it is to be started and paused; it was started here, and is not paused again yet.
PAUSED, WOKEN = "paused", "woken"
# Where its end is not known: a run was killed before it had stopped all.
_UNKNOWN = "-"
# Seconds beyond a container's own time to end.
_PATIENCE = 60
_USUAL_STOP = 10
_AT_ONCE = 8


class Entry(NamedTuple):
    id: str
    finished: str
    name: str
    mark: str = ""


def entries(text: str) -> List[Entry]:
    """What a record says; of a line that only has an id, as earlier versions wrote them, the rest is not known."""
    words = (line.split() for line in text.splitlines() if line.strip())
    return [Entry(each[0], *(each[1:4] if len(each) > 2 else (_UNKNOWN, each[0][:12]))) for each in words]


class Suspension:
    """``done`` are names of those that were stopped or started, ``left`` of those that are someone else's by now."""

    def __init__(self, client: EngineClient, record: str, pretend: bool = False) -> None:
        self.done: List[str] = []
        self.left: List[str] = []
        self.failed: Dict[str, str] = {}
        self._client = client
        self._record = record
        self._pretend = pretend

    def suspend(self, names: List[str]) -> None:
        """Recorded before the first is stopped: whoever comes after a run that was killed finds all of them."""
        known = {each.id: each for each in self._recorded()}
        found = [each for each in map(self._find, names) if each and each["State"]["Status"] in LIVES]
        made = [Entry(each["Id"], _UNKNOWN, _name(each), _mark(each, known.get(each["Id"]))) for each in found]
        known.update({each.id: each for each in made})
        self._write(list(known.values()))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(self._stop, found))
        for stopped in filter(None, (self._find(each["Id"]) for each in found)):
            entry, status = known[stopped["Id"]], stopped["State"]["Status"]
            if status not in LIVES:
                known[entry.id] = entry._replace(finished=stopped["State"]["FinishedAt"])
            elif entry.mark and status != "paused":
                # A stop that failed has woken it.
                known[entry.id] = entry._replace(mark=WOKEN)
        self._write(list(known.values()))

    def resume(self) -> None:
        """Again and again, as long as it helps: a container may need another's network."""
        waiting, before = {each.id: each for each in self._recorded()}, -1
        while waiting and len(waiting) != before:
            before = len(waiting)
            for entry in list(waiting.values()):
                if self._is_settled(entry, waiting):
                    del waiting[entry.id]
            self._write(list(waiting.values()))

    def _is_settled(self, entry: Entry, waiting: Dict[str, Entry]) -> bool:
        """Also ``waiting``, what is recorded, has what is done with it meanwhile."""
        found = self._find(entry.id)
        self.failed.pop(entry.name, None)
        if found and found["State"]["Status"] == "running" and entry.mark == WOKEN:
            return self._succeeds(entry, "pause")
        if not found or found["State"]["Status"] in LIVES:
            return True
        as_left = entry.finished in (_UNKNOWN, found["State"]["FinishedAt"])
        # One that an engine has tried to start has no other end, but an error.
        if not as_left and not found["State"].get("Error"):
            self.left.append(entry.name)
            return True
        if entry.mark:
            # Before it is started: a run that comes after this one was killed tells it from one that others started.
            waiting[entry.id] = entry._replace(mark=WOKEN)
            self._write(list(waiting.values()))
        if not self._succeeds(entry, "start"):
            waiting[entry.id] = entry
            return False
        return not entry.mark or self._succeeds(entry, "pause")

    def _succeeds(self, entry: Entry, verb: str) -> bool:
        try:
            self._post(entry.id, verb, _PATIENCE)
        except EngineError as error:
            self.failed[entry.name] = str(error)
            return False
        if entry.name not in self.done:
            self.done.append(entry.name)
        return True

    def _stop(self, container: Dict[str, Any]) -> None:
        own = (container.get("Config") or {}).get("StopTimeout")
        try:
            self._post(container["Id"], "stop", _PATIENCE + (_USUAL_STOP if own is None else max(own, 0)))
            self.done.append(_name(container))
        except EngineError as error:
            self.failed[_name(container)] = str(error)

    def _post(self, container: str, verb: str, seconds: float) -> None:
        if not self._pretend:
            # A client of its own, since several wait at once, each for as long as it takes.
            client = EngineClient(self._client.socket_path, seconds)
            client.request("POST", f"/containers/{container}/{verb}")

    def _find(self, container: str) -> Optional[Dict[str, Any]]:
        try:
            found: Dict[str, Any] = self._client.get_json(f"/containers/{container}/json")
        except EngineError as error:
            if error.status == 404:
                return None
            raise
        return found

    def _recorded(self) -> List[Entry]:
        return entries((plain_files.read(self._record) or b"").decode("utf-8", "replace"))

    def _write(self, found: List[Entry]) -> None:
        if self._pretend:
            return
        if not found:
            atomic_files.remove(self._record)
            return
        text = "".join(" ".join(each).rstrip() + "\n" for each in found)
        atomic_files.make_folder(self._record.rpartition("/")[0] or "/")
        atomic_files.write(self._record, text.encode(), 0o644)


def _mark(container: Dict[str, Any], known: Optional[Entry]) -> str:
    """Also of one that an earlier run has started and did not come to pause."""
    paused = container["State"]["Status"] == "paused"
    return PAUSED if paused or (known and known.mark == WOKEN) else ""


def _name(container: Dict[str, Any]) -> str:
    return str(container["Name"]).lstrip("/")
