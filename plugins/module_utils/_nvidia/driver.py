# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NVIDIA's driver by the files that it leaves: what is loaded, what is installed, and what keeps it from loading."""

from __future__ import annotations

import os
import re
import shutil
from typing import Any, Dict, List, Optional

from .._common.prober import Look, entries

PROC = "/proc/driver/nvidia"
MODULES = "/sys/module"
KERNELS = "/lib/modules"
SECURE_BOOT = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
# Debian's layout, that of RPM distributions, and WSL's, whose driver is Windows'.
LIBRARIES = (
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib/x86_64-linux-gnu/nvidia/current",
    "/usr/lib/aarch64-linux-gnu/nvidia/current",
    "/usr/lib",
    "/usr/lib/wsl/lib",
)
# Beside what is on PATH, which is short in sessions that are no login.
PROGRAMS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/lib/wsl/lib")
# What NVIDIA's own installer (.run file) leaves to take its driver away by, under either name, and with another prefix
# in another folder. No package has them.
UNINSTALLER = "/usr/bin/nvidia-uninstall"
_INSTALLERS = ("nvidia-uninstall", "nvidia-installer")
# The module on disk: NVIDIA's and Ubuntu's packages, Debian's proprietary ones, Debian's open ones.
_NAMES = ("nvidia", "nvidia-current", "nvidia-current-open")
NOTHING: Dict[str, Any] = {
    "state": "absent",
    "loaded_version": None,
    "loaded_modules": None,
    "installed_version": None,
    "installed_modules": None,
    "module_kernels": [],
    "installer": False,
    "user_space_version": None,
    "smi": None,
    "answers": False,
    "nouveau_loaded": False,
    "in_use": None,
    "secure_boot": None,
    "fabric_manager": None,
}


def driver(look: Look, gpus_here: bool, switches_here: bool) -> Dict[str, Any]:
    """Everything but `answers`, and whether the module on disk is signed (`signed`, null where there is none)."""
    found: Dict[str, Any] = {**NOTHING, "signed": None}
    found.update(_loaded(look))
    found["user_space_version"] = _user_space(look)
    found["smi"] = _program("nvidia-smi")
    found["nouveau_loaded"] = os.path.isdir(os.path.join(MODULES, "nouveau"))
    loaded = found["loaded_version"] is not None
    # The kernel's own tools take long enough to be left alone on a host that nothing of NVIDIA is on.
    if gpus_here or loaded or found["user_space_version"] or found["smi"]:
        found.update(_installed(look))
        found["installer"] = os.path.exists(UNINSTALLER) or any(map(_program, _INSTALLERS))
        if not found["installed_version"]:
            found["module_kernels"] = _kernels_with_module(look)
        found["secure_boot"] = _secure_boot(look)
    if switches_here:
        found["fabric_manager"] = _fabric_manager(look)
    if loaded:
        found["state"] = "loaded"
    elif found["installed_version"] or found["user_space_version"] or found["smi"]:
        found["state"] = "installed"
    return found


def _loaded(look: Look) -> Dict[str, Any]:
    text = look.text(os.path.join(PROC, "version")) or ""
    match = re.search(r"Kernel Module(?: for \S+)?\s+(\d[\d.]*)", text)
    version = match.group(1) if match else (look.text(os.path.join(MODULES, "nvidia", "version")) or "").strip()
    if not version:
        return {}
    references = (look.text(os.path.join(MODULES, "nvidia", "refcnt")) or "").strip()
    modules = None
    if match:
        modules = "open" if "Open Kernel Module" in text else "proprietary"
    return {
        "loaded_version": version,
        "loaded_modules": modules,
        "in_use": int(references) if references.isdigit() else None,
    }


def _installed(look: Look) -> Dict[str, Any]:
    """The module that the running kernel would load. Debian keeps it under names of its own."""
    modinfo = _program("modinfo")
    if modinfo is None:
        return {}
    # One call a name, and not one a field: every call unpacks a module of up to a hundred MB.
    for module in _NAMES:
        _status, output = look.run([modinfo, module])
        fields = dict(re.findall(r"^(version|license|signer):\s*(.*)$", output, re.MULTILINE))
        if fields.get("version"):
            return {
                "installed_version": fields["version"],
                # Only the open ones are under MIT's licence and the GPL.
                "installed_modules": "open" if "GPL" in fields.get("license", "") else "proprietary",
                "signed": bool(fields.get("signer")),
            }
    return {}


def _kernels_with_module(look: Look) -> List[str]:
    """By what depmod wrote: a module that was built for another kernel is of use once that one is booted."""
    listed = ((folder, look.text(os.path.join(folder, "modules.dep")) or "") for folder in entries(KERNELS))
    found = re.compile(rf"^\S*/({'|'.join(_NAMES)})\.ko\S*:", re.MULTILINE)
    return [os.path.basename(folder) for folder, text in listed if found.search(text)]


def _user_space(look: Look) -> Optional[str]:
    """The version of the library that programs would load, which its file is named after."""
    for folder in LIBRARIES:
        match = _library_version(os.path.realpath(os.path.join(folder, "libnvidia-ml.so.1")))
        if match:
            return match
    return None


def _library_version(path: str) -> Optional[str]:
    match = re.search(r"libnvidia-ml\.so\.(\d+\.\d[\d.]*)$", path)
    return match.group(1) if match and os.path.exists(path) else None


def _program(name: str) -> Optional[str]:
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(PROGRAMS))


def _secure_boot(look: Look) -> Optional[bool]:
    """Null where the firmware does not say: it is old, or this is a container."""
    if not os.path.exists(SECURE_BOOT):
        return None
    data = look.read(SECURE_BOOT)
    # Four bytes of attributes come before the value.
    return bool(data[4]) if data and len(data) > 4 else None


def _fabric_manager(look: Look) -> Optional[bool]:
    status, output = look.run(["systemctl", "is-active", "nvidia-fabricmanager.service"])
    return output.strip() == "active" if status not in (124, 127) and output.strip() else None


def addresses() -> List[str]:
    """PCI addresses of the GPUs that the loaded module has taken on."""
    return [os.path.basename(path).lower() for path in entries(os.path.join(PROC, "gpus"))]
