# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NVIDIA's driver by the files that it leaves: what is loaded, and whether anything of one is installed."""

from __future__ import annotations

import os
import re
import shutil
from typing import Any, Dict, List, Optional

from .._common.prober import Prober, entries

PROC = "/proc/driver/nvidia"
MODULES = "/sys/module"
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


def driver(prober: Prober, gpus_here: bool, switches_here: bool) -> Dict[str, Any]:
    """Everything but `answers`, and whether the module on disk is signed (`signed`, null where there is none)."""
    found: Dict[str, Any] = {**NOTHING, "signed": None}
    found.update(_loaded(prober))
    found["user_space_version"] = _user_space(prober)
    found["smi"] = program("nvidia-smi")
    found["nouveau_loaded"] = os.path.isdir(os.path.join(MODULES, "nouveau"))
    loaded = found["loaded_version"] is not None
    # The kernel's own tools take long enough to be left alone on a host that nothing of NVIDIA is on.
    if gpus_here or loaded or found["user_space_version"] or found["smi"]:
        # A host compiles what it imports in each run.
        from . import installed_driver

        found.update(installed_driver.installed(prober))
    if switches_here:
        found["fabric_manager"] = _fabric_manager(prober)
    if loaded:
        found["state"] = "loaded"
    elif found["installed_version"] or found["user_space_version"] or found["smi"]:
        found["state"] = "installed"
    return found


def _loaded(prober: Prober) -> Dict[str, Any]:
    text = prober.text(os.path.join(PROC, "version")) or ""
    match = re.search(r"Kernel Module(?: for \S+)?\s+(\d[\d.]*)", text)
    version = match.group(1) if match else (prober.text(os.path.join(MODULES, "nvidia", "version")) or "").strip()
    if not version:
        return {}
    references = (prober.text(os.path.join(MODULES, "nvidia", "refcnt")) or "").strip()
    modules = None
    if match:
        modules = "open" if "Open Kernel Module" in text else "proprietary"
    return {
        "loaded_version": version,
        "loaded_modules": modules,
        "in_use": int(references) if references.isdigit() else None,
    }


def _user_space(prober: Prober) -> Optional[str]:
    """The version of the library that programs would load, which its file is named after."""
    for folder in LIBRARIES:
        match = _library_version(os.path.realpath(os.path.join(folder, "libnvidia-ml.so.1")))
        if match:
            return match
    return None


def _library_version(path: str) -> Optional[str]:
    match = re.search(r"libnvidia-ml\.so\.(\d+\.\d[\d.]*)$", path)
    return match.group(1) if match and os.path.exists(path) else None


def program(name: str) -> Optional[str]:
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(PROGRAMS))


def _fabric_manager(prober: Prober) -> Optional[bool]:
    status, output = prober.run(["systemctl", "is-active", "nvidia-fabricmanager.service"])
    return output.strip() == "active" if status not in (124, 127) and output.strip() else None


def addresses() -> List[str]:
    """PCI addresses of the GPUs that the loaded module has taken on."""
    return [os.path.basename(path).lower() for path in entries(os.path.join(PROC, "gpus"))]
