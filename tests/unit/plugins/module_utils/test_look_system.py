# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import grp
import os
import pwd
import resource
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils import look_system
from ansible_collections.dockyard.gpu.plugins.module_utils.look import Look


class Files(Look):
    """A look at files that are named here, and at no others."""

    def __init__(self, files: dict[str, str]) -> None:
        super().__init__()
        self.files = files

    def text(self, path: str) -> str | None:
        return self.files.get(path)


NOBLE = """\
PRETTY_NAME="Ubuntu 24.04.1 LTS"
NAME=Ubuntu
# a comment=x
VERSION_ID="24.04"
VERSION_CODENAME=noble
ID=ubuntu
ID_LIKE=debian

UBUNTU_CODENAME=noble
"""
MINT = """\
ID=linuxmint
ID_LIKE='ubuntu debian'
VERSION_ID="22"
VERSION_CODENAME=wilma
UBUNTU_CODENAME=noble
PRETTY_NAME="Linux Mint 22"
"""
TESTING = 'PRETTY_NAME="Debian GNU/Linux forky/sid"\nID=debian\nVERSION_CODENAME=forky\n'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (NOBLE, ("ubuntu", ["debian"], "24.04", "noble", "Ubuntu 24.04.1 LTS")),
        (MINT, ("linuxmint", ["ubuntu", "debian"], "22", "noble", "Linux Mint 22")),
        (TESTING, ("debian", [], "", "forky", "Debian GNU/Linux forky/sid")),
        ("", ("linux", [], "", "", "")),
    ],
)
@pytest.mark.parametrize("path", ["/etc/os-release", "/usr/lib/os-release"])
def test_the_distribution_is_that_of_os_release(text: str, found: tuple[Any, ...], path: str) -> None:
    distribution = look_system.distribution(Files({path: text}))
    keys = ("id", "id_like", "version_id", "codename", "pretty_name")
    assert tuple(distribution[name] for name in keys) == found


def test_the_machine_here_has_an_architecture_as_dpkg_names_it() -> None:
    assert look_system.distribution(Look())["architecture"] in ("amd64", "arm64", "armhf", "i386", "riscv64", "ppc64el")


class FakeAccounts:
    """A stand-in for the databases of users and groups."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, group: tuple[int, list[str]] | None, users: dict[str, int]
    ) -> None:
        self.group, self.users = group, users
        monkeypatch.setattr(grp, "getgrnam", self.getgrnam)
        monkeypatch.setattr(pwd, "getpwnam", self.getpwnam)
        monkeypatch.setattr(pwd, "getpwall", lambda: [self.getpwnam(name) for name in self.users])

    def getgrnam(self, name: str) -> grp.struct_group:
        if name != "docker" or self.group is None:
            raise KeyError(name)
        return grp.struct_group((name, "x", self.group[0], self.group[1]))

    def getpwnam(self, name: str) -> pwd.struct_passwd:
        if "\0" in name:
            raise ValueError("embedded null byte")
        return pwd.struct_passwd((name, "x", 1000, self.users[name], "", "/", "/bin/sh"))


def test_a_group_has_members_and_those_whose_primary_group_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeAccounts(monkeypatch, (998, ["zoe", "ann"]), {"ann": 100, "cid": 998, "bob": 998})
    assert look_system.docker_group() == {
        "exists": True,
        "gid": 998,
        "members": ["ann", "zoe"],
        "primary_members": ["bob", "cid"],
    }


def test_a_group_that_is_not_there_has_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeAccounts(monkeypatch, None, {"ann": 998})
    assert look_system.docker_group() == {"exists": False, "gid": None, "members": [], "primary_members": []}


def test_users_are_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeAccounts(monkeypatch, None, {"ann": 100})
    assert look_system.users(["ann", "eve", "a\0b"]) == {"ann": True, "eve": False, "a\0b": False}


@pytest.mark.parametrize("capabilities", ["000001ffffffffff", "0000000001000000"])
def test_with_cap_sys_resource_the_kernels_bound_counts(capabilities: str) -> None:
    files = {"/proc/self/status": f"Name:\tx\nCapEff:\t{capabilities}\n", "/proc/sys/fs/nr_open": "12345\n"}
    assert look_system.open_files_limit(Files(files)) == 12345


def test_without_it_a_process_can_give_what_it_has() -> None:
    files = {"/proc/self/status": "CapEff:\t00000000a80425fb\n", "/proc/sys/fs/nr_open": "12345\n"}
    here = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert look_system.open_files_limit(Files(files)) == look_system.open_files_limit(Files({})) == here


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], {"required": False, "packages": []}),
        (["reboot-required"], {"required": True, "packages": []}),
        (["reboot-required", "reboot-required.pkgs"], {"required": True, "packages": ["libc6", "linux-image"]}),
        (["reboot-required.pkgs"], {"required": False, "packages": []}),
    ],
)
def test_a_reboot_is_due_when_the_distribution_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str], expected: dict[str, Any]
) -> None:
    for name in names:
        (tmp_path / name).write_text("linux-image\nlibc6\nlinux-image\n" if name.endswith("pkgs") else "")
    monkeypatch.setattr(look_system, "_REBOOT", (str(tmp_path / "reboot-required"),))
    assert look_system.reboot(Look()) == expected


@pytest.mark.parametrize(
    ("packages", "here", "node"), [({"kubelet": {}}, False, True), ({}, True, True), ({}, False, False)]
)
def test_a_kubernetes_node_is_known_by_its_kubelet(
    monkeypatch: pytest.MonkeyPatch, packages: dict[str, Any], here: bool, node: bool
) -> None:
    monkeypatch.setattr(os.path, "isdir", lambda _path: False)
    monkeypatch.setattr(os.path, "exists", lambda path: here and path == "/usr/local/bin/k3s")
    assert look_system.kubernetes_node(packages) is node
