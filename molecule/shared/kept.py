# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the runs of a scenario left for its tests: plans (see site.yml), the journal, the lab repository's log."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from pathlib import Path
from typing import Any

from testinfra.host import Host

TESTS_BEGAN = time.time()


def name_of(host: Host) -> str:
    return str(host.backend.get_hostname())


def repository() -> dict[str, Any]:
    """The facts of the lab's repository."""
    lab = os.environ.get("DOCKYARD_LAB") or "dockyard-lab"
    return dict(json.loads((Path.home() / f".cache/dockyard-lab/{lab}.json").read_text()))


def steps(kind: str, host: Host) -> list[dict[str, Any]]:
    """The steps of the run with --check (`preview`) or of the first run (`plan`)."""
    return list(json.loads(_file(kind, host).read_text()))


def step(kind: str, host: Host, name: str) -> dict[str, Any]:
    return next(found for found in steps(kind, host) if found["step"] == name)


def first_run_ended(host: Host) -> float:
    """Seconds since the epoch; only the run for idempotence comes after it."""
    return _file("plan", host).stat().st_mtime


def requests(host: Host) -> list[tuple[float, str]]:
    """When the host asked the lab's repository before the tests began, and for what."""
    address = host.check_output("hostname --ip-address")
    # Addresses are given again: an earlier host's requests are not this one's.
    born = host.file("/etc/hostname").mtime.timestamp()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{repository()['address']}/log", timeout=10) as answer:
        lines = [line.split() for line in answer.read().decode().splitlines()]
    found = [(float(when), path) for when, client, _method, path in lines if client == address]
    return [(when, path) for when, path in found if born < when < TESTS_BEGAN]


def journal(host: Host, *matches: str) -> list[dict[str, str]]:
    """The entries of the host's journal."""
    lines = host.check_output("journalctl --output=json --no-pager " + " ".join(matches)).splitlines()
    return [json.loads(line) for line in lines]


def _file(kind: str, host: Host) -> Path:
    return Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / f"{kind}-{name_of(host)}.json"
