# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A look is bounded: what breaks, hangs or may not be read is a problem, and never the end of the look."""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import time
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common import prober as look_module
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober, entries, file_mode


def test_a_probe_that_raises_is_a_problem() -> None:
    prober = Prober()

    def broken() -> str:
        raise RuntimeError("no such luck")

    assert prober.probe("the weather", broken, "unknown") == "unknown"
    assert prober.probe("the time", lambda: "late", "unknown") == "late"
    (problem,) = prober.problems
    assert problem["code"] == "probe_failed"
    assert problem["message"] == "the weather could not be read: RuntimeError: no such luck"
    assert problem["remedy"]


def test_a_command_that_hangs_is_given_up_within_its_time() -> None:
    prober = Prober(timeout=0.3)
    start = time.monotonic()
    # The pipe stays open in the shell's child, which outlives it.
    assert prober.run(["sh", "-c", "echo half; sleep 20 & wait"]) == (124, "")
    assert time.monotonic() - start < 5
    (problem,) = prober.problems
    assert problem["code"] == "timeout"
    assert "gave no answer within 0.3 s" in problem["message"]


def test_a_command_that_hangs_can_be_a_problem_of_its_own_kind() -> None:
    prober = Prober(timeout=0.2)
    assert prober.run(["sleep", "20"], "sleeps", "Wake it.") == (124, "")
    assert [(problem["code"], problem["remedy"]) for problem in prober.problems] == [("sleeps", "Wake it.")]


def test_what_ignores_every_request_to_end_is_killed_with_its_children() -> None:
    prober = Prober(timeout=0.5)
    start = time.monotonic()
    # It says who it is before it plays dead, in a file of its own name: its output is lost with it.
    script = "trap '' TERM INT HUP; sleep 30 & echo $$ $! > /dev/shm/dockyard-test-$PPID; while :; do sleep 1; done"
    assert prober.run(["sh", "-c", script]) == (124, "")
    assert time.monotonic() - start < 5
    note = Path(f"/dev/shm/dockyard-test-{os.getpid()}")
    group = int(note.read_text().split()[0])
    note.unlink()
    deadline = time.monotonic() + 5
    # Orphans in a container without an init stay zombies, which are dead enough.
    while any(is_alive(process) for process in members(group)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [process for process in members(group) if is_alive(process)]


def members(group: int) -> list[Path]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            if int((process / "stat").read_text().rpartition(")")[2].split()[2]) == group:
                found.append(process)
    return found


def is_alive(process: Path) -> bool:
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_not_even_a_kill_ends_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process does that sleeps in the kernel because of a driver that hangs."""
    spared: list[int] = []
    monkeypatch.setattr(os, "killpg", lambda group, _signal: spared.append(group))
    monkeypatch.setattr(look_module, "_DYING", 0.2)
    prober = Prober(timeout=0.2)
    start = time.monotonic()
    assert prober.run(["sleep", "20"]) == (124, "")
    assert time.monotonic() - start < 3
    assert [problem["code"] for problem in prober.problems] == ["timeout"]
    monkeypatch.undo()
    os.killpg(spared[0], signal.SIGKILL)
    os.waitpid(spared[0], 0)


def test_commands_are_read_in_one_language_and_asked_nothing() -> None:
    prober = Prober()
    assert prober.run(["sh", "-c", "cat; echo $LC_ALL; echo no >&2; exit 3"]) == (3, "C\n")
    assert prober.run(["no-such-program-anywhere"]) == (127, "")
    assert prober.problems == []


def test_bytes_that_are_no_text_are_no_failure(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"a\xff\n")
    prober = Prober()
    assert prober.text(str(tmp_path / "x")) == "a\ufffd\n"
    assert prober.run(["printf", "a\\377"]) == (0, "a\ufffd")


def test_what_is_not_there_is_nothing_and_what_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    prober = Prober()
    assert prober.read(str(tmp_path / "none")) is None
    assert prober.problems == []
    assert prober.text(str(tmp_path / "file" / "below")) is None
    assert prober.text(str(tmp_path / "file" / "beside")) is None
    assert prober.read(str(tmp_path)) is None
    problems = [(problem["code"], problem["message"]) for problem in prober.problems]
    assert problems == [
        ("unreadable", f"{tmp_path}/file is a file, where a folder should be. Move it away."),
        ("unreadable", f"{tmp_path} is a folder, where a file should be. Move it away."),
    ]


def test_a_pipe_in_a_files_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x")
    assert not Prober().read(str(tmp_path / "x"))


def test_the_kernels_settings_are_read() -> None:
    prober = Prober()
    assert prober.text("/proc/sys/kernel/osrelease") == platform.release() + "\n"
    assert prober.problems == []


def test_entries_are_sorted_and_none_where_there_is_no_folder(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).touch()
    assert entries(str(tmp_path)) == [str(tmp_path / "a"), str(tmp_path / "b")]
    assert entries(str(tmp_path / "a")) == entries(str(tmp_path / "none")) == []


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o4755])
def test_modes_are_shown_as_chmod_takes_them(tmp_path: Path, mode: int) -> None:
    (tmp_path / "x").touch(mode=0o600)
    (tmp_path / "x").chmod(mode)
    assert int(file_mode(str(tmp_path / "x")), 8) == mode
    assert len(file_mode(str(tmp_path / "x"))) == 4
