# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""--check predicted the run, and the second run gathered facts once (on a host with systemd, and its journal)."""

from __future__ import annotations

from kept import first_run_ended, journal, requests, step, steps
from testinfra.host import Host


def test_check_named_what_the_run_then_did(host: Host) -> None:
    # Where a step starts from may be the age of an index, which grows in between.
    predicted, done = ([{**entry, "from": ...} for entry in steps(kind, host)] for kind in ("preview", "plan"))
    assert predicted == done
    for name in step("preview", host, "packages")["to"]:
        assert host.package(name).is_installed, name


def test_second_run_was_one_look_and_touched_no_network(host: Host) -> None:
    since = first_run_ended(host)
    modules = [
        entry["SYSLOG_IDENTIFIER"]
        for entry in journal(host, f"--since=@{since:.3f}")
        if entry["MESSAGE"].startswith("Invoked with ")
    ]
    assert modules == ["ansible-dockyard.gpu.host_info"]
    assert [path for when, path in requests(host) if when > since] == []
