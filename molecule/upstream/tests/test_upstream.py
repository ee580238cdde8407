# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker's repository is known by its key alone, and what apt installed came from it."""

from __future__ import annotations

from kept import name_of, repository, requests, step
from testinfra.host import Host

SOURCES = "/etc/apt/sources.list.d/docker.sources"
KEY = "/etc/apt/keyrings/docker.asc"
# os-release, and with it the address, as the three images have it.
DISTRIBUTIONS = {
    "debian12": ("debian", "bookworm"),
    "debian13": ("debian", "trixie"),
    "ubuntu2404": ("ubuntu", "noble"),
}


def test_repository_is_a_deb822_file_signed_by_its_own_key(host: Host) -> None:
    family, codename = DISTRIBUTIONS[name_of(host).split("-")[1]]
    file = host.file(SOURCES)
    assert (file.user, file.group, file.mode) == ("root", "root", 0o644)
    fields = dict(line.split(": ", 1) for line in file.content_string.splitlines() if line[0] != "#")
    assert fields == {
        "Types": "deb",
        "URIs": f"{repository()['url']}/{family}",
        "Suites": codename,
        "Components": "stable",
        "Architectures": host.check_output("dpkg --print-architecture"),
        "Signed-By": KEY,
    }
    assert file.content_string == step("preview", host, "repository")["to"]["content"]


def test_key_is_the_pinned_one(host: Host) -> None:
    file = host.file(KEY)
    assert (file.user, file.group, file.mode) == ("root", "root", 0o644)
    # apt's own verifier has it from the keyring file: with no other key there, its signature is the verification.
    assert step("preview", host, "repository_key")["to"]["fingerprint"] == repository()["fingerprint"]
    update = host.run("apt-get update")
    assert update.rc == 0
    assert update.stderr == ""


def test_packages_are_the_newest_of_the_repository(host: Host) -> None:
    _family, codename = DISTRIBUTIONS[name_of(host).split("-")[1]]
    desired = ("docker-ce", "docker-ce-cli", "containerd.io", "docker-buildx-plugin", "docker-compose-plugin")
    offered = repository()["versions"][codename]
    assert {name: host.package(name).version for name in desired} == {name: offered[name][-1] for name in desired}
    assert {path.rsplit("/", 1)[1].split("_")[0] for _when, path in requests(host) if path.endswith(".deb")} == {
        *desired
    }


def test_plugins_answer(host: Host) -> None:
    for plugin in ("compose", "buildx"):
        assert host.run(f"docker {plugin} version").rc == 0
