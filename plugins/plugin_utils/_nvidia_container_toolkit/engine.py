# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the toolkit's plan that is about the engine: its daemon.json, and a restart where it must be."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import flags as daemon_json_flags
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import merge
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json.keys import faults
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import config_file
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import toolkit_paths

from .._docker_engine import containers as engine_containers
from .._docker_engine import effective_config, sources, store
from .._planning import versions
from .._planning.auto import said
from .._planning.step import step
from .packages import desired_names

NAME = "nvidia_container_toolkit"
# What nvidia-docker2, `nvidia-ctk runtime configure` and recipes wrote there is of the same purpose.
TAKEN_OVER = ["runtimes.nvidia"]
# Engines from then on give devices by CDI, and from then on without being asked to.
CDI_SINCE = (25,)
CDI_BY_ITSELF = (28, 2)
# Since then `--gpus` is CDI, if the engine finds the CDI hook when it starts; before, it looks for the other hook.
_GPUS_BY_CDI_SINCE = (29, 2)


def daemon_config(host: Dict[str, Any], wanted: Dict[str, Any]) -> Dict[str, Any]:
    """The toolkit's part of daemon.json."""
    if wanted["state"] == "absent":
        return {}
    desired: Dict[str, Any] = {"runtimes": {"nvidia": {"path": "nvidia-container-runtime"}}}
    flags = daemon_json_flags.settings(effective_config.flags(host))
    # What a flag says already, the engine takes in no file beside it.
    if wanted["default_runtime"] and flags.get("default-runtime") != "nvidia":
        desired["default-runtime"] = "nvidia"
    if "features" in flags:
        return desired
    owned = ((host["daemon_config"]["state"].get("owners") or {}).get(NAME) or {}).get("features") or {}
    version = versions.numbers(sources.engine_version(host))
    # Neither an engine that is too old for the feature is restarted for it, nor one that has it by itself. Before there
    # is an engine, no one knows, and what was written then does no harm: it stays.
    off = switched_off(host) and not owned and said(wanted["cdi"]) is None
    if wanted["cdi"] and not off and (not version or _is_to_be_reported(host, version) or owned.get("cdi")):
        desired["features"] = {"cdi": True}
    return desired


def _is_to_be_reported(host: Dict[str, Any], version: Tuple[int, ...]) -> bool:
    return version >= CDI_SINCE and (version < CDI_BY_ITSELF or switched_off(host))


def switched_off(host: Dict[str, Any]) -> bool:
    """Whether daemon.json, or a flag, forbids devices by CDI."""
    features = effective_config.now(host).get("features")
    return isinstance(features, dict) and features.get("cdi") is False


def found_hooks(host: Dict[str, Any]) -> List[str]:
    """The hooks that the running engine is taken to have found: what is to be remembered when they are exchanged."""
    return [hook for hook in (toolkit_paths.RUNTIME_HOOK, toolkit_paths.CDI_HOOK) if _was_found(host, hook)]


def _was_found(host: Dict[str, Any], hook: str) -> bool:
    """A hook that is younger than the engine may have taken the place of one that it had found."""
    toolkit = host["toolkit"]
    if hook in toolkit["found_by_engine"]:
        return True
    if not toolkit["programs"][hook] or toolkit["found_is_recorded"]:
        return False
    # Containers with GPUs, and those of the verification, were given them somehow.
    return bool(host["verified"] or host["gpu_containers"] != [])


class EnginePlan:
    """``installs`` says that the toolkit's programs come, or are exchanged."""

    def __init__(self, host: Dict[str, Any], wanted: Dict[str, Any], installs: bool) -> None:
        self.host = host
        self.wanted = wanted
        self.installs = installs
        self.running = bool(host["engine"].get("running"))
        self.restart: List[str] = []
        # daemon.json as it will be.
        self._after: Dict[str, Any] = {}
        self.steps: List[Dict[str, Any]] = []
        self.errors: List[str] = []

    def make(self) -> EnginePlan:
        found = self.host["daemon_config"]
        if found["error"]:
            self.errors.append(found["error"])
            return self
        self._config(found)
        self._gpu_containers()
        if self.running and self.wanted["state"] == "present":
            self._hooks()
        if self.running and self.restart:
            # A change that its own role wrote, and has not restarted it for yet, has been checked there.
            if found["pending"] != "restart":
                change = store.Change(found["content"], self._after)
                self.errors += store.StoreChange(self.host, self.wanted, change).find().hidden
            spared = engine_containers.are_spared(self.host, self._after, removed=False)
            fate = engine_containers.fate(engine_containers.running(self.host), spared)
            why = "; ".join([*self.restart, *([fate] if fate else [])])
            self._add("engine", why, "running", "restarted", "restart")
        return self

    def _add(self, name: str, why: str, before: Any, after: Any, disrupts: str = "none") -> None:
        self.steps.append(step(NAME, name, why, before, after, disrupts if self.running else "none"))

    def _config(self, found: Dict[str, Any]) -> None:
        desired = daemon_config(self.host, self.wanted)
        flags = effective_config.flags(self.host)
        other = config_file.other_file(flags, engine_paths.DAEMON_JSON) if desired else ""
        self.errors += [f"nvidia_container_toolkit: {other}"] if other else []
        change = merge.plan_change(found["content"], found["state"], NAME, desired, TAKEN_OVER)
        self._after = change["after"]
        self.errors += [f"nvidia_container_toolkit: {each}" for each in change["conflicts"]]
        self.errors += [f"nvidia_container_toolkit: {each}" for each in faults(desired, flags)]
        reported = effective_config.settings_of(self.host, change["after"])
        if self.wanted["state"] == "absent" and reported.get("default-runtime") == "nvidia":
            self.errors.append(
                "nvidia_container_toolkit_state: absent, and daemon.json makes nvidia the default runtime, without "
                "which the engine would not start; remove default-runtime from it first"
            )
        displaced = found["state"].get("displaced") or {}
        if change["changes"] or change["owners"] != (found["state"].get("owners") or {}):
            before = {each["key"]: each["from"] for each in change["changes"]}
            after = {each["key"]: each["to"] for each in change["changes"]}
            from .._planning.differences import differences

            why = differences(change["changes"]) or "the configuration is applied, but not recorded as this role's"
            self._add("daemon_config", why, before, after, change["effect"])
            if change["effect"] == "restart":
                self.restart.append("the change of features in daemon.json takes effect after a restart of docker")
        elif change["displaced"] != displaced:
            self._add(
                "daemon_config",
                "what an earlier tool wrote belongs to this role from now on",
                displaced,
                change["displaced"],
            )
        elif found["pending"] == "reload" and self.running:
            self._add("daemon_config", "the engine has not reloaded daemon.json", "old", "reloaded", "reload")
        if found["pending"] == "restart" and self.running:
            self.restart.append("it has not been restarted since daemon.json changed")

    def _gpu_containers(self) -> None:
        """A toolkit that goes is missed by the containers that it gave GPUs."""
        if self.wanted["state"] != "absent" or not (self.steps or desired_names(self.host["packages"])):
            return
        containers = self.host["gpu_containers"]
        names = [each["name"] for each in containers or []]
        if containers is None:
            self.errors.append(
                "nvidia_container_toolkit_state: absent, and the containers with GPUs, which could not be started "
                "again, could not be determined; see the problems of host_info"
            )
        elif names:
            self.errors.append(
                f"nvidia_container_toolkit_state: absent, and {', '.join(names)} run with GPUs and could not be "
                "started again; remove them first"
            )

    def _hooks(self) -> None:
        """An engine looks for hooks once, when it starts; an exchange of what it found then changes nothing."""
        version = versions.numbers(sources.engine_version(self.host))
        hook = toolkit_paths.CDI_HOOK if version >= _GPUS_BY_CDI_SINCE else toolkit_paths.RUNTIME_HOOK
        there = self.host["toolkit"]["programs"][hook]
        if (there or self.installs) and not _was_found(self.host, hook):
            self.restart.append(f"for `docker run --gpus` it looks for {hook} only when it starts")
