# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the driver needs from the kernel, in real folders below a folder of their own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import prerequisites

RELEASE = "6.12.1-amd64"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folders = tuple(f"{tmp_path}{folder}" for folder in prerequisites._MODPROBE)
    monkeypatch.setattr(prerequisites, "_MODPROBE", folders)
    monkeypatch.setattr(prerequisites, "_MODULES", f"{tmp_path}/lib/modules")
    monkeypatch.setattr(prerequisites, "_BOOT", f"{tmp_path}/boot")
    return tmp_path


def write(root: Path, path: str, content: str = "blacklist nouveau\n", time: int = 1000) -> None:
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(content)
    os.utime(target, (time, time))


def found(name: str) -> bool:
    prober = Prober()
    result = prerequisites.prerequisites(prober, RELEASE)
    assert set(result) == set(prerequisites.UNKNOWN)
    assert prober.problems == []
    value = result[name]
    assert isinstance(value, bool)
    return value


def test_a_bare_system_has_nothing_of_it(root: Path) -> None:
    assert prerequisites.prerequisites(Prober(), RELEASE) == prerequisites.UNKNOWN


@pytest.mark.parametrize(
    ("text", "blacklisted"),
    [
        ("blacklist nouveau", True),
        ("# mine\n\tblacklist\t nouveau \noptions nouveau modeset=0\n", True),
        ("install nouveau /bin/false\n", True),
        ("install nouveau /usr/bin/true\n", True),
        ("blacklist \\\n nouveau\n", True),
        ("#blacklist nouveau\n", False),
        ("# install nouveau /bin/false\n", False),
        ("blacklist nouveau_vieux\nblacklist\nnouveau\n", False),
        ("install nouveau /sbin/modprobe --ignore-install nouveau\n", False),
        ("options nouveau modeset=0\n", False),
        ("", False),
    ],
)
def test_what_keeps_nouveau_from_loading(root: Path, text: str, blacklisted: bool) -> None:
    write(root, "etc/modprobe.d/any.conf", text)
    assert found("nouveau_blacklisted") is blacklisted


@pytest.mark.parametrize("folder", ["etc", "run", "usr/local/lib", "usr/lib", "lib"])
def test_every_folder_of_modprobes_counts(root: Path, folder: str) -> None:
    write(root, f"{folder}/modprobe.d/any.conf")
    assert found("nouveau_blacklisted") is True


@pytest.mark.parametrize("name", ["any.conf.dpkg-old", "README", ".any.conf", "any.conf/any.conf"])
def test_files_that_modprobe_does_not_read_do_not_count(root: Path, name: str) -> None:
    write(root, f"etc/modprobe.d/{name}")
    assert found("nouveau_blacklisted") is False


def test_a_file_of_etc_stands_for_the_packages_of_the_same_name(root: Path) -> None:
    write(root, "usr/lib/modprobe.d/nvidia.conf")
    assert found("nouveau_blacklisted") is True
    (root / "etc/modprobe.d").mkdir(parents=True)
    (root / "etc/modprobe.d/nvidia.conf").symlink_to("/dev/null")
    assert found("nouveau_blacklisted") is False


def test_headers_are_a_folder_or_a_link_to_one(root: Path) -> None:
    modules = root / "lib/modules" / RELEASE
    modules.mkdir(parents=True)
    assert found("kernel_headers") is False
    (modules / "build").symlink_to(root / "usr/src/headers")
    assert found("kernel_headers") is False, "what the link names is not installed"
    (root / "usr/src/headers").mkdir(parents=True)
    assert found("kernel_headers") is True
    (modules / "build").unlink()
    (modules / "build").mkdir()
    assert found("kernel_headers") is True


@pytest.mark.parametrize(("made", "older"), [(None, False), (1999, True), (2000, False), (2001, False)])
def test_an_initramfs_is_compared_with_the_newest_blacklist(root: Path, made: int | None, older: bool) -> None:
    write(root, "usr/lib/modprobe.d/old.conf", time=1000)
    write(root, "etc/modprobe.d/new.conf", time=2000)
    write(root, "etc/modprobe.d/other.conf", "blacklist pcspkr\n", time=3000)
    write(root, "boot/initrd.img-5.0", "another kernel's", time=1)
    if made is not None:
        write(root, f"boot/initrd.img-{RELEASE}", "", time=made)
    assert found("initramfs_older_than_blacklist") is older


def test_without_a_blacklist_no_initramfs_is_too_old(root: Path) -> None:
    write(root, f"boot/initrd.img-{RELEASE}", "", time=1)
    assert found("initramfs_older_than_blacklist") is False
