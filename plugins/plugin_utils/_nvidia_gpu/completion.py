# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host found of its GPUs, completed by what only the control node knows: names, architectures, problems."""

from __future__ import annotations

from typing import Any, Dict, List

from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import diagnostics
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia.error_texts import Problem, problem

from .architectures import architecture
from .names import NAMES, SOURCE


def complete(nvidia: Dict[str, Any]) -> None:
    """Makes of the answer of module_utils' gpus.gpus() what gpu_info documents; of one that is complete, the same."""
    problems = diagnostics.problems(nvidia)
    nvidia.pop("evidence", None)
    for gpu in nvidia["gpus"]:
        # The list's name stays the same before and after the driver.
        gpu["name"] = NAMES.get(gpu["device_id"]) or gpu["name"]
        gpu["architecture"] = architecture(gpu["device_id"]) if gpu["device_id"] else None
    nvidia["problems"] = [*_unknown_devices(nvidia["gpus"]), *problems, *nvidia["problems"]]


def _unknown_devices(gpus: List[Dict[str, Any]]) -> List[Problem]:
    return [
        problem(
            "unknown_device",
            gpu["pci_address"],
            f"the device id {gpu['device_id']} is in no range that this collection knows ({SOURCE})",
            "Update dockyard.gpu; until then choose the driver yourself with nvidia_driver_branch and"
            " nvidia_driver_kernel_modules.",
        )
        for gpu in gpus
        if gpu["device_id"] and gpu["architecture"] is None
    ]
