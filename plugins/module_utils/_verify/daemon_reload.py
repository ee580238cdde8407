# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a running container keeps its GPUs when systemd reads its units again.

With systemd's cgroup driver it then sets the device rules of each container anew, by what the engine gave it. What a
hook allowed behind the engine's back is forbidden from then on.
"""

from __future__ import annotations

import contextlib
import os
from typing import Any, Dict, List, Optional, Tuple

from .._common.prober import Prober
from .._docker.api import EngineError
from .._docker.gpu_containers import gpu_containers
from . import diagnosis
from .diagnosis import Break
from .expectation import Truth
from .injection import Request
from .observation import LIST, OPEN, Sight, Silent, closed_in, fulfilled, seen_in
from .sandbox import NAME

SYSTEMD = "/run/systemd/system"


def try_reload(sight: Sight, requests: List[Request], truth: Truth) -> Tuple[Dict[str, Any], Optional[Break]]:
    """What came of it, one container for each request, and what broke."""
    result: Dict[str, Any] = {"skipped": _hindrance(), "ways": [request.way for request in requests], "ok": None}
    if result["skipped"]:
        return {**result, "ways": []}, None
    running: List[Tuple[Request, str]] = []
    for request in requests:
        try:
            running.append((request, sight.staying(request)))
        except EngineError as exc:
            return {**result, "ok": False}, diagnosis.rejected(request, exc.message, truth)
    broken = _prober(sight, running, truth, "before it")
    if broken is None:
        prober = Prober(sight.seconds)
        status, _output = prober.run(["systemctl", "daemon-reload"])
        # systemd answers before it has set all device rules, but this question only afterwards.
        prober.run(["systemctl", "show", "--property=Version"])
        if status:
            return {**result, "skipped": f"systemctl daemon-reload ended with status {status}", "ways": []}, None
        broken = _prober(sight, running, truth, "after `systemctl daemon-reload`")
    for _request, name in running:
        with contextlib.suppress(EngineError):
            sight.gone(name)
    return {**result, "ok": broken is None}, broken


def _hindrance() -> Optional[str]:
    if not os.path.isdir(SYSTEMD):
        return "systemd is not process 1 of this host"
    others = gpu_containers(Prober())
    if others is None:
        return "it is not known which other containers have GPUs, and they could lose them"
    names = sorted(each["name"] for each in others if not each["name"].startswith(NAME))
    return f"other containers have GPUs, and could lose them: {', '.join(names)}" if names else None


def _prober(sight: Sight, running: List[Tuple[Request, str]], truth: Truth, when: str) -> Optional[Break]:
    for request, name in running:
        try:
            seen = seen_in(sight.said_inside(name, LIST))
            if fulfilled(request, seen):
                continue
            broken = diagnosis.answered(request, seen, closed_in(sight.said_inside(name, OPEN)), truth)
        except Silent:
            broken = diagnosis.silent(request, sight.seconds)
        except EngineError as exc:
            broken = diagnosis.rejected(request, exc.message, truth)
        return broken._replace(
            message=f"the container with {request.command} has lost its GPUs {when}: {broken.message}"
        )
    return None
