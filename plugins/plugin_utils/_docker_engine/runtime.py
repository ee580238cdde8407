# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the engine's plan that is about how it runs: proxy, daemon.json, data root, units."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._common.redaction import mask
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import flags, log_options, merge, nested
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json.keys import faults
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import config_file, plugin_names

from .._planning import versions
from .._planning.auto import desired
from .._planning.step import is_in_place, step
from . import containers, contradictions, data_root, defaults, effective_config, programs, socket_owner, sources
from .packages import PackagePlan

NAME = "docker_engine"


class RuntimePlan:
    """Steps that come after the packages."""

    def __init__(self, host: Dict[str, Any], wanted: Dict[str, Any], packages: PackagePlan) -> None:
        self.host = host
        self.wanted = wanted
        self.packages = packages
        self.replaced = packages.replaces
        self.brought = packages.brings_engine
        self.systemd = host["init"] == "systemd"
        self.running = bool(host["engine"].get("running"))
        ours = self.brought or any(name in host["installed"]["packages"] for name in sources.DAEMONS)
        # Null: an engine that was there before, whose units are as its administrator wants them.
        self.enabled = desired(wanted["service_enabled"], ours)
        self.restart: List[str] = ["its packages were replaced"] if self.replaced else []
        self.spared = True
        self.flags = effective_config.flags(host, wanted["source"])
        self.steps: List[Dict[str, Any]] = []
        self.errors: List[str] = []

    def make(self) -> RuntimePlan:
        self.errors += data_root.silent(self.host, self.wanted["data_root"])
        self._proxy()
        self._config()
        if self.wanted["service_state"] == "started":
            self._group()
            self._socket()
            self._started()
        else:
            self._stopped()
        self._enabled()
        return self

    def _masked(self, value: Any) -> Any:
        return mask(value, self.wanted.get("comparison_key", ""))

    def _add(self, name: str, why: str, before: Any, after: Any, disrupts: str = "none") -> None:
        self.steps.append(step(NAME, name, why, before, after, disrupts if self.running else "none"))

    def _proxy(self) -> None:
        content = sources.proxy_environment(
            self.wanted["http_proxy"], self.wanted["https_proxy"], self.wanted["no_proxy"]
        )
        desired = {engine_paths.PROXY_ENVIRONMENT: content}
        for path in engine_paths.DROP_INS.values():
            desired[path] = sources.drop_in() if content and self.systemd else ""
        present: Dict[str, str] = {}
        absent: List[str] = []
        for path, text in desired.items():
            found = self.host["files"].get(path)
            mode = "0600" if path == engine_paths.PROXY_ENVIRONMENT else "0644"
            if text and not is_in_place(found, self._masked(text), mode):
                present[path] = self._masked(text)
            elif not text and found:
                absent.append(path)
        if present or absent:
            why = "the proxy of the engine and containerd differs" if content else "no proxy is configured any more"
            self._add("proxy", why, absent, present, "restart")
            self.restart.append("its proxy changed")

    def _config(self) -> None:
        found = self.host["daemon_config"]
        if found.get("error"):
            self.errors.append(f"docker_engine_config: {found['error']}")
            return
        other = "" if self.brought else config_file.other_file(self.flags, engine_paths.DAEMON_JSON)
        if other:
            self.errors.append(f"docker_engine_config: {other}")
        if self._bad_keys() or other:
            return
        # Compared as the facts show it, with credentials masked.
        desired = self._masked(merge.without_nulls(defaults.desired_config(self.host, self.wanted)))
        self._unfit_keys(desired)
        storage = contradictions.storage_driver(self.host, desired, self._version())
        self.errors += [f"docker_engine_{self._variable_of('storage-driver')}: {storage}"] if storage else []
        root = str(desired.get("data-root") or "")
        unfit = data_root.problem(self.host, root) if root else ""
        self.errors += [f"docker_engine_{self._variable_of('data-root')}: {unfit}"] if unfit else []
        change = merge.plan_change(found["content"], found["state"], NAME, desired)
        self.errors += [f"docker_engine_config: {conflict}" for conflict in change["conflicts"]]
        self._impossible_limits(desired, change["after"])
        engine = self.host["engine"]
        plugins = engine.get("plugins") if engine.get("binary") else plugin_names.BEFORE_THE_ENGINE
        reported = flags.combined(change["after"], self.flags)
        lacking = plugin_names.problems(desired, reported, plugins, later=True)
        self.errors += [f"docker_engine_config: {problem}" for problem in lacking]
        if not change["conflicts"]:
            self._logs(desired, reported)
        removed = any(entry["step"] == "conflicts" and entry["disrupts"] == "restart" for entry in self.packages.steps)
        self.spared = containers.are_spared(self.host, change["after"], removed)
        if self.host["engine"].get("swarm") and reported.get("live-restore") is True:
            flag = flags.texts(self.flags).get("live-restore")
            way_out = (
                f"remove '{flag}' from what starts it"
                if flag
                else "set docker_engine_config: {live-restore: null} for this host"
            )
            self.errors.append(
                "docker_engine_config: live-restore is not compatible with Swarm, of which this engine is part; "
                f"{way_out}"
            )
        remembered = {part: found["state"].get(part) or {} for part in ("owners", "displaced")}
        if change["changes"] or any(change[part] != known for part, known in remembered.items()):
            from .._planning.differences import differences

            why = differences(change["changes"]) or "the configuration is applied, but not recorded as this role's"
            before = {entry["key"]: entry["from"] for entry in change["changes"]}
            after = {entry["key"]: entry["to"] for entry in change["changes"]}
            self._add("config", why + self._left_out(after, change["after"]), before, after, change["effect"])
            if change["effect"] == "restart":
                self.restart.append("the change of daemon.json takes effect after a restart of docker")
        elif found["pending"] == "reload" and self.running:
            self._add("config", "the engine has not reloaded daemon.json since it changed", "old", "reloaded", "reload")
        if found["pending"] == "restart" and self.running:
            self.restart.append("it has not been restarted since daemon.json changed")
        self._store(found, change["after"])

    def _bad_keys(self) -> bool:
        """Whether a variable says what no engine takes: before they are laid over each other."""
        found = []
        for variable in ("config_defaults", "config"):
            given = self._masked(merge.without_nulls(self.wanted[variable]))
            found += [f"docker_engine_{variable}: {problem}" for problem in faults(given)]
        found += contradictions.two_masters(self.wanted)
        self.errors += found
        return bool(found)

    def _version(self) -> Tuple[int, ...]:
        """Of the engine that is to start; empty where it is not known."""
        daemon = self.packages.names.versioned[0]
        if any(entry["step"] == "packages" and daemon in entry["to"] for entry in self.packages.steps):
            return self.packages.target
        return versions.numbers(sources.engine_version(self.host))

    def _logs(self, desired: Dict[str, Any], reported: Dict[str, Any]) -> None:
        texts = flags.texts(self.flags)
        found = log_options.problems(reported, desired, texts, engine_paths.DAEMON_JSON, self._version())
        named = next((key for key in ("log-opts", "log-driver") if key in desired), "")
        variable = self._variable_of(named) if named else "config"
        self.errors += [f"docker_engine_{variable}: {problem}" for problem in found]

    def _unfit_keys(self, desired: Dict[str, Any]) -> None:
        """What this engine does not take, or not beside the flags of its unit."""
        version = None if self.replaced else self.host["engine"].get("version")
        for key, value in desired.items():
            problems = faults({key: value}, self.flags, version)
            self.errors += [f"docker_engine_{self._variable_of(key)}: {problem}" for problem in problems]

    def _impossible_limits(self, desired: Dict[str, Any], after: Dict[str, Any]) -> None:
        """Whole only in daemon.json: one variable, or someone, may say a limit's name, and another its number."""
        key = "default-ulimits"
        whole = {name: after[key].get(name) for name in desired.get(key) or {} if isinstance(after.get(key), dict)}
        if all(isinstance(entry, dict) for entry in whole.values()) and not nested.wrong_types(key, whole):
            problems = nested.impossible_limits(whole)
            self.errors += [f"docker_engine_{self._variable_of(key)}: {problem}" for problem in problems]

    def _variable_of(self, key: str) -> str:
        if key in defaults.short_for_keys(self.wanted):
            return defaults.SHORT[key]
        return "config" if key in self.wanted["config"] else "config_defaults"

    def _store(self, daemon_config: Dict[str, Any], after: Dict[str, Any]) -> None:
        """Of an engine that is to start: one that runs on shows what it shows."""
        if self.running and not self.restart:
            return
        # Most plans end before, and Ansible compiles what they import in each run.
        from . import store

        change = store.Change(store.runs_with(daemon_config), after, self.brought, self.packages.target)
        found = store.StoreChange(self.host, self.wanted, change).find()
        if not self.wanted["hide_data"]:
            self.errors += found.hidden
        elif found.adrift and self.spared:
            names = [each["name"] for each in found.adrift]
            removed = [each["name"] for each in found.adrift if each["removed_at_end"]]
            why = "docker_engine_hide_data is true, and they would keep running where no engine sees them"
            why += f"; {', '.join(removed)} (--rm) would be removed" if removed else ""
            self._add("hide", why, names, "stopped", "restart")

    def _left_out(self, changed: Dict[str, Any], after: Dict[str, Any]) -> str:
        """What a new data root has not, though its name sounds as if it had."""
        if not changed.get("data-root"):
            return ""
        from . import store

        change = store.Change(None, after, self.brought, self.packages.target)
        place = store.StoreChange(self.host, self.wanted, change).stays_elsewhere()
        if not place:
            return ""
        return (
            f"; images and what containers write are in containerd's store, thus in {place} and not in the data root: "
            "containerd's own setting root moves them (/etc/containerd/config.toml)"
        )

    def _group(self) -> None:
        # Before the engine is installed there is no need: its packages make the group.
        needed = socket_owner.group(self.host) == socket_owner.GROUP
        if needed and self.host["engine"].get("binary") and not self.host["docker_group"].get("exists"):
            why = "the engine's socket belongs to the group docker, without which it does not start"
            self._add("group", why, "absent", "docker")

    def _socket(self) -> None:
        """The engine would put its own in the place of another program's, or not start."""
        found = socket_owner.foreign(self.host)
        socket = self.host["engine"].get("socket") or {}
        # What Podman's package made goes with it.
        of_podman = socket.get("kind") == "link" and "podman-docker" in self.host["packages"]
        if found and socket["expected"] and not of_podman:
            self.errors.append(
                f"docker_engine: {found}, where the engine's own has to be; stop what uses it, move it away, and run "
                "again, or set docker_engine_service_state: stopped"
            )

    def _started(self) -> None:
        self._programs()
        units = self.host["services"]
        left = [] if self.enabled is not None else [name for name in units if name != "docker.service"]
        masked = [name for name, unit in units.items() if unit["masked"] and name not in left]
        if masked:
            self.errors.append(
                f"{', '.join(masked)} masked on this host; `systemctl unmask {' '.join(masked)}`, or set "
                "docker_engine_service_state: stopped"
            )
        if self.running and self.restart:
            fate = containers.fate(containers.running(self.host), self.spared)
            why = "; ".join([*self.restart, *([fate] if fate else [])])
            after = {"docker": "restarted", "containerd": self._containerd(), "spares_containers": self.spared}
            self._add("service", why, "running", after, "restart")
        elif not self.running:
            containerd = "restarted" if self._containerd() else ""
            self._add("service", "the engine does not run", "stopped", {"docker": "started", "containerd": containerd})
        sleeping = [
            name
            for name, unit in units.items()
            if not unit["active"] and name != "docker.service" and (name not in left or unit["enabled"])
        ]
        if self.running and not self.restart and sleeping:
            self._add("units", "the engine runs, but these units do not", sleeping, "active")

    def _programs(self) -> None:
        """The engine that runs, or would, and the one of the packages."""
        shadow = programs.in_the_way(self.host, self.brought or self.replaced)
        self.errors += [shadow] if shadow else []
        stale = programs.stale(self.host) if self.running and not self.restart else ""
        self.restart += [stale] if stale else []
        if self.running and not self.replaced and programs.containerd_is_stale(self.host):
            self.restart.append("containerd's program was replaced since it started")

    def _containerd(self) -> str:
        """containerd takes a new proxy or a new binary only by a restart; containers stay with their shims."""
        unit = self.host["services"].get("containerd.service") or {}
        stale = programs.containerd_is_stale(self.host)
        touched = self.replaced or stale or any(entry["step"] == "proxy" for entry in self.steps)
        return "restarted" if unit.get("active") and touched else ""

    def _stopped(self) -> None:
        units = self.host["services"]
        listening = units.get("docker.socket", {}).get("active")
        if self.running or listening:
            fate = containers.fate(containers.running(self.host), self.spared)
            why = "; ".join(["docker_engine_service_state is stopped", *([fate] if fate else [])])
            self._add("stop", why, "running", "stopped", "restart")

    def _enabled(self) -> None:
        units = self.host["services"]
        if self.enabled is None:
            return
        if self.enabled:
            # A masked unit is rejected where it should run, and cannot be enabled where it should not.
            disabled = [name for name, unit in units.items() if not unit["enabled"] and not unit["masked"]]
            if disabled:
                self._add("enable", "they would not start after a reboot", disabled, True)
            return
        # Packages enable the units that they bring.
        new = {"enabled": self.brought and self.systemd}
        enabled = [name for name in ("docker.service", "docker.socket") if units.get(name, new)["enabled"]]
        if enabled:
            self._add("disable", "docker_engine_service_enabled is false", enabled, False)
