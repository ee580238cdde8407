# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mount whose server is gone is a problem, and neither a hang nor an empty folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._common.silent_mounts import SilentMounts

from .silent_file_system import silent_file_system

REMOTE = ["nfs", "nfs4", "cifs", "smb3", "ceph", "fuse", "fuse.sshfs", "fuse.glusterfs", "lustre", "9p", "autofs"]
LINE = "36 35 0:40 / {} rw,relatime shared:1 - {} {} rw\n"


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "far away"
    folder.mkdir()
    with silent_file_system(folder):
        yield folder


def answering(mounts: SilentMounts, paths: list[str]) -> list[str]:
    return [path for path in paths if not mounts.on_the_way(path)]


def answer(module: str, fact: str, **options: Any) -> dict[str, Any]:
    """As Ansible runs it; killed where it waits for ever."""
    done = subprocess.run(
        [sys.executable, "-m", f"ansible_collections.dockyard.gpu.plugins.modules.{module}"],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": {"timeout": 1, **options}}),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    found: dict[str, Any] = json.loads(done.stdout)["ansible_facts"][fact]
    return found


def test_facts_come_although_a_data_root_hangs(silent: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(os.path.join("far away", "docker"))
    roots = [str(silent / "docker"), str(link), str(silent), str(tmp_path / "well")]
    host = answer("host_info", "dockyard_host", wanted={"data_roots": roots})
    (reported,) = [each for each in host["problems"] if each["code"] == "mount_silent"]
    assert f"the mount {silent} (fuse.silent, far:/export) gave no answer within 1 s" in reported["message"]
    assert "umount -f -l" in reported["remedy"]
    said = [host["data_roots"][root]["silent"] for root in roots]
    assert said == [f"{silent} (fuse.silent, far:/export)"] * 3 + [""]


def test_workloads_are_reported_although_a_volume_hangs(silent: Path, tmp_path: Path) -> None:
    paths = [str(silent / "data"), str(tmp_path), str(tmp_path / "no")]
    found = answer("workload_info", "dockyard_workloads", paths=paths, socket=str(tmp_path / "none"))
    assert [found["paths"][path] for path in paths] == [None, True, False]
    assert "mount_silent" in [each["code"] for each in found["problems"]]


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is asked stands in the file; paths with `gone` in them are not answered."""
    reported, program = tmp_path / "asked", tmp_path / "bin" / "stat"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$4" >> {reported}\ncase "$4" in *gone*) exec sleep 60;; esac\n')
    program.chmod(0o755)
    reported.touch()
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return reported


@pytest.mark.parametrize("kind", REMOTE)
def test_each_remote_file_system_is_asked_once(asked: Path, kind: str) -> None:
    prober = Prober(0.3)
    mounts = SilentMounts(prober, LINE.format("/gone", kind, "far:/x").encode())
    began = time.monotonic()
    assert answering(mounts, ["/gone/a", "/gone", "/usr/../gone/b/c", "/gonetoo", "/"]) == ["/gonetoo", "/"]
    assert asked.read_text() == "/gone/.\n"
    assert time.monotonic() - began < 5
    assert [each["code"] for each in prober.problems] == ["mount_silent"]


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "zfs", "overlay", "tmpfs", "fuseblk"])
def test_file_systems_of_this_machine_cost_nothing(asked: Path, kind: str) -> None:
    mounts = SilentMounts(Prober(0.3), LINE.format("/gone", kind, "/dev/x").encode())
    assert answering(mounts, ["/gone/a"]) == ["/gone/a"]
    assert asked.read_text() == ""


def test_one_that_answers_or_lies_elsewhere_is_no_problem(asked: Path) -> None:
    text = LINE.format("/well", "nfs", "far:/x") + LINE.format("/gone", "nfs", "far:/y")
    prober = Prober(0.3)
    assert answering(SilentMounts(prober, text.encode()), ["/well/a", "/var/lib/docker"]) == [
        "/well/a",
        "/var/lib/docker",
    ]
    assert asked.read_text() == "/well/.\n"
    assert prober.problems == []


def test_of_mounts_upon_each_other_the_last_one_counts(asked: Path) -> None:
    text = LINE.format("/gone", "nfs", "far:/x") + LINE.format("/gone", "ext4", "/dev/x")
    assert answering(SilentMounts(Prober(0.3), text.encode()), ["/gone/a"]) == ["/gone/a"]
    assert asked.read_text() == ""


def test_links_that_lead_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    mounts = SilentMounts(Prober(0.3), LINE.format("/gone", "nfs", "far:/x").encode())
    assert answering(mounts, [str(tmp_path / "one"), "\0"]) == [str(tmp_path / "one"), "\0"]
