# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One line a step, and a sign of life every ten seconds: emulated, a machine takes its time."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STARTED = time.monotonic()
EVERY_SECONDS = 10
WIDTH = 100
COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@contextmanager
def step(words: str, log: Path | None = None) -> Iterator[None]:
    """The last line of the log says what takes so long."""
    begun = time.monotonic()
    over = threading.Event()
    ticker = threading.Thread(target=_tick, args=(words, log, over), daemon=True)
    ticker.start()
    try:
        yield
    finally:
        over.set()
        ticker.join()
    print(f"{_elapsed()} {words} ({time.monotonic() - begun:.0f} s)", flush=True)


def _tick(words: str, log: Path | None, over: threading.Event) -> None:
    while not over.wait(EVERY_SECONDS):
        print(f"{_elapsed()}   ... {_last_line(log) or words}", flush=True)


def _last_line(log: Path | None) -> str:
    if log is None or not log.exists():
        return ""
    lines = COLOUR.sub("", log.read_text(errors="replace")).splitlines()
    said = [line.strip(" *.") for line in lines[-20:] if line.strip(" *.") and not line.startswith("included: ")]
    return "".join(char for char in said[-1] if char.isprintable())[:WIDTH] if said else ""


def _elapsed() -> str:
    return f"{time.monotonic() - STARTED:5.0f} s"
