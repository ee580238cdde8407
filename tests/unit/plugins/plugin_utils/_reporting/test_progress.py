# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of the callback plugin `progress`, with a clock of the test's own."""

from __future__ import annotations

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting.progress import Running, elapsed, named


def reported(running: Running, until: int, interval: float = 10) -> dict[int, list[str]]:
    """What is said at each second that something is said at."""
    shown: dict[str, float] = {}
    lines = {second: running.lines(second, interval, shown) for second in range(until)}
    return {second: found for second, found in lines.items() if found}


def test_a_short_task_says_nothing() -> None:
    running = Running()
    running.begins("a", "1", "Short", 0)
    assert reported(running, 10) == {}


def test_a_long_task_tells_of_itself_once_an_interval() -> None:
    running = Running()
    running.begins("a", "1", "The driver is built", 0)
    line = "... {} s: The driver is built (a)"
    assert reported(running, 35) == {second: [line.format(second)] for second in (10, 20, 30)}


def test_hosts_that_are_done_are_named_no_more() -> None:
    running = Running()
    for host in ("a", "b"):
        running.begins(host, "1", "Packages", 0)
    running.ends("a", "1")
    assert reported(running, 11) == {10: ["... 10 s: Packages (b)"]}
    running.ends("b", "1")
    assert reported(running, 60) == {}


def test_the_end_of_what_never_began_is_no_error() -> None:
    running = Running()
    running.ends("a", "1")
    assert reported(running, 60) == {}


def test_tasks_side_by_side_have_a_line_each() -> None:
    """As with the strategy free."""
    running = Running()
    running.begins("a", "1", "One", 0)
    running.begins("b", "2", "Two", 5)
    assert reported(running, 16) == {10: ["... 10 s: One (a)"], 15: ["... 10 s: Two (b)"]}


@pytest.mark.parametrize(
    ("seconds", "words"), [(9.9, "9 s"), (60, "1 min 00 s"), (3599, "59 min 59 s"), (3660, "1 h 01 min")]
)
def test_elapsed(seconds: float, words: str) -> None:
    assert elapsed(seconds) == words


def test_many_hosts_are_counted() -> None:
    assert named(["a", "b", "c"]) == "a, b, c"
    assert named(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"


def test_a_terminal_is_given_nothing_to_obey() -> None:
    running = Running()
    running.begins("a\x1b[2J", "1", "na\nme" + "x" * 10000, 0)
    (line,) = running.lines(10, 10, {})
    assert line.isprintable()
    assert len(line) < 300
