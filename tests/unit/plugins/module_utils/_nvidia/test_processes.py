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


def driver(loaded: str | None, modules: str | None = "open") -> dict[str, str | None]:
    return {
        "loaded_version": loaded,
        "loaded_modules": modules,
        "installed_version": "580.1",
        "installed_modules": "open",
    }


@pytest.fixture(autouse=True)
def _processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_PROC", str(tmp_path))
    process(tmp_path, 10, "python3", "/dev/null", "/dev/nvidia0")
    process(tmp_path, 11, "python3", "/dev/nvidia1")
    process(tmp_path, 12, "nvidia-persistenced", "/dev/nvidiactl")
    process(tmp_path, 13, "bash", "/dev/null", "/home/dev/nvidia0")
    (tmp_path / "14").mkdir()
    (tmp_path / "sys" / "fd").mkdir(parents=True)


@pytest.mark.parametrize(("loaded", "modules"), [("570.1", "open"), ("580.1", "proprietary")])
def test_programs_with_a_gpu_open_are_named_once(loaded: str, modules: str) -> None:
    assert processes.users(driver(loaded, modules)) == ["nvidia-persistenced", "python3"]


@pytest.mark.parametrize(("loaded", "modules"), [("580.1", "open"), (None, None)])
def test_they_are_not_looked_for_where_no_other_driver_waits(loaded: str | None, modules: str | None) -> None:
    assert processes.users(driver(loaded, modules)) == []
