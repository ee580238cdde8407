# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only a host with GPUs is asked for on its PCI bus: switches that are not on it, and parts of GPUs."""

from __future__ import annotations

import os
from typing import Any, Dict, List

from .._common.prober import Prober, entries
from . import pci

INFINIBAND = "/sys/class/infiniband"
# The switches of fifth-generation NVLink (HGX B200, B300) are behind InfiniBand devices, whose vital product data says
# so (NVIDIA/gpu-driver-container, which starts the fabric manager by it).
_NVLINK5_GPUS = ("29", "318")
_NVLINK5_MARK = b"SW_MNG"
# Offsets and values of a function's configuration space (PCI Local Bus Specification 3.0, chapter 6 and appendix H).
_STATUS, _HAS_CAPABILITIES, _FIRST_CAPABILITY, _VENDOR_SPECIFIC = 0x06, 0x10, 0x34, 0x09
# What NVIDIA's manager of virtual GPUs writes there (NVIDIA/k8s-device-plugin, internal/vgpu, read 2026-11-23).
_VGPU_SIGNATURE = b"VF"


def nvlink5_switches(prober: Prober, gpus: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """The devices by which NVLink's switches are managed that are not on the bus themselves, as NVSwitches."""
    # Such data is slow to read, and only these GPUs have such switches.
    if not any(gpu["device_id"].startswith(_NVLINK5_GPUS) for gpu in gpus):
        return []
    devices = sorted({os.path.realpath(os.path.join(path, "device")) for path in entries(INFINIBAND)})
    return [
        {
            "pci_address": os.path.basename(path),
            "device_id": pci.value(prober, path, "device")[2:].lower(),
            "kernel_driver": pci.kernel_driver(path),
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


def is_vgpu(prober: Prober, address: str) -> bool:
    """Whether a guest's GPU is a part of one. Only root sees enough to tell; a GPU that sleeps wakes up for it."""
    return is_vgpu_configuration(prober.read(os.path.join(pci.DEVICES, address, "config")) or b"")


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
