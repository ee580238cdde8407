# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs by the real reader: dpkg's lists of files, the PATH, and processes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import programs


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """For programs of one's own and for those of packages, with docker-ce's list of files."""
    own, packaged = tmp_path / "local", tmp_path / "bin"
    own.mkdir()
    packaged.mkdir()
    monkeypatch.setattr(programs, "_PATH", f"{own}:{own}:{packaged}")
    monkeypatch.setattr(programs, "_FILES", str(tmp_path / "{}.list"))
    (tmp_path / "docker-ce.list").write_text(f"/.\n{packaged}\n{packaged}/dockerd\n{packaged}/docker-proxy\n")
    (tmp_path / "docker-ce-cli.list").write_text(f"{packaged}/docker\n")
    for name in ("dockerd", "docker"):
        (packaged / name).touch(0o755)
    return own, packaged


PACKAGES: dict[str, dict[str, str]] = {"docker-ce": {}, "docker-ce-cli": {}}


def test_a_packages_program_is_known_by_its_path(folders: tuple[Path, Path]) -> None:
    prober = Prober()
    found = programs.programs(prober, PACKAGES, {})
    path = str(folders[1] / "dockerd")
    assert found["dockerd"] == {"package": "docker-ce", "path": path, "first": path}
    assert set(found) == {"dockerd", "docker"}
    assert prober.problems == []
    assert programs.programs(prober, {}, {}) == {}


def test_what_is_found_before_it_is_reported(folders: tuple[Path, Path]) -> None:
    own, packaged = folders
    for name in ("dockerd", "docker"):
        (own / name).touch(0o755)
    prober = Prober()
    found = programs.programs(prober, PACKAGES, {})
    assert found["dockerd"]["first"] == str(own / "dockerd")
    # Of the engine itself the plan decides.
    (problem,) = prober.problems
    assert str(own / "docker") in problem["message"]
    assert str(packaged / "docker") in problem["message"]
    # A link to the package's own is none.
    (own / "docker").unlink()
    (own / "docker").symlink_to(packaged / "docker")
    again = Prober()
    programs.programs(again, PACKAGES, {})
    assert again.problems == []


def test_a_process_knows_its_program_and_that_it_was_replaced(tmp_path: Path) -> None:
    program = tmp_path / "dockerd"
    shutil.copy(shutil.which("sleep") or "", program)
    with subprocess.Popen([str(program), "60"]) as process:
        try:
            assert programs.of_process(process.pid) == {"path": str(program), "replaced": False}
            # As dpkg does it.
            shutil.copy(program, tmp_path / "new")
            (tmp_path / "new").rename(program)
            assert programs.of_process(process.pid) == {"path": str(program), "replaced": True}
        finally:
            process.kill()
    assert programs.of_process(None) == {"path": None, "replaced": False}


@pytest.mark.parametrize(("starts", "reported"), [("bin", 0), ("local", 1), (None, 0)])
def test_a_unit_that_starts_another_containerd_is_reported(
    folders: tuple[Path, Path], starts: str | None, reported: int
) -> None:
    path = folders[1] / "containerd"
    path.touch(0o755)
    (folders[1].parent / "containerd.io.list").write_text(f"{path}\n")
    program = str(folders[1].parent / starts / "containerd") if starts else None
    units = {"containerd.service": {"program": program, "fragment": "/etc/systemd/system/containerd.service"}}
    prober = Prober()
    programs.programs(prober, {"containerd.io": {}}, units)
    assert len(prober.problems) == reported
    assert all("/etc/systemd/system/containerd.service" in each["message"] for each in prober.problems)
