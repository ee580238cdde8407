# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""apt and dpkg, read from real files in a folder of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.apt import facts
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.openpgp_keys import key, needs_gpg

PATHS = ("LISTS", "_STAMP", "_SOURCES", "_SOURCES_FOLDER", "_TRUSTED", "STATUS", "_UPDATES")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of the host's root."""
    for name in PATHS:
        monkeypatch.setattr(facts, name, f"{tmp_path}{getattr(facts, name)}")
    folders = tuple(f"{tmp_path}{folder}" for folder in facts._KEY_FOLDERS)
    monkeypatch.setattr(facts, "_KEY_FOLDERS", folders)
    monkeypatch.setattr(facts, "_LOCKS", tuple(f"{tmp_path}{path}" for path in facts._LOCKS))
    return tmp_path


def write(root: Path, path: str, content: str | bytes) -> Path:
    target = root / path.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content.encode() if isinstance(content, str) else content)
    return target


STATUS = """\
Package: docker.io
Status: install ok installed
Priority: optional
Maintainer: A: colon <a@example.org>
Conffiles:
 /etc/docker x: y
Version: 20.10.24+dfsg1-1+deb12u1+b2
Description: Linux container runtime
 Version: 99 is not the version.

Package: containerd.io
Status: hold ok installed
Version: 2.2.1-1~debian.12~bookworm

Package: podman-docker
Status: deinstall ok config-files
Version: 4.3

Package: docker-ce
Status: install reinstreq half-installed
Version: 5:29.7.2-1~debian.12~bookworm

Package: runc
Status: install ok half-configured
Version: 1.1.5

Package: docker-cli
Status: unknown ok not-installed

Package: nvidia-driver
Status: hold ok unpacked
Version: 580.178.04-1

Package: linux-image-6.1.0-40-amd64
Status: install ok installed
Version: 6.1.153-1

Package: linux-libc-dev
Status: install ok installed
Version: 6.1.153-1

Package: bash
Status: install ok installed
Version: 5.2
"""


def test_packages_are_read_from_dpkgs_own_database(root: Path) -> None:
    write(root, "/var/lib/dpkg/status", STATUS)
    prober = Prober()
    assert facts.installed(prober) == {
        "docker.io": {"version": "20.10.24+dfsg1-1+deb12u1+b2", "held": False, "state": "installed"},
        "containerd.io": {"version": "2.2.1-1~debian.12~bookworm", "held": True, "state": "installed"},
        "docker-ce": {"version": "5:29.7.2-1~debian.12~bookworm", "held": False, "state": "half-installed"},
        "runc": {"version": "1.1.5", "held": False, "state": "half-configured"},
        "nvidia-driver": {"version": "580.178.04-1", "held": True, "state": "unpacked"},
        "linux-image-6.1.0-40-amd64": {"version": "6.1.153-1", "held": False, "state": "installed"},
    }
    assert prober.problems == []


TWINS = """\
Package: libnvidia-compute-580
Status: hold ok installed
Architecture: amd64
Multi-Arch: same
Version: 580.178.04-1

Package: libnvidia-compute-580
Status: install ok installed
Architecture: i386
Multi-Arch: same
Version: 580.200.01-1

Package: firmware-nvidia-gsp
Status: install ok installed
Architecture: all
Version: 580.178.04-1

Package: libcuda1
Status: install ok installed
Architecture: i386
Version: 550.163.01-2
"""
DPKG = "\nPackage: dpkg\nStatus: install ok installed\nMulti-Arch: foreign\nArchitecture: amd64\nVersion: 1.22\n"


def test_packages_of_another_architecture_have_names_of_their_own(root: Path) -> None:
    write(root, "/var/lib/dpkg/status", TWINS + DPKG)
    found = facts.installed(Prober())
    assert {name: (each["version"], each["held"]) for name, each in found.items()} == {
        "libnvidia-compute-580": ("580.178.04-1", True),
        "libnvidia-compute-580:i386": ("580.200.01-1", False),
        "firmware-nvidia-gsp": ("580.178.04-1", False),
        "libcuda1:i386": ("550.163.01-2", False),
    }
    # Where dpkg does not say what the host is, nothing is foreign, and the first of two counts.
    write(root, "/var/lib/dpkg/status", TWINS)
    found = facts.installed(Prober())
    assert list(found) == ["libnvidia-compute-580", "firmware-nvidia-gsp", "libcuda1"]
    assert found["libnvidia-compute-580"]["held"]


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("linux-headers-6.12.1-amd64", True),
        ("linux-headers-amd64", True),
        ("linux-modules-nvidia-580-server-open-6.8.0-31-generic", True),
        ("dkms", True),
        ("ubuntu-drivers-common", True),
        ("nvidia-kernel-open-dkms", True),
        ("libnvidia-compute-580-server", True),
        ("libcuda1", True),
        ("firmware-nvidia-gsp", True),
        ("cuda-drivers", True),
        ("unattended-upgrades", True),
        ("linux-modules-6.8.0-31-generic", True),
        ("linux-libc-dev", False),
        ("dh-dkms", False),
        ("barracuda-client", False),
    ],
)
def test_packages_of_drivers_and_kernels_count(root: Path, name: str, counts: bool) -> None:
    write(root, "/var/lib/dpkg/status", f"Package: {name}\nStatus: install ok installed\nVersion: 1\n")
    assert (name in facts.installed(Prober())) is counts


def test_a_large_database_is_read_to_its_end(root: Path) -> None:
    filler = "".join(
        f"Package: lib{n}\nStatus: install ok installed\nDescription: {'x' * 900}\n\n" for n in range(6000)
    )
    write(root, "/var/lib/dpkg/status", filler + STATUS)
    assert "docker.io" in facts.installed(Prober())


def test_a_host_without_dpkg_has_no_packages(root: Path) -> None:
    prober = Prober()
    assert facts.installed(prober) == {}
    assert prober.problems == []


@pytest.mark.parametrize(
    ("names", "interrupted"), [([], False), (["0001"], True), (["tmp.i"], False), (["tmp.i", "0012"], True)]
)
def test_an_interrupted_dpkg_leaves_a_journal(root: Path, names: list[str], interrupted: bool) -> None:
    for name in names:
        write(root, f"/var/lib/dpkg/updates/{name}", "")
    assert facts.interrupted() is interrupted


@pytest.mark.parametrize("name", ["lock-frontend", "lock"])
def test_a_dpkg_at_work_has_a_lock(root: Path, name: str) -> None:
    assert facts.locked() is False
    for each in ("lock-frontend", "lock"):
        write(root, f"/var/lib/dpkg/{each}", "")
    assert facts.locked() is False
    take = f"import fcntl; f = open('{root}/var/lib/dpkg/{name}', 'w'); fcntl.lockf(f, fcntl.LOCK_EX); print(); input()"
    with subprocess.Popen([sys.executable, "-c", take], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        assert facts.locked() is True
        holder.communicate(b"\n")
    assert facts.locked() is False


def test_the_indexes_age_is_that_of_the_last_update(root: Path) -> None:
    assert facts.index() == {"age_s": None, "files": []}
    name = "deb.example.org_debian_dists_bookworm_main_binary-amd64_Packages"
    lists = write(root, f"/var/lib/apt/lists/{name}", "").parent
    write(root, "/var/lib/apt/lists/lock", "")
    os.utime(lists, (0, time.time() - 5000))
    found = facts.index()
    assert found["files"] == [name]
    assert 5000 <= found["age_s"] < 5060
    stamp = write(root, "/var/lib/apt/periodic/update-success-stamp", "")
    os.utime(stamp, (0, time.time() - 100))
    assert 100 <= facts.index()["age_s"] < 160
    os.utime(stamp, (0, time.time() + 1000))
    assert facts.index()["age_s"] == 0


def test_indexes_that_were_never_read_have_no_age(root: Path) -> None:
    write(root, "/var/lib/apt/lists/partial/x", "")
    write(root, "/var/lib/apt/lists/deb.example.org_debian_dists_bookworm_InRelease", "")
    assert facts.index()["age_s"] is None


ONE_LINE = """\
# deb https://download.docker.com/linux/debian bookworm stable
deb [arch=amd64 signed-by=/etc/apt/keyrings/docker.asc] https://download.docker.com/linux/debian/ bookworm stable # ours
deb-src http://deb.example.org/debian bookworm main contrib
  deb\t[ trusted=yes ] http://repo.example.org/flat ./
deb cdrom:[Debian GNU/Linux 12]/ bookworm main
nonsense
deb
deb https://joe:opensesame@mirror.example.org/debian bookworm main
"""


def test_one_line_lists_are_read(root: Path) -> None:
    write(root, "/etc/apt/sources.list", ONE_LINE)
    found = facts.repositories(Prober())
    assert [entry["uris"][0] for entry in found if "cdrom" not in entry["uris"][0]] == [
        "https://download.docker.com/linux/debian",
        "http://deb.example.org/debian",
        "http://repo.example.org/flat",
        found[-1]["uris"][0],
    ]
    assert found[0] == {
        "path": f"{root}/etc/apt/sources.list",
        "format": "one-line",
        "types": ["deb"],
        "uris": ["https://download.docker.com/linux/debian"],
        "credentials": False,
        "suites": ["bookworm"],
        "components": ["stable"],
        "signed_by": "/etc/apt/keyrings/docker.asc",
        "options": {"Architectures": "amd64"},
        "enabled": True,
    }
    assert (found[1]["types"], found[1]["components"]) == (["deb-src"], ["main", "contrib"])
    assert (found[2]["suites"], found[2]["components"], found[2]["signed_by"]) == (["./"], [], None)
    assert found[2]["options"] == {"trusted": "yes"}
    assert "opensesame" not in str(found)
    assert [entry["credentials"] for entry in found].count(True) == 1
    assert found[-1]["credentials"]


DEB822 = """\
# The first
Types: deb deb-src
URIs: https://download.docker.com/linux/debian/
  https://mirror.example.org/linux/debian
Suites: bookworm
# in the middle
Components: stable
 test
Architectures: amd64
Signed-By: /etc/apt/keyrings/docker.asc

types: deb
uris: http://repo.example.org
suites: ./
enabled: NO
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEZ
 =abcd
 -----END PGP PUBLIC KEY BLOCK-----
 \t
# Only a comment

Types: deb
URIs: http://last.example.org
Suites: x
"""


def test_deb822_files_are_read(root: Path) -> None:
    write(root, "/etc/apt/sources.list.d/all.sources", DEB822)
    found = facts.repositories(Prober())
    assert found[0] == {
        "path": f"{root}/etc/apt/sources.list.d/all.sources",
        "format": "deb822",
        "types": ["deb", "deb-src"],
        "uris": ["https://download.docker.com/linux/debian", "https://mirror.example.org/linux/debian"],
        "suites": ["bookworm"],
        "credentials": False,
        "components": ["stable", "test"],
        "signed_by": "/etc/apt/keyrings/docker.asc",
        "options": {"Architectures": "amd64"},
        "enabled": True,
    }
    assert [entry["uris"] for entry in found[1:]] == [["http://repo.example.org"], ["http://last.example.org"]]
    assert [entry["enabled"] for entry in found] == [True, False, True]
    assert found[1]["signed_by"].split("\n")[1:4] == ["-----BEGIN PGP PUBLIC KEY BLOCK-----", ".", "mDMEZ"]


@pytest.mark.parametrize(
    ("value", "enabled"), [("no", False), ("off", False), ("0", False), ("yes", True), ("1", True)]
)
def test_entries_are_on_or_off_as_apt_has_it(root: Path, value: str, enabled: bool) -> None:
    write(root, "/etc/apt/sources.list.d/x.sources", f"URIs: http://x\nEnabled: {value}\n")
    assert facts.repositories(Prober())[0]["enabled"] is enabled


def test_files_that_apt_does_not_read_are_not_read(root: Path) -> None:
    for name in ("x.list.save", "x.sources.bak", "README"):
        write(root, f"/etc/apt/sources.list.d/{name}", "deb http://x y z\n")
    assert facts.repositories(Prober()) == []


@needs_gpg
def test_key_files_are_known_by_what_is_in_them(root: Path) -> None:
    one, two = key("one"), key("two")
    both, cut_off = [one.fingerprint, two.fingerprint], "it ends in the middle of a packet"
    expected: list[dict[str, Any]] = []
    for path, content, mode, found, canonical, error in [
        ("/etc/apt/trusted.gpg", one.binary + two.binary, 0o644, both, False, ""),
        ("/etc/apt/keyrings/docker.asc", one.armoured, 0o600, [one.fingerprint], True, ""),
        ("/etc/apt/keyrings/docker.gpg", one.binary, 0o600, [one.fingerprint], True, ""),
        ("/etc/apt/keyrings/dos.asc", one.armoured.replace(b"\n", b"\r\n"), 0o644, [one.fingerprint], False, ""),
        ("/etc/apt/keyrings/wrong.asc", one.binary, 0o644, [one.fingerprint], False, ""),
        ("/usr/share/keyrings/rubbish.gpg", b"rubbish", 0o644, [], False, "not an OpenPGP file"),
        ("/etc/apt/keyrings/docker.pgp", one.binary, 0o644, [one.fingerprint], True, ""),
        ("/etc/apt/trusted.gpg.d/two.pgp", two.binary, 0o644, [two.fingerprint], True, ""),
        ("/usr/share/keyrings/cut-off.gpg", one.binary[:50], 0o644, [], False, cut_off),
    ]:
        write(root, path, content).chmod(mode)
        described = {
            "fingerprints": found,
            "canonical": canonical,
            "error": error,
            "mode": f"{mode:04o}",
            "plain": True,
        }
        expected.append({"path": f"{root}{path}", **described})
    write(root, "/etc/apt/trusted.gpg.d/debian-archive-bookworm-stable.asc", one.armoured)
    write(root, "/etc/apt/keyrings/notes.txt", "no key")
    prober = Prober()
    by_path = sorted(facts.keys(prober), key=lambda each: str(each["path"]))
    signing = [(each.pop("signing"), each["fingerprints"]) for each in by_path]
    assert by_path == sorted(expected, key=lambda each: str(each["path"]))
    assert all(sorted(each) == sorted(known) for each, known in signing)
    assert all(name in signers for each, _known in signing for name, signers in each.items())
    assert prober.problems == []


@needs_gpg
def test_what_apt_trusts_for_every_repository_and_is_not_read_as_keys_is_a_problem(root: Path) -> None:
    one, two = key("one"), key("two")
    for path in ("/etc/apt/trusted.gpg", "/etc/apt/trusted.gpg.d/odd.gpg", "/etc/apt/keyrings/odd.gpg"):
        write(root, path, one.binary + two.secret)
    prober = Prober()
    assert [each["fingerprints"] for each in facts.keys(prober)] == [[], [], []]
    assert [(each["code"], each["message"].split(", which")[0]) for each in prober.problems] == [
        ("unknown_keys", f"{root}/etc/apt/trusted.gpg"),
        ("unknown_keys", f"{root}/etc/apt/trusted.gpg.d/odd.gpg"),
    ]
    assert all("it has a secret key" in each["message"] for each in prober.problems)
