# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real apt has to offer, and what it would install where an administrator has pinned something."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.apt import facts, offers
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils import apt_root

pytestmark = pytest.mark.skipif(not shutil.which("apt-get"), reason="there is no apt here")

ENGINE, CLI = "docker-ce", "docker-ce-cli"
NEWEST, MIDDLE, OLDEST = (f"5:{version}-1~debian.13~trixie" for version in ("29.7.2", "29.7.1", "28.5.2"))
ALL = [NEWEST, MIDDLE, OLDEST]
PIN = "Package: docker-ce\nPin: {}\nPin-Priority: {}\n"
INSTALLED = (
    "Package: {}\nStatus: install ok installed\nMaintainer: x\nArchitecture: amd64\nVersion: {}\nDescription: x\n\n"
)


def package(name: str, version: str) -> str:
    return f"Package: {name}\nVersion: {version}\nArchitecture: amd64\nMaintainer: x\nFilename: x.deb\nSize: 1\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With an index of a repository that has three versions of two packages."""
    monkeypatch.setattr(facts, "STATUS", f"{tmp_path}{apt_root.DATABASE}")
    apt_root.made(tmp_path, monkeypatch)
    stanzas = [package(name, version) for name in (ENGINE, CLI) for version in ALL]
    apt_root.write(tmp_path, "/site/Packages", "\n".join(stanzas))
    apt_root.write(tmp_path, "/site/Sources", "")
    apt_root.write(tmp_path, "/etc/apt/sources.list", f"deb [trusted=yes] file:{tmp_path}/site ./\n")
    subprocess.run(["apt-get", "update", "-q"], check=True, capture_output=True)
    return tmp_path


def offered() -> tuple[dict[str, list[str]], dict[str, str]]:
    found = offers.offered(Prober(), [ENGINE, CLI, "nowhere"])
    assert found is not None
    return found


def test_all_versions_are_reported_newest_first_and_the_newest_would_come(root: Path) -> None:
    assert offered() == ({ENGINE: ALL, CLI: ALL}, {ENGINE: NEWEST, CLI: NEWEST})


@pytest.mark.parametrize(
    ("pin", "priority", "candidate"),
    [
        ("version 5:28.*", 1001, OLDEST),
        ("version 5:29.7.1*", 600, MIDDLE),
        ("version *", -1, ""),
        ("release *", 1001, NEWEST),
        ("version 5:99*", 1001, NEWEST),
    ],
)
def test_a_pin_decides_what_would_come(root: Path, pin: str, priority: int, candidate: str) -> None:
    apt_root.write(root, "/etc/apt/preferences.d/docker", PIN.format(pin, priority))
    assert offered() == ({ENGINE: ALL, CLI: ALL}, {ENGINE: candidate, CLI: NEWEST})


def test_what_is_installed_is_not_offered_and_is_not_gone_back_from(root: Path) -> None:
    newer = "5:30.0.0-1~debian.13~trixie"
    apt_root.write(root, apt_root.DATABASE, apt_root.STATUS + INSTALLED.format(ENGINE, newer))
    versions, candidates = offered()
    assert versions[ENGINE] == ALL
    assert candidates[ENGINE] == newer


def test_what_is_newer_than_the_installed_one_would_come(root: Path) -> None:
    apt_root.write(root, apt_root.DATABASE, apt_root.STATUS + INSTALLED.format(ENGINE, MIDDLE))
    versions, candidates = offered()
    assert (versions[ENGINE], candidates[ENGINE]) == (ALL, NEWEST)


def test_what_is_only_installed_has_no_version_to_offer(root: Path) -> None:
    apt_root.write(root, apt_root.DATABASE, apt_root.STATUS + INSTALLED.format("nowhere", "1"))
    versions, candidates = offered()
    assert "nowhere" not in versions
    assert candidates["nowhere"] == "1"


def program(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, script: str) -> None:
    """A stand-in for a program, found first."""
    path = folder / "bin" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}/bin:{os.environ['PATH']}")


POLICY = """\
docker-ce:
  Installed: (none)
  Candidate: 5:29.7.1-1~debian.12~bookworm
  Package pin: 5:29.7.1-1~debian.12~bookworm
  Version table:
     5:29.7.2-1~debian.12~bookworm 500
        500 https://download.docker.com/linux/debian bookworm/stable amd64 Packages
     5:29.7.1-1~debian.12~bookworm 1001 (phased 20%)
        500 https://download.docker.com/linux/debian bookworm/stable amd64 Packages
        500 https://mirror.example.org/linux/debian bookworm/stable amd64 Packages
docker.io:
  Installed: 20.10.24+dfsg1-1+deb12u1
  Candidate: 20.10.24+dfsg1-1+deb12u1+b2
  Version table:
     20.10.24+dfsg1-1+deb12u1+b2 500
        500 http://deb.example.org/debian bookworm/main amd64 Packages
 *** 20.10.24+dfsg1-1+deb12u1 100
        100 /var/lib/dpkg/status
"""


def test_offered_versions_are_read_from_apt_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "answer").write_text(POLICY)
    program(tmp_path, monkeypatch, "apt-cache", f'echo "$@" > {tmp_path}/asked; cat {tmp_path}/answer; echo N: no >&2')
    assert offers.offered(Prober(), ["docker-ce", "docker.io", "nvidia-driver"]) == (
        {
            "docker-ce": ["5:29.7.2-1~debian.12~bookworm", "5:29.7.1-1~debian.12~bookworm"],
            "docker.io": ["20.10.24+dfsg1-1+deb12u1+b2"],
        },
        {"docker-ce": "5:29.7.1-1~debian.12~bookworm", "docker.io": "20.10.24+dfsg1-1+deb12u1+b2"},
    )
    assert (tmp_path / "asked").read_text().split() == ["policy", "docker-ce", "docker.io", "nvidia-driver"]


def test_an_apt_cache_that_hangs_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, monkeypatch, "apt-cache", "sleep 20")
    prober = Prober(timeout=0.3)
    start = time.monotonic()
    assert offers.offered(prober, ["docker-ce"]) is None
    assert time.monotonic() - start < 5
    assert prober.problems[0]["message"].startswith("apt-cache policy")
