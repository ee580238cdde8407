# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which cards a driver serves, and what the kernel says of those that it does not."""

from __future__ import annotations

from typing import Any

# By device id, as in the tables of NVIDIA's driver: the first of each generation that changes what is needed.
TURING = 0x1E00
MAXWELL = 0x1340
LAST_BRANCH_BEFORE_TURING = 580
LAST_BRANCH_BEFORE_MAXWELL = 470
FIRST_BRANCH_OF_BLACKWELL = 570


def probe(card: dict[str, Any], module: dict[str, Any], unsupported: bool = False) -> list[str]:
    """Why the module leaves the card alone, in the words of the kernel's log; nothing when it takes it.

    The texts are those of `nv-pci.c` and `nv.c` in NVIDIA/open-gpu-kernel-modules.
    """
    device, version = int(card["device"], 16), module["version"]
    branch = int(version.split(".")[0])
    limit = LAST_BRANCH_BEFORE_TURING if device >= MAXWELL else LAST_BRANCH_BEFORE_MAXWELL
    if device < TURING and branch > limit:
        return [
            f"NVRM: The {card['name']} GPU installed in this system is",
            f"NVRM:  supported through the NVIDIA {limit}.xx Legacy drivers. Please",
            "NVRM:  visit http://www.nvidia.com/object/unix.html for more",
            f"NVRM:  information.  The {version} NVIDIA driver will ignore",
            "NVRM:  this GPU.  Continuing probe...",
        ]
    if device < TURING and module["open"]:
        return [
            f"NVRM: The NVIDIA GPU {card['address']} (PCI ID: 10de:{card['device'][2:]})",
            "NVRM: installed in this system is not supported by open",
            "NVRM: nvidia.ko because it does not include the required GPU",
            "NVRM: System Processor (GSP).",
            "NVRM: Please see the 'Open Linux Kernel Modules' and 'GSP",
            "NVRM: Firmware' sections in the driver README, available on",
            "NVRM: the Linux graphics driver download page at",
            "NVRM: www.nvidia.com.",
        ]
    if unsupported or (is_blackwell(card) and branch < FIRST_BRANCH_OF_BLACKWELL):
        return [
            f"NVRM: The NVIDIA GPU {card['address']} (PCI ID: 10de:{card['device'][2:]})",
            "NVRM: installed in this system is not supported by the",
            f"NVRM: NVIDIA {version} driver release.",
            "NVRM: Please see 'Appendix A - Supported NVIDIA GPU Products'",
            "NVRM: in this release's README, available on the operating system",
            "NVRM: specific graphics driver download page at www.nvidia.com.",
        ]
    return []


def first_use(card: dict[str, Any], module: dict[str, Any]) -> list[str]:
    """Proprietary modules do take a Blackwell, and fail when it is opened: `nvidia-smi` then finds no devices."""
    if not is_blackwell(card) or module["open"]:
        return []
    return [
        f"NVRM: The NVIDIA GPU {card['address']} (PCI ID: 10de:{card['device'][2:]})",
        "NVRM: installed in this system requires use of the NVIDIA open kernel modules.",
        f"NVRM: GPU {card['address']}: RmInitAdapter failed! (0x22:0x56:884)",
        f"NVRM: GPU {card['address']}: rm_init_adapter failed, device minor number 0",
    ]


def is_blackwell(card: dict[str, Any]) -> bool:
    return 0x2900 <= int(card["device"], 16) < 0x3000 or int(card["device"], 16) >= 0x3180
