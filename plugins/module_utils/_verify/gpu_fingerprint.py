# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verification with GPUs is about, and whether there can be one: the GPUs, their driver, and the toolkit."""

from __future__ import annotations

import contextlib
import os
from typing import Any, Dict

from .._common import plain_files
from .._nvidia import cdi, toolkit_paths
from .fingerprint import hash_of

# As the toolkit calls its programs; the engine and the runtimes find them on their PATH.
RUNTIME = "nvidia-container-runtime"
HOOK = "nvidia-container-runtime-hook"
CDI_HOOK = "nvidia-cdi-hook"
PROGRAMS = (RUNTIME, HOOK, CDI_HOOK, "nvidia-ctk", "nvidia-container-cli")
FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


def provable(nvidia: Dict[str, Any]) -> bool:
    """Whether a verification that comes to a host finds GPUs that containers can be given."""
    answers = nvidia["driver"]["answers"] and any(map(is_known, nvidia["gpus"]))
    return bool(answers and (programs() or cdi.specifications().found))


def programs() -> Dict[str, str]:
    """Not by shutil.which: a program that no one may run is there all the same, and a broken link."""
    found = {}
    for name in PROGRAMS:
        paths = [os.path.join(folder, name) for folder in FOLDERS]
        path = next((path for path in paths if os.path.isfile(path)), None)
        if path:
            found[name] = path
    return found


def is_known(gpu: Dict[str, Any]) -> bool:
    return bool(gpu["uuid"]) and gpu["index"] is not None


def parts(nvidia: Dict[str, Any]) -> Dict[str, Any]:
    """Which GPUs and parts of GPUs there are, what drives them, and what gives them to containers."""
    toolkit: Dict[str, Any] = {}
    for path in programs().values():
        with contextlib.suppress(OSError):
            found = os.stat(path)
            # The mode too: a program that no one may run any more has kept its size and its time.
            toolkit[path] = [found.st_size, found.st_mtime_ns, found.st_mode]
    for path in (toolkit_paths.CONFIG, *(each.path for each in cdi.specifications().found)):
        with contextlib.suppress(plain_files.FileError):
            toolkit[path] = hash_of(path)
    return {
        "toolkit": toolkit,
        # A driver that answers no more, or again, is a change as well.
        "driver": [nvidia["driver"][name] for name in ("loaded_version", "user_space_version", "answers")],
        "gpus": [
            [gpu["pci_address"], gpu["device_id"], gpu["uuid"], [part["uuid"] for part in gpu["mig_devices"]]]
            for gpu in nvidia["gpus"]
        ],
    }
