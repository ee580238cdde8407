# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NVIDIA's devices on the PCI bus, as sysfs shows them: neither lspci nor a driver is needed."""

from __future__ import annotations

import os
import re
from typing import Any, Dict, List, Optional, Tuple

from .._common.prober import Look, entries

DEVICES = "/sys/bus/pci/devices"
INFINIBAND = "/sys/class/infiniband"
_VENDOR = "0x10de"
# VGA and 3D controllers; and NVSwitches, which are bridges of no particular kind.
_GPU = ("0x0300", "0x0302")
_NVSWITCH = ("0x0680",)
# The switches of fifth-generation NVLink (HGX B200, B300) are behind InfiniBand devices, whose vital product data says
# so (NVIDIA/gpu-driver-container, which starts the fabric manager by it).
_NVLINK5_GPUS = ("29", "318")
_NVLINK5_MARK = b"SW_MNG"
_ADDRESS = r"(?i)([0-9a-f]{4,8}):([0-9a-f]{2}):([0-9a-f]{2})(?:\.([0-7]))?"
# Offsets and values of a function's configuration space (PCI Local Bus Specification 3.0, chapter 6 and appendix H).
_STATUS, _HAS_CAPABILITIES, _FIRST_CAPABILITY, _VENDOR_SPECIFIC = 0x06, 0x10, 0x34, 0x09
# What NVIDIA's manager of virtual GPUs writes there (NVIDIA/k8s-device-plugin, internal/vgpu, read 2026-11-23).
_VGPU_SIGNATURE = b"VF"


def address_in(text: str) -> Optional[str]:
    """The first PCI address in a text, spelt as in sysfs: 00000000:1B:00.0 and PCI:0000:1b:00 are 0000:1b:00.0."""
    match = re.search(_ADDRESS, text)
    if match is None:
        return None
    domain, bus, device, function = match.groups()
    return f"{int(domain, 16):04x}:{bus}:{device}.{function or 0}".lower()


def nvidia_devices(look: Look) -> Tuple[List[Dict[str, Any]], List[Dict[str, Any]]]:
    """GPUs and NVSwitches by their addresses.

    GPUs: {pci_address, device_id, kernel_driver, numa_node}; NVSwitches: the first three of these.
    """
    gpus, switches = [], []
    for path in entries(DEVICES):
        if _value(look, path, "vendor") != _VENDOR:
            continue
        kind = _value(look, path, "class")
        found: Dict[str, Any] = {
            "pci_address": os.path.basename(path),
            "device_id": _value(look, path, "device")[2:].lower(),
            "kernel_driver": _driver(path),
        }
        if kind.startswith(_NVSWITCH):
            switches.append(found)
        # A virtual function of a GPU beside it is no one's GPU until it is given to a guest.
        elif kind.startswith(_GPU) and not os.path.lexists(os.path.join(path, "physfn")):
            node = _value(look, path, "numa_node")
            found["numa_node"] = int(node) if node.isdigit() else None  # -1: the firmware does not say
            gpus.append(found)
    return gpus, switches


def nvlink5_switches(look: Look, gpus: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """The devices by which NVLink's switches are managed that are not on the bus themselves, as NVSwitches."""
    # Such data is slow to read, and only these GPUs have such switches.
    if not any(gpu["device_id"].startswith(_NVLINK5_GPUS) for gpu in gpus):
        return []
    devices = sorted({os.path.realpath(os.path.join(path, "device")) for path in entries(INFINIBAND)})
    return [
        {
            "pci_address": os.path.basename(path),
            "device_id": _value(look, path, "device")[2:].lower(),
            "kernel_driver": _driver(path),
        }
        for path in devices
        if _NVLINK5_MARK in _vital_product_data(path)
    ]


def _vital_product_data(path: str) -> bytes:
    """Empty for who may not read it, and for devices that have none."""
    try:
        with open(os.path.join(path, "vpd"), "rb") as handle:
            return handle.read(4096)
    except OSError:
        return b""


def _value(look: Look, path: str, name: str) -> str:
    return (look.text(os.path.join(path, name)) or "").strip()


def _driver(path: str) -> Optional[str]:
    try:
        name = os.path.basename(os.readlink(os.path.join(path, "driver")))
    except OSError:
        return None
    # It calls itself otherwise than its module, which is what modprobe knows.
    return "nova_core" if name == "NovaCore" else name


def is_vgpu(look: Look, address: str) -> bool:
    """Whether a guest's GPU is a part of one. Only root sees enough to tell; a GPU that sleeps wakes up for it."""
    return is_vgpu_configuration(look.read(os.path.join(DEVICES, address, "config")) or b"")


def is_vgpu_configuration(config: bytes) -> bool:
    if len(config) < 256 or not config[_STATUS] & _HAS_CAPABILITIES:
        return False
    position = config[_FIRST_CAPABILITY]
    # At most as many capabilities as fit: a chain may be a ring in a device that is broken.
    for _step in range(64):
        if position < 0x40 or position > 250:
            return False
        if config[position] == _VENDOR_SPECIFIC and config[position + 3 : position + 5] == _VGPU_SIGNATURE:
            return True
        position = config[position + 1]
    return False
