# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""folder and text_file as Ansible runs them, on real folders of odd modes and owners."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="owners are root's to give")


def run(name: str, umask: int = 0o022, **options: Any) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", f"ansible_collections.dockyard.gpu.plugins.modules.{name}"],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode(),
        capture_output=True,
        check=False,
        preexec_fn=lambda: os.umask(umask) and None,
    )
    assert not done.stderr, done.stderr.decode()
    return dict(json.loads(done.stdout))


def seen(path: Path) -> tuple[str, int, int]:
    found = path.stat()
    return f"{stat.S_IMODE(found.st_mode):04o}", found.st_uid, found.st_gid


@needs_root
@pytest.mark.parametrize("mode", [0o1777, 0o700, 0o2770, 0o555, 0o000])
@pytest.mark.parametrize("way", ["itself", "through a link", "above what is made"])
def test_a_folder_that_is_there_keeps_its_mode_and_owner(tmp_path: Path, mode: int, way: str) -> None:
    folder, link = tmp_path / "theirs", tmp_path / "link"
    folder.mkdir()
    link.symlink_to(folder)
    os.chown(folder, 4242, 4343)
    folder.chmod(mode)
    before = seen(folder)
    path = {"itself": folder, "through a link": link, "above what is made": folder / "ours"}[way]
    done = run("folder", path=str(path), mode="0755")
    assert done["changed"] is (way == "above what is made")
    assert seen(folder) == before
    assert run("folder", path=f"{path}/", mode="0755")["changed"] is False


@pytest.mark.parametrize("umask", [0o077, 0o000, 0o027])
@pytest.mark.parametrize("mode", ["0755", "0750"])
def test_what_is_made_has_our_mode_whatever_the_umask(tmp_path: Path, umask: int, mode: str) -> None:
    path = tmp_path / "one" / "two"
    planned = run("folder", umask, path=str(path), mode=mode, _ansible_check_mode=True)
    assert planned["changed"] is True
    assert not path.parent.exists()
    done = run("folder", umask, path=str(path), mode=mode)
    assert done["made"] == planned["made"] == [str(path.parent), str(path)]
    assert [seen(path)[0], seen(path.parent)[0]] == [mode, mode]


def put(kind: str, path: Path) -> None:
    """Something that is neither a folder nor a file to write."""
    if kind == "file":
        path.touch()
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        if os.geteuid() != 0:
            pytest.skip("devices are root's to make")
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    else:
        path.symlink_to(path if kind == "loop" else "nowhere/at/all")


@pytest.mark.parametrize("kind", ["file", "pipe", "device", "loop", "broken link"])
@pytest.mark.parametrize("below", ["", "/one/two"])
@pytest.mark.parametrize("check", [True, False])
def test_what_is_in_a_folders_place_is_reported_and_stays(tmp_path: Path, kind: str, below: str, check: bool) -> None:
    path = tmp_path / "taken"
    put(kind, path)
    before = path.lstat()
    done = run("folder", path=f"{path}{below}", variable="report_folder", _ansible_check_mode=check)
    assert done["failed"] is True
    assert done["msg"].startswith(f"report_folder: {path}")
    assert done["msg"].count("\n") == 0
    assert (path.lstat().st_ino, path.lstat().st_mode) == (before.st_ino, before.st_mode)


@pytest.mark.parametrize("mode", ["755", "493", "0888", "u=rwx", "", "00000755"])
@pytest.mark.parametrize("name", ["folder", "text_file"])
def test_a_mode_that_lost_its_quotes_is_rejected(tmp_path: Path, name: str, mode: str) -> None:
    content: dict[str, Any] = {"content": "x"} if name == "text_file" else {}
    done = run(name, path=str(tmp_path / "x"), mode=mode, **content)
    assert "quotes" in done["msg"]
    assert os.listdir(tmp_path) == []


@needs_root
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444, 0o666])
@pytest.mark.parametrize("through_link", [True, False])
def test_a_file_that_is_there_keeps_its_mode_and_owner(tmp_path: Path, mode: int, through_link: bool) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    link.symlink_to("real")
    os.chown(real, 4242, 4343)
    real.chmod(mode)
    before = seen(real)
    options: dict[str, Any] = {"path": str(link if through_link else real), "content": "new\n"}
    assert run("text_file", **options, _ansible_check_mode=True)["changed"] is True
    assert real.read_text() == "old"
    done = run("text_file", **options, _ansible_diff=True)
    assert (done["changed"], done["diff"]) == (True, {"before": "old", "after": "new\n"})
    assert (real.read_text(), seen(real), link.is_symlink()) == ("new\n", before, True)
    assert run("text_file", **options)["changed"] is False


@pytest.mark.parametrize("umask", [0o077, 0o000])
def test_a_new_file_has_our_mode_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    run("text_file", umask, path=str(tmp_path / "new"), content={"made": ["by", "2.18"]})
    assert seen(tmp_path / "new")[0] == "0644"
    assert json.loads((tmp_path / "new").read_text()) == {"made": ["by", "2.18"]}


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "loop"])
@pytest.mark.parametrize("check", [True, False])
def test_what_is_in_a_files_place_is_reported_and_stays(tmp_path: Path, kind: str, check: bool) -> None:
    path = tmp_path / "taken"
    put(kind, path)
    before = path.lstat()
    done = run("text_file", path=str(path), content="x", variable="plan_file", _ansible_check_mode=check)
    assert done["msg"].startswith(f"plan_file: {path} is ")
    assert (path.lstat().st_ino, path.lstat().st_mode) == (before.st_ino, before.st_mode)
    assert os.listdir(tmp_path) == ["taken"]


def test_a_folder_that_is_missing_is_reported(tmp_path: Path) -> None:
    done = run("text_file", path=str(tmp_path / "no" / "file"), content="x", variable="plan_file")
    assert done["msg"] == f"plan_file: {tmp_path}/no/file cannot be written: there is no folder {tmp_path}/no. Make it."
