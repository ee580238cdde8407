# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verification checks, one after the other, up to the first check that does not hold."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Dict, List

from .._docker.api import EngineError
from . import image

JOURNAL = "journalctl -u docker -n 50"


class Broken(Exception):
    """A check did not hold."""


class NoEngine(Broken):
    """Nothing is there that could be asked, as on a host that is still bare."""


class Checks:
    """``made`` is what was checked so far."""

    def __init__(self) -> None:
        self.made: List[Dict[str, Any]] = []
        self._step, self._expected = "engine", ""

    @contextlib.contextmanager
    def checking(self, step: str, expected: str, broken: str) -> Iterator[None]:
        """Turns what the engine rejects meanwhile into a check that did not hold."""
        self.begin(step, expected)
        try:
            yield
        except (EngineError, image.VerificationImageError) as exc:
            self.failed(str(exc))
            gone = isinstance(exc.__cause__, (FileNotFoundError, ConnectionRefusedError))
            next_step = JOURNAL
            if gone:
                next_step = f"systemctl start docker; {JOURNAL}"
            elif isinstance(exc.__cause__, PermissionError):
                next_step = "run the task with become: true"
            kind = NoEngine if gone and step == "engine" else Broken
            raise kind(f"{broken}: {exc}. Next: {next_step}") from exc

    def hold(self, step: str, ok: bool, expected: str, found: str, broken: str, next_step: str = JOURNAL) -> None:
        self.begin(step, expected)
        if not ok:
            self.failed(found)
            raise Broken(f"{broken}: expected {expected}, found {found}. Next: {next_step}")
        self.passed(found)

    def begin(self, step: str, expected: str) -> None:
        self._step, self._expected = step, expected

    def passed(self, found: str) -> None:
        self.made.append({"name": self._step, "ok": True, "expected": self._expected, "found": found})

    def failed(self, found: str) -> None:
        self.made.append({"name": self._step, "ok": False, "expected": self._expected, "found": found})

    def stop(self, reason: str) -> Broken:
        """Notes that the current check was cut short."""
        self.failed(reason)
        return Broken(f"the verification was cut short at its check '{self._step}': {reason}. Next: {JOURNAL}")
