# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CUDA's first call, without a CUDA image: the Python that runs this is taken into the container, and calls it."""

from __future__ import annotations

import re
from typing import Any, Dict, Optional, Tuple

from .._docker.api import EngineError
from . import diagnosis, image
from .diagnosis import Break
from .expectation import Truth
from .injection import Request
from .observation import Sight, Silent

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
    304: "the operating system rejected a call",
    802: "the system is not ready: nvidia-fabricmanager has not set the NVSwitches up",
    803: "the driver and the library differ",
    804: "the hardware does not support forward compatibility",
    999: "unknown",
}
# Those that another library would mend.
_OF_LIBRARY = (34, 803, 804)


def try_cuda(
    sight: Sight, request: Request, python: image.Python, truth: Truth
) -> Tuple[Dict[str, Any], Optional[Break]]:
    """What came of it, and what broke."""
    # Without this node, 580.159.04 answers 999. Windows gives its GPUs by another one.
    script = 'echo "visible ${NVIDIA_VISIBLE_DEVICES-}"\n'
    script += f'for node in {diagnosis.UVM} /dev/dxg; do [ ! -e "$node" ] || echo "memory"; done; echo "says"\n'
    script += f'PYTHONHOME="{python.home}" "{python.program}" -s -S -B -c "$CUDA" 2>&1'
    # The program goes in as a variable, so that no shell has to read its quotation marks.
    asking = request._replace(container={**request.container, "Env": [*request.container["Env"], f"CUDA={PROGRAM}"]})
    result: Dict[str, Any] = {"ok": False, "command": request.command, "code": None, "devices": None}
    try:
        said = sight.said(asking, script)
    except Silent:
        return result, diagnosis.broken("driver", f"cuInit gave no answer within {sight.seconds:g} s")
    except EngineError as exc:
        return result, diagnosis.rejected(request, exc.message, truth)
    there, _says, reported = said.partition("says\n")
    answer = re.search(r"^cuda (\d+) (\d+)$", reported, re.M)
    if answer is None:
        words = " ".join(reported.split())[-300:] or "nothing"
        return result, diagnosis.broken("library", f"libcuda.so.1 cannot be used: {words}")
    code, devices = int(answer.group(1)), int(answer.group(2))
    if code:
        result["code"] = code
        words = f"cuInit answers {code}: {_ERRORS.get(code, 'see CUresult in the CUDA driver API')}"
        lines = there.splitlines()
        if "memory" not in lines:
            return result, diagnosis.without_uvm(request, "visible void" in lines, words, truth)
        return result, diagnosis.broken("library" if code in _OF_LIBRARY else "driver", words)
    return {**result, "ok": True, "code": code, "devices": devices}, None
