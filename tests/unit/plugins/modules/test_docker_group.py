# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The group docker and its members, with a stand-in for gpasswd, and the record of who was made one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common import atomic_files, installed, installing
from ansible_collections.dockyard.gpu.plugins.modules.docker_group import Change


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "FOLDER", str(tmp_path))
    monkeypatch.setattr(installed, "RECORD", str(tmp_path / "installed.json"))
    monkeypatch.setattr(installed, "JOURNAL", str(tmp_path / "packages"))
    monkeypatch.setattr(atomic_files, "LOCKS", str(tmp_path / "{}.lock"))


class Programs:
    """As the real ones (shadow 4.13 to 4.17): who is to join has to have an account, and who leaves need not."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.recorded: list[list[str]] = []

    def __call__(self, command: Sequence[str]) -> tuple[int, str, str]:
        reported = installed.summary("amd64")
        self.recorded.append([*reported["groups"], *reported["members"]])
        if "--add" in command and "gone" in command:
            return 3, "", "gpasswd: user 'gone' does not exist"
        self.calls.append(" ".join(command))
        return 0, "", ""


def make(found: dict[str, Any], **params: Any) -> Programs:
    programs = Programs()
    change = Change({"by": "docker_group", "add": [], "remove": [], "state": "present", **params}, found)
    with installing.changing("a test") as record:
        change.make(programs, record)
    return programs


def group(*members: str, exists: bool = True) -> dict[str, Any]:
    return {"exists": exists, "members": list(members)}


def test_a_member_without_an_account_hinders_no_one() -> None:
    found = group("ann", "gone")
    assert make(found, add=["bob", "cid"]).calls == ["gpasswd --add bob docker", "gpasswd --add cid docker"]
    calls = make(found, add=["bob"], remove=["ann", "gone"]).calls
    assert calls == ["gpasswd --add bob docker", "gpasswd --delete ann docker", "gpasswd --delete gone docker"]


def test_it_is_recorded_before_it_is_made_and_only_what_was_not_there() -> None:
    programs = make(group(exists=False), add=["bob"])
    assert programs.recorded == [["docker"], ["docker", "bob"]]
    assert make(group("bob", "ada"), add=["ada", "bob"]).calls == []
    assert list(installed.summary("amd64")["members"]) == ["bob"]


def test_what_came_to_nothing_is_not_recorded() -> None:
    with pytest.raises(RuntimeError, match="gpasswd --add gone docker: gpasswd: user 'gone' does not exist"):
        make(group(), add=["bob", "gone"])
    assert list(installed.summary("amd64")["members"]) == ["bob"]


def test_what_is_removed_is_forgotten() -> None:
    make(group(exists=False), add=["bob", "cid"])
    assert make(group("bob", "cid"), remove=["bob", "eve"], state="unchanged").calls == ["gpasswd --delete bob docker"]
    assert list(installed.summary("amd64")["members"]) == ["cid"]
    assert make(group("cid"), state="absent").calls == ["groupdel docker"]
    assert installed.summary("amd64") == installed.nothing()
    assert make(group(exists=False), state="absent").calls == []
