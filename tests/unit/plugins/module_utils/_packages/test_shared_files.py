# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files in other people's places are given back as they were first, unless they have become others since."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common import atomic_files, installed, installing
from ansible_collections.dockyard.gpu.plugins.module_utils._packages import shared_files
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.apt import facts

ROLE = "docker_engine"
keys: list[dict[str, Any]] = []


@pytest.fixture(autouse=True)
def entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The entries of apt's lists, none at first."""
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(installing, "FOLDER", str(tmp_path / "state"))
    monkeypatch.setattr(installed, "RECORD", str(tmp_path / "state/installed.json"))
    monkeypatch.setattr(installed, "JOURNAL", str(tmp_path / "state/packages"))
    monkeypatch.setattr(atomic_files, "LOCKS", str(tmp_path / "{}.lock"))
    monkeypatch.setattr(facts, "repositories", lambda _look: found)
    monkeypatch.setattr(facts, "keys", lambda _look: keys)
    keys.clear()
    return found


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "docker.sources"


def write(path: Path, content: bytes | None) -> None:
    shared_files.note(ROLE, [(str(path), content)])
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)


def give_back(write: bool = True) -> shared_files.GivenBack:
    with installing.changing("a test") as record:
        return shared_files.give_back(record, [ROLE], write)


def test_what_was_not_there_goes(source: Path) -> None:
    write(source, b"ours")
    write(source, b"ours, later")
    assert give_back() == ([str(source)], [])
    assert not source.exists()
    assert give_back() == ([], [])


@pytest.mark.parametrize("after", [b"ours", None])
def test_what_was_there_first_comes_back_with_its_mode(source: Path, after: bytes | None) -> None:
    source.write_bytes(b"theirs \xff")
    source.chmod(0o600)
    write(source, after)
    if after:
        write(source, b"ours, later")
    assert give_back(write=False).changed == [str(source)]
    assert give_back() == ([str(source)], [])
    assert source.read_bytes() == b"theirs \xff"
    assert stat.S_IMODE(source.stat().st_mode) == 0o600


def test_what_an_administrator_changed_since_stays(source: Path) -> None:
    write(source, b"ours")
    source.write_bytes(b"ours, and a line of theirs")
    reported = give_back()
    assert reported.changed == []
    assert "changed since, and not by this collection" in reported.kept[0]["why"]
    assert source.read_bytes() == b"ours, and a line of theirs"
    assert installed.entries() is None


def test_what_was_not_written_after_all_is_not_recorded(source: Path) -> None:
    noted = shared_files.note(ROLE, [(str(source), b"ours")])
    shared_files.take_back(noted)
    assert installed.entries() is None
    source.write_bytes(b"ours")
    assert give_back() == ([], [])
    write(source, b"next")
    noted = shared_files.note(ROLE, [(str(source), b"failed")])
    shared_files.take_back(noted)
    assert give_back().changed == [str(source)]
    assert source.read_bytes() == b"ours"


def test_a_run_that_ended_between_the_record_and_the_file_loses_nothing(source: Path) -> None:
    source.write_bytes(b"theirs")
    shared_files.note(ROLE, [(str(source), b"ours")])
    assert give_back() == ([], [])
    assert source.read_bytes() == b"theirs"


def test_a_key_by_which_others_are_signed_stays(source: Path, tmp_path: Path, entries: list[dict[str, Any]]) -> None:
    key = tmp_path / "docker.asc"
    write(key, b"key")
    write(source, b"list")
    entries.append({"path": str(source), "signed_by": str(key)})
    entries.append({"path": "/etc/apt/sources.list.d/theirs.list", "signed_by": str(key)})
    reported = give_back()
    assert reported.changed == [str(source)]
    assert reported.kept == [{"path": str(key), "why": "/etc/apt/sources.list.d/theirs.list is signed by it"}]
    assert key.exists()


def test_a_key_that_had_another_one_behind_it_does_not_come_back(tmp_path: Path) -> None:
    key = tmp_path / "docker.asc"
    key.write_bytes(b"docker's, and an intruder's")
    keys.append({"path": str(key), "fingerprints": ["9DC8", "EEEE"], "error": ""})
    write(key, b"docker's")
    keys[0]["fingerprints"] = ["9DC8"]
    assert give_back() == ([], [])
    assert key.read_bytes() == b"docker's"
    key.write_bytes(b"no one knows what apt takes out of it")
    keys[0].update(fingerprints=[], error="something behind the key")
    write(key, b"docker's")
    keys[0].update(fingerprints=["9DC8"], error="")
    assert give_back() == ([], [])
    assert key.read_bytes() == b"docker's"
    key.write_bytes(b"a mirror's")
    keys[0]["fingerprints"] = ["AAAA"]
    write(key, b"docker's")
    keys[0]["fingerprints"] = ["9DC8"]
    assert give_back() == ([str(key)], [])
    assert key.read_bytes() == b"a mirror's"


def test_files_of_other_roles_stay(source: Path) -> None:
    write(source, b"ours")
    with installing.changing("a test") as record:
        assert shared_files.give_back(record, ["nvidia_driver"], True) == ([], [])
    assert source.exists()
