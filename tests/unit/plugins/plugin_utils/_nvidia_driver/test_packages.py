# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the driver's plan makes of packages that are there: those of other architectures, of kernels, of no one."""

from __future__ import annotations

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver.plan import plan
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.driver_stand_in import DriverMachine
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.machines import host, settings

FLAVOURS = (
    *("generic", "virtual", "kvm", "gke", "ibm", "oem-24.04d", "realtime", "intel", "gcp-6.14", "generic-64k"),
    *("nvidia-64k-hwe-24.04", "generic-hwe-24.04-edge", "of-next-year"),
)


def installed(machine: str = "rtx4090", distribution: str = "Debian 13") -> DriverMachine:
    made = DriverMachine(host(machine, distribution))
    made.converge(settings())
    assert plan(made.host, settings()) == []
    return made


def steps(found: Described, **desired: object) -> dict[str, Described]:
    return {step["step"]: step for step in plan(found, settings(**desired))}


@pytest.mark.parametrize("name", ["libnvidia-compute-580:i386", "libcuda1:i386"])
def test_libraries_of_another_architecture_are_held_with_their_twins(name: str) -> None:
    made = installed()
    made.install(name, "580.100-1")
    (hold,) = plan(made.host, settings())
    assert (hold["step"], hold["from"]) == ("hold", [name])
    made.converge(settings())
    assert plan(made.host, settings()) == []
    released = steps(made.host, branch="595")["packages"]["to"]["released"]
    assert (name in released) is (name == "libcuda1:i386")


@pytest.mark.parametrize("name", ["libnvidia-compute-570:i386", "libnvidia-compute-570-server:i386"])
def test_libraries_of_another_architecture_and_branch_go(name: str) -> None:
    made = installed()
    made.install(name, "570.100-1")
    assert steps(made.host)["others"]["from"] == [name]
    made.converge(settings())
    assert plan(made.host, settings()) == []


@pytest.mark.parametrize(
    ("name", "held"),
    [
        *((f"linux-image-{flavour}", True) for flavour in FLAVOURS),
        *((f"linux-headers-{flavour}", True) for flavour in FLAVOURS),
        ("linux-image-6.8.0-31-generic", False),
        ("linux-image-unsigned-6.8.0-31-generic", False),
        ("linux-headers-6.8.0-31", False),
        ("linux-image-amd64", False),
        ("linux-image-cloud-arm64", False),
        ("linux-image-generic:arm64", False),
        ("linux-libc-dev", False),
    ],
)
def test_what_brings_kernels_of_any_flavour_is_held_with_modules_that_are_built_for_them(name: str, held: bool) -> None:
    made = DriverMachine(host("rtx4090", "Ubuntu 24.04"))
    made.install(name, "6.8.0-31.31")
    made.converge(settings())
    assert made.host["packages"][name]["held"] is held
