# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NVIDIA's container toolkit by its files: programs, configuration, CDI specifications, what the engine found."""

from __future__ import annotations

import os
import re
import shutil
import time
from typing import Any, Dict, List, Optional

from .._common import engine_paths
from .._common.prober import Prober, entries
from . import toolkit_paths

NOTHING: Dict[str, Any] = {
    "programs": dict.fromkeys(toolkit_paths.PROGRAMS),
    "version": None,
    "config": {},
    "config_problem": "",
    "cdi": [],
    "cdi_unreadable": {},
    "units": {},
    "owns_daemon_json": False,
    "engine": None,
    "found_by_engine": [],
    "found_is_recorded": False,
}
_FOLDERS = os.pathsep.join(("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"))
# A specification names some hundred files; of those that are not there, a few tell enough.
_MOST = 5


def toolkit(prober: Prober, packages: Dict[str, Any], units: Dict[str, Any], engine: Optional[Dict[str, Any]]) -> Any:
    """``engine`` is the engine's process as state.engine_identity returns it."""
    programs = {name: shutil.which(name, path=_FOLDERS) for name in toolkit_paths.PROGRAMS}
    identity = "-".join(str(engine[part]) for part in ("pid", "start_ticks", "boot_id")) if engine else None
    known = _recorded(prober, identity)
    packaged = toolkit_paths.PACKAGES[2] in packages or toolkit_paths.PACKAGES[3] in packages
    return {
        "programs": programs,
        # One that a package brought has that package's version, and need not be run to tell.
        "version": None if packaged or not programs["nvidia-ctk"] else _version(prober, programs["nvidia-ctk"]),
        **_config(prober),
        **_specifications(prober),
        "units": units,
        # What is still away is put back by the same step.
        "owns_daemon_json": os.path.exists(toolkit_paths.OWNS_DAEMON_JSON)
        or (os.path.exists(engine_paths.KEPT_DAEMON_JSON) and not os.path.lexists(engine_paths.DAEMON_JSON)),
        "engine": identity,
        "found_by_engine": _found(programs, engine, known or []),
        "found_is_recorded": known is not None,
    }


def _version(prober: Prober, program: str) -> Optional[str]:
    match = re.search(r"version (\d[\d.]*)", prober.run([program, "--version"])[1])
    return match.group(1) if match else None


def _config(prober: Prober) -> Dict[str, Any]:
    """{config, config_problem}: dotted keys to their values, and why they cannot be determined, or an empty text."""
    text = prober.text(toolkit_paths.CONFIG)
    if not text:
        return {"config": {}, "config_problem": ""}
    # A host compiles what it imports in each run, and most have no toolkit.
    from . import toolkit_config

    config, error = toolkit_config.settings(text)
    if not error:
        return {"config": config, "config_problem": ""}
    message = f"{toolkit_paths.CONFIG} {error}"
    prober.problem(
        "toolkit_config_unreadable",
        message,
        "The toolkit does not read it either, and gives no GPU to any container. Fix the line, or move the file "
        "away and write it anew by `nvidia-ctk config --output=" + toolkit_paths.CONFIG + "`.",
    )
    return {"config": {}, "config_problem": message}


def _specifications(prober: Prober) -> Dict[str, Any]:
    """{cdi, cdi_unreadable}: those of NVIDIA's GPUs, and the path of each that may be one to what is wrong with it."""
    if not any(map(entries, toolkit_paths.CDI_FOLDERS)):
        return {"cdi": [], "cdi_unreadable": {}}
    from . import cdi

    read = cdi.specifications()
    read.tell(prober)
    found = []
    for each in read.found:
        missing = [path for path in each.host_paths if not os.path.exists(path)]
        found.append({"path": each.path, "devices": each.devices, "missing": missing[:_MOST]})
    return {"cdi": found, "cdi_unreadable": read.unreadable}


def _recorded(prober: Prober, identity: Optional[str]) -> Optional[List[str]]:
    """The hooks that this engine had found before the role exchanged them; null where it did not."""
    recorded = (prober.text(toolkit_paths.FOUND) or "").split()
    return recorded[1:] if identity and recorded[:1] == [identity] else None


def _found(programs: Dict[str, Any], engine: Optional[Dict[str, Any]], known: List[str]) -> List[str]:
    """The hooks that the running engine can have found, which it looks for once, when it starts."""
    if not engine:
        return []
    since = time.time() - (time.clock_gettime(time.CLOCK_BOOTTIME) - engine["start_ticks"] / os.sysconf("SC_CLK_TCK"))
    hooks = (toolkit_paths.RUNTIME_HOOK, toolkit_paths.CDI_HOOK)
    # dpkg gives files the time at which their package was made; when they came to this host is the other one.
    return [name for name in hooks if programs[name] and (name in known or os.stat(programs[name]).st_ctime < since)]
