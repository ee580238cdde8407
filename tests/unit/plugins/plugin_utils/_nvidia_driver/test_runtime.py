# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the driver's plan makes of a driver that is there: who uses it, what has its place, what its services may do."""

from __future__ import annotations

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver import runtime
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver.plan import errors, plan, status
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver.runtime import waiting_services
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.driver_stand_in import DriverMachine
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.machines import host, settings


def names(steps: list[Described]) -> list[str]:
    return [step["step"] for step in steps]


def installed(machine: str = "rtx4090", distribution: str = "Debian 13") -> DriverMachine:
    made = DriverMachine(host(machine, distribution))
    made.converge(settings())
    assert plan(made.host, settings()) == []
    return made


def test_the_drivers_own_daemons_are_known_by_names_that_the_kernel_cut() -> None:
    made = installed()
    made.host["nvidia"]["driver"]["loaded_version"] = "570.1"
    made.host["gpu_users"] = ["nvidia-persiste", "nv-fabricmanage", "nvidia-smi"]
    assert names(plan(made.host, settings())) == ["reload"]
    made.host["gpu_users"].append("nvidia-cuda-mps")
    assert plan(made.host, settings()) == []
    assert "nvidia-cuda-mps use the GPUs" in status(made.host, settings())["reboot_required"]


def test_modules_of_another_kind_and_the_same_version_are_distinguished() -> None:
    made = installed()
    made.host["nvidia"]["driver"]["loaded_modules"] = "proprietary"
    made.host["gpu_users"] = ["python3"]
    reported = status(made.host, settings())["reboot_required"]
    assert "580.100 with proprietary modules is loaded and 580.100 with open modules is installed" in reported


@pytest.mark.parametrize("fresh", [True, False])
def test_the_kernels_new_driver_makes_way_by_a_reboot_as_its_old_one_does(fresh: bool) -> None:
    made = DriverMachine(host("rtx4090")) if fresh else installed()
    nowhere = {"loaded_version": None, "loaded_modules": None}
    made.host["nvidia"]["driver"].update(nowhere, state="absent" if fresh else "installed")
    made.host["nvidia"]["gpus"][0]["kernel_driver"] = "nova_core"
    (reboot,) = [step for step in plan(made.host, settings(reboot="if_needed")) if step["step"] in ("load", "reboot")]
    assert (reboot["step"], "nova_core is loaded" in reboot["why"]) == ("reboot", True)
    assert not {"load", "reboot"} & set(names(plan(made.host, settings())))


def test_both_of_the_kernels_own_drivers_are_left_out() -> None:
    assert {"blacklist nouveau", "blacklist nova_core"} <= set(runtime.NOUVEAU.splitlines())


@pytest.mark.parametrize("desired", [{"persistence": True}, {"persistence": False}])
def test_systemd_is_not_reloaded_where_containers_would_lose_their_gpus(desired: dict[str, bool]) -> None:
    made = installed()
    unit = made.host["nvidia_services"]["nvidia-persistenced.service"]
    unit.update(flags=["--no-persistence-mode"])
    if not desired["persistence"]:
        made.converge(settings())
    made.host["gpu_containers"] = [{"id": "1", "name": "trainer"}]
    for driver, now in (("cgroupfs", True), ("systemd", False)):
        made.host["engine"]["cgroup_driver"] = driver
        (step,) = [each for each in plan(made.host, settings(**desired)) if each["step"] == "persistence_mode"]
        assert (step["to"]["now"], "trainer may lose GPUs" in step["why"]) == (now, not now)
    # What systemd has not loaded yet is no reason to write it again.
    unit["needs_daemon_reload"] = True
    made.converge(settings(**desired))
    assert plan(made.host, settings(**desired)) == []


@pytest.mark.parametrize("persistence", [True, False])
def test_services_are_enabled_once_no_container_loses_its_gpus_by_it(persistence: bool) -> None:
    made = installed()
    unit = made.host["nvidia_services"]["nvidia-persistenced.service"]
    unit.update(enabled=not persistence, active=not persistence)
    made.host["gpu_containers"] = [{"id": "1", "name": "trainer"}]
    made.host["engine"]["cgroup_driver"] = "systemd"
    # To start and to stop them takes nothing from anybody.
    made.converge(settings(persistence=persistence))
    assert (unit["enabled"], unit["active"]) == (not persistence, persistence)
    assert plan(made.host, settings(persistence=persistence)) == []
    (reported,) = waiting_services(made.host, settings(persistence=persistence))
    word = "enabled" if persistence else "disabled"
    assert reported.startswith(f"nvidia-persistenced.service is to be {word} once trainer run no more")
    assert reported in status(made.host, settings(persistence=persistence))["warnings"]
    made.host["gpu_containers"] = []
    made.converge(settings(persistence=persistence))
    assert (unit["enabled"], unit["active"]) == (persistence, persistence)
    assert waiting_services(made.host, settings(persistence=persistence)) == []


def test_a_daemon_of_another_version_than_the_loaded_driver_is_not_started() -> None:
    made = installed()
    unit = made.host["nvidia_services"]["nvidia-persistenced.service"]
    made.host["nvidia"]["driver"]["loaded_version"] = "570.1"
    made.host["gpu_users"] = ["python3"]
    unit.update(active=False)
    assert plan(made.host, settings()) == []
    unit.update(enabled=False)
    (step,) = plan(made.host, settings())
    assert (step["to"]["enable"], step["to"]["start"]) == (True, False)
    # Nor is one that runs on restarted.
    unit.update(enabled=True, active=True, flags=["--no-persistence-mode"])
    (step,) = plan(made.host, settings())
    assert (step["step"], step["to"]["state"]) == ("persistence_mode", "")
    unit.update(active=False)
    for users, desired in (([], {}), (["python3"], {"reboot": "if_needed"})):
        made.host["gpu_users"] = users
        (step,) = [each for each in plan(made.host, settings(**desired)) if each["step"] == "services"]
        assert step["to"]["start"]


def test_a_reboot_that_is_not_allowed_is_no_reason_to_reject_for_containers() -> None:
    made = installed()
    made.host["nvidia"]["driver"]["loaded_version"] = "570.1"
    made.host["gpu_users"] = ["python3"]
    made.host["gpu_containers"] = [{"id": "1", "name": "trainer"}]
    assert plan(made.host, settings()) == []
    assert "python3" in status(made.host, settings())["reboot_required"]
    for desired in ({"reboot": "if_needed"}, {"branch": "595"}):
        (error,) = errors(made.host, settings(**desired))
        assert error.startswith("nvidia_driver_stop_gpu_containers: these containers use GPUs"), desired
        assert "trainer" in error


def test_of_a_service_that_others_start_only_that_it_runs_is_undesired() -> None:
    """Ubuntu's persistence daemon: udev starts it, and it stays enabled whatever is done."""
    made = installed()
    unit = made.host["nvidia_services"]["nvidia-persistenced.service"]
    unit["static"] = True
    (step,) = plan(made.host, settings(persistence=False))
    assert (step["step"], step["to"]["disable"]) == ("no_service", False)
    made.converge(settings(persistence=False))
    assert (unit["enabled"], unit["active"]) == (True, False)
    assert plan(made.host, settings(persistence=False)) == []
    made.host["gpu_containers"] = [{"id": "1", "name": "trainer"}]
    made.host["engine"]["cgroup_driver"] = "systemd"
    assert waiting_services(made.host, settings(persistence=False)) == []
