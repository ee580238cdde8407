# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which module of NVIDIA's driver is on disk, who installed it, and what keeps it from loading."""

from __future__ import annotations

import os
import re
from typing import Any, Dict, List, Optional

from .._common.prober import Prober, entries
from .driver import program

KERNELS = "/lib/modules"
SECURE_BOOT = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
# What NVIDIA's own installer (.run file) leaves to take its driver away by, under either name, and with another prefix
# in another folder. No package has them.
UNINSTALLER = "/usr/bin/nvidia-uninstall"
_INSTALLERS = ("nvidia-uninstall", "nvidia-installer")
# The module on disk: NVIDIA's and Ubuntu's packages, Debian's proprietary ones, Debian's open ones.
_NAMES = ("nvidia", "nvidia-current", "nvidia-current-open")


def installed(prober: Prober) -> Dict[str, Any]:
    """{installed_version, installed_modules, signed, module_kernels, installer, secure_boot}, some only where known."""
    found = _module(prober)
    if not found:
        found["module_kernels"] = _kernels_with_module(prober)
    return {
        **found,
        "installer": os.path.exists(UNINSTALLER) or any(map(program, _INSTALLERS)),
        "secure_boot": _secure_boot(prober),
    }


def _module(prober: Prober) -> Dict[str, Any]:
    """The module that the running kernel would load. Debian keeps it under names of its own."""
    modinfo = program("modinfo")
    if modinfo is None:
        return {}
    # One call a name, and not one a field: every call unpacks a module of up to a hundred MB.
    for module in _NAMES:
        _status, output = prober.run([modinfo, module])
        fields = dict(re.findall(r"^(version|license|signer):\s*(.*)$", output, re.MULTILINE))
        if fields.get("version"):
            return {
                "installed_version": fields["version"],
                # Only the open ones are under MIT's licence and the GPL.
                "installed_modules": "open" if "GPL" in fields.get("license", "") else "proprietary",
                "signed": bool(fields.get("signer")),
            }
    return {}


def _kernels_with_module(prober: Prober) -> List[str]:
    """By what depmod wrote: a module that was built for another kernel is of use once that one is booted."""
    listed = ((folder, prober.text(os.path.join(folder, "modules.dep")) or "") for folder in entries(KERNELS))
    found = re.compile(rf"^\S*/({'|'.join(_NAMES)})\.ko\S*:", re.MULTILINE)
    return [os.path.basename(folder) for folder, text in listed if found.search(text)]


def _secure_boot(prober: Prober) -> Optional[bool]:
    """Null where the firmware does not say: it is old, or this is a container."""
    if not os.path.exists(SECURE_BOOT):
        return None
    data = prober.read(SECURE_BOOT)
    # Four bytes of attributes come before the value.
    return bool(data[4]) if data and len(data) > 4 else None
