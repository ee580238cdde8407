# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose a hold is, and what the three roles that hold packages make of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import toolkit_paths
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine import plan as engine_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_container_toolkit import plan as toolkit_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver import plan as driver_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import errors_of
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts, machines, toolkit_stand_in
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.driver_stand_in import DriverMachine
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described, bare_host, package
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.stand_in import Machine
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.toolkit_stand_in import ToolkitMachine, driven

ENGINE = ["docker-ce", "docker-ce-cli", "containerd.io"]


class Role(NamedTuple):
    plan: Callable[[Described, Described], list[Described]]
    settings: Callable[..., Described]
    made: Callable[[], Any]
    # A package that the role holds, and something newer than what is there.
    package: str
    another: Described


ROLES = {
    "docker_engine": Role(
        engine_plan.plan, hosts.settings, lambda: Machine(bare_host()), "docker-ce", {"version": "29.7"}
    ),
    "nvidia_container_toolkit": Role(
        toolkit_plan.plan,
        toolkit_stand_in.settings,
        lambda: ToolkitMachine(driven()),
        "nvidia-container-toolkit",
        {"version": "1.19.1"},
    ),
    "nvidia_driver": Role(
        driver_plan.plan,
        machines.settings,
        lambda: DriverMachine(machines.host("rtx4090")),
        "nvidia-driver-cuda",
        {"branch": "595"},
    ),
}
EACH = pytest.mark.parametrize("role", ROLES.values(), ids=list(ROLES))


def converged(role: Role, **desired: Any) -> Any:
    made = role.made()
    made.converge(role.settings(**desired))
    assert role.plan(made.host, role.settings(**desired)) == []
    return made


def forgotten(host: Described) -> None:
    """A host whose record is gone: what is held there, an administrator may have held."""
    host["installed"]["holds"] = {}


def steps(role: Role, host: Described, **desired: Any) -> dict[str, Described]:
    return {step["step"]: step for step in role.plan(host, role.settings(**desired))}


@EACH
def test_a_run_with_nothing_but_defaults_releases_no_administrators_hold(role: Role) -> None:
    made = converged(role)
    for name in made.host["packages"]:
        made.host["packages"][name]["held"] = True
    forgotten(made.host)
    assert role.plan(made.host, role.settings()) == []


@EACH
def test_what_the_role_held_and_pins_no_more_it_releases_and_nothing_else(role: Role) -> None:
    made = converged(role, hold=True)
    recorded = set(made.host["installed"]["holds"])
    assert role.package in recorded
    made.host["packages"]["ca-certificates"] = {**package("1"), "held": True}
    made.host["installed"]["holds"]["an-old-one"] = {"by": next(iter(made.host["installed"]["holds"].values()))["by"]}
    found = steps(role, made.host)
    if role.plan is engine_plan.plan:
        assert set(found["unhold"]["from"]) == {*recorded, "an-old-one"}
    else:
        # These roles pin by default.
        assert found["unhold"]["from"] == ["an-old-one"]
    made.converge(role.settings())
    assert role.plan(made.host, role.settings()) == []
    assert made.host["packages"]["ca-certificates"]["held"]


@EACH
def test_another_roles_record_is_no_business_of_this_one(role: Role) -> None:
    made = converged(role)
    made.host["installed"]["holds"][role.package + "-x"] = {"by": "another_role", "before": None}
    assert role.plan(made.host, role.settings()) == []


@EACH
def test_false_releases_whoever_held_it_and_true_holds(role: Role) -> None:
    made = converged(role, hold=False)
    assert not any(each["held"] for each in made.host["packages"].values())
    made.host["packages"][role.package]["held"] = True
    assert steps(role, made.host, hold=False)["unhold"]["from"] == [role.package]
    made.host["packages"][role.package]["held"] = False
    assert role.package in steps(role, made.host, hold=True)["hold"]["from"]


@EACH
def test_a_hold_of_the_role_that_went_is_drift(role: Role) -> None:
    made = converged(role, hold=True)
    made.host["packages"][role.package]["held"] = False
    assert steps(role, made.host, hold=True)["hold"]["from"] == [role.package]


@EACH
def test_what_is_recorded_and_held_no_more_is_forgotten(role: Role) -> None:
    """Or the next hold of an administrator would count as the role's."""
    made = converged(role, hold=True)
    made.host["packages"][role.package]["held"] = False
    made.converge(role.settings(hold=False))
    assert made.host["installed"]["holds"] == {}
    made.host["packages"][role.package]["held"] = True
    assert "unhold" not in steps(role, made.host)


@EACH
def test_a_version_that_is_named_beats_an_administrators_hold_and_the_package_stays_held(role: Role) -> None:
    made = converged(role)
    for name in made.host["packages"]:
        made.host["packages"][name]["held"] = True
    forgotten(made.host)
    desired = role.settings(**role.another)
    if hasattr(made, "look_for_versions"):
        made.look_for_versions(desired)
    else:
        made.host["offered"] = {name: ["1.20.0-1", "1.19.1-1"] for name in toolkit_paths.PACKAGES}
    assert errors_of(role.plan, made.host, desired) == []
    made.converge(desired)
    assert made.host["packages"][role.package]["held"]


def held_engine(version: str) -> Described:
    made = Machine(bare_host())
    made.converge(hosts.settings(version=version))
    made.look_for_versions(hosts.settings(version="latest"))
    forgotten(made.host)
    return made.host


def test_latest_does_not_exchange_what_an_administrator_holds() -> None:
    host = held_engine("29.7")
    (message,) = errors_of(engine_plan.plan, host, hosts.settings(version="latest"))
    assert message.startswith(
        "docker_engine_version: latest would exchange docker-ce, docker-ce-cli, held on this host"
    )
    assert "`apt-mark unhold docker-ce docker-ce-cli`" in message
    assert "docker_engine_version: present" in message
    assert "docker_engine_hold" in message
    for hold in (True, False):
        found = {step["step"] for step in engine_plan.plan(host, hosts.settings(version="latest", hold=hold))}
        assert "packages" in found
    # What is the newest already is met.
    newest = {name: host["offered"][name] for name in ENGINE}
    host["offered"] = {}
    assert newest
    assert errors_of(engine_plan.plan, host, hosts.settings(version="latest")) == []


def test_an_engine_that_is_held_is_not_removed_for_another_source() -> None:
    host = bare_host(packages={"docker.io": {**package("26.1.5+dfsg1-9"), "held": True}})
    (message,) = errors_of(engine_plan.plan, host, hosts.settings())
    assert message.startswith("docker_engine_source: upstream would remove docker.io, held on this host")
    assert "choose the other source" in message
    assert errors_of(engine_plan.plan, host, hosts.settings(hold=False)) == []
    host["installed"]["holds"] = {"docker.io": {"by": "docker_engine", "before": None}}
    assert errors_of(engine_plan.plan, host, hosts.settings()) == []


def test_a_toolkit_that_is_held_is_not_exchanged_by_a_default() -> None:
    made = converged(ROLES["nvidia_container_toolkit"])
    for name in toolkit_paths.PACKAGES:
        made.host["packages"][name] = {**package("1.17.0-1"), "held": True}
    forgotten(made.host)
    (message,) = errors_of(toolkit_plan.plan, made.host, toolkit_stand_in.settings())
    assert message.startswith("nvidia_container_toolkit_version: present would exchange libnvidia-container1")
    assert "nvidia_container_toolkit_allow_insecure: true" in message
    assert errors_of(toolkit_plan.plan, made.host, toolkit_stand_in.settings(allow_insecure=True)) == []


def test_old_packages_that_are_held_are_not_removed_by_a_default() -> None:
    made = converged(ROLES["nvidia_container_toolkit"])
    made.host["packages"]["nvidia-docker2"] = {**package("2.6.0-1"), "held": True}
    (message,) = errors_of(toolkit_plan.plan, made.host, toolkit_stand_in.settings())
    assert "would remove nvidia-docker2, held on this host" in message


def test_a_driver_that_is_held_is_not_exchanged_by_a_default() -> None:
    role = ROLES["nvidia_driver"]
    made = converged(role, branch="595")
    forgotten(made.host)
    (message,) = errors_of(role.plan, made.host, machines.settings())
    assert message.startswith("nvidia_driver_branch: auto would exchange ")
    assert "nvidia_driver_source: preinstalled" in message
    assert errors_of(role.plan, made.host, machines.settings(branch="580")) == []
    assert errors_of(role.plan, made.host, machines.settings(hold=True)) == []


def test_kernels_that_an_administrator_holds_are_not_released_for_a_driver() -> None:
    made = DriverMachine(machines.host("rtx4090", "Ubuntu 24.04"))
    made.converge(machines.settings())
    forgotten(made.host)
    made.host["packages"]["linux-image-generic"] = {**package("6.8.0.31.31"), "held": True}
    (found,) = (
        step for step in driver_plan.plan(made.host, machines.settings(branch="595")) if step["step"] == "packages"
    )
    assert "linux-image-generic" not in found["to"]["released"]


def test_kernels_that_the_role_held_for_another_source_are_released() -> None:
    made = converged(ROLES["nvidia_driver"])
    for name in ("linux-image-generic", "linux-headers-generic"):
        made.host["packages"][name] = {**package("6.8.0.31.31"), "held": True}
    assert driver_plan.plan(made.host, machines.settings()) == []
    made.host["installed"]["holds"]["linux-image-generic"] = {"by": "nvidia_driver", "before": None}
    (found,) = driver_plan.plan(made.host, machines.settings())
    assert (found["step"], found["from"]) == ("unhold", ["linux-image-generic"])
