# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One container takes the place of another under the same name, or the other is back as it was.

Three names play a part: the container's own, with ``.dockyard-new`` the one to come, with ``.dockyard-old`` the one
that goes. A call undoes what it did itself, by the ids that it began with. Of what a killed call left, it takes up only
what a label vouches for: the new one names the id that it was made to replace. Whatever else has one of the names is in
the way, and stays.
"""

from __future__ import annotations

import socket
import time
from typing import Callable, List, Optional, Tuple

from .._common.redaction import mask
from .api import EngineError
from .containers import (
    NEW,
    OLD,
    PAUSE,
    Container,
    Containers,
    NotTouched,
    check_name,
    described,
    goes_when_it_ends,
    label,
    lives,
    name_of,
    never_ran,
)

# On the new one, since it is made: the id of the one that it is to replace.
REPLACES = "dockyard.gpu.replaces"
# As workload_info reads them later.
_LOG_LINES = 1000
_LOG_BYTES = 65536
_GOES_ON = "it was not removed, and may still run"


class NotExchanged(Exception):
    """Why the new one does not have the place for good, and what became of the old one."""


class Exchange:
    def __init__(self, containers: Containers, name: str, settle: float) -> None:
        check_name(name)
        self._containers = containers
        self._name = name
        self._settle = settle
        # The engine did not say how a stop ended: it may do so yet.
        self._stops_yet = False

    def make(self, start: bool, new_id: str = "", old_id: Optional[str] = None) -> None:
        """``old_id`` is what the caller saw under the name, empty for none; null takes what has it now."""
        new, old = self._ready(new_id, old_id)
        self._take(new, old, start=start, settle=start)
        self._drop(old)

    def begin(self, new_id: str = "", old_id: Optional[str] = None) -> str:
        """Start one that runs to its end; returns its id."""
        new, old = self._ready(new_id, old_id)
        if goes_when_it_ends(new):
            raise NotTouched(f"{self._name}{NEW} is removed as soon as it ends (--rm), and its exit code with it")
        self._take(new, old, start=True, settle=False)
        self._drop(old)
        return str(new["Id"])

    def end(self, number: str, limit: float, keep: bool) -> Tuple[int, str]:
        """Exit code and output of one that began."""
        client = self._containers.client
        usual, client.timeout = client.timeout, limit
        try:
            self._containers.wait(number)
        except EngineError as error:
            client.timeout = usual
            if error.status is not None:
                raise
            # An engine that is restarted may leave it running: only time ends it.
            if not isinstance(error.__cause__, socket.timeout):
                raise EngineError(None, f"{error.message}; {_GOES_ON}") from error
            self._containers.remove(number, force=True)
            raise NotExchanged(f"it did not end within {limit:g} s, and was removed") from error
        client.timeout = usual
        found = self._containers.get(number)
        if not found:
            raise NotExchanged("it was removed while it ran, by hand or by another program")
        # An engine that ends in good order answers those that wait, too.
        if lives(found):
            raise EngineError(None, f"the engine waits for its end no more; {_GOES_ON}")
        code, output = int(found["State"]["ExitCode"]), self._containers.output(number, _LOG_LINES, _LOG_BYTES)
        if not keep:
            self._containers.remove(number, volumes=True)
        return code, output

    def finish(self) -> bool:
        """Where a call was killed before the new one had lived for a while: it does so now, or the old one is back."""
        new, old = self._named(""), self._named(OLD)
        if not new or not old:
            return False
        if label(new, REPLACES) != old["Id"]:
            raise NotTouched(self._in_the_way(OLD, old))
        try:
            self._containers.start(new["Id"])
            self._live(new["Id"], new.get("RestartCount") or 0)
        except (EngineError, NotExchanged) as error:
            # One that ran before this call may hold what was written since.
            away = self._discard if never_ran(new) else self._set_aside
            raise self._undone(error, self._undo(new, old, start=True, away=away), old) from error
        self._drop(old)
        return True

    def recover(self, start: bool) -> bool:
        """Where a call was killed: the old one has its name again, and the new one is gone, for it never ran."""
        current, old, new = self._named(""), self._named(OLD), self._named(NEW)
        if current and _is_to_replace(new, current):
            old = current
        elif current and old and _is_to_replace(current, old):
            new = current
        elif old and not current:
            new = new if _is_to_replace(new, old) else None
        else:
            return False
        problems = self._undo(new, old, start=start, away=self._discard)
        if problems:
            raise self._undone("an earlier run was killed", problems, old)
        return True

    def _ready(self, new_id: str, old_id: Optional[str]) -> Tuple[Container, Optional[Container]]:
        """Both, where nothing stands in the way; else nothing was touched."""
        new, old, stale = self._named(NEW), self._named(""), self._named(OLD)
        if not new:
            removed = f" any more: another run removed {new_id[:12]}" if new_id else ""
            raise NotTouched(f"there is no container {self._name}{NEW}{removed}. Nothing was changed")
        if (new_id and new["Id"] != new_id) or not never_ran(new):
            raise NotTouched(self._in_the_way(NEW, new))
        if stale:
            raise NotTouched(self._in_the_way(OLD, stale))
        if old_id is not None and old_id != (old or {"Id": ""})["Id"]:
            raise NotTouched(
                "another run or program was at it since the plan was made: it was "
                f"{old_id[:12] or 'absent'}, and is now {described(old) if old else 'gone'}. Nothing was changed; run "
                "again"
            )
        if old and old["State"]["Status"] in ("removing", "dead"):
            raise NotTouched(
                f"it is {old['State']['Status']}: the engine is removing it, or failed to; see to it that it is gone, "
                f"docker rm --force {self._name}, and run again. Nothing was changed"
            )
        if old and lives(old) and goes_when_it_ends(old):
            raise NotTouched(
                "it was started with --rm, so that the engine removes it with its volumes as soon as it is stopped; "
                f"save what is in it, stop it (docker stop {self._name}), and run again. Nothing was changed"
            )
        return new, old

    def _take(self, new: Container, old: Optional[Container], start: bool, settle: bool) -> None:
        ran = old is not None and lives(old)
        try:
            if old:
                self._move_away(old)
            self._containers.rename(new["Id"], self._name)
            if start:
                self._containers.start(new["Id"])
            if settle:
                self._live(new["Id"])
        except (EngineError, NotExchanged) as error:
            raise self._undone(error, self._undo(new, old, start=ran, away=self._discard), old) from error

    def _move_away(self, old: Container) -> None:
        if lives(old):
            try:
                self._containers.stop(old["Id"])
            except EngineError as error:
                self._stops_yet = error.status is None
                raise
        self._containers.rename(old["Id"], self._name + OLD)

    def _drop(self, old: Optional[Container]) -> None:
        """Its volumes without a name may hold what no one else has: they stay."""
        now = self._containers.get(old["Id"]) if old else None
        if not now:
            return
        if name_of(now) != self._name + OLD or lives(now):
            raise NotExchanged(
                "the new container has its place, and the old one stays: another program has made of it "
                f"{name_of(now)} ({described(now)}); when it is not needed any more: docker rm --force {now['Id'][:12]}"
            )
        try:
            self._containers.remove(now["Id"])
        except EngineError as error:
            raise NotExchanged(
                f"the new container has its place; the old one could not be removed: {error}. Run again"
            ) from error

    def _live(self, number: str, restarts: int = 0) -> None:
        """It counts once it has lived for a while: what ends at once is no service. ``restarts`` came before."""
        deadline = time.monotonic() + self._settle
        while True:
            container = self._containers.get(number)
            if not container:
                raise NotExchanged(
                    "the new container was removed meanwhile, by hand, by another program or by its --rm"
                )
            if container["State"]["Status"] != "running":
                code = container["State"]["ExitCode"]
                raise NotExchanged(f"the new container ended at once with exit code {code}{self._said(number)}")
            late = time.monotonic() >= deadline
            # Once the engine has started it again, its exit code is forgotten until it ends again.
            if late and (container.get("RestartCount") or 0) > restarts:
                said = self._said(number)
                raise NotExchanged(f"the new container ended at once, and the engine started it again{said}")
            if late:
                return
            time.sleep(PAUSE)

    def _said(self, number: str) -> str:
        try:
            text = " ".join(self._containers.output(number, 20, _LOG_BYTES).split())
        except EngineError:
            return ""
        return f" and said: {mask(text)}" if text else " and said nothing"

    def _undo(
        self, new: Optional[Container], old: Optional[Container], start: bool, away: Callable[[Container], None]
    ) -> List[str]:
        """From what is there now to what was, each step whatever became of the one before. Returns what failed."""
        steps: List[Callable[[], None]] = []
        if new:
            steps.append(lambda: away(new))
        if old:
            steps.append(lambda: self._name_again(old))
        if old and start:
            steps.append(lambda: self._start_again(old))
        # What failed once, such as a removal that something held up, may be in the way of the next step.
        for _time in range(2):
            problems = []
            for act in steps:
                try:
                    self._patiently(act)
                except EngineError as error:
                    problems.append(str(error))
            if not problems:
                break
            time.sleep(PAUSE)
        return problems

    def _undone(self, why: object, problems: List[str], old: Optional[Container]) -> NotExchanged:
        if not problems:
            return NotExchanged(f"{why}. {'The old container is as it was' if old else 'Nothing is left of it'}")
        rest = f"; the old container is {old['Id'][:12]}: docker ps --all shows its name and state" if old else ""
        return NotExchanged(f"{why}. This could not be undone: {'; '.join(problems)}{rest}")

    def _patiently(self, act: Callable[[], None]) -> None:
        """An engine that does not answer may only be restarted."""
        deadline = time.monotonic() + self._containers.client.timeout
        while True:
            try:
                return act()
            except EngineError as error:
                if error.status is not None or time.monotonic() >= deadline:
                    raise
            time.sleep(PAUSE)

    def _discard(self, new: Container) -> None:
        """If it ran, its volumes may hold what was written: they stay."""
        now = self._containers.get(new["Id"])
        if now:
            self._containers.remove(now["Id"], volumes=never_ran(now), force=True)

    def _set_aside(self, new: Container) -> None:
        now = self._containers.get(new["Id"])
        if now and lives(now):
            self._containers.stop(now["Id"])
        if now and name_of(now) == self._name:
            self._containers.rename(now["Id"], self._name + NEW)

    def _name_again(self, old: Container) -> None:
        now = self._containers.get(old["Id"])
        if not now:
            raise EngineError(404, "it was removed meanwhile, by hand or by another program")
        if name_of(now) == self._name + OLD:
            self._containers.rename(now["Id"], self._name)

    def _start_again(self, old: Container) -> None:
        deadline = time.monotonic() + self._containers.client.timeout
        while self._stops_yet and time.monotonic() < deadline:
            now = self._containers.get(old["Id"])
            if now and not lives(now):
                break
            time.sleep(PAUSE)
        paused = old["State"]["Status"] == "paused"
        now = self._containers.get(old["Id"])
        if not (paused and now and now["State"]["Status"] == "paused"):
            self._containers.start(old["Id"])
        if paused:
            self._containers.pause(old["Id"])

    def _named(self, suffix: str) -> Optional[Container]:
        return self._containers.named(self._name + suffix)

    def _in_the_way(self, suffix: str, container: Container) -> str:
        name = self._name + suffix
        return (
            f"{name} is in the way: a container that this exchange did not make ({described(container)}). Another run "
            f"is at it, or was killed, or it is another's: wait, or see what is in it, and then docker rename {name} "
            f"OTHER or docker rm {name}. Nothing was changed"
        )


def _is_to_replace(new: Optional[Container], old: Container) -> bool:
    """Whether it was made for that, and can go without any loss."""
    return new is not None and label(new, REPLACES) == old["Id"] and never_ran(new)
