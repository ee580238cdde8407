# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet that is not there, as its looks would describe it: hosts of every kind, on the lab's machines."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import step
from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting.fleet_plan import host_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting.fleet_report import fleet_report, host_report
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import machines
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described, package

MADE_AT = "2026-11-25T19:00:00Z"
MEMORY = {"h100x8": 81559, "a100x2_mig": 40960, "b200x8": 183359, "rtx4090": 24564, "gtx1080": 8192}
LOST: Described = {
    "code": "gpu_lost",
    "message": "the GPU is on the bus, but nvidia-smi does not list it",
    "remedy": "Reboot the host; a GPU that is lost again wants to be examined.",
}
CONFIG = step("docker_engine", "config", "daemon.json differs from the configuration", {}, {}, "reload")
PACKAGES = step("docker_engine", "packages", "29.6.1 is installed, and 29.7 desired", "29.6.1", "29.7.2", "restart")
DRIVER = step(
    "nvidia_driver", "packages", "another version than desired is installed", "580.159.03", "580.178.04", "restart"
)
REBOOT = step("nvidia_driver", "reboot", "nouveau has the GPU", "running", "rebooted", "reboot")
NO_ANSWER = {"unreachable": True, "msg": "Failed to connect to the host via ssh: No route to host"}
ERRORS = (
    "nvidia_driver_branch: branch 595 does not serve GTX 1080 (0000:01:00.0), which was dropped after 580; set auto"
)


def host(
    number: int, machine: str, distribution: str = "Ubuntu 24.04", driver: str = "580.178.04", **parts: Any
) -> Described:
    """With an engine that runs and a driver that answers, but for the parts that are named."""
    found = machines.host(machine, distribution)
    engine = {"answers": True, "version": "29.7.2", "containers_running": 3, "binary": "/usr/bin/dockerd"}
    found["engine"] = {**found["engine"], **engine}
    found["packages"] = {"docker-ce": package("5:29.7.2-1~x"), "nvidia-container-toolkit": package("1.20.0-1")}
    nvidia = found["nvidia"]
    if nvidia["gpus"]:
        versions = dict.fromkeys(("loaded_version", "installed_version", "user_space_version"), driver)
        nvidia["driver"].update(versions, state="loaded", loaded_modules="open", answers=True)
    else:
        del found["packages"]["nvidia-container-toolkit"]
    for index, gpu in enumerate(nvidia["gpus"]):
        gpu.update(_answer(number, machine, index), kernel_driver="nvidia")
    return {**found, **parts}


def _answer(host_number: int, machine: str, index: int) -> Described:
    """Numbers that differ, and are the same each time."""
    number = zlib.crc32(f"{host_number} {index}".encode())
    total, busy = MEMORY[machine], number % 100
    return {
        "index": index,
        "uuid": f"GPU-{number:08x}",
        "memory_total_mib": total,
        "memory_used_mib": total * min(97, busy + 5) // 100,
        "utilization_percent": busy,
        "temperature_c": 31 + busy // 2,
        "compute_capability": None,
        "mig_mode": None,
        "mig_devices": [],
    }


def broken(number: int) -> Described:
    found = host(number, "h100x8")
    lost = found["nvidia"]["gpus"][3]
    lost.update(index=None, memory_total_mib=None, memory_used_mib=None, utilization_percent=None, temperature_c=None)
    found["nvidia"]["problems"] = [{**LOST, "pci_address": lost["pci_address"]}]
    return found


def old(number: int) -> Described:
    packages = {"docker-ce": package("5:27.5.1-1~x"), "nvidia-container-toolkit": package("1.17.8-1")}
    found = host(number, "rtx4090", "Debian 12", driver="535.288.01", packages=packages)
    found["engine"]["version"] = "27.5.1"
    return {**found, "reboot": {"required": True, "packages": ["linux-image-6.12.63"]}}


class Kind(NamedTuple):
    """``machine`` is one of the lab's, or what makes the look; empty where no one reaches the host."""

    name: str
    machine: str | Callable[[int], Described]
    driver: str = "580.178.04"
    errors: tuple[str, ...] = ()
    steps: tuple[Described, ...] = ()


KINDS = (
    Kind("train", "h100x8"),
    Kind("train", "h100x8"),
    Kind("train", broken),
    Kind("train", "h100x8", driver="580.159.03", steps=(PACKAGES, DRIVER)),
    Kind("train", "b200x8"),
    Kind("infer", "a100x2_mig", steps=(CONFIG,)),
    Kind("infer", "a100x2_mig"),
    Kind("build", "none"),
    Kind("build", "none", steps=(CONFIG,)),
    Kind("desk", "rtx4090", steps=(REBOOT,)),
    Kind("desk", old),
    Kind("desk", "gtx1080", errors=(ERRORS,)),
    Kind("attic", ""),
)


def hostvars(count: int) -> dict[str, Described]:
    """As report.yml leaves them, of so many hosts."""
    found = {}
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        look: Described = {}
        if kind.machine:
            look = kind.machine(number) if callable(kind.machine) else host(number, kind.machine, driver=kind.driver)
        unreported = {"untouched": "", "reboot_required": "", "warnings": []}
        answer = {"ansible_facts": {}} if look else NO_ANSWER
        plan = host_plan(answer, list(kind.errors), list(kind.steps), unreported if look else {})
        found[f"{kind.name}{number + 1:03}"] = {"_dockyard_report": host_report(look, plan, MADE_AT[:10])}
    return found


def report(count: int) -> Described:
    described = hostvars(count)
    return fleet_report(described, list(described), MADE_AT)
