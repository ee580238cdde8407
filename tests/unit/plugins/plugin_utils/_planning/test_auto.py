# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an administrator settled before this collection came, and defaults leave so: units of engine and driver."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import toolkit_paths
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine import plan as engine_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_container_toolkit import plan as toolkit_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver import plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import errors_of
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts, machines, toolkit_stand_in
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.driver_stand_in import DriverMachine
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described, bare_host, unit
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.stand_in import Machine, names
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.toolkit_stand_in import (
    ToolkitMachine,
    driven,
    with_engine,
)

REPLACED = {"libnvidia-compute-595": {"by": "nvidia_driver", "version": "590.1-1"}}
PERSISTENCED, FABRIC_MANAGER = "nvidia-persistenced.service", "nvidia-fabricmanager.service"


def engine(ours: bool) -> Described:
    """A host with a running engine, which the role or someone else has brought."""
    made = Machine(bare_host())
    made.converge(hosts.settings())
    if not ours:
        made.host["installed"]["packages"] = {}
    return made.host


def steps(host: Described, **parts: Any) -> list[str]:
    return names(engine_plan.plan(host, hosts.settings(**parts)))


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
    (message,) = errors_of(engine_plan.plan, host, hosts.settings())
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
    made.converge(machines.settings())
    if not ours:
        made.host["installed"]["packages"] = {}
    return made.host


# As packages of each source have it, whatever this role would choose.
CHOSEN = {
    "newer": ("595.71.05-0ubuntu0.24.04.1", "open"),
    "older": ("570.195.03-0ubuntu0.24.04.1", "open"),
    "of another kind": ("580.178.04-1", "proprietary"),
    "the role's own branch": ("580.178.04-1", "open"),
}


def anothers_driver(version: str, modules: str, machine: str = "rtx4090", distribution: str = "Debian 13") -> Described:
    """A host whose administrator installed a driver, which works."""
    host = machines.host(machine, distribution)
    branch, upstream = version[:3], version.rsplit("-", 1)[0]
    for name in (f"libnvidia-compute-{branch}", f"nvidia-dkms-{branch}", f"nvidia-utils-{branch}"):
        host["packages"][name] = {"version": version, "held": False, "state": "installed"}
    host["nvidia"]["driver"].update(
        state="loaded",
        answers=True,
        loaded_version=upstream,
        installed_version=upstream,
        loaded_modules=modules,
        installed_modules=modules,
        nouveau_loaded=False,
    )
    return host


@pytest.mark.parametrize("distribution", ["Debian 13", "Ubuntu 24.04"])
@pytest.mark.parametrize("chosen", CHOSEN.values(), ids=list(CHOSEN))
def test_a_driver_that_was_there_stays_until_a_variable_names_another(
    chosen: tuple[str, str], distribution: str
) -> None:
    host = anothers_driver(*chosen, distribution=distribution)
    assert plan.plan(host, machines.settings()) == []
    reported = plan.status(host, machines.settings())
    assert any(
        "was installed before this collection" in each and "nvidia_driver_branch" in each
        for each in reported["warnings"]
    )
    for named in ({"branch": "580"}, {"source": "cuda_repository"}, {"kernel_modules": "open"}):
        assert "packages" in names(plan.plan(host, machines.settings(**named)))
    # As after a kernel or a driver that was upgraded by others: a reboot is due, and nothing else is exchanged.
    host["nvidia"]["driver"].update(answers=False, loaded_version="570.1")
    assert plan.plan(host, machines.settings()) == []


def test_a_library_that_a_tool_has_drawn_in_is_no_driver() -> None:
    host = machines.host("rtx4090", "Ubuntu 24.04")
    host["packages"]["libnvidia-compute-595"] = {"version": "595.71.05-1", "held": False, "state": "installed"}
    assert "packages" in names(plan.plan(host, machines.settings()))
    # Nor is one of another branch than the driver: that is half of an exchange.
    other = anothers_driver("595.71.05-1", "open", distribution="Ubuntu 24.04")
    other["nvidia"]["driver"].update(loaded_version="580.1", installed_version="580.1")
    assert "packages" in names(plan.plan(other, machines.settings()))


def test_a_driver_that_serves_not_all_gpus_is_exchanged_whoever_brought_it() -> None:
    host = anothers_driver("470.256.02-1", "proprietary", "b200x8")
    assert "packages" in names(plan.plan(host, machines.settings()))


def test_a_driver_that_the_role_has_touched_is_brought_to_what_it_chooses() -> None:
    """Also of packages that kept their name and had another version before: the run goes on in the middle."""
    for record in ({"packages": {"libnvidia-compute-595": "nvidia_driver"}}, {"replaced": REPLACED}):
        host = anothers_driver("595.71.05-1", "open")
        host["installed"].update(record)
        assert "packages" in names(plan.plan(host, machines.settings()))


@pytest.mark.parametrize("ours", [True, False])
def test_the_persistence_daemon_beside_a_driver_that_was_there_stays_as_it_is(ours: bool) -> None:
    host = driver(ours)
    host["nvidia_services"][PERSISTENCED].update(enabled=False, active=False)
    assert names(plan.plan(host, machines.settings())) == (["services"] if ours else [])
    assert names(plan.plan(host, machines.settings(persistence=True))) == ["services"]
    # Neither is one switched off that someone has, nor its mode changed.
    host["nvidia_services"][PERSISTENCED].update(enabled=True, active=True, flags=["--no-persistence-mode"])
    assert names(plan.plan(host, machines.settings())) == (["persistence_mode"] if ours else [])
    assert names(plan.plan(host, machines.settings(persistence=False))) == ["no_service"]


@pytest.mark.parametrize("ours", [True, False])
def test_a_fabric_manager_without_nvswitches_is_stopped_only_where_it_came_with_our_driver(ours: bool) -> None:
    host = driver(ours)
    host["nvidia_services"][FABRIC_MANAGER] = unit()
    assert names(plan.plan(host, machines.settings())) == (["no_service"] if ours else [])


def toolkit(ours: bool) -> Described:
    made = ToolkitMachine(with_engine(driven(), "26.1.5"))
    made.converge(toolkit_stand_in.settings())
    if not ours:
        made.host["installed"]["packages"] = {}
    return made.host


def toolkit_steps(host: Described, **parts: Any) -> list[str]:
    return names(toolkit_plan.plan(host, toolkit_stand_in.settings(**parts)))


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
    config = toolkit_plan.status(host, toolkit_stand_in.settings())
    assert "features" not in config["daemon_config"]
    assert "nvidia_container_toolkit_cdi: true" in config["cdi"]
    assert any("nvidia_container_toolkit_cdi: true" in each for each in config["warnings"])
    said = toolkit_plan.status(host, toolkit_stand_in.settings(cdi=True))
    assert said["daemon_config"]["features"] == {"cdi": True}
    # What the role switched on, and someone off again, is drift.
    host["daemon_config"]["state"] = {"owners": {"nvidia_container_toolkit": {"features": {"cdi": True}}}}
    assert toolkit_plan.status(host, toolkit_stand_in.settings())["daemon_config"]["features"] == {"cdi": True}
