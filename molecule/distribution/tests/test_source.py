# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The packages are the distribution's, and a host can go to the other source and back without losing anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from control import play, shell
from kept import name_of, requests
from testinfra.host import Host

MOVING = "distribution-debian13"
PACKAGES = {
    "distribution-debian12": {"docker.io"},
    "distribution-debian13": {"docker.io", "docker-cli", "docker-buildx", "docker-compose"},
}
REPOSITORY = "/etc/apt/sources.list.d/docker.sources /etc/apt/keyrings/docker.asc"
DATA = Path(__file__).parents[2] / "shared/data"
MAKE, SHOW = ((DATA / name).read_text() for name in ("make.sh", "show.sh"))


def test_packages_are_the_distributions(host: Host) -> None:
    names = "docker.io docker-cli docker-buildx docker-compose docker-ce docker-ce-cli containerd.io"
    shown = host.run(f"dpkg-query --show --showformat '${{Package}} ${{db:Status-Abbrev}}\\n' {names}").stdout
    assert {line.split()[0] for line in shown.splitlines() if line.split()[1:] == ["ii"]} == PACKAGES[name_of(host)]


def test_nothing_of_dockers_repository_is_there_or_was_asked_for(host: Host) -> None:
    for path in REPOSITORY.split():
        assert not host.file(path).exists
    assert requests(host) == []


def test_plugins_answer_where_the_distribution_has_them(host: Host) -> None:
    for plugin in ("compose", "buildx"):
        assert (host.run(f"docker {plugin} version").rc == 0) == (f"docker-{plugin}" in PACKAGES[name_of(host)])


@pytest.fixture(scope="module")
def before() -> str:
    """What a user has on the host."""
    shell(MOVING, MAKE)
    return shell(MOVING, SHOW)


def move(source: str, version: str) -> None:
    """Ends well only where a last look finds nothing left to do."""
    run = play("dockyard.gpu.site", {MOVING: {"docker_engine_source": source, "docker_engine_version": version}})
    assert run.message(MOVING) == ""


def test_moves_to_upstream_with_everything_it_has(before: str) -> None:
    # A pin holds the packages, which must not keep them from going again.
    move("upstream", "26.1")
    assert shell(MOVING, "apt-mark showhold").split() == ["containerd.io", "docker-ce", "docker-ce-cli"]
    shell(MOVING, f"ls {REPOSITORY}")
    assert shell(MOVING, SHOW) == before


def test_moves_back_with_everything_it_has(before: str) -> None:
    move("distribution", "present")
    assert shell(MOVING, "dpkg-query --show --showformat '${db:Status-Abbrev}' docker-ce docker.io").split() == [
        "rc",
        "ii",
    ]
    assert shell(MOVING, f"ls {REPOSITORY} 2>/dev/null || true") == ""
    assert shell(MOVING, SHOW) == before
