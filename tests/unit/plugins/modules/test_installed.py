# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a role is about to make is recorded if it is not there yet, and again where a run ended before its act."""

from __future__ import annotations

import grp
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common import atomic_files, installing
from ansible_collections.dockyard.gpu.plugins.module_utils._common import installed as record_of
from ansible_collections.dockyard.gpu.plugins.module_utils._host import system
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.apt import facts, removed
from ansible_collections.dockyard.gpu.plugins.modules import installed

ROLE = "docker_engine"
THERE = grp.getgrgid(0).gr_name


class Machine:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.packages: dict[str, dict[str, Any]] = {}
        self.configurations: list[str] = []
        self.root = folder / "docker"

    def record(self, write: bool = True, **params: Any) -> dict[str, list[str]]:
        given = {"by": ROLE, "groups": [], "users": [], "holds": [], "shared_files": [], "data_roots": [], **params}
        with installing.changing("a test") as record:
            return installed._record(record, given, write)

    def answer(self) -> dict[str, Any]:
        return record_of.summary("amd64")

    def came(self, *names: str) -> None:
        """apt brings them."""
        with Path(record_of.JOURNAL).open("a") as stream:
            stream.writelines(f"{ROLE} {name} - - 1 amd64\n" for name in names)
        self.packages.update({name: {"held": False} for name in names})


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    (tmp_path / "state").mkdir()
    monkeypatch.setattr(installing, "FOLDER", str(tmp_path / "state"))
    monkeypatch.setattr(installing, "APT_CONFIG", str(tmp_path / "state/apt.conf"))
    monkeypatch.setattr(record_of, "RECORD", str(tmp_path / "state/installed.json"))
    monkeypatch.setattr(record_of, "JOURNAL", str(tmp_path / "state/packages"))
    monkeypatch.setattr(atomic_files, "LOCKS", str(tmp_path / "{}.lock"))
    made = Machine(tmp_path)
    monkeypatch.setattr(facts, "installed", lambda _look: made.packages)
    monkeypatch.setattr(removed, "configurations", lambda _look: made.configurations)
    monkeypatch.setattr(system, "architecture", lambda: "amd64")
    return made


def test_what_is_there_is_not_recorded(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    machine.packages = {"docker-ce": {"held": True}, "docker-ce-cli": {"held": False}}
    answer = machine.record(
        groups=[THERE, "dockyard-none"],
        users=["root", "dockyard-none"],
        holds=["docker-ce", "docker-ce-cli"],
        shared_files=[str(tmp_path / "there"), str(tmp_path / "none")],
    )
    assert answer == {
        "groups": ["dockyard-none"],
        "users": ["dockyard-none"],
        "holds": ["docker-ce-cli"],
        "shared_files": [str(tmp_path / "none")],
    }
    assert machine.record(groups=[THERE, "dockyard-none"], holds=["docker-ce-cli"]) == {}
    assert {kind: list(machine.answer()[kind]) for kind in answer} == answer


def test_check_mode_writes_nothing(machine: Machine) -> None:
    assert machine.record(write=False, groups=["dockyard-none"]) == {"groups": ["dockyard-none"]}
    assert machine.answer() == record_of.nothing()


def test_a_root_is_recorded_with_what_was_in_it(machine: Machine) -> None:
    roots = [str(machine.root)]
    assert machine.record(data_roots=roots) == {"data_roots": roots}
    assert machine.answer()["data_roots"][roots[0]]["before"] == {"existed": False, "data": False}
    machine.came("docker-ce")
    (machine.root / "containers/x").mkdir(parents=True)
    assert machine.record(data_roots=roots) == {}, "what our own engine made is not someone else's"
    assert machine.answer()["data_roots"][roots[0]]["before"] == {"existed": False, "data": False}


def test_what_others_made_after_a_run_that_was_cut_short_is_theirs(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run ended before its apt; then an administrator installed an engine, and used it; then ours came."""
    roots = [str(machine.root)]
    machine.record(data_roots=roots, groups=["docker-of-a-test"])
    machine.packages = {"docker.io": {"held": False}}
    (machine.root / "volumes/db/_data").mkdir(parents=True)
    monkeypatch.setattr(grp, "getgrall", lambda: [grp.struct_group(("docker-of-a-test", "x", 1, []))])
    machine.record(data_roots=roots, groups=["docker-of-a-test"])
    answer = machine.answer()
    assert answer["groups"] == {}
    assert answer["data_roots"][roots[0]]["before"] == {"existed": True, "data": True}


def test_configuration_of_packages_that_are_gone_is_someones(machine: Machine) -> None:
    machine.configurations = ["docker.io"]
    assert machine.record() == {"configurations": ["docker.io"]}
    machine.configurations = []
    machine.came("docker.io")
    assert machine.record() == {}
    assert list(machine.answer()["configurations"]) == ["docker.io"]


def test_with_the_last_role_the_record_goes(machine: Machine) -> None:
    installing.prepare()
    machine.record(groups=["dockyard-none"])
    machine.came("docker-ce")
    with Path(record_of.JOURNAL).open("a") as stream:
        stream.write("nvidia_driver dkms - - 3 all\n")

    def withdraw(*roles: str) -> dict[str, Any]:
        with installing.changing("a test") as record:
            return installed._withdraw(record, list(roles), True)

    assert withdraw(ROLE)["recorded"] == {"groups": ["dockyard-none"], "packages": ["docker-ce"]}
    assert machine.answer()["packages"] == {"dkms": "nvidia_driver"}
    withdraw("nvidia_driver")
    assert list((machine.folder / "state").iterdir()) == []
    assert withdraw("nvidia_driver")["changed"] is False
