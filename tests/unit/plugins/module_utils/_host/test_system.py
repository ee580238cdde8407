# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import grp
import importlib
import os
import platform
import pwd
import resource
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._host import system


class Files(Prober):
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
LMDE = """\
ID=linuxmint
ID_LIKE=debian
VERSION_ID=6
VERSION_CODENAME=faye
DEBIAN_CODENAME=bookworm
PRETTY_NAME="LMDE 6"
"""
DEVUAN = "ID=devuan\nID_LIKE=debian\nVERSION_ID=6\nVERSION_CODENAME=excalibur\nPRETTY_NAME='Devuan 6'\n"
TESTING = 'PRETTY_NAME="Debian GNU/Linux forky/sid"\nID=debian\nVERSION_CODENAME=forky\n'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (NOBLE, ("ubuntu", ["debian"], "24.04", "noble", "Ubuntu 24.04.1 LTS")),
        (MINT, ("linuxmint", ["ubuntu", "debian"], "22", "noble", "Linux Mint 22")),
        (LMDE, ("linuxmint", ["debian"], "6", "bookworm", "LMDE 6")),
        (DEVUAN, ("devuan", ["debian"], "6", "excalibur", "Devuan 6")),
        (TESTING, ("debian", [], "", "forky", "Debian GNU/Linux forky/sid")),
        ("", ("linux", [], "", "", "")),
        # As a shell takes it: between double quotes a backslash is gone before these, and between single ones stays.
        (r'PRETTY_NAME="\$a \`b \"c \\d \e"', ("linux", [], "", "", r'$a `b "c \d \e')),
        (r"PRETTY_NAME='\$a \\b'", ("linux", [], "", "", r"\$a \\b")),
    ],
)
@pytest.mark.parametrize("path", ["/etc/os-release", "/usr/lib/os-release"])
def test_the_distribution_is_that_of_os_release(text: str, found: tuple[Any, ...], path: str) -> None:
    distribution = system.distribution(Files({path: text}))
    keys = ("id", "id_like", "version_id", "codename", "pretty_name")
    assert tuple(distribution[name] for name in keys) == found


def test_the_machine_here_has_an_architecture_as_dpkg_names_it() -> None:
    assert system.distribution(Prober())["architecture"] in ("amd64", "arm64", "armhf", "i386", "riscv64", "ppc64el")


DPKG = """\
Package: base-files
Architecture: all

Package: dpkg
Essential: yes
Architecture: armhf

Package: vim
Architecture: arm64
"""


@pytest.mark.parametrize(
    ("native", "status", "machine", "expected"),
    [
        ("arm64\n", DPKG, "x86_64", "arm64"),
        # A Raspberry Pi with a 64-bit kernel below 32-bit packages, with the dpkg of Debian 12.
        (None, DPKG, "aarch64", "armhf"),
        (None, None, "ppc64le", "ppc64el"),
        (None, "", "x86_64", "amd64"),
        ("", None, "s390x", "s390x"),
    ],
)
def test_the_architecture_is_that_of_dpkg_and_not_of_the_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, native: str | None, status: str | None, machine: str, expected: str
) -> None:
    files = {str(tmp_path / Path(path).name): entry for path, entry in system._NATIVE.items()}
    for path, text in zip(files, (native, status), strict=True):
        if text is not None:
            Path(path).write_text(text)
    monkeypatch.setattr(system, "_NATIVE", files)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert system.architecture() == expected


class FakeAccounts:
    """A stand-in for the databases of users and groups."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, group: tuple[int, list[str]] | None, users: dict[str, int]
    ) -> None:
        self.group, self.users = group, users
        monkeypatch.setattr(grp, "getgrnam", self.getgrnam)
        monkeypatch.setattr(system, "LOCAL_GROUPS", "/nowhere")
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
    FakeAccounts(monkeypatch, (998, ["zoe", "ann", "zoe"]), {"ann": 100, "cid": 998, "bob": 998})
    assert system.docker_group() == {
        "exists": True,
        "gid": 998,
        "members": ["ann", "zoe"],
        "primary_members": ["bob", "cid"],
        "of_directory": True,
        "directory_members": ["ann", "zoe"],
    }


@pytest.mark.parametrize(
    ("text", "of_directory", "members"),
    [
        ("root:x:0:\ndocker:x:998:ann,bob\n", False, ["zoe"]),
        ("docker:x:998:\n", False, ["ann", "bob", "zoe"]),
        ("dockers:x:998:ann\nmy:docker:1:docker\n+:::\n", True, ["ann", "bob", "zoe"]),
        ("", True, ["ann", "bob", "zoe"]),
    ],
)
def test_a_group_may_be_of_a_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, of_directory: bool, members: list[str]
) -> None:
    """The real reader on a file: glibc has the group from elsewhere, or from both."""
    FakeAccounts(monkeypatch, (998, ["ann", "bob", "zoe"]), {})
    (tmp_path / "group").write_text(text)
    monkeypatch.setattr(system, "LOCAL_GROUPS", str(tmp_path / "group"))
    found = system.docker_group()
    assert (found["exists"], found["members"]) == (True, ["ann", "bob", "zoe"])
    assert (found["of_directory"], found["directory_members"]) == (of_directory, members)


def test_a_group_that_is_not_there_has_no_one(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeAccounts(monkeypatch, None, {"ann": 998})
    assert system.docker_group() == system.NO_GROUP


def test_users_are_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeAccounts(monkeypatch, None, {"ann": 100})
    assert system.users(["ann", "eve", "a\0b"]) == {"ann": True, "eve": False, "a\0b": False}


@pytest.mark.parametrize("capabilities", ["000001ffffffffff", "0000000001000000"])
def test_with_cap_sys_resource_the_kernels_bound_counts(capabilities: str) -> None:
    files = {"/proc/self/status": f"Name:\tx\nCapEff:\t{capabilities}\n", "/proc/sys/fs/nr_open": "12345\n"}
    assert system.open_files_limit(Files(files)) == 12345


def test_without_it_a_process_can_give_what_it_has() -> None:
    files = {"/proc/self/status": "CapEff:\t00000000a80425fb\n", "/proc/sys/fs/nr_open": "12345\n"}
    here = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert system.open_files_limit(Files(files)) == system.open_files_limit(Files({})) == here


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
    monkeypatch.setattr(system, "_REBOOT", (str(tmp_path / "reboot-required"),))
    assert system.reboot(Prober()) == expected


@pytest.mark.parametrize(
    ("packages", "here", "node"), [({"kubelet": {}}, False, True), ({}, True, True), ({}, False, False)]
)
def test_a_kubernetes_node_is_known_by_its_kubelet(
    monkeypatch: pytest.MonkeyPatch, packages: dict[str, Any], here: bool, node: bool
) -> None:
    monkeypatch.setattr(os.path, "isdir", lambda _path: False)
    monkeypatch.setattr(os.path, "exists", lambda path: here and path == "/usr/local/bin/k3s")
    assert system.kubernetes_node(packages) is node


SHOWN = """\
Id=docker.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
NeedDaemonReload=yes
After=basic.target containerd.service
FragmentPath=/usr/lib/systemd/system/docker.service
Result=success
ExecStart={ path=/usr/bin/dockerd ; argv[]=/usr/bin/dockerd -H fd:// --http-proxy=http://joe:opensesame@p.example.org \
--label owner=joe's --containerd=/run/containerd/containerd.sock ; ignore_errors=no ; start_time=[n/a] ; pid=0 }

Id=docker.socket
LoadState=masked
ActiveState=inactive
SubState=dead
UnitFileState=masked
NeedDaemonReload=no
Result=success
SocketGroup=ops

Id=containerd.service
LoadState=not-found
ActiveState=inactive
SubState=dead
"""


def systemctl(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A stand-in for systemctl, found first."""
    path = folder / "systemctl"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_the_python_that_runs_says_whose_it_is_and_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "_DISTRIBUTIONS_PYTHON", str(tmp_path / "python3"))
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "requests", raising=False)
    assert system.python() == {"path": sys.executable, "of_distribution": False, "requests": False}
    (tmp_path / "python3").symlink_to(sys.executable)
    (tmp_path / "requests.py").touch()
    importlib.invalidate_caches()
    monkeypatch.setattr(sys, "prefix", "/usr")
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    assert system.python() == {"path": sys.executable, "of_distribution": True, "requests": True}
    monkeypatch.setattr(sys, "prefix", "/opt/venv")
    assert system.python()["of_distribution"] is False


def test_units_are_read_in_one_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shown").write_text(SHOWN)
    systemctl(tmp_path, monkeypatch, f'echo "$@" >> {tmp_path}/asked; cat {tmp_path}/shown')
    prober = Prober()
    found = system.units(prober, engine_paths.UNITS)
    assert list(found) == ["docker.service", "docker.socket"]
    docker, socket = found.values()
    flags = docker.pop("flags")
    assert flags[:2] == ["-H", "fd://"]
    assert flags[-1] == "--containerd=/run/containerd/containerd.sock"
    assert "opensesame" not in str(flags)
    assert docker == {
        "active": True,
        "enabled": True,
        "static": False,
        "masked": False,
        "state": "running",
        "result": "success",
        "needs_daemon_reload": True,
        "environment": {},
        "socket_group": "",
        "after": ["basic.target", "containerd.service"],
        "fragment": "/usr/lib/systemd/system/docker.service",
        "program": os.path.realpath("/usr/bin/dockerd"),
        "replaced": False,
    }
    assert socket["socket_group"] == "ops"
    assert (socket["active"], socket["enabled"], socket["masked"], socket["flags"]) == (False, False, True, [])
    (asked,) = (tmp_path / "asked").read_text().splitlines()
    assert asked.split()[-3:] == ["docker.service", "docker.socket", "containerd.service"]
    assert prober.problems == []


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("[Service]\nExecStart=/usr/bin/nvidia-persistenced --user nvpd\n", "/usr/bin/nvidia-persistenced --user nvpd"),
        ("[Service]\nExecStart=-/bin/a b \nExecStart=\nExecStart=!/bin/c\n", "/bin/c"),
        ("[Unit]\n", ""),
        (None, ""),
    ],
)
def test_what_a_units_own_file_starts(tmp_path: Path, text: str | None, command: str) -> None:
    if text is not None:
        (tmp_path / "a.service").write_text(text)
    assert system.own_command(Prober(), str(tmp_path / "a.service")) == command
    assert system.own_command(Prober(), "") == ""


@pytest.mark.parametrize(
    ("environment", "file", "flags", "expected"),
    [
        ("", "", "-H fd://", {}),
        ("DOCKER_OPTS=--debug", None, "$DOCKER_OPTS", {"DOCKER_OPTS": "--debug"}),
        ('A=1 "DOCKER_OPTS=--storage-driver vfs"', None, "$DOCKER_OPTS", {"DOCKER_OPTS": "--storage-driver vfs"}),
        (
            "",
            'DOCKER_OPTS="--storage-driver=vfs --debug"',
            "$DOCKER_OPTS",
            {"DOCKER_OPTS": "--storage-driver=vfs --debug"},
        ),
        ("ROOT=/a", "# ROOT=/b\nROOT=/c\n", "--data-root ${ROOT}", {"ROOT": "/c"}),
        ("DOCKER_DRIVER=vfs", None, "-H fd://", {"DOCKER_DRIVER": "vfs"}),
        # Whatever else is there may be a secret, or broken.
        ("HTTP_PROXY=http://joe:opensesame@p:1", "TOKEN=opensesame\n'", "-H fd://", {}),
    ],
)
def test_variables_that_the_flags_name_are_read_and_no_others(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: str,
    file: str | None,
    flags: str,
    expected: dict[str, str],
) -> None:
    lines = ["LoadState=loaded", "Id=docker.service", f"Environment={environment}"]
    lines.append(f"ExecStart={{ path=/usr/bin/dockerd ; argv[]=/usr/bin/dockerd {flags} ; ignore_errors=no ; }}")
    if file is not None:
        (tmp_path / "default").write_text(file)
        lines += [f"EnvironmentFiles={tmp_path}/default (ignore_errors=yes)"]
        lines += [f"EnvironmentFiles={tmp_path}/missing (ignore_errors=yes)"]
    (tmp_path / "shown").write_text("\n".join(lines) + "\n")
    systemctl(tmp_path, monkeypatch, f"cat {tmp_path}/shown")
    prober = Prober()
    found = system.units(prober, engine_paths.UNITS)["docker.service"]["environment"]
    assert found == expected
    assert prober.problems == []


@pytest.mark.parametrize(
    ("property_", "value", "name", "expected"),
    [
        ("ActiveState", "reloading", "active", True),
        ("ActiveState", "activating", "active", False),
        ("ActiveState", "failed", "active", False),
        ("UnitFileState", "enabled-runtime", "enabled", True),
        ("UnitFileState", "static", "enabled", True),
        ("UnitFileState", "static", "static", True),
        ("UnitFileState", "enabled", "static", False),
        ("UnitFileState", "disabled", "enabled", False),
        ("LoadState", "error", "masked", False),
    ],
)
def test_states_of_units(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, property_: str, value: str, name: str, expected: bool
) -> None:
    systemctl(tmp_path, monkeypatch, f"printf 'LoadState=loaded\\n{property_}={value}\\nId=docker.service\\n'")
    assert system.units(Prober(), engine_paths.UNITS)["docker.service"][name] is expected


@pytest.mark.parametrize("script", ["echo 'System has not been booted with systemd' >&2; exit 1", "exit 0"])
def test_without_systemd_there_are_no_units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    systemctl(tmp_path, monkeypatch, script)
    prober = Prober()
    assert system.units(prober, engine_paths.UNITS) == {}
    assert prober.problems == []


def test_a_systemctl_that_hangs_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    systemctl(tmp_path, monkeypatch, "sleep 20")
    prober = Prober(timeout=0.3)
    assert system.units(prober, engine_paths.UNITS) == {}
    assert prober.problems[0]["code"] == "timeout"


def test_units_without_a_file_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [tmp_path / "etc", tmp_path / "lib", tmp_path / "missing"]
    monkeypatch.setattr(system, "UNIT_PATH", tuple(map(str, folders)))
    for folder in folders[:2]:
        folder.mkdir()
    (tmp_path / "etc/masked.service").symlink_to("/dev/null")
    (tmp_path / "etc/dangling.service").symlink_to(tmp_path / "gone")
    (tmp_path / "lib/there.path").touch()
    names = ["masked.service", "none.service", "there.path", "dangling.service"]
    assert system.with_files(names) == ["masked.service", "there.path", "dangling.service"]


def test_files_have_content_without_credentials_and_a_mode(tmp_path: Path) -> None:
    there, missing = str(tmp_path / "proxy.env"), str(tmp_path / "missing")
    Path(there).write_text('HTTP_PROXY="http://joe:opensesame@proxy.example.org"\n')
    Path(there).chmod(0o600)
    found = system.files(Prober(), (there, missing))
    assert found[missing] is None
    shown = found[there]
    assert shown is not None
    assert shown["mode"] == "0600"
    assert "opensesame" not in shown["content"]
    assert shown["content"].endswith('@proxy.example.org"\n')


def test_a_file_that_another_user_could_write_is_not_plain(tmp_path: Path) -> None:
    there, link = tmp_path / "there", tmp_path / "link"
    there.write_text("x")
    link.symlink_to(there)
    found = system.files(Prober(), (str(there), str(link)))
    assert [(file or {})["plain"] for file in found.values()] == [True, False]
    if os.geteuid() == 0:
        os.chown(there, 1000, 1000)
        assert (system.files(Prober(), (str(there),))[str(there)] or {})["plain"] is False
