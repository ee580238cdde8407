# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a context counts, and what the archive of it holds."""

from __future__ import annotations

import os
import socket
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._image_build import context


def filled(folder: Path, **files: str) -> Path:
    for name, content in {"Dockerfile": "FROM a\n", "kept": "k", "sub/file": "f", "ignored.log": "l", **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        path.chmod(0o644)
    (folder / ".dockerignore").write_text(files.get(".dockerignore", "*.log\n"))
    (folder / "link").symlink_to("kept")
    (folder / "empty").mkdir()
    return folder


def hashed(folder: Path, dockerfile: str | None = "Dockerfile") -> str:
    return context.digest(str(folder), dockerfile).digest


def names(folder: Path, dockerfile: str | None = "Dockerfile") -> list[str]:
    return [entry.path for entry in context.entries(str(folder), dockerfile)]


def test_the_same_files_elsewhere_are_the_same(tmp_path: Path) -> None:
    one, two = filled(tmp_path / "one"), filled(tmp_path / "two")
    os.utime(two / "kept", (1, 1))
    os.chown(two / "kept", 1234, 1234) if os.geteuid() == 0 else None
    assert hashed(one) == hashed(two)
    assert context.digest(str(one), None)[1:] == (7, 7 + 6 + 2)


def replaced(path: Path, make: Callable[[Path], object]) -> None:
    path.unlink()
    make(path)


CHANGES: dict[str, tuple[bool, Callable[[Path], object]]] = {
    "content": (True, lambda at: (at / "kept").write_text("K")),
    "a new file": (True, lambda at: (at / "sub/new").write_text("")),
    "a file is gone": (True, lambda at: (at / "kept").unlink()),
    "another name": (True, lambda at: (at / "kept").rename(at / "kopt")),
    "a mode": (True, lambda at: (at / "kept").chmod(0o755)),
    "a folder's mode": (True, lambda at: (at / "sub").chmod(0o700)),
    "a link's target": (True, lambda at: replaced(at / "link", lambda link: link.symlink_to("sub"))),
    "a link becomes a file": (True, lambda at: replaced(at / "link", lambda link: link.write_text("kept"))),
    "an empty folder is gone": (True, lambda at: (at / "empty").rmdir()),
    "what is ignored": (True, lambda at: (at / ".dockerignore").write_text("*.txt\n")),
    "the time of a file": (False, lambda at: os.utime(at / "kept", (7, 7))),
    "an ignored file": (False, lambda at: (at / "ignored.log").write_text("other")),
    "a new ignored file": (False, lambda at: (at / "new.log").write_text("")),
    "an ignored file's mode": (False, lambda at: (at / "ignored.log").chmod(0o600)),
    "the context's own mode": (False, lambda at: at.chmod(0o700)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_counts_and_what_does_not(tmp_path: Path, change: str) -> None:
    folder = filled(tmp_path / "context")
    before = hashed(folder)
    counts, act = CHANGES[change]
    act(folder)
    assert (hashed(folder) != before) is counts


def test_bytes_cannot_wander_between_names_and_contents(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, name, content in ((one, "a", "bc"), (two, "ab", "c")):
        folder.mkdir()
        (folder / name).write_text(content)
    assert hashed(one) != hashed(two)


def test_a_folder_that_is_left_out_is_there_for_what_is_let_in_again(tmp_path: Path) -> None:
    folder = filled(tmp_path / "context", **{".dockerignore": "**\n!sub/file\n"})
    assert names(folder) == ["sub", "sub/file"]
    (folder / "sub/file").unlink()
    assert names(folder) == []


def test_the_file_beside_the_dockerfile_goes_before_the_contexts(tmp_path: Path) -> None:
    folder = filled(
        tmp_path / "context", **{"docker/Special": "FROM a\n", "docker/Special.dockerignore": "**\n!kept\n"}
    )
    assert names(folder, "docker/Special") == ["kept"]
    assert "kept" in names(folder, "Dockerfile")
    assert len(names(folder, "Dockerfile")) > 1
    # Text that stands in a variable has no file beside it.
    assert names(folder, None) == names(folder, "Dockerfile")


def test_a_socket_is_no_part_of_a_context(tmp_path: Path) -> None:
    before = hashed(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        assert hashed(tmp_path) == before


def test_names_that_are_no_text_count_too(tmp_path: Path) -> None:
    before = hashed(tmp_path)
    with open(os.path.join(os.fsencode(tmp_path), b"\xff"), "wb"):
        pass
    assert hashed(tmp_path) != before


def test_no_context_is_an_empty_one(tmp_path: Path) -> None:
    assert context.digest(None, None) == context.digest(str(tmp_path), None)


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda at: (at / ".dockerignore").write_text("!\n"), r"\.dockerignore: '!' lets nothing in"),
        (
            lambda at: ((at / ".dockerignore").unlink(), (at / ".dockerignore").mkdir()),
            r"\.dockerignore cannot be read",
        ),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, break_it: Callable[[Path], object], words: str) -> None:
    folder = filled(tmp_path / "context")
    break_it(folder)
    with pytest.raises(context.BuildFilesError, match=words):
        hashed(folder)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(context.BuildFilesError, match=r"the context .*/none is no folder"):
        hashed(tmp_path / "none")
    with pytest.raises(context.BuildFilesError, match=r"the Dockerfile .*/Dockerfile cannot be read: No such file"):
        context.dockerfile(str(tmp_path), "Dockerfile")


def test_an_archive_has_what_counts_and_a_build_of_it_is_the_same(tmp_path: Path) -> None:
    folder = filled(tmp_path / "context")
    context.pack(str(tmp_path / "a.tar.gz"), str(folder), "Dockerfile", b"FROM a\n")
    unpacked = tmp_path / "unpacked"
    with tarfile.open(tmp_path / "a.tar.gz") as archive:
        assert {entry.uid for entry in archive} == {0}
        archive.extractall(unpacked, filter="tar")
    assert (unpacked / "Dockerfile").read_bytes() == b"FROM a\n"
    assert not (unpacked / "context/ignored.log").exists()
    assert os.readlink(unpacked / "context/link") == "kept"
    assert hashed(unpacked / "context") == hashed(folder)
    # An engine leaves nothing more out: the file beside the Dockerfile goes before the context's.
    assert context.digest(str(unpacked / "context"), "../Dockerfile").digest == hashed(folder)
