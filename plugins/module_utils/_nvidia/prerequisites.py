# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What NVIDIA's kernel modules need from the host: headers to be built with, and nouveau out of their way."""

from __future__ import annotations

import os
import re
from typing import Any, Dict, List

from .._common.prober import Prober, entries

# In the order in which libkmod.c (default_config_paths) prefers one of two files of the same name, as of kmod 34.
_MODPROBE = (
    "/etc/modprobe.d",
    "/run/modprobe.d",
    "/usr/local/lib/modprobe.d",
    "/usr/lib/modprobe.d",
    "/lib/modprobe.d",
)
_MODULES = "/lib/modules"
_BOOT = "/boot"
_BLACKLIST = re.compile(
    r"^[ \t]*(blacklist[ \t]+nouveau|install[ \t]+nouveau[ \t]+(/usr)?/bin/(false|true))[ \t]*$", re.MULTILINE
)
UNKNOWN: Dict[str, Any] = {
    "nouveau_blacklisted": False,
    "kernel_headers": False,
    "initramfs_older_than_blacklist": False,
}


def prerequisites(prober: Prober, release: str) -> Dict[str, Any]:
    """{nouveau_blacklisted, kernel_headers, initramfs_older_than_blacklist} of the kernel of this release."""
    blacklists = [path for path in _configuration() if _blacklists(prober.text(path) or "")]
    return {
        "nouveau_blacklisted": bool(blacklists),
        "kernel_headers": os.path.isdir(os.path.join(_MODULES, release, "build")),
        "initramfs_older_than_blacklist": _is_older(os.path.join(_BOOT, f"initrd.img-{release}"), blacklists),
    }


def _configuration() -> List[str]:
    """What modprobe reads: only files that end so, and a name counts once."""
    chosen: Dict[str, str] = {}
    for path in (path for folder in _MODPROBE for path in entries(folder)):
        name = os.path.basename(path)
        if name.endswith(".conf") and not name.startswith("."):
            chosen.setdefault(name, path)
    return [path for path in chosen.values() if not os.path.isdir(path)]


def _blacklists(text: str) -> bool:
    return bool(_BLACKLIST.search(text.replace("\\\n", "")))


def _is_older(initramfs: str, files: List[str]) -> bool:
    if not files or not os.path.exists(initramfs):
        return False
    return os.stat(initramfs).st_mtime < max(os.stat(path).st_mtime for path in files)
