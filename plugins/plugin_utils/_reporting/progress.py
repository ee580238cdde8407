# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs where and since when, and the lines that say so. Pure but for its memory: the caller has the clock."""

from __future__ import annotations

from typing import Dict, List, Tuple

# More names make a line that no one reads.
_NAMED = 3


class Running:
    """Tasks by their id, with the hosts that they run on. One thread reads, on a copy, while another writes."""

    def __init__(self) -> None:
        self._since: Dict[Tuple[str, str], Tuple[str, float]] = {}

    def begins(self, host: str, task: str, name: str, now: float) -> None:
        self._since[(task, host)] = (name, now)

    def ends(self, host: str, task: str) -> None:
        self._since.pop((task, host), None)

    def lines(self, now: float, interval: float, shown: Dict[str, float]) -> List[str]:
        """A line for each task that has run for an interval, and was not reported within one. ``shown`` is kept up."""
        tasks: Dict[str, Tuple[str, float, List[str]]] = {}
        for (task, host), (name, since) in list(self._since.items()):
            _name, first, hosts = tasks.setdefault(task, (name, since, []))
            tasks[task] = (name, min(first, since), [*hosts, host])
        for task in [task for task in shown if task not in tasks]:
            del shown[task]
        result = []
        for task, (name, since, hosts) in tasks.items():
            if now - shown.get(task, since) >= interval:
                shown[task] = now
                result.append(f"... {elapsed(now - since)}: {printable(name)} ({named(hosts)})")
        return result


def elapsed(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def named(hosts: List[str]) -> str:
    first = ", ".join(printable(host) for host in hosts[:_NAMED])
    more = len(hosts) - _NAMED
    return f"{first} and {more} more" if more > 0 else first


def printable(text: str) -> str:
    """Without what a terminal would obey: names may come from anywhere."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)[:200]
