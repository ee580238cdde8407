# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host's settings over time, in this order; each one is met by one run."""

from __future__ import annotations

from control import Run, play, shell
from kept import repository

HOST = "versions"
ENGINE = ("docker-ce", "docker-ce-cli")
HELD = ["containerd.io", *ENGINE]


def site(version: str, **more: object) -> Run:
    """Ends well only where a last look finds nothing left to do."""
    return play("dockyard.gpu.site", {HOST: {"docker_engine_version": version, **more}})


def installed() -> list[str]:
    """The upstream versions of engine and client: 26.1.5 of 5:26.1.5-1~debian.13~trixie."""
    versions = shell(HOST, "dpkg-query --show --showformat '${Version}\\n' " + " ".join(ENGINE)).splitlines()
    return [version.split(":")[1].split("-")[0] for version in versions]


def running() -> str:
    return shell(HOST, "docker version --format '{{.Server.Version}}'").split("+")[0]


def held() -> list[str]:
    return shell(HOST, "apt-mark showhold").split()


def test_line_of_versions_gives_its_newest_and_holds_it() -> None:
    assert installed() == ["26.1.5", "26.1.5"]
    assert running() == "26.1.5"
    assert held() == HELD


def test_version_that_does_not_exist_is_rejected_with_those_that_do() -> None:
    before = shell(HOST, "dpkg --list; systemctl show --property=MainPID docker.service")
    run = site("27.9")
    assert run.changed(HOST) == 0
    assert "docker_engine_version: 27.9 is not offered for docker-ce" in run.message(HOST)
    offered = [version.split(":")[1].split("-")[0] for version in repository()["versions"]["trixie"]["docker-ce"]]
    assert ", ".join(reversed(offered)) in run.message(HOST)
    assert shell(HOST, "dpkg --list; systemctl show --property=MainPID docker.service") == before


def test_hold_that_someone_took_away_is_put_back() -> None:
    shell(HOST, "apt-mark unhold docker-ce containerd.io")
    assert site("26.1").message(HOST) == ""
    assert held() == HELD


def test_held_packages_stay_when_everything_is_upgraded() -> None:
    upgrade = shell(HOST, "apt-get --simulate dist-upgrade")
    assert "The following packages have been kept back" in upgrade
    assert [line for line in upgrade.splitlines() if line.startswith("Inst ") and line.split()[1] in HELD] == []


def test_whatever_is_there_is_released_and_left_alone() -> None:
    assert site("present").message(HOST) == ""
    assert held() == []
    assert installed() == ["26.1.5", "26.1.5"]


def test_an_administrators_hold_stays() -> None:
    shell(HOST, "apt-mark hold docker-ce docker-ce-cli")
    run = site("present")
    assert (run.message(HOST), run.changed(HOST)) == ("", 0)
    assert held() == list(ENGINE)


def test_latest_exchanges_nothing_that_an_administrator_holds() -> None:
    run = site("latest")
    assert "docker_engine_version: latest would exchange docker-ce, docker-ce-cli, held on" in run.message(HOST)
    assert "docker_engine_hold" in run.message(HOST)
    assert (run.changed(HOST), held(), installed()) == (0, list(ENGINE), ["26.1.5", "26.1.5"])


def test_a_version_that_is_named_is_installed_over_a_hold_which_stays() -> None:
    assert site("26.1.4").message(HOST) == ""
    assert (installed(), held()) == (["26.1.4", "26.1.4"], HELD)
    assert site("26.1.4").changed(HOST) == 0
    # What the role itself held is released again, and nothing else.
    assert site("present").message(HOST) == ""
    assert held() == list(ENGINE)


def test_whoever_says_false_has_all_holds_released() -> None:
    assert site("26.1.5", docker_engine_hold="false").message(HOST) == ""
    assert (installed(), held()) == (["26.1.5", "26.1.5"], [])


def test_older_version_is_installed_over_a_newer_one_and_held() -> None:
    assert site("26.1.4").message(HOST) == ""
    assert installed() == ["26.1.4", "26.1.4"]
    assert running() == "26.1.4"
    assert held() == HELD


def test_latest_raises_a_held_version_and_releases_it() -> None:
    assert site("latest").message(HOST) == ""
    newest = repository()["versions"]["trixie"]["docker-ce"][-1].split(":")[1].split("-")[0]
    assert installed() == [newest, newest]
    assert running() == newest.split("+")[0]
    assert held() == []
