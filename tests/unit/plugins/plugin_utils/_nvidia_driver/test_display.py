# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A workstation keeps its desktop, a server gets none, and neither changes by being looked at again."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._host import display as host_display
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver.display import whole_drivers
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver.plan import errors, plan
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.driver_stand_in import DriverMachine
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.machines import host, settings

SOURCES = [
    ("Ubuntu 24.04", "ubuntu"),
    ("Ubuntu 24.04", "graphics_drivers_ppa"),
    ("Ubuntu 24.04", "cuda_repository"),
    ("Debian 13", "cuda_repository"),
    ("Debian 13", "distribution"),
]


def manager(active: bool, enabled: bool) -> dict[str, Any]:
    return {"name": "gdm.service", "active": active, "enabled": enabled}


def display(graphical: bool = False, managers: Any = (), outputs: Any = ()) -> dict[str, Any]:
    return {"graphical_target": graphical, "managers": list(managers), "outputs": list(outputs)}


# What a host shows, and whether people sit before it.
DISPLAYS = {
    "a server": (host_display.NOTHING, False),
    "a server that boots into graphical.target, as Debian's do": (display(True), False),
    "a manager that is off": (display(True, [manager(False, False)]), False),
    "a manager that is enabled, and not reached": (display(False, [manager(False, True)]), False),
    "a manager that comes with the next boot": (display(True, [manager(False, True)]), True),
    "a manager that runs": (display(False, [manager(True, False)]), True),
    "a display": (display(False, [], ["card1-DP-1"]), True),
    "a workstation": (display(True, [manager(True, True)], ["card1-DP-1"]), True),
}


def installed(machine: DriverMachine) -> list[str]:
    """The drivers with what displays need."""
    return whole_drivers(list(machine.host["packages"]))


@pytest.mark.parametrize(("distribution", "source"), SOURCES)
@pytest.mark.parametrize("shown", DISPLAYS)
def test_auto_goes_by_the_people_before_a_host(shown: str, distribution: str, source: str) -> None:
    found, people = DISPLAYS[shown]
    machine = DriverMachine({**host("rtx4090", distribution), "display": found})
    steps = machine.converge(settings(source=source))
    assert bool(installed(machine)) is people
    (why,) = [step["why"] for step in steps if step["step"] == "packages"]
    assert ("with the packages for displays, since " in why) is people
    assert plan(machine.host, settings(source=source)) == []


@pytest.mark.parametrize("said", [True, "true", "True", "yes"])
def test_true_leaves_it_out_on_every_host(said: Any) -> None:
    machine = DriverMachine({**host("rtx4090"), "display": DISPLAYS["a workstation"][0]})
    machine.converge(settings(headless=said))
    assert installed(machine) == []


@pytest.mark.parametrize("said", [False, "false", "no"])
def test_false_brings_it_to_every_host(said: Any) -> None:
    machine = DriverMachine(host("rtx4090"))
    machine.converge(settings(headless=said))
    assert installed(machine)
    assert plan(machine.host, settings(headless=said)) == []


def test_what_is_neither_is_an_error() -> None:
    (message,) = errors(host("rtx4090"), settings(headless="sometimes"))
    assert "nvidia_driver_headless" in message
    assert "auto" in message


@pytest.mark.parametrize(("distribution", "source"), SOURCES)
def test_a_server_that_was_converged_by_the_former_default_does_not_change(distribution: str, source: str) -> None:
    machine = DriverMachine(host("rtx4090", distribution))
    machine.converge(settings(source=source, headless=True))
    assert plan(machine.host, settings(source=source)) == []
    # Nor does one whose administrator added the rest.
    machine.converge(settings(source=source, headless=False))
    assert installed(machine)
    assert plan(machine.host, settings(source=source)) == []


@pytest.mark.parametrize("package", ["nvidia-driver-535", "nvidia-driver-535-server", "nvidia-driver-570-server-open"])
def test_an_exchange_brings_along_what_displays_need_where_it_was_there(package: str) -> None:
    machine = DriverMachine(host("rtx4090", "Ubuntu 24.04"))
    machine.install(package, f"{package.split('-')[2]}.183.01-0ubuntu1")
    machine.converge(settings(branch="580"))
    assert installed(machine) == ["nvidia-driver-580-server-open"]
    assert plan(machine.host, settings(branch="580")) == []
    # To leave it out has to be said.
    machine.install(package, f"{package.split('-')[2]}.183.01-0ubuntu1")
    (step,) = [each for each in plan(machine.host, settings(branch="580", headless=True)) if each["step"] == "others"]
    assert step["from"] == [package]


def test_what_displays_need_is_not_taken_away_when_no_one_sits_there_any_more() -> None:
    machine = DriverMachine({**host("rtx4090"), "display": DISPLAYS["a workstation"][0]})
    machine.converge(settings())
    machine.host["display"] = host_display.NOTHING
    assert plan(machine.host, settings()) == []
    assert plan(machine.host, settings(headless=True)) == []
