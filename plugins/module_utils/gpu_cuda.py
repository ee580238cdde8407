# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CUDA's first call, without a CUDA image: the Python that runs this is taken into the container, and calls it."""

from __future__ import annotations

import re
from typing import Any, Dict, Optional, Tuple

from ansible_collections.dockyard.gpu.plugins.module_utils import gpu_links, proof_image
from ansible_collections.dockyard.gpu.plugins.module_utils.engine_api import EngineError
from ansible_collections.dockyard.gpu.plugins.module_utils.gpu_links import Break
from ansible_collections.dockyard.gpu.plugins.module_utils.gpu_sight import Sight, Silent
from ansible_collections.dockyard.gpu.plugins.module_utils.gpu_truth import Truth
from ansible_collections.dockyard.gpu.plugins.module_utils.gpu_ways import Wish

MODULES = ("ctypes",)
PROGRAM = """
import ctypes
try:
    library = ctypes.CDLL("libcuda.so.1")
except OSError as error:
    print("library", error)
else:
    code, count = library.cuInit(0), ctypes.c_int(0)
    if code == 0:
        code = library.cuDeviceGetCount(ctypes.byref(count))
    print("cuda", code, count.value)
"""
# Of the CUDA driver API's CUresult, those that say something about a host.
_ERRORS = {
    3: "not initialized",
    34: "a stub of the library was loaded",
    100: "no device",
    101: "invalid device",
    304: "the operating system refused a call, as when /dev/nvidia-uvm is missing",
    802: "the system is not ready: nvidia-fabricmanager has not set the NVSwitches up",
    803: "the driver and the library differ",
    804: "the hardware does not support forward compatibility",
}


def try_cuda(
    sight: Sight, wish: Wish, python: proof_image.Python, truth: Truth
) -> Tuple[Dict[str, Any], Optional[Break]]:
    """What came of it, and what broke."""
    script = f'PYTHONHOME="{python.home}" "{python.program}" -s -S -B -c "$CUDA" 2>&1'
    # The program goes in as a variable, so that no shell has to read its quotation marks.
    asking = wish._replace(container={**wish.container, "Env": [*wish.container["Env"], f"CUDA={PROGRAM}"]})
    result: Dict[str, Any] = {"ok": False, "command": wish.command, "code": None, "devices": None}
    try:
        said = sight.said(asking, script)
    except Silent:
        return result, gpu_links.broken("driver", f"cuInit gave no answer within {sight.seconds:g} s")
    except EngineError as exc:
        return result, gpu_links.refused(wish, exc.message, truth)
    answer = re.search(r"^cuda (\d+) (\d+)$", said, re.M)
    if answer is None:
        words = " ".join(said.split())[-300:] or "nothing"
        return result, gpu_links.broken("library", f"libcuda.so.1 cannot be used: {words}")
    code, devices = int(answer.group(1)), int(answer.group(2))
    if code:
        what = _ERRORS.get(code, "see CUresult in the CUDA driver API")
        return {**result, "code": code}, gpu_links.broken("driver", f"cuInit answers {code}: {what}")
    return {**result, "ok": True, "code": code, "devices": devices}, None
