# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is past its end of life or has known vulnerabilities, by day and version."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting.end_of_life import findings
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import machines
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import package

TODAY = "2026-11-25"


def found(host: dict[str, Any], toolkit: str = "", today: str = TODAY) -> list[tuple[str, str]]:
    reported = findings(host, toolkit, today)
    assert all(each["source"] and each["message"] for each in reported)
    return [(each["kind"], each["subject"]) for each in reported]


@pytest.mark.parametrize(
    ("distribution", "today", "words"),
    [
        ("Debian 13", TODAY, []),
        ("Debian 12", "2026-07-11", []),
        ("Debian 12", "2026-07-12", ["2026-07-11", "2028-06-30", "LTS"]),
        ("Ubuntu 22.04", TODAY, []),
        ("Ubuntu 22.04", "2027-06-02", ["2027-06-01", "Ubuntu Pro"]),
        ("Ubuntu 22.04", "2033-01-01", ["2027-06-01"]),
    ],
)
def test_a_distribution_has_a_last_day(distribution: str, today: str, words: list[str]) -> None:
    reported = findings(machines.host("none", distribution), "", today)
    assert len(reported) == bool(words)
    assert all(word in reported[0]["message"] for word in words)
    assert not reported or ("Pro" in reported[0]["message"]) == ("Ubuntu Pro" in words)


@pytest.mark.parametrize(
    ("version", "today", "kinds"),
    [
        ("580.178.04", TODAY, []),
        ("580.159.03", TODAY, ["security_floor"]),
        ("580.178.04", "2028-06-30", []),
        ("580.178.04", "2028-07-01", ["end_of_life"]),
        ("535.288.01", TODAY, ["end_of_life", "security_floor"]),
        ("535.309.01", TODAY, ["end_of_life"]),
        ("999.1", TODAY, []),
        (None, TODAY, []),
    ],
)
def test_a_driver_has_a_branch_and_a_floor(version: str | None, today: str, kinds: list[str]) -> None:
    host = machines.host("h100x8")
    host["nvidia"]["driver"]["loaded_version"] = version
    assert found(host, today=today) == [(kind, f"driver {version}") for kind in kinds]


def test_the_driver_of_windows_is_not_ours_to_judge() -> None:
    host = machines.host("wsl2")
    host["nvidia"]["driver"]["user_space_version"] = "535.288.01"
    assert found(host) == []


@pytest.mark.parametrize(
    ("packages", "kinds"),
    [
        ({"docker-ce": package("5:29.7.2-1~debian.13~trixie")}, []),
        ({"docker-ce": package("5:28.5.2-1~debian.13~trixie")}, []),
        ({"docker-ce": package("5:27.5.1-1~debian.13~trixie")}, [("end_of_life", "docker-ce")]),
        ({"docker-ce": package("5:25.0.9-1~debian.13~trixie")}, []),
        ({"docker-ce": package("5:24.0.9-1~debian.13~trixie")}, [("end_of_life", "docker-ce")]),
        # The distribution cares for its own.
        ({"docker.io": package("20.10.24+dfsg1-1+deb12u1")}, []),
    ],
)
def test_an_engine_of_dockers_has_a_branch(packages: dict[str, Any], kinds: list[tuple[str, str]]) -> None:
    assert found(machines.host("none", packages=packages)) == kinds


@pytest.mark.parametrize(
    ("version", "holes"), [("", False), ("1.20.0", False), ("1.19.1", False), ("1.19.0", True), ("1.9.9", True)]
)
def test_a_toolkit_has_a_floor(version: str, holes: bool) -> None:
    assert found(machines.host("none"), version) == [("security_floor", f"container toolkit {version}")] * holes
