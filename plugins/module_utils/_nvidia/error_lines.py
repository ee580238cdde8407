# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which lines of nvidia-smi's answer and of the kernel's log are of a failure. What each means: error_texts.

Recorded output of nvidia-smi 525 to 610 and of the kernel modules' log.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Optional, Tuple

from .pci import address_in

# Code, address of the GPU, and the line's words.
Failure = Tuple[str, Optional[str], str]

# The first that fits counts.
_PATTERNS = (
    ("gpu_lost", r"GPU is lost|fallen off the bus"),
    ("gpu_reset_required", r"requires reset|needs to be reset|GPU Reset Required"),
    ("library_mismatch", r"Driver/library version mismatch|NVRM: API mismatch"),
    ("driver_not_answering", r"couldn't communicate with the NVIDIA driver"),
    ("library_missing", r"couldn't find libnvidia-ml|NVML Shared Library Not Found"),
    ("library_is_a_stub", r"libnvidia-ml\.so in GDK package is a stub library"),
    ("no_devices", r"No devices were found|NVRM: No NVIDIA (GPU|devices) "),
    ("insufficient_permissions", r"Failed to initialize NVML: Insufficient Permissions"),
    ("inforom_corrupted", r"infoROM is corrupted"),
    (
        "open_modules_required",
        r"requires? use of the NVIDIA open kernel modules|NVRM: installed in this system requires",
    ),
    (
        "unsupported_device",
        r"not supported by (the )?(open|NVIDIA|\d+).*(driver release|kernel modules?|nvidia\.ko)|legacy GPU|"
        r"NVRM: installed in this system is( not)?",
    ),
    (
        "module_rejected",
        r"Loading of (unsigned )?module.* (is )?rejected|Key was rejected by service|Required key not available|"
        r"PKCS#7 signature not signed with a trusted key",
    ),
    ("module_wrong_kernel", r"nvidia.*(version magic|disagrees about version of symbol|Unknown symbol)"),
    ("bar_unassigned", r"PCI I/O region assigned to your NVIDIA device is invalid|BAR\d+ is \d+M @ 0x0"),
    ("gpu_init_failed", r"RmInitAdapter failed"),
    ("gpu_unreachable", r"Unable to determine the device handle"),
    ("nvml_failed", r"Failed to initialize NVML"),
    ("gpu_value_unreadable", r"ERR!|Unknown Error"),
    ("nvidia_smi_garbled", r"^\s*Invalid \w"),
)
_XID = re.compile(r"NVRM: Xid \((?P<where>[^)]*)\): (?P<number>\d+)")


def failures_in(text: str, headings: bool = True) -> List[Failure]:
    """One for each GPU and kind of failure.

    Below a line with a GPU's address, all lines are about it where there are headings; in the kernel's log the next one
    may be, which has the rest of a sentence.
    """
    found: Dict[Tuple[str, Optional[str]], Failure] = {}
    about: Optional[str] = None
    for line in text.splitlines():
        address = address_in(line)
        about = address or about
        for failure in _in_line(line, about):
            found[failure[:2]] = failure
        about = about if headings else address
    return list(found.values())


def _in_line(line: str, about: Optional[str]) -> Iterator[Failure]:
    xid = _XID.search(line)
    if xid:
        yield f"xid_{xid.group('number')}", address_in(xid.group("where")), _words(line[xid.start() :])
        return
    code = next((code for code, pattern in _PATTERNS if re.search(pattern, line)), None)
    if code:
        yield code, about, _words(line)


def _words(text: str) -> str:
    return " ".join(text.split())[:200]
