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

from ansible_collections.dockyard.gpu.plugins.module_utils import engine_paths, toolkit_paths
from ansible_collections.dockyard.gpu.plugins.module_utils.look import Look, entries

NOTHING: Dict[str, Any] = {
    "programs": dict.fromkeys(toolkit_paths.PROGRAMS),
    "version": None,
    "config": {},
    "cdi": [],
    "units": {},
    "owns_daemon_json": False,
    "engine": None,
    "found_by_engine": [],
    "found_is_recorded": False,
}
_FOLDERS = os.pathsep.join(("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"))
# A specification names some hundred files; of those that are not there, a few tell enough.
_MOST = 5


def toolkit(look: Look, packages: Dict[str, Any], units: Dict[str, Any], engine: Optional[Dict[str, Any]]) -> Any:
    """``engine`` is the engine's process as daemon_state.engine_identity tells it."""
    programs = {name: shutil.which(name, path=_FOLDERS) for name in toolkit_paths.PROGRAMS}
    identity = "-".join(str(engine[part]) for part in ("pid", "start_ticks", "boot_id")) if engine else None
    known = _recorded(look, identity)
    packaged = toolkit_paths.PACKAGES[2] in packages or toolkit_paths.PACKAGES[3] in packages
    return {
        "programs": programs,
        # One that a package brought has that package's version, and need not be run to tell.
        "version": None if packaged or not programs["nvidia-ctk"] else _version(look, programs["nvidia-ctk"]),
        "config": config(look.text(toolkit_paths.CONFIG) or ""),
        "cdi": specifications(look),
        "units": units,
        # What is still away is put back by the same step.
        "owns_daemon_json": os.path.exists(toolkit_paths.OWNS_DAEMON_JSON)
        or (os.path.exists(engine_paths.KEPT_DAEMON_JSON) and not os.path.lexists(engine_paths.DAEMON_JSON)),
        "engine": identity,
        "found_by_engine": _found(programs, engine, known or []),
        "found_is_recorded": known is not None,
    }


def _version(look: Look, program: str) -> Optional[str]:
    match = re.search(r"version (\d[\d.]*)", look.run([program, "--version"])[1])
    return match.group(1) if match else None


def config(text: str) -> Dict[str, Any]:
    """Dotted keys to their values; of TOML, what this file has: tables, strings, numbers, true and false, lists."""
    found: Dict[str, Any] = {}
    table = ""
    for line in text.splitlines():
        header = re.match(r"\s*\[([^\[\]]+)\]\s*$", line)
        entry = re.match(r"\s*([A-Za-z0-9_.-]+)\s*=\s*(.*?)\s*$", line)
        if header:
            table = header.group(1).strip() + "."
        elif entry:
            found[table + entry.group(1)] = _value(entry.group(2))
    return found


def _value(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    if re.match(r"-?\d+$", text):
        return int(text)
    quoted = re.findall(r'"([^"]*)"', text)
    if text.startswith("["):
        return quoted
    return quoted[0] if quoted else text


def specifications(look: Look) -> List[Dict[str, Any]]:
    """Each CDI specification of NVIDIA's GPUs: {path, devices, missing}, the last being files that are not there."""
    found = []
    for path in [path for folder in toolkit_paths.CDI_FOLDERS for path in entries(folder)]:
        text = look.text(path) if path.endswith((".yaml", ".yml", ".json")) else None
        # JSON is written as the block YAML is, but for quotes and commas.
        plain = re.sub(r'[",{}\[\]]', " ", text or "")
        if re.search(rf"^\s*kind\s*:\s*{re.escape(toolkit_paths.CDI_KIND)}\s*$", plain, re.MULTILINE):
            named = re.findall(r"^\s*(?:-\s+)?name\s*:\s*(\S+)\s*$", plain, re.MULTILINE)
            paths = re.findall(r"^\s*(?:-\s+)?(?:path|hostPath)\s*:\s*(/\S+)\s*$", plain, re.MULTILINE)
            missing = [each for each in dict.fromkeys(paths) if not os.path.exists(each)]
            found.append({"path": path, "devices": named, "missing": missing[:_MOST]})
    return found


def _recorded(look: Look, identity: Optional[str]) -> Optional[List[str]]:
    """The hooks that this engine had found before the role exchanged them; null where it did not."""
    recorded = (look.text(toolkit_paths.FOUND) or "").split()
    return recorded[1:] if identity and recorded[:1] == [identity] else None


def _found(programs: Dict[str, Any], engine: Optional[Dict[str, Any]], known: List[str]) -> List[str]:
    """The hooks that the running engine can have found, which it looks for once, when it starts."""
    if not engine:
        return []
    since = time.time() - (time.clock_gettime(time.CLOCK_BOOTTIME) - engine["start_ticks"] / os.sysconf("SC_CLK_TCK"))
    hooks = (toolkit_paths.RUNTIME_HOOK, toolkit_paths.CDI_HOOK)
    # dpkg gives files the time at which their package was made; when they came to this host is the other one.
    return [name for name in hooks if programs[name] and (name in known or os.stat(programs[name]).st_ctime < since)]
