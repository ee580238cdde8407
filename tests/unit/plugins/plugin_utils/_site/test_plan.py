# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All roles' plans as one."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine.plan import plan as engine_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import step
from ansible_collections.dockyard.gpu.plugins.plugin_utils._site import components
from ansible_collections.dockyard.gpu.plugins.plugin_utils._site import plan as module
from ansible_collections.dockyard.gpu.plugins.plugin_utils._site.plan import site_plan
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import (
    driver_stand_in,
    hosts,
    machines,
    toolkit_stand_in,
)
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.stand_in import Machine


def settings(**group: Any) -> dict[str, dict[str, Any]]:
    return {
        "nvidia_driver": machines.settings(allow_container=True),
        "nvidia_container_toolkit": toolkit_stand_in.settings(),
        "docker_group": hosts.wanted("docker_group", **group),
        "docker_engine": hosts.settings(),
    }


def test_the_steps_of_all_roles_come_in_the_order_in_which_site_runs_them() -> None:
    planned = site_plan(machines.host("h100x8"), settings())
    assert planned["errors"] == []
    components = list(dict.fromkeys(step["component"] for step in planned["steps"]))
    assert components == ["nvidia_driver", "nvidia_container_toolkit", "docker_engine"]


def test_what_any_role_rejects_comes_at_once_and_then_nothing_is_planned() -> None:
    desired = settings(users=["no_one-here"])
    desired["docker_engine"] = hosts.settings(source="moon")
    planned = site_plan(machines.host("h100x8"), desired)
    assert planned["steps"] == []
    assert [reason.split(":")[0] for reason in planned["errors"]] == ["docker_group_users", "docker_engine_source"]


@pytest.mark.parametrize(
    ("config", "toolkit", "key"),
    [
        ({"default-runtime": "runc"}, {"default_runtime": True}, "default-runtime"),
        ({"features": {"cdi": False}}, {"cdi": True}, "features.cdi"),
        ({"runtimes": {"nvidia": {"path": "/opt/nvidia"}}}, {}, "runtimes.nvidia.path"),
    ],
)
def test_a_key_that_engine_and_toolkit_want_differently_is_an_error_beforehand(
    config: dict[str, Any], toolkit: dict[str, Any], key: str
) -> None:
    """Neither has written it yet, so that neither's own plan sees the other."""
    desired = {
        **settings(),
        "docker_engine": hosts.settings(config=config),
        "nvidia_container_toolkit": toolkit_stand_in.settings(**toolkit),
    }
    planned = site_plan(machines.host("h100x8"), desired)
    assert [reason for reason in planned["errors"] if f"docker_engine_config: '{key}'" in reason], planned["errors"]
    assert planned["steps"] == []
    assert site_plan(machines.host("h100x8"), desired, ["docker_engine"])["errors"] == []


def test_a_dpkg_at_work_is_nothing_to_do_and_is_waited_for_where_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(hosts.bare_host())
    machine.converge(hosts.settings())
    host = machine.host
    monkeypatch.setitem(
        module._PLANS,
        "nvidia_driver",
        lambda host, _wanted: [step("nvidia_driver", "dpkg", "", "", "")] if host["dpkg_interrupted"] else [],
    )

    def planned(**group: Any) -> list[str]:
        return [f"{each['component']} {each['step']}" for each in site_plan(host, settings(**group))["steps"]]

    assert planned() == []
    host.update(dpkg_interrupted=True, dpkg_locked=True)
    assert planned() == []
    assert engine_plan(host, hosts.settings()) == []
    # Who has the lock may be the rest of a run that was cut short.
    host["users"]["ann"] = True
    assert planned(users=["ann"]) == ["nvidia_driver dpkg", "docker_group members"]
    assert next(iter(hosts.steps(host, hosts.settings(hold=True)))) == "dpkg"
    host["dpkg_locked"] = False
    assert planned() == ["nvidia_driver dpkg", "docker_engine dpkg"]


@pytest.mark.parametrize("machine", ["h100x8", "gtx1080", "rtx4090"])
@pytest.mark.parametrize("platform", ["bare_metal", "container"])
def test_a_first_run_plans_for_the_toolkit_what_it_does_once_the_driver_answers(machine: str, platform: str) -> None:
    """A plan that leaves steps out is no forecast: the driver comes in the same run."""
    host = machines.host(machine)
    host["nvidia"]["platform"] = platform
    desired = settings()

    def planned(named: list[str]) -> list[str]:
        steps = site_plan(host, desired, named)["steps"]
        return [each["step"] for each in steps if each["component"] == "nvidia_container_toolkit"]

    together, alone = planned(list(components.SITE)), planned(["nvidia_container_toolkit"])
    assert "cdi" not in alone
    done = driver_stand_in.DriverMachine(host).converge(desired["nvidia_driver"])
    # A reboot that was not allowed brings no driver, and nothing that needs one.
    assert host["nvidia"]["driver"]["answers"] == any(each["step"] in ("load", "reload") for each in done)
    assert planned(["nvidia_container_toolkit"]) == (together if host["nvidia"]["driver"]["answers"] else alone)
    assert ("cdi" in together) == host["nvidia"]["driver"]["answers"]


def test_all_indexes_are_updated_once_but_for_a_repository_that_comes_later() -> None:
    host = machines.host("h100x8", index={"age_s": None, "files": {}})
    desired = {**settings(), "docker_engine": hosts.settings(source="distribution")}
    steps = [f"{each['component']} {each['step']}" for each in site_plan(host, desired)["steps"]]
    assert [name for name in steps if name.endswith(" index")] == [
        "nvidia_driver index",
        "nvidia_container_toolkit index",
    ]
    alone = site_plan(host, desired, ["docker_group", "docker_engine"])["steps"]
    assert [each["component"] for each in alone if each["step"] == "index"] == ["docker_engine"]
