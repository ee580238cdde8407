# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The GPUs of a host: on the bus, and in the driver's eyes."""

from __future__ import annotations

from typing import Any, Dict, List

from .._common.prober import Prober
from . import driver as nvidia_driver
from . import host_platform, pci

NOTHING: Dict[str, Any] = {
    "gpus": [],
    "nvswitches": [],
    "driver": nvidia_driver.NOTHING,
    "platform": host_platform.BARE_METAL,
    "problems": [],
}


def gpus(prober: Prober) -> Dict[str, Any]:
    """{gpus, nvswitches, driver, platform, problems}, and `evidence` on a host that has anything of NVIDIA's.

    A GPU's name is the driver's. The control node makes names, architectures and problems of what is here.
    """
    on_bus, switches = prober.probe("the PCI bus", lambda: pci.nvidia_devices(prober), ([], []))
    switches += prober.probe("NVLink's switches", lambda: _behind_infiniband(prober, on_bus), [])
    driver = prober.probe(
        "the driver's files",
        lambda: nvidia_driver.driver(prober, bool(on_bus), bool(switches)),
        {**nvidia_driver.NOTHING, "signed": None},
    )
    found: Dict[str, Any] = {"gpus": [], "nvswitches": switches, "driver": driver, "problems": []}
    if on_bus or switches or driver["state"] != "absent":
        _asked(prober, found, on_bus)
    else:
        del driver["signed"]
        found["platform"] = _platform(prober, [])
    return found


def _behind_infiniband(prober: Prober, on_bus: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    if not on_bus:
        return []
    # A host compiles what it imports in each run: 20 ms that those without anything of NVIDIA's are spared.
    from . import pci_details

    return pci_details.nvlink5_switches(prober, on_bus)


def _asked(prober: Prober, found: Dict[str, Any], on_bus: List[Dict[str, Any]]) -> None:
    from . import inventory

    driver = found["driver"]
    answer = prober.probe("nvidia-smi's answer", lambda: inventory.ask(prober, driver), inventory.NO_ANSWER)
    driver["answers"] = bool(answer.gpus) and answer.status not in (124, 127)
    found["gpus"] = inventory.together(on_bus, answer.gpus)
    found["platform"] = _platform(prober, found["gpus"])
    found["evidence"] = prober.probe("what is wrong", lambda: inventory.evidence(prober, found, answer), None)
    driver.pop("signed", None)


def _platform(prober: Prober, all_gpus: List[Dict[str, Any]]) -> str:
    return str(prober.probe("the platform", lambda: host_platform.platform(prober, all_gpus), host_platform.BARE_METAL))
