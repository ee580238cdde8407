# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Linux under Windows: no PCI GPU, and Windows' driver under `/usr/lib/wsl`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from . import kernel, machine

LIBRARIES = machine.ROOT / "usr/lib/wsl/lib"
DXG = (10, 127)


def show(description: dict[str, Any]) -> None:
    release = description["kernel"]
    kernel.node("dxg", *DXG)
    LIBRARIES.mkdir(parents=True, exist_ok=True)
    (machine.ROOT / "usr/lib/wsl/drivers").mkdir(exist_ok=True)
    for library in ("libcuda.so.1", "libnvidia-ml.so.1", "libdxcore.so"):
        (LIBRARIES / library).write_text("")
    shutil.copy(Path(__file__).parent.parent / "nvidia-smi", LIBRARIES / "nvidia-smi")
    (LIBRARIES / "nvidia-smi").chmod(0o755)
    version = f"Linux version {release} (root@lab) (gcc) #1 SMP PREEMPT_DYNAMIC Thu Jan 1 00:00:00 UTC 2026\n"
    kernel.cover_file(machine.ROOT / "proc/version", version)
    kernel.cover_file(machine.ROOT / "proc/sys/kernel/osrelease", f"{release}\n")
