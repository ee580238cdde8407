# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import re
import socket
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common import atomic_files, plain_files
from ansible_collections.dockyard.gpu.plugins.module_utils._common.plain_files import FileError
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.killing import killed_at_each_step

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="owners are root's to give")


@pytest.fixture(autouse=True)
def _locks(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic_files, "LOCKS", str(tmp_path_factory.mktemp("run") / "dockyard-{}.lock"))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_a_new_file_has_its_mode_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        atomic_files.write(str(tmp_path / "new"), b"1", 0o644)
    finally:
        os.umask(before)
    assert ((tmp_path / "new").read_bytes(), mode(tmp_path / "new")) == (b"1", 0o644)
    assert os.listdir(tmp_path) == ["new"]


@needs_root
@pytest.mark.parametrize(("keep", "after"), [(True, 0o640), (False, 0o600)])
def test_a_file_keeps_its_owner_and_where_wanted_its_mode_and_a_link_stays(
    tmp_path: Path, keep: bool, after: int
) -> None:
    real, link = tmp_path / "real" / "d.json", tmp_path / "daemon.json"
    real.parent.mkdir()
    real.write_text("{}")
    os.chown(real, 12, 34)
    real.chmod(0o640)
    link.symlink_to("real/../real/d.json")
    atomic_files.write(str(link), b"new", 0o600, keep_mode=keep)
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert (mode(real), real.stat().st_uid, real.stat().st_gid) == (after, 12, 34)
    assert os.listdir(real.parent) == ["d.json"]


def test_a_link_to_what_is_not_there_yet_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("later")
    assert atomic_files.destination(str(tmp_path / "link")) == str(tmp_path / "later")
    atomic_files.write(str(tmp_path / "link"), b"1", 0o644)
    assert (tmp_path / "later").read_bytes() == b"1"
    assert (tmp_path / "link").is_symlink()


# What `setfacl -m u:1234:r` makes of mode 0640 (struct posix_acl_xattr_entry): who, what, and which one.
_ENTRIES = [(1, 6, -1), (2, 4, 1234), (4, 0, -1), (16, 4, -1), (32, 0, -1)]
ACL = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in _ENTRIES)


def with_acl(path: Path) -> None:
    path.write_text("{}")
    try:
        os.setxattr(path, "system.posix_acl_access", ACL)
    except OSError:
        pytest.skip("this file system knows no access lists")


def test_access_lists_and_other_attributes_stay(tmp_path: Path) -> None:
    file, copy = tmp_path / "daemon.json", tmp_path / "copy"
    with_acl(file)
    os.setxattr(file, "user.note", b"a person's")
    atomic_files.write(str(file), b"new", 0o644)
    atomic_files.copy(str(file), str(copy))
    for path in (file, copy):
        assert os.getxattr(path, "system.posix_acl_access") == ACL
        assert os.getxattr(path, "user.note") == b"a person's"
        assert mode(path) == 0o640


def test_an_access_list_that_cannot_be_kept_is_an_error_and_a_label_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "daemon.json"
    with_acl(file)

    def forbidden(*_arguments: Any, **_more: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "setxattr", forbidden)
    with pytest.raises(FileError, match="Operation not permitted"):
        atomic_files.write(str(file), b"new", 0o644)
    assert file.read_text() == "{}"
    monkeypatch.setattr(os, "listxattr", lambda _path, **_how: ["security.selinux", "trusted.overlay.origin"])
    monkeypatch.setattr(os, "getxattr", lambda _path, _name, **_how: b"")
    atomic_files.write(str(file), b"new", 0o644)
    assert os.listdir(tmp_path) == ["daemon.json"]


@needs_root
def test_a_copy_has_all_that_the_file_has_and_a_link_is_copied_as_one(tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_text("1")
    os.chown(source, 12, 34)
    source.chmod(0o4750)
    os.utime(source, (1, 2))
    atomic_files.copy(str(source), str(target))
    found = target.stat()
    assert (found.st_uid, found.st_gid, mode(target), found.st_mtime, target.read_text()) == (12, 34, 0o4750, 2, "1")
    (tmp_path / "link").symlink_to("nowhere")
    os.utime(tmp_path / "link", (1, 2), follow_symlinks=False)
    atomic_files.copy(str(tmp_path / "link"), str(target))
    assert (os.readlink(target), target.lstat().st_mtime) == ("nowhere", 2)
    atomic_files.copy(str(source), str(target))
    assert not target.is_symlink()


def test_no_one_reads_a_secret_while_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever the mode is not the last one yet, others can read nothing."""
    file = tmp_path / "secret"
    seen: set[Any] = set()
    file.write_text("old")
    file.chmod(0o644)
    chmod, replace = os.chmod, os.replace

    def watched(call: Any) -> Any:
        def replacement(path: str, *arguments: Any, **more: Any) -> None:
            seen.update(mode(each) for each in tmp_path.iterdir() if ".dockyard-" in each.name)
            call(path, *arguments, **more)

        return replacement

    monkeypatch.setattr(os, "chmod", watched(chmod))
    monkeypatch.setattr(os, "replace", watched(replace))
    atomic_files.write(str(file), b"new", 0o600, keep_mode=False)
    file.chmod(0o600)
    atomic_files.copy(str(file), str(tmp_path / "copy"))
    assert seen == {0o600}


def test_removing_takes_the_link_and_leaves_what_it_names(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("1")
    (tmp_path / "link").symlink_to("real")
    assert atomic_files.remove(str(tmp_path / "link")) is True
    assert atomic_files.remove(str(tmp_path / "link")) is False
    assert os.listdir(tmp_path) == ["real"]


def test_folders_that_are_there_stay_as_they_are(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "link").symlink_to(tmp_path)
    before = os.umask(0o077)
    try:
        made = atomic_files.make_folder(str(tmp_path / "link" / "a" / "b"), 0o755)
    finally:
        os.umask(before)
    assert [Path(path).name for path in made] == ["a", "b"]
    assert [mode(tmp_path / part) for part in (".", "a", "a/b")] == [0o700, 0o755, 0o755]
    assert atomic_files.make_folder(str(tmp_path / "a" / "b"), 0o700) == []
    assert mode(tmp_path / "a" / "b") == 0o755


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        # A path of a socket has a length that temporary folders exceed.
        connection.bind(os.path.relpath(path))


ODD: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder": (lambda path: path.mkdir(), r"is a folder, where a file should be\. Move it away\."),
    "a link loop": (lambda path: path.symlink_to(path.name), r"is a link that leads back to itself\."),
    "a pipe": (pipe, r"is a named pipe, where a file should be\. Move it away\."),
    "a socket": (listening, r"is a socket, where a file should be\."),
    "a device": (lambda path: path.symlink_to("/dev/zero"), r"is a character device, where a file should be\."),
}
ACTIONS: dict[str, Callable[[str], Any]] = {
    "read": lambda path: plain_files.read(path),
    "write": lambda path: atomic_files.write(path, b"", 0o644),
    "destination": atomic_files.destination,
}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_file_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, odd: str, action: str
) -> None:
    monkeypatch.chdir(tmp_path)
    make, words = ODD[odd]
    make(tmp_path / "daemon.json")
    with pytest.raises(FileError, match=words) as error:
        ACTIONS[action](str(tmp_path / "daemon.json"))
    assert str(error.value).count("\n") == 0
    assert os.listdir(tmp_path) == ["daemon.json"]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("file/daemon.json", r"/file is a file, where a folder should be\. Move it away\."),
        ("loop/daemon.json", r"is a link that leads back to itself"),
        ("n" * 256, r"has a name that is too long"),
        ("null\0", r"is no name of a file \(embedded null"),
        ("surrogate\ud800", r"is no name of a file \("),
    ],
)
def test_what_is_no_path_is_one_sentence(tmp_path: Path, action: str, path: str, words: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(FileError, match=words) as error:
        ACTIONS[action](str(tmp_path / path))
    assert str(error.value).isprintable()


@pytest.mark.parametrize("odd", ["file", "file/x", "loop", "loop/x", "broken", "pipe"])
def test_what_is_no_folder_is_one_sentence(tmp_path: Path, odd: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "broken").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileError, match=r"^\S+ (is|cannot|:) ?\S.*\.$|: No such file"):
        atomic_files.make_folder(str(tmp_path / odd))


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    assert plain_files.read(str(tmp_path / "none" / "x" / "daemon.json")) is None
    with pytest.raises(FileError, match=rf"there is no folder {tmp_path}/none\. Make it\."):
        atomic_files.write(str(tmp_path / "none" / "x" / "daemon.json"), b"", 0o644)


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * 11)
    assert plain_files.read(str(tmp_path / "large"), limit=11) == b"x" * 11
    with pytest.raises(FileError, match="has more than 10 bytes"):
        plain_files.read(str(tmp_path / "large"), limit=10)
    assert plain_files.read("/proc/self/status")
    assert plain_files.read("/dev/null") == b""


@pytest.mark.parametrize("call", ["fsync", "replace", "chmod"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    file = tmp_path / "daemon.json"
    file.write_text("old")

    def full(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(FileError, match=r"no space is left on its file system\. Make room\."):
        atomic_files.write(str(file), b"new", mode=0o644)
    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["daemon.json"]


@needs_root
@pytest.mark.parametrize("what", ["write", "copy"])
def test_killed_at_any_step_the_file_is_whole_and_the_next_write_cleans_up(tmp_path: Path, what: str) -> None:
    file, other = tmp_path / "daemon.json", tmp_path / "other"
    other.write_bytes(b"new" * 1000)
    other.chmod(0o600)

    def prepare() -> None:
        file.write_bytes(b"old" * 1000)
        file.chmod(0o640)

    def work() -> None:
        if what == "write":
            atomic_files.write(str(file), b"new" * 1000, 0o600, keep_mode=False)
        else:
            atomic_files.copy(str(other), str(file))

    steps = 0
    for _step in killed_at_each_step(work, prepare):
        steps += 1
        assert (file.read_bytes(), mode(file)) in ((b"old" * 1000, 0o640), (b"new" * 1000, 0o600))
        left = [path for path in tmp_path.iterdir() if path not in (file, other)]
        assert all(path.name.startswith(".daemon.json.dockyard-") and not mode(path) & 0o077 for path in left)
        atomic_files.write(str(file), b"later", 0o644)
        assert {path.name for path in tmp_path.iterdir()} == {"daemon.json", "other"}
    assert steps > 4


def test_what_a_living_process_is_writing_is_not_swept(tmp_path: Path) -> None:
    living = tmp_path / f".a.dockyard-{os.getppid()}-00000000"
    foreign = tmp_path / ".a.dockyard-mine"
    for path in (living, foreign):
        path.write_text("")
    atomic_files.write(str(tmp_path / "a"), b"", 0o644)
    assert all(path.exists() for path in (living, foreign))


COUNT = """
import sys
from ansible_collections.dockyard.gpu.plugins.module_utils._common import atomic_files, plain_files
atomic_files.LOCKS, path = sys.argv[1:]
for _ in range(50):
    with atomic_files.locked("count", "counting"):
        number = int(plain_files.read(path) or b"0")
        atomic_files.write(path, str(number + 1).encode(), 0o644)
"""


def test_processes_that_change_one_file_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "count"
    command = [sys.executable, "-c", COUNT, atomic_files.LOCKS, str(file)]
    running = [subprocess.Popen(command) for _ in range(4)]
    assert [each.wait(60) for each in running] == [0] * 4
    assert file.read_text() == "200"
    assert os.listdir(Path(atomic_files.LOCKS).parent) == []


HOLD = """
import sys, time
from ansible_collections.dockyard.gpu.plugins.module_utils._common import atomic_files
atomic_files.LOCKS = sys.argv[1]
with atomic_files.locked("daemon_json", "daemon_config for site"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_who_holds_the_lock_is_named_and_a_killed_holder_holds_it_no_more() -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, atomic_files.LOCKS], stdout=subprocess.PIPE)
    assert holder.stdout
    holder.stdout.readline()
    with pytest.raises(atomic_files.Busy) as error, atomic_files.locked("daemon_json", "runtime_check", patience=0.2):
        pass
    assert re.fullmatch(
        rf"runtime_check waited 0\.2 s for process {holder.pid} \(daemon_config for site\), which has "
        r"\S+/dockyard-daemon_json\.lock\. Run again when it has ended\.",
        str(error.value),
    )
    with atomic_files.locked("other", "another file has another lock", patience=0):
        pass
    holder.kill()
    holder.wait()
    holder.stdout.close()
    began = time.monotonic()
    with atomic_files.locked("daemon_json", "runtime_check", patience=5):
        assert os.stat(atomic_files.LOCKS.format("daemon_json")).st_mode & 0o777 == 0o600
    assert time.monotonic() - began < 1
    assert not os.path.exists(atomic_files.LOCKS.format("daemon_json"))


def test_a_link_in_the_lock_s_place_is_not_followed(tmp_path: Path) -> None:
    os.symlink(tmp_path / "victim", atomic_files.LOCKS.format("x"))
    with pytest.raises(FileError, match="link"), atomic_files.locked("x", "a test"):
        pass
    assert not (tmp_path / "victim").exists()
