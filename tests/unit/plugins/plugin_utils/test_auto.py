# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an administrator settled before this collection came, and defaults leave so: units of engine and driver."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils import toolkit_paths
from ansible_collections.dockyard.gpu.plugins.plugin_utils import driver_plan, engine_plan, toolkit_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils.plan import refusals_of
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts, machines, toolkit_stand_in
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.driver_stand_in import DriverMachine
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described, bare_host, unit
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.stand_in import Machine, names
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.toolkit_stand_in import (
    ToolkitMachine,
    driven,
    with_engine,
)

PERSISTENCED, FABRIC_MANAGER = "nvidia-persistenced.service", "nvidia-fabricmanager.service"


def engine(ours: bool) -> Described:
    """A host with a running engine, which the role or somebody else has brought."""
    made = Machine(bare_host())
    made.converge(hosts.wishes())
    if not ours:
        made.host["installed"]["packages"] = {}
    return made.host


def steps(host: Described, **parts: Any) -> list[str]:
    return names(engine_plan.plan(host, hosts.wishes(**parts)))


# As an engine has them that starts when it is asked for, and one that listens without systemd.
SETTLED = {
    "on demand": {"docker.service": unit(enabled=False)},
    "by hand": {name: unit(enabled=False) for name in ("docker.service", "docker.socket")},
    "without systemd's socket": {"docker.socket": unit(active=False, enabled=False)},
    "with the socket masked": {"docker.socket": unit(active=False, enabled=False, masked=True)},
}


@pytest.mark.parametrize("units", SETTLED.values(), ids=list(SETTLED))
def test_units_of_an_engine_that_was_there_stay_as_they_are(units: Described) -> None:
    host = engine(ours=False)
    host["services"].update(units)
    assert steps(host) == []


@pytest.mark.parametrize("units", list(SETTLED.values())[:3], ids=list(SETTLED)[:3])
def test_units_of_an_engine_that_the_role_brought_are_put_back(units: Described) -> None:
    host = engine(ours=True)
    host["services"].update(units)
    assert "enable" in steps(host)


@pytest.mark.parametrize("ours", [True, False])
def test_what_is_said_of_units_is_done_whoever_brought_them(ours: bool) -> None:
    host = engine(ours)
    host["services"]["docker.service"]["enabled"] = False
    assert steps(host, service_enabled=True) == ["enable"]
    host["services"]["docker.service"]["enabled"] = True
    assert steps(host, service_enabled=False) == ["disable"]


def test_a_unit_that_is_to_run_and_is_masked_is_an_error_whoever_brought_it() -> None:
    host = engine(ours=False)
    host["services"]["docker.service"] = unit(active=False, enabled=False, masked=True)
    host["engine"].update(running=False, answers=False)
    (message,) = refusals_of(engine_plan.plan, host, hosts.wishes())
    assert "systemctl unmask docker.service" in message


def test_units_that_would_come_back_at_the_next_boot_run() -> None:
    host = engine(ours=False)
    host["services"]["containerd.service"]["active"] = False
    assert steps(host) == ["units"]


def test_an_engine_that_the_run_brings_is_enabled() -> None:
    assert "disable" not in steps(bare_host())
    assert "disable" in steps(bare_host(), service_enabled=False)


def driver(ours: bool, machine: str = "rtx4090") -> Described:
    made = DriverMachine(machines.host(machine))
    made.converge(machines.wishes())
    if not ours:
        made.host["installed"]["packages"] = {}
    return made.host


@pytest.mark.parametrize("ours", [True, False])
def test_the_persistence_daemon_beside_a_driver_that_was_there_stays_as_it_is(ours: bool) -> None:
    host = driver(ours)
    host["nvidia_services"][PERSISTENCED].update(enabled=False, active=False)
    assert names(driver_plan.plan(host, machines.wishes())) == (["services"] if ours else [])
    assert names(driver_plan.plan(host, machines.wishes(persistence=True))) == ["services"]
    # Neither is one switched off that somebody has, nor its mode changed.
    host["nvidia_services"][PERSISTENCED].update(enabled=True, active=True, flags=["--no-persistence-mode"])
    assert names(driver_plan.plan(host, machines.wishes())) == (["persistence_mode"] if ours else [])
    assert names(driver_plan.plan(host, machines.wishes(persistence=False))) == ["no_service"]


@pytest.mark.parametrize("ours", [True, False])
def test_a_fabric_manager_without_nvswitches_is_stopped_only_where_it_came_with_our_driver(ours: bool) -> None:
    host = driver(ours)
    host["nvidia_services"][FABRIC_MANAGER] = unit()
    assert names(driver_plan.plan(host, machines.wishes())) == (["no_service"] if ours else [])


def toolkit(ours: bool) -> Described:
    made = ToolkitMachine(with_engine(driven(), "26.1.5"))
    made.converge(toolkit_stand_in.wishes())
    if not ours:
        made.host["installed"]["packages"] = {}
    return made.host


def toolkit_steps(host: Described, **parts: Any) -> list[str]:
    return names(toolkit_plan.plan(host, toolkit_stand_in.wishes(**parts)))


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("name", toolkit_paths.UNITS)
def test_cdi_that_an_administrator_cares_for_is_left_alone(name: str, masked: bool) -> None:
    """The refresh is off, and the specification is written by hand."""
    host = toolkit(ours=False)
    host["toolkit"]["units"][name].update(enabled=False, active=False, masked=masked)
    host["toolkit"]["cdi"] = [{"path": toolkit_paths.BY_HAND, "devices": ["0"], "missing": []}]
    assert toolkit_steps(host) == []
    if not masked:
        assert {"units", "cdi_by_hand"} <= set(toolkit_steps(host, cdi=True))


def test_cdi_of_a_toolkit_that_the_role_brought_is_put_back() -> None:
    host = toolkit(ours=True)
    host["toolkit"]["units"][toolkit_paths.REFRESH_SERVICE]["enabled"] = False
    assert toolkit_steps(host) == ["units"]


@pytest.mark.parametrize("version", ["26.1.5", "28.5.2", "29.7.2"])
def test_a_feature_that_an_administrator_switched_off_stays_off(version: str) -> None:
    host = with_engine(driven(), version)
    host["daemon_config"]["content"] = {"features": {"cdi": False}}
    config = toolkit_plan.status(host, toolkit_stand_in.wishes())
    assert "features" not in config["daemon_config"]
    assert "nvidia_container_toolkit_cdi: true" in config["cdi"]
    assert any("nvidia_container_toolkit_cdi: true" in each for each in config["warnings"])
    said = toolkit_plan.status(host, toolkit_stand_in.wishes(cdi=True))
    assert said["daemon_config"]["features"] == {"cdi": True}
    # What the role switched on, and somebody off again, is drift.
    host["daemon_config"]["state"] = {"owners": {"nvidia_container_toolkit": {"features": {"cdi": True}}}}
    assert toolkit_plan.status(host, toolkit_stand_in.wishes())["daemon_config"]["features"] == {"cdi": True}
