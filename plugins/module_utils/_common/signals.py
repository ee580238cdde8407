# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A time limit and the signals that end a program, as one exception, so that cleaning up comes last and always."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType


class Stopped(Exception):
    """A signal or the time limit ended the work."""


class Interruption:
    """Turns the time limit and the signals that end a program into ``Stopped``, raised once and only where allowed."""

    SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

    def __init__(self, timeout: int) -> None:
        """``timeout`` in seconds; 0 is none."""
        self._timeout = timeout
        self._allowed = False
        self._deferred = False
        self._pending: str | None = None

    @contextlib.contextmanager
    def allowed(self) -> Iterator[None]:
        for number in (*self.SIGNALS, signal.SIGALRM):
            signal.signal(number, self._handle)
        self._allowed = True
        try:
            signal.setitimer(signal.ITIMER_REAL, self._timeout)
            yield
        finally:
            self._allowed = False
            signal.setitimer(signal.ITIMER_REAL, 0)

    @contextlib.contextmanager
    def deferred(self) -> Iterator[None]:
        """Signals wait while the engine makes something: it would go on making what was just removed."""
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False
        if self._pending:
            self._stop(self._pending)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGALRM:
            self._stop(f"it did not finish within {self._timeout} s")
        self._pending = f"it was interrupted by {signal.Signals(number).name}"
        if not self._deferred:
            self._stop(self._pending)

    def _stop(self, reason: str) -> None:
        if self._allowed:
            self._allowed = False
            raise Stopped(reason)
