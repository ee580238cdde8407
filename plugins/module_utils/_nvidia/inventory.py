# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a driver says of its GPUs, and what is wrong with them and with it: for hosts that have anything of NVIDIA's."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from .._common.prober import Look
from . import driver as nvidia_driver
from . import smi
from .architectures import architecture
from .diagnostics import problems_of
from .error_texts import Problem, problem, problems_in
from .names import NAMES

# What only a driver that answers knows.
_ANSWERED = (
    "index",
    "uuid",
    "memory_total_mib",
    "memory_used_mib",
    "utilization_percent",
    "temperature_c",
    "compute_capability",
    "mig_mode",
    "mig_devices",
)
NO_ANSWER = smi.Answer("", 0, [])


def ask(look: Look, driver: Dict[str, Any]) -> smi.Answer:
    # On WSL2 there is a nvidia-smi and no kernel module, which is Windows'. Elsewhere it can but fail without one.
    if driver["smi"] is None or not (driver["loaded_version"] or driver["smi"].startswith("/usr/lib/wsl/")):
        return NO_ANSWER
    return smi.ask(look, driver["smi"], driver["loaded_version"])


def together(on_bus: List[Dict[str, Any]], answered: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """GPUs on the bus, and those that only the driver knows, as on WSL2."""
    answers = {answer["pci_address"]: answer for answer in answered}
    result = {gpu["pci_address"]: gpu for gpu in on_bus}
    for address, answer in answers.items():
        result.setdefault(
            address,
            {
                "pci_address": address,
                "device_id": answer["device_id"],
                "kernel_driver": None,
                "numa_node": None,
            },
        )
    for address, gpu in result.items():
        mine = answers.get(address, {})
        gpu.update({name: mine.get(name, [] if name == "mig_devices" else None) for name in _ANSWERED})
        # The list's name stays the same before and after the driver.
        gpu["name"] = NAMES.get(gpu["device_id"]) or mine.get("name")
        gpu["architecture"] = architecture(gpu["device_id"]) if gpu["device_id"] else None
    return [result[address] for address in sorted(result)]


def problems(look: Look, found: Dict[str, Any], answer: smi.Answer) -> List[Problem]:
    result = problems_in(answer.text)
    result += problems_of(found, answer.gpus, nvidia_driver.addresses())
    unread = bool(answer.text) and not answer.gpus
    if answer.status != 124 and (answer.status or unread) and not result:
        said = " ".join(answer.text.split())[:300] or "nothing"
        result.append(
            problem(
                "nvidia_smi_failed",
                None,
                f"nvidia-smi ended with status {answer.status} and said: {said}",
                "Run `nvidia-smi` on the host, and read `dmesg | grep NVRM`.",
            )
        )
    if _log_tells(found, result):
        _status, log = look.run(["dmesg"])
        result += problems_in(log, headings=False)
    return list(_first_of_each(result).values())


def _log_tells(found: Dict[str, Any], problems: List[Problem]) -> bool:
    """The kernel's log has old troubles too, so it is read only where there is one now."""
    driver = found["driver"]
    if not found["gpus"] or driver["state"] == "absent":
        return False
    silent = driver["state"] == "installed" or (driver["smi"] is not None and not driver["answers"])
    return silent or any(each["code"] in ("gpu_lost", "gpu_not_driven", "gpu_unreachable") for each in problems)


def _first_of_each(problems: List[Problem]) -> Dict[Tuple[Any, Any], Problem]:
    result: Dict[Tuple[Any, Any], Problem] = {}
    for each in problems:
        result.setdefault((each["code"], each["pci_address"]), each)
    return result
