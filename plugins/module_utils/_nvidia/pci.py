# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NVIDIA's devices on the PCI bus, as sysfs shows them: neither lspci nor a driver is needed."""

from __future__ import annotations

import os
import re
from typing import Any, Dict, List, Optional, Tuple

from .._common.prober import Prober, entries

DEVICES = "/sys/bus/pci/devices"
_VENDOR = "0x10de"
# VGA and 3D controllers; and NVSwitches, which are bridges of no particular kind.
_GPU = ("0x0300", "0x0302")
_NVSWITCH = ("0x0680",)
_ADDRESS = r"(?i)([0-9a-f]{4,8}):([0-9a-f]{2}):([0-9a-f]{2})(?:\.([0-7]))?"


def address_in(text: str) -> Optional[str]:
    """The first PCI address in a text, spelt as in sysfs: 00000000:1B:00.0 and PCI:0000:1b:00 are 0000:1b:00.0."""
    match = re.search(_ADDRESS, text)
    if match is None:
        return None
    domain, bus, device, function = match.groups()
    return f"{int(domain, 16):04x}:{bus}:{device}.{function or 0}".lower()


def nvidia_devices(prober: Prober) -> Tuple[List[Dict[str, Any]], List[Dict[str, Any]]]:
    """GPUs and NVSwitches by their addresses.

    GPUs: {pci_address, device_id, kernel_driver, numa_node}; NVSwitches: the first three of these.
    """
    gpus, switches = [], []
    for path in entries(DEVICES):
        if value(prober, path, "vendor") != _VENDOR:
            continue
        kind = value(prober, path, "class")
        found: Dict[str, Any] = {
            "pci_address": os.path.basename(path),
            "device_id": value(prober, path, "device")[2:].lower(),
            "kernel_driver": kernel_driver(path),
        }
        if kind.startswith(_NVSWITCH):
            switches.append(found)
        # A virtual function of a GPU beside it is no one's GPU until it is given to a guest.
        elif kind.startswith(_GPU) and not os.path.lexists(os.path.join(path, "physfn")):
            node = value(prober, path, "numa_node")
            found["numa_node"] = int(node) if node.isdigit() else None  # -1: the firmware does not say
            gpus.append(found)
    return gpus, switches


def value(prober: Prober, path: str, name: str) -> str:
    return (prober.text(os.path.join(path, name)) or "").strip()


def kernel_driver(path: str) -> Optional[str]:
    try:
        name = os.path.basename(os.readlink(os.path.join(path, "driver")))
    except OSError:
        return None
    # It calls itself otherwise than its module, which is what modprobe knows.
    return "nova_core" if name == "NovaCore" else name
