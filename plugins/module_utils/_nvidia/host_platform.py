# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What kind of machine the GPUs are in: on most kinds but two, a driver is not for us to install."""

from __future__ import annotations

import os
import re
from typing import Any, Dict, List

from .._common.prober import Prober, entries

BARE_METAL = "bare_metal"
# Prefix of all paths, for tests.
ROOT = ""
# As systemd's virt.c knows them: vendors of machines that are none. The processor says it too, where it is an x86.
_VIRTUAL_VENDORS = (
    r"QEMU|KVM|OpenStack|Amazon EC2|VMware|innotek|VirtualBox|Xen|Bochs|Parallels|BHYVE|Hyper-V|Google Compute Engine|"
    r"Apple Virtualization|DigitalOcean|Alibaba Cloud ECS|Nutanix"
)
# Names that NVIDIA gives to parts of a GPU, such as NVIDIA A10-24Q and NVIDIA H100-1-10C.
_VGPU_NAME = r"^GRID |-\d+[ABCQ]$"


def platform(prober: Prober, gpus: List[Dict[str, Any]]) -> str:
    """The first that is true; a machine is often several."""
    if "microsoft" in _text(prober, "/proc/sys/kernel/osrelease").lower() and _exists("/dev/dxg"):
        return "wsl2"
    if _is_container(prober):
        return "container"
    if _exists("/etc/nv_tegra_release") or "nvidia,tegra" in _text(prober, "/proc/device-tree/compatible"):
        return "jetson"
    if _exists("/sys/module/nvidia_vgpu_vfio") or entries(ROOT + "/sys/class/mdev_bus"):
        return "vgpu_host"
    if not _is_virtual(prober):
        return BARE_METAL
    if not gpus:
        return "virtual_machine"
    from . import pci_details

    parts = any(
        re.search(_VGPU_NAME, gpu["name"] or "") or pci_details.is_vgpu(prober, gpu["pci_address"]) for gpu in gpus
    )
    return "vgpu_guest" if parts else "passthrough"


def _text(prober: Prober, path: str) -> str:
    return prober.text(ROOT + path) or ""


def _exists(path: str) -> bool:
    return os.path.exists(ROOT + path)


def _is_container(prober: Prober) -> bool:
    if any(_exists(path) for path in ("/.dockerenv", "/run/.containerenv", "/run/systemd/container")):
        return True
    # Only root may read it; for others its variables are unknown.
    if not os.access(ROOT + "/proc/1/environ", os.R_OK):
        return False
    return any(entry.startswith("container=") for entry in _text(prober, "/proc/1/environ").split("\0"))


def _is_virtual(prober: Prober) -> bool:
    processor = _first_processor()
    if processor:
        return "hypervisor" in processor.split()
    names = [_text(prober, f"/sys/class/dmi/id/{name}") for name in ("sys_vendor", "product_name", "bios_vendor")]
    return bool(re.search(_VIRTUAL_VENDORS, " ".join(names))) and ".metal" not in names[1]


def _first_processor() -> str:
    """The flags of an x86. The whole file takes a machine of many cores a while to write."""
    try:
        with open(ROOT + "/proc/cpuinfo", encoding="ascii", errors="replace") as handle:
            match = re.search(r"^flags\s*:(.*)$", handle.read(8192), re.MULTILINE)
    except OSError:
        return ""
    return match.group(1) if match else ""
