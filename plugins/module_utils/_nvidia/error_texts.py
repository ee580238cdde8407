# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the texts of a failing driver mean and what to do: those of nvidia-smi, and those of the kernel's log.

Texts: recorded output of nvidia-smi 525 to 610 and of the kernel modules' log. Xids: NVIDIA's catalogue of them
(https://docs.nvidia.com/deploy/xid-errors/). Those that a program brings about itself, such as 13 and 31, are left out.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, NamedTuple, Optional, Pattern, Tuple

from .pci import address_in

Problem = Dict[str, Optional[str]]

RESET = "Stop every program that uses the GPU, then `nvidia-smi --gpu-reset -i {gpu}`; if that fails, reboot the host."
REBOOT = "Reboot the host. If it happens again: check the card's seat and power, then have the GPU examined."
RELOAD = (
    "Reboot the host, or load the module again while nothing uses the GPUs; then hold the driver's packages together."
)
EXAMINE = "Move the work away, reset the GPU or reboot the host, and have the GPU examined (`dcgmi diag -r 3`)."


class _Text(NamedTuple):
    pattern: Pattern[str]
    code: str
    meaning: str
    remedy: str


# The first that fits counts.
_TEXTS: Tuple[_Text, ...] = tuple(
    _Text(re.compile(pattern), code, meaning, remedy)
    for pattern, code, meaning, remedy in (
        (r"GPU is lost|fallen off the bus", "gpu_lost", "the GPU fell off the bus", REBOOT),
        (
            r"requires reset|needs to be reset|GPU Reset Required",
            "gpu_reset_required",
            "the GPU is unusable until it is reset",
            RESET,
        ),
        (
            r"Driver/library version mismatch|NVRM: API mismatch",
            "library_mismatch",
            "the loaded kernel module and the libraries are of different versions",
            RELOAD,
        ),
        (
            r"couldn't communicate with the NVIDIA driver",
            "driver_not_answering",
            "nvidia-smi finds no kernel module to talk to",
            "`modprobe nvidia`, and read `dmesg | grep -i -e nvidia -e NVRM` if it is rejected.",
        ),
        (
            r"couldn't find libnvidia-ml|NVML Shared Library Not Found",
            "library_missing",
            "nvidia-smi finds no libnvidia-ml",
            "Install the driver's user space, such as libnvidia-compute, of the module's version.",
        ),
        (
            r"libnvidia-ml\.so in GDK package is a stub library",
            "library_is_a_stub",
            "nvidia-smi has loaded the stub of libnvidia-ml that programs are built with",
            "Let ldconfig and LD_LIBRARY_PATH name the driver's folder, and none of CUDA's `stubs`.",
        ),
        (
            r"No devices were found|NVRM: No NVIDIA (GPU|devices) ",
            "no_devices",
            "the driver handles no GPU",
            "`dmesg | grep NVRM` says why: a GPU that this driver does not know, or one that did not start.",
        ),
        (
            r"Failed to initialize NVML: Insufficient Permissions",
            "insufficient_permissions",
            "nvidia-smi may not open the GPUs' devices",
            "Run it as root, or look at the permissions of /dev/nvidia*.",
        ),
        (
            r"infoROM is corrupted",
            "inforom_corrupted",
            "the GPU's own record of its board is damaged",
            "The GPU may work on; have it examined by its vendor.",
        ),
        (
            r"requires? use of the NVIDIA open kernel modules|NVRM: installed in this system requires",
            "open_modules_required",
            "this GPU works with the open kernel modules only",
            "nvidia_driver_kernel_modules: open",
        ),
        (
            r"not supported by (the )?(open|NVIDIA|\d+).*(driver release|kernel modules?|nvidia\.ko)|legacy GPU|"
            r"NVRM: installed in this system is( not)?",
            "unsupported_device",
            "this driver does not know this GPU",
            "Choose a branch that supports it: nvidia_driver_branch: auto does.",
        ),
        (
            r"Loading of (unsigned )?module.* (is )?rejected|Key was rejected by service|Required key not available|"
            r"PKCS#7 signature not signed with a trusted key",
            "module_rejected",
            "Secure Boot rejects a kernel module",
            "Use the distribution's signed modules, enrol the key that signs yours (`mokutil --import`, then at the"
            " console), or turn Secure Boot off.",
        ),
        (
            r"nvidia.*(version magic|disagrees about version of symbol|Unknown symbol)",
            "module_wrong_kernel",
            "the kernel module was built for another kernel",
            "Install the headers of the running kernel and build the module again (`dkms autoinstall`).",
        ),
        (
            r"PCI I/O region assigned to your NVIDIA device is invalid|BAR\d+ is \d+M @ 0x0",
            "bar_unassigned",
            "the firmware gave the GPU no memory window",
            "Turn on `Above 4G decoding` in the firmware, or update it.",
        ),
        (r"RmInitAdapter failed", "gpu_init_failed", "the driver could not start the GPU", REBOOT),
        (r"Unable to determine the device handle", "gpu_unreachable", "the driver does not reach the GPU", REBOOT),
        (r"Failed to initialize NVML", "nvml_failed", "nvidia-smi could not begin", "See `dmesg | grep NVRM`."),
        (
            r"ERR!|Unknown Error",
            "gpu_value_unreadable",
            "the GPU answers with an error where a value should be",
            "Reset the GPU or reboot the host if it goes on; a fan or sensor that answers so may be broken.",
        ),
        (
            r"^\s*Invalid \w",
            "nvidia_smi_garbled",
            "nvidia-smi does not understand the driver's answer",
            "Bring module and libraries to one version, and reboot.",
        ),
    )
)
_XID = re.compile(r"NVRM: Xid \((?P<where>[^)]*)\): (?P<number>\d+)")
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


def problems_in(text: str, headings: bool = True) -> List[Problem]:
    """One problem for each GPU and kind of error.

    Below a line with a GPU's address, all lines are about it where there are headings; in the kernel's log the next one
    may be, which has the rest of a sentence.
    """
    found: Dict[Tuple[Optional[str], Optional[str]], Problem] = {}
    about: Optional[str] = None
    for line in text.splitlines():
        address = address_in(line)
        about = address or about
        for problem in _in_line(line, about):
            found[problem["code"], problem["pci_address"]] = problem
        about = about if headings else address
    return list(found.values())


def _in_line(line: str, about: Optional[str]) -> Iterator[Problem]:
    xid = _XID.search(line)
    if xid:
        known = _XIDS.get(int(xid.group("number")))
        if known:
            words = " ".join(line[xid.start() :].split())[:200]
            yield problem(
                f"xid_{xid.group('number')}", address_in(xid.group("where")), f"{known[0]}: {words}", known[1]
            )
        return
    text = next((text for text in _TEXTS if text.pattern.search(line)), None)
    if text:
        yield problem(text.code, about, f"{text.meaning}: {' '.join(line.split())[:200]}", text.remedy)


def problem(code: str, address: Optional[str], message: str, remedy: str) -> Problem:
    return {
        "code": code,
        "pci_address": address,
        "message": f"{address}: {message}" if address else message,
        "remedy": remedy.replace("{gpu}", address or "INDEX"),
    }
