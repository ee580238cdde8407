# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the toolkit's plan that is about the next boot: that containers with GPUs come back by themselves.

CDI specifications lie in a tmpfs, and the unit that writes them has no order with the engine; an engine gives each
container one start, and none more once a device was missing. So the engine starts after what containers need of the
driver, and waits for it only so long; and containers that were too early all the same get another start. Engines before
28.2 start all containers with CDI devices too early (moby/moby#49989).
"""

from __future__ import annotations

from typing import Any, Dict, List

from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import toolkit_paths

from .._planning.step import is_in_place, step
from .._planning.systemd import losing_gpus
from . import sources

NAME = "nvidia_container_toolkit"
_ENGINE = "docker.service"
_PERSISTENCED, _FABRIC_MANAGER = "nvidia-persistenced.service", "nvidia-fabricmanager.service"
_RETRY = toolkit_paths.RETRY_UNIT.rpartition("/")[2]
# Those that the engine has tried to start, which does not know which of its devices were missing for a moment only.
_START_AGAIN = (
    "docker ps --all --quiet --filter status=exited | xargs --no-run-if-empty"
    ' docker inspect --format "{{.Id}} {{.HostConfig.RestartPolicy.Name}} {{json .State.Error}}"'
    ' | grep --extended-regexp --ignore-case "^[0-9a-f]+ (always|unless-stopped|on-failure) .*(cdi|nvidia)"'
    ' | cut --delimiter=" " --fields=1 | xargs --no-run-if-empty docker start'
)
_RETRY_CONTENT = f"""\
{sources.MARK}[Unit]
Description=Start containers whose GPUs were not there when the engine started
Requisite={_ENGINE}
After={_ENGINE}

[Service]
Type=oneshot
TimeoutStartSec=10min
ExecStart=-/bin/sh -c '{_START_AGAIN}'
"""


def boot_steps(host: Dict[str, Any], wanted: Dict[str, Any]) -> List[Dict[str, Any]]:
    desired = boot_files(host, wanted)
    found = {path: host["files"].get(path) for path in toolkit_paths.BOOT_FILES}
    write = {path: content for path, content in desired.items() if not is_in_place(found[path], content)}
    gone = [path for path in toolkit_paths.BOOT_FILES if found[path] and path not in desired]
    if not write and not gone:
        return []
    why = "after a reboot the engine would start before the GPUs are ready, and leave containers stopped"
    if not desired:
        why = "nvidia_container_toolkit_state is absent"
    losing = losing_gpus(host)
    if losing:
        why += f"; it takes effect at the next boot, since {losing} may lose GPUs when systemd is reloaded"
    before = {path: found[path]["content"] if found[path] else "absent" for path in (*write, *gone)}
    after = {"files": write, "absent": gone, "reload": not losing}
    return [step(NAME, "boot", why, before, after)]


def boot_files(host: Dict[str, Any], wanted: Dict[str, Any]) -> Dict[str, str]:
    """Path to content; empty where nothing of it has a place."""
    if wanted["state"] == "absent" or host["init"] != "systemd":
        return {}
    files = {toolkit_paths.ENGINE_DROP_IN: _engine_drop_in(host, wanted), toolkit_paths.RETRY_UNIT: _RETRY_CONTENT}
    if wanted["cdi"]:
        files[toolkit_paths.REFRESH_DROP_IN] = _refresh_drop_in(host)
    return files


def engine_waits_for_refresh(host: Dict[str, Any]) -> bool:
    """Not where someone has ordered the refresh after the engine, as NVIDIA had in 1.19.0: neither would start."""
    return _ENGINE not in _waits_for(host, toolkit_paths.REFRESH_SERVICE)


def _engine_drop_in(host: Dict[str, Any], wanted: Dict[str, Any]) -> str:
    refresh = [toolkit_paths.REFRESH_SERVICE] if wanted["cdi"] and engine_waits_for_refresh(host) else []
    daemons = [name for name in (_PERSISTENCED, _FABRIC_MANAGER) if _ENGINE not in _waits_for(host, name)]
    lines = [f"Wants={' '.join([*refresh, _RETRY])}"]
    if refresh + daemons:
        lines.append(f"After={' '.join(refresh + daemons)}")
    return f"{sources.MARK}[Unit]\n" + "".join(f"{line}\n" for line in lines)


def _refresh_drop_in(host: Dict[str, Any]) -> str:
    # A specification names the daemon's socket, if there is one by then, and no container starts without what it names.
    waiting = {_ENGINE, toolkit_paths.REFRESH_SERVICE} & set(_waits_for(host, _PERSISTENCED))
    order = "" if waiting else f"[Unit]\nAfter={_PERSISTENCED}\n\n"
    return (
        f"{sources.MARK}{order}[Service]\n"
        "# The engine waits for it, and a GPU may hang.\nTimeoutStartSec=90s\nTimeoutStopSec=10s\n"
        f"ExecStartPost=-+/bin/systemctl --no-block start {_RETRY}\n"
    )


def _waits_for(host: Dict[str, Any], name: str) -> List[str]:
    unit = host["toolkit"]["units"].get(name) or host["nvidia_services"].get(name) or {}
    return list(unit.get("waits_for") or [])
