# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One container takes the place of another under the same name, or the other is back as it was."""

from __future__ import annotations

import socket
import time
from typing import Any, Dict, Optional, Tuple

from ansible_collections.dockyard.gpu.plugins.module_utils.engine_api import EngineClient, EngineError, in_order

NEW, OLD = ".dockyard-new", ".dockyard-old"
_LIVES = ("running", "paused", "restarting")
# Seconds between two looks at a container that has just been started.
_PAUSE = 0.2
# As workload_info reads them later.
_LOG_LINES = 1000
_LOG_BYTES = 65536
_GOES_ON = "it was not removed, and may still run"


class NotExchanged(Exception):
    """Why the new one does not have the place; the old one, where there was one, has it."""


class Exchange:
    def __init__(self, client: EngineClient, name: str, settle: float) -> None:
        self._client = client
        self._name = name
        self._settle = settle

    def recover(self) -> bool:
        """What a run that was killed at it left: the old one gets its name back."""
        if self._find(self._name) or not self._find(self._name + OLD):
            return False
        self._rename(self._name + OLD, self._name)
        self._start(self._name)
        return True

    def finish(self) -> bool:
        """Where a run was killed before the new one had lived for a while: it does so now, or the old one is back."""
        new = self._find(self._name)
        if not new or not self._find(self._name + OLD):
            return False
        try:
            self._start(self._name)
            self._lives(new.get("RestartCount") or 0)
        except EngineError as error:
            self._back(old=True, ran=True)
            raise NotExchanged(str(error)) from error
        except NotExchanged:
            self._back(old=True, ran=True)
            raise
        self._remove(self._name + OLD, volumes=False)
        return True

    def run(self, limit: float, keep: bool) -> Tuple[int, str]:
        """Exit code and output of one that runs to its end."""
        self._take(start=True, lives=False)
        usual, self._client.timeout = self._client.timeout, limit
        try:
            self._post(self._name, "wait")
        except EngineError as error:
            self._client.timeout = usual
            if error.status is not None:
                raise
            # An engine that is restarted may leave it running: only time ends it.
            if not isinstance(error.__cause__, socket.timeout):
                raise EngineError(None, f"{error.message}; {_GOES_ON}") from error
            self._remove(self._name)
            raise NotExchanged(f"it did not end within {limit:g} s, and was removed") from error
        self._client.timeout = usual
        found = self._find(self._name)
        if not found:
            raise NotExchanged("somebody removed it while it ran")
        # An engine that ends in good order answers those that wait, too.
        if found["State"]["Status"] in _LIVES:
            raise EngineError(None, f"the engine waits for its end no more; {_GOES_ON}")
        code, output = int(found["State"]["ExitCode"]), self._output(_LOG_LINES)
        if not keep:
            self._remove(self._name)
        return code, output

    def make(self, start: bool) -> None:
        self._take(start, lives=True)

    def _take(self, start: bool, lives: bool) -> None:
        old = self._find(self._name)
        ran = bool(old) and old["State"]["Status"] in _LIVES  # type: ignore[index]
        try:
            if old:
                self._post(self._name, "stop")
                self._rename(self._name, self._name + OLD)
            self._rename(self._name + NEW, self._name)
            if start:
                self._start(self._name)
            if start and lives:
                self._lives()
        except EngineError as error:
            self._back(bool(old), ran)
            raise NotExchanged(str(error)) from error
        except NotExchanged:
            self._back(bool(old), ran)
            raise
        if old:
            # Its volumes without a name may hold what nobody else has.
            self._remove(self._name + OLD, volumes=False)

    def _lives(self, restarts: int = 0) -> None:
        """It counts once it has lived for a while: what ends at once is no service. ``restarts`` came before."""
        deadline = time.monotonic() + self._settle
        while True:
            container = self._find(self._name)
            if not container:
                raise NotExchanged("somebody removed it")
            if container["State"]["Status"] != "running":
                raise NotExchanged(f"it ended at once with exit code {container['State']['ExitCode']}{self._said()}")
            late = time.monotonic() >= deadline
            # Once the engine has started it again, its exit code is forgotten until it ends again.
            if late and (container.get("RestartCount") or 0) > restarts:
                raise NotExchanged(f"it ended at once, and the engine started it again{self._said()}")
            if late:
                return
            time.sleep(_PAUSE)

    def _said(self) -> str:
        try:
            text = " ".join(self._output(20).split())
        except EngineError:
            return ""
        return f" and said: {text}" if text else " and said nothing"

    def _output(self, lines: int) -> str:
        query = {"stdout": "1", "stderr": "1", "tail": str(lines)}
        stream = self._client.request("GET", f"/containers/{self._name}/logs", query)
        return in_order(stream)[-_LOG_BYTES:].decode("utf-8", "replace")

    def _back(self, old: bool, ran: bool) -> None:
        """As far as the exchange came, and no word of what is not there."""
        if not old:
            self._remove(self._name)
        elif self._find(self._name + OLD):
            self._remove(self._name)
            self._rename(self._name + OLD, self._name)
        self._remove(self._name + NEW)
        if ran:
            self._start(self._name)

    def _find(self, name: str) -> Optional[Dict[str, Any]]:
        try:
            found: Dict[str, Any] = self._client.get_json(f"/containers/{name}/json")
        except EngineError as error:
            if error.status == 404:
                return None
            raise
        # The engine also takes the first digits of an id for a name.
        return found if found["Name"] == f"/{name}" else None

    def _post(self, name: str, verb: str) -> None:
        self._client.request("POST", f"/containers/{name}/{verb}")

    def _start(self, name: str) -> None:
        found = self._find(name)
        self._post(name, "unpause" if found and found["State"]["Status"] == "paused" else "start")

    def _rename(self, name: str, new: str) -> None:
        self._client.request("POST", f"/containers/{name}/rename", {"name": new})

    def _remove(self, name: str, volumes: bool = True) -> None:
        if self._find(name):
            self._client.request("DELETE", f"/containers/{name}", {"force": "true", "v": str(volumes).lower()})
