# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk without room is a problem, with figures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._host import disks

BLOCK = 4096
MIB = (1 << 20) // BLOCK


def reported(folder: str, *, free: int, whole: int, inodes: int = 100000, free_inodes: int = 90000) -> list[str]:
    """``free`` and ``whole`` in MiB, of the file system with this folder; the others have room."""
    prober = Prober()
    roomy = os.statvfs_result(
        (BLOCK, BLOCK, 10**6 * MIB, 9 * 10**5 * MIB, 9 * 10**5 * MIB, 10**7, 10**7, 10**7, 0, 255)
    )
    full = os.statvfs_result(
        (BLOCK, BLOCK, whole * MIB, free * MIB, free * MIB, inodes, free_inodes, free_inodes, 0, 255)
    )
    disks.full(
        prober,
        [folder],
        lambda path: full if os.stat(path).st_dev == os.stat(folder).st_dev else roomy,
    )
    assert {each["code"] for each in prober.problems} <= {"disk_full"}
    return [each["message"] for each in prober.problems]


def test_a_full_data_root_is_a_problem_with_figures(tmp_path: Path) -> None:
    (found,) = reported(str(tmp_path), free=100, whole=500000)
    assert "is full: 100 MiB of 500000 MiB are free" in found
    assert str(tmp_path) in found


def test_a_disk_without_inodes_is_a_problem(tmp_path: Path) -> None:
    (found,) = reported(str(tmp_path), free=100000, whole=500000, free_inodes=3)
    assert "can hold 3 more files" in found


@pytest.mark.parametrize(("free", "whole"), [(600, 500000), (200, 900), (30, 100), (0, 0)])
def test_a_disk_with_room_is_none(tmp_path: Path, free: int, whole: int) -> None:
    """A small file system with a fifth of it free, and one that tells no size, too."""
    assert reported(str(tmp_path), free=free, whole=whole) == []


def test_a_file_system_without_a_number_of_inodes_is_no_problem(tmp_path: Path) -> None:
    assert reported(str(tmp_path), free=1000, whole=5000, inodes=0, free_inodes=0) == []


def test_a_folder_that_is_not_there_is_left_out() -> None:
    prober = Prober()
    disks.full(prober, ["/no/such/folder"])
    assert [each for each in prober.problems if "/no/such" in each["message"]] == []
