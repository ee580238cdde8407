# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a driver says of its GPUs, and what shows what is wrong: for hosts that have anything of NVIDIA's."""

from __future__ import annotations

from typing import Any, Dict, List, Set

from .._common.prober import Prober
from . import driver as nvidia_driver
from . import smi
from .error_lines import Failure, failures_in

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
# What an answer may say of a GPU that is not well, each null or false where it is.
_HEALTH = (
    "recovery_action",
    "reset_required",
    "drain_recommended",
    "remap_failed",
    "remap_pending",
    "retirement_pending",
    "mig_mode",
    "mig_pending",
    "fabric_state",
    "fabric_status",
)
NO_ANSWER = smi.Answer("", 0, [])


def ask(prober: Prober, driver: Dict[str, Any]) -> smi.Answer:
    # On WSL2 there is a nvidia-smi and no kernel module, which is Windows'. Elsewhere it can but fail without one.
    if driver["smi"] is None or not (driver["loaded_version"] or driver["smi"].startswith("/usr/lib/wsl/")):
        return NO_ANSWER
    return smi.ask(prober, driver["smi"], driver["loaded_version"])


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
        gpu["name"] = mine.get("name")
    return [result[address] for address in sorted(result)]


def evidence(prober: Prober, found: Dict[str, Any], answer: smi.Answer) -> Dict[str, Any]:
    """What diagnostics.py tells problems by: `said` and `logged` are failures, `failed` an answer that is none."""
    driven, said = nvidia_driver.addresses(), failures_in(answer.text)
    failed = answer.status != 124 and (answer.status or (answer.text and not answer.gpus))
    log = prober.run(["dmesg"])[1] if _log_tells(found, answer, driven, said) else ""
    return {
        "said": said,
        "logged": failures_in(log, headings=False),
        "failed": {"status": answer.status, "text": " ".join(answer.text.split())[:300]} if failed else None,
        "answers": [{name: gpu[name] for name in ("pci_address", *_HEALTH) if gpu.get(name)} for gpu in answer.gpus],
        "driven": driven,
        "signed": found["driver"].get("signed"),
    }


def _log_tells(found: Dict[str, Any], answer: smi.Answer, driven: List[str], said: List[Failure]) -> bool:
    """The kernel's log has old troubles too, so it is read only where there is one now."""
    gpus, driver = found["gpus"], found["driver"]
    if not gpus or driver["state"] == "absent":
        return False
    if driver["state"] == "installed" or (driver["smi"] is not None and not driver["answers"]):
        return True
    answering = {gpu["pci_address"] for gpu in answer.gpus}
    return (
        not {gpu["pci_address"] for gpu in gpus}.issuperset(driven)
        or any(_is_missing(gpu, answering) for gpu in gpus)
        or any(code in ("gpu_lost", "gpu_unreachable") for code, _address, _words in said)
    )


def _is_missing(gpu: Dict[str, Any], answering: Set[str]) -> bool:
    """Whether the loaded driver has not taken a GPU on, or no longer lists it beside others."""
    beside_others = bool(answering) and gpu["pci_address"] not in answering
    return gpu["kernel_driver"] is None or (gpu["kernel_driver"] == "nvidia" and beside_others)
