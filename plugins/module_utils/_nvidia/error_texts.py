# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a failing driver's texts and errors mean, and what to do: by the codes of error_lines, and by Xids.

Xids: NVIDIA's catalogue of them (https://docs.nvidia.com/deploy/xid-errors/). Those that a program brings about itself,
such as 13 and 31, are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, Iterable, List, Optional, Tuple

if TYPE_CHECKING:
    from .error_lines import Failure

Problem = Dict[str, Optional[str]]

RESET = "Stop every program that uses the GPU, then `nvidia-smi --gpu-reset -i {gpu}`; if that fails, reboot the host."
REBOOT = "Reboot the host. If it happens again: check the card's seat and power, then have the GPU examined."
RELOAD = (
    "Reboot the host, or load the module again while nothing uses the GPUs; then hold the driver's packages together."
)
EXAMINE = "Move the work away, reset the GPU or reboot the host, and have the GPU examined (`dcgmi diag -r 3`)."

_XIDS: Dict[int, Tuple[str, str]] = {
    48: ("memory error that could not be corrected", EXAMINE),
    62: ("a controller in the GPU halted", REBOOT),
    63: ("a row of memory is to be replaced by a spare one", RESET),
    64: ("a row of memory could not be replaced", EXAMINE),
    74: (
        "NVLink error",
        "Reset the GPUs; if it comes again, check the links (`nvidia-smi nvlink -e`) and the NVSwitches.",
    ),
    79: ("the GPU fell off the bus", REBOOT),
    92: ("many corrected memory errors", EXAMINE),
    94: ("memory error that hit one program only", "Restart the program; reset the GPU when it is idle."),
    95: ("memory error that may have hit every program", RESET),
    119: ("the GPU's system processor (GSP) does not answer", RESET),
    120: ("the GPU's system processor (GSP) failed", RESET),
    136: ("NVLink training failed", REBOOT),
    140: ("memory error that was not repaired", RESET),
    143: ("the GPU could not be started", REBOOT),
    149: ("NVLink error", "Reset the GPUs; if it comes again, have the NVSwitches and the GPU examined."),
    154: ("the GPU asks to be recovered", RESET),
}
_MEANINGS: Dict[str, Tuple[str, str]] = {
    "gpu_lost": ("the GPU fell off the bus", REBOOT),
    "gpu_reset_required": ("the GPU is unusable until it is reset", RESET),
    "library_mismatch": ("the loaded kernel module and the libraries are of different versions", RELOAD),
    "driver_not_answering": (
        "nvidia-smi finds no kernel module to talk to",
        "`modprobe nvidia`, and read `dmesg | grep -i -e nvidia -e NVRM` if it is rejected.",
    ),
    "library_missing": (
        "nvidia-smi finds no libnvidia-ml",
        "Install the driver's user space, such as libnvidia-compute, of the module's version.",
    ),
    "library_is_a_stub": (
        "nvidia-smi has loaded the stub of libnvidia-ml that programs are built with",
        "Let ldconfig and LD_LIBRARY_PATH name the driver's folder, and none of CUDA's `stubs`.",
    ),
    "no_devices": (
        "the driver handles no GPU",
        "`dmesg | grep NVRM` says why: a GPU that this driver does not know, or one that did not start.",
    ),
    "insufficient_permissions": (
        "nvidia-smi may not open the GPUs' devices",
        "Run it as root, or look at the permissions of /dev/nvidia*.",
    ),
    "inforom_corrupted": (
        "the GPU's own record of its board is damaged",
        "The GPU may work on; have it examined by its vendor.",
    ),
    "open_modules_required": ("this GPU works with the open kernel modules only", "nvidia_driver_kernel_modules: open"),
    "unsupported_device": (
        "this driver does not know this GPU",
        "Choose a branch that supports it: nvidia_driver_branch: auto does.",
    ),
    "module_rejected": (
        "Secure Boot rejects a kernel module",
        "Use the distribution's signed modules, enrol the key that signs yours (`mokutil --import`, then at the"
        " console), or turn Secure Boot off.",
    ),
    "module_wrong_kernel": (
        "the kernel module was built for another kernel",
        "Install the headers of the running kernel and build the module again (`dkms autoinstall`).",
    ),
    "bar_unassigned": (
        "the firmware gave the GPU no memory window",
        "Turn on `Above 4G decoding` in the firmware, or update it.",
    ),
    "gpu_init_failed": ("the driver could not start the GPU", REBOOT),
    "gpu_unreachable": ("the driver does not reach the GPU", REBOOT),
    "nvml_failed": ("nvidia-smi could not begin", "See `dmesg | grep NVRM`."),
    "gpu_value_unreadable": (
        "the GPU answers with an error where a value should be",
        "Reset the GPU or reboot the host if it goes on; a fan or sensor that answers so may be broken.",
    ),
    "nvidia_smi_garbled": (
        "nvidia-smi does not understand the driver's answer",
        "Bring module and libraries to one version, and reboot.",
    ),
    **{f"xid_{number}": each for number, each in _XIDS.items()},
}


def explained(failures: Iterable[Failure]) -> List[Problem]:
    """Failures as problems; a code that is in no table is none."""
    known = [(code, about, words, _MEANINGS[code]) for code, about, words in failures if code in _MEANINGS]
    return [problem(code, about, f"{meaning}: {words}", remedy) for code, about, words, (meaning, remedy) in known]


def problem(code: str, address: Optional[str], message: str, remedy: str) -> Problem:
    return {
        "code": code,
        "pci_address": address,
        "message": f"{address}: {message}" if address else message,
        "remedy": remedy.replace("{gpu}", address or "INDEX"),
    }
