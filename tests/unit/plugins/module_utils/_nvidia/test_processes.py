# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import processes


def process(folder: Path, number: int, name: str, *files: str) -> None:
    (folder / str(number) / "fd").mkdir(parents=True)
    (folder / str(number) / "comm").write_text(name + "\n")
    for descriptor, target in enumerate(files):
        (folder / str(number) / "fd" / str(descriptor)).symlink_to(target)


@pytest.fixture(autouse=True)
def _processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_PROC", str(tmp_path))
    process(tmp_path, 10, "python3", "/dev/null", "/dev/nvidia0")
    process(tmp_path, 11, "python3", "/dev/nvidia1")
    process(tmp_path, 12, "nvidia-persistenced", "/dev/nvidiactl")
    process(tmp_path, 13, "bash", "/dev/null", "/home/dev/nvidia0")
    (tmp_path / "14").mkdir()
    (tmp_path / "sys" / "fd").mkdir(parents=True)


def test_programs_with_a_gpu_open_are_named_once() -> None:
    assert processes.users() == ["nvidia-persistenced", "python3"]
