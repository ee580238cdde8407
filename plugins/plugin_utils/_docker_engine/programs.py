# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the engine that runs is the one of the packages, and what is in the way where it cannot be."""

from __future__ import annotations

from os.path import basename
from typing import Any, Dict, Optional

from .._planning import versions
from . import sources

# Where packages put it.
_USUAL = ("/usr/bin/dockerd", "/usr/sbin/dockerd")


def in_the_way(host: Dict[str, Any], brought: bool) -> str:
    """Why no start would bring the packages' engine; empty where one would."""
    packaged, starts, where = _packaged(host), _starts(host), _unit(host).get("fragment") or "docker.service"
    if not starts or basename(starts) != "dockerd":
        return ""
    if packaged is None:
        shadowed = brought and starts not in _USUAL
        package, path = "the packages", "their own"
    else:
        # One that answers as the packages do is no one's trouble.
        shadowed = starts != packaged["path"] and not (_known(host) and not _differs(host))
        package, path = packaged["package"], packaged["path"]
    if shadowed and host["init"] == "systemd":
        return (
            f"docker_engine: docker.service ({where}) starts {starts}, and not {path} of {package}, whose engine would "
            "never run; `systemctl cat docker.service` shows the lines: remove them, and run again"
        )
    if shadowed:
        return (
            f"docker_engine: {starts} would be started before {path} of {package}, whose engine would never run; move "
            "it away, and run again"
        )
    program = host["engine"].get("program") or {}
    if packaged and not brought and _differs(host) and program.get("path") == path and not program.get("replaced"):
        return (
            f"docker_engine: {path} is of {package} {sources.installed_version(host)}, and answers as "
            f"{host['engine']['version']}: another one replaced it; `apt-get install --reinstall {package}`, and "
            "run again"
        )
    return ""


def stale(host: Dict[str, Any]) -> str:
    """Why the engine that runs is not the one that a start would bring; empty where it is."""
    program = host["engine"].get("program") or {}
    starts = _starts(host)
    if program.get("replaced"):
        return "its program was replaced since it started"
    # What is started may be a script that runs another: one that answers as the packages do is theirs all the same.
    same = _known(host) and not _differs(host)
    if program.get("path") and starts and basename(starts) == "dockerd" and program["path"] != starts and not same:
        return f"it runs {program['path']}, and a start would run {starts}"
    if _differs(host):
        installed = sources.installed_version(host)
        return f"it answers as {host['engine']['version']}, and its packages are {installed}"
    return ""


def containerd_is_stale(host: Dict[str, Any]) -> bool:
    return bool((host["services"].get("containerd.service") or {}).get("replaced"))


def _known(host: Dict[str, Any]) -> bool:
    return bool(host["engine"].get("version") and sources.installed_version(host))


def _differs(host: Dict[str, Any]) -> bool:
    """By the numbers alone: 26.1.5+dfsg1 is what the package 5:26.1.5-1 may answer, where it was made from Debian's."""
    answers, installed = str(host["engine"].get("version") or ""), sources.installed_version(host)
    return _known(host) and versions.numbers(answers) != versions.numbers(installed)


def _packaged(host: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    found: Optional[Dict[str, Any]] = (host.get("programs") or {}).get("dockerd")
    return found


def _unit(host: Dict[str, Any]) -> Dict[str, Any]:
    return dict(host["services"].get("docker.service") or {})


def _starts(host: Dict[str, Any]) -> Optional[str]:
    if host["init"] == "systemd":
        return _unit(host).get("program")
    return (_packaged(host) or {}).get("first")
