# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of what the collection makes: as it is written, by a real apt too, and as it is read."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common import atomic_files, installed, installing
from ansible_collections.dockyard.gpu.plugins.module_utils._common.plain_files import FileError


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "dockyard"
    monkeypatch.setattr(installing, "FOLDER", str(folder))
    monkeypatch.setattr(installed, "RECORD", str(folder / "installed.json"))
    monkeypatch.setattr(installed, "JOURNAL", str(folder / "packages"))
    monkeypatch.setattr(installing, "APT_CONFIG", str(folder / "apt.conf"))
    monkeypatch.setattr(atomic_files, "LOCKS", str(tmp_path / "{}.lock"))
    return folder


def journal(text: str) -> installed.Packages:
    path = Path(installed.JOURNAL)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return installed.packages("amd64", str(path))


def test_a_host_without_a_record_has_nothing_of_ours() -> None:
    assert installed.summary("amd64") == installed.nothing()


def test_what_is_noted_is_on_disk_at_once_and_readable_by_root_alone() -> None:
    with installing.changing("a test") as record:
        record.note("docker_group", "members", ["ada"])
        assert json.loads(Path(installed.RECORD).read_text())["members"]["ada"]["by"] == "docker_group"
    assert stat.S_IMODE(os.stat(installed.RECORD).st_mode) == 0o600
    answer = installed.summary("amd64")
    assert (answer["recorded"], answer["members"]) == (True, {"ada": {"by": "docker_group", "before": None}})


def test_an_act_that_came_to_nothing_leaves_no_record() -> None:
    with installing.changing("a test") as record:
        record.note("docker_group", "members", ["ada", "bob"])
        record.forget("members", ["ada"])
    assert list(installed.summary("amd64")["members"]) == ["bob"]
    with installing.changing("a test") as record:
        record.forget("members", ["bob"])
    assert not os.path.exists(installed.RECORD)


def test_two_runs_do_not_lose_each_others_entries() -> None:
    with (
        installing.changing("one"),
        pytest.raises(atomic_files.Busy, match="one"),
        atomic_files.locked("installed", "two", patience=0),
    ):
        pass


def test_what_a_file_held_before_is_shown_to_no_one() -> None:
    with installing.changing("a test") as record:
        before = {"first": {"content": "https://u:p@m"}, "written": None}
        record.note("docker_engine", "files", ["/etc/apt/sources.list.d/docker.sources"], before)
    answer = installed.summary("amd64")
    assert answer["files"]["/etc/apt/sources.list.d/docker.sources"]["before"] == "a file"
    assert "u:p" not in json.dumps(answer)


@pytest.mark.parametrize("content", ["{", "[]", '{"members": ["ada"]}', '{"members": {"ada": {}}}', '{"members": 1}'])
def test_a_damaged_record_is_an_error_with_a_way_out(content: str) -> None:
    path = Path(installed.RECORD)
    path.parent.mkdir()
    path.write_text(content)
    answer = installed.summary("amd64")
    assert (answer["packages"], answer["recorded"]) == ({}, False)
    assert f"{path} is damaged" in answer["error"]
    with pytest.raises(FileError, match="Move it away"), installing.changing("a test"):
        pass


def test_what_comes_where_nothing_was_is_ours() -> None:
    answer = journal("docker_engine docker-ce - - 5:29 amd64\ndocker_engine iptables - - 1.8 amd64\n")
    assert answer == ({"docker-ce": "docker_engine", "iptables": "docker_engine"}, {}, {})


def test_a_package_of_another_architecture_has_its_name_as_apt_gives_it() -> None:
    assert journal("nvidia_driver libcuda1 - - 580 i386\nnvidia_driver fonts - - 1 all\n").ours == {
        "libcuda1:i386": "nvidia_driver",
        "fonts": "nvidia_driver",
    }


def test_what_was_there_before_and_made_way_is_remembered_and_is_theirs_when_it_comes_back() -> None:
    gone = "docker_engine docker.io 26.1 amd64 - -\ndocker_engine docker-ce - - 5:29 amd64\n"
    assert journal(gone) == (
        {"docker-ce": "docker_engine"},
        {},
        {"docker.io": {"by": "docker_engine", "version": "26.1"}},
    )
    back = "docker_engine docker-ce 5:29 amd64 - -\ndocker_engine docker.io - - 26.1 amd64\n"
    assert journal(gone + back) == ({}, {}, {})


def test_what_our_removal_took_is_another_ones_when_it_is_there_again() -> None:
    came = "docker_engine docker-ce - - 5:29 amd64\n"
    went = "remove docker-ce 5:29 amd64 - -\nremove docker-ce - - - -\nremove podman 5 amd64 - -\n"
    assert journal(came + went) == ({}, {"docker-ce": "docker_engine"}, {})
    assert journal(came + went + came) == ({"docker-ce": "docker_engine"}, {}, {})


def test_a_line_that_was_cut_off_is_no_package() -> None:
    assert journal("docker_engine docker-ce - - 5:29 amd64\ndocker_engine cont").ours == {"docker-ce": "docker_engine"}


@pytest.fixture
def apt(tmp_path: Path) -> tuple[list[str], dict[str, str]]:
    """A real apt and dpkg over a root of their own, with packages ``one``, which needs ``two``, and ``three``."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        pytest.skip("there is no apt here")
    root = tmp_path / "root"
    for folder in (
        "var/lib/dpkg/info",
        "var/lib/dpkg/updates",
        "lists/partial",
        "cache/archives/partial",
        "etc",
        "log",
    ):
        (root / folder).mkdir(parents=True)
    (root / "var/lib/dpkg/status").write_text("")
    for name, version, needs in (("one", "1", "two"), ("two", "1", ""), ("three", "1", ""), ("three", "2", "")):
        built = tmp_path / f"{name}-{version}"
        (built / "DEBIAN").mkdir(parents=True)
        depends = f"Depends: {needs}\n" if needs else ""
        (built / "DEBIAN/control").write_text(
            f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: a test <test@invalid>\n{depends}"
            "Description: a test\n"
        )
        subprocess.run(["dpkg-deb", "--build", built, f"{built}.deb"], check=True, capture_output=True)
    settings = {
        "Dir::State": root,
        "Dir::State::status": root / "var/lib/dpkg/status",
        "Dir::State::lists": root / "lists",
        "Dir::State::extended_states": root / "extended_states",
        "Dir::Cache": root / "cache",
        "Dir::Etc": root / "etc",
        "Dir::Log": root / "log",
        "Debug::NoLocking": "1",
    }
    options = [f"-o{name}={value}" for name, value in settings.items()]
    options += [
        f"-oDpkg::Options::={each}" for each in (f"--root={root}", "--force-not-root", "--force-script-chrootless")
    ]
    installing.prepare()
    environment = {**os.environ, "APT_CONFIG": installing.APT_CONFIG, "DOCKYARD_ROLE": "docker_engine"}
    return ["apt-get", "-y", "-q", *options], environment


def test_apt_itself_writes_down_what_comes_and_goes(apt: tuple[list[str], dict[str, str]], tmp_path: Path) -> None:
    command, ours = apt
    theirs = {name: value for name, value in ours.items() if name != "APT_CONFIG"}

    def run(environment: dict[str, str], *words: str | Path) -> None:
        done = subprocess.run([*command, *words], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    run(theirs, "install", tmp_path / "three-1.deb")
    assert not os.path.exists(installed.JOURNAL)
    run(ours, "install", tmp_path / "one-1.deb", tmp_path / "two-1.deb", tmp_path / "three-2.deb")
    named = {"one": "docker_engine", "two": "docker_engine"}
    assert installed.packages("amd64") == (named, {}, {}), "three was only upgraded"
    run(ours, "remove", "three", "one")
    assert installed.packages("amd64") == (
        {"two": "docker_engine"},
        {},
        {"three": {"by": "docker_engine", "version": "2"}},
    )
    run({**ours, "DOCKYARD_ROLE": installed.REMOVAL}, "purge", "two")
    assert installed.packages("amd64").gone == {"two": "docker_engine"}


def test_apt_does_not_begin_where_it_cannot_write_it_down(
    apt: tuple[list[str], dict[str, str]], tmp_path: Path, places: Path
) -> None:
    command, environment = apt
    os.mkdir(installed.JOURNAL)
    done = subprocess.run(
        [*command, "install", tmp_path / "three-1.deb"], env=environment, capture_output=True, check=False
    )
    assert done.returncode != 0
    assert "three" not in (tmp_path / "root/var/lib/dpkg/status").read_text()


def test_no_secret_of_apts_settings_is_written_down(apt: tuple[list[str], dict[str, str]], tmp_path: Path) -> None:
    command, environment = apt
    command = [*command, "-oAcquire::http::Proxy=http://user:hunter2@proxy.invalid"]
    subprocess.run([*command, "install", tmp_path / "three-1.deb"], env=environment, capture_output=True, check=True)
    assert Path(installed.JOURNAL).read_text() == "docker_engine three - - 1 all\n"
