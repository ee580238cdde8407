# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What daemon.json is to say: the defaults as far as they fit the host, and over them what the variables say."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import flags as daemon_json_flags
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import log_options

from .._planning import versions
from . import effective_config, sources

Config = Dict[str, Any]
# The variables that are short for one key, by that key.
SHORT = {"registry-mirrors": "registry_mirrors", "data-root": "data_root"}
# Keys that are settled together: where someone else has one of them, a default for another would be beside the point,
# or would keep the engine from starting. The first of each is the one that the others depend on.
_LOGS = ("log-driver", "log-opts")
GROUPS: List[Tuple[str, ...]] = [
    _LOGS,
    ("storage-driver", "storage-opts"),
    ("bridge", "bip", "bip6", "fixed-cidr", "fixed-cidr-v6", "default-gateway", "default-gateway-v6"),
    ("host-gateway-ip", "host-gateway-ips"),
    ("tls", "tlsverify", "tlscacert", "tlscert", "tlskey"),
]


def desired_config(host: Config, wanted: Config) -> Config:
    """Over the defaults comes docker_engine_config, and over that the variables that are short for one key."""
    defaults = fitting_defaults(
        wanted["config_defaults"], host, {**wanted["config"], **short_for_keys(wanted)}, wanted["source"]
    )
    config = _combined(defaults, wanted["config"])
    return {**config, **short_for_keys(wanted)}


def short_for_keys(wanted: Config) -> Config:
    return {key: wanted[name] for key, name in SHORT.items() if wanted[name]}


def _combined(under: Config, over: Config) -> Config:
    """Mappings key by key; lists and single values as a whole."""
    both = dict(under)
    for key, value in over.items():
        there = under.get(key)
        both[key] = _combined(there, value) if isinstance(there, dict) and isinstance(value, dict) else value
    return both


def data_root(host: Config, wanted: Config) -> str:
    """Where the engine will have its data: by the variables, or by what someone else has in the file or the flags."""
    ours = (host["daemon_config"]["state"].get("owners") or {}).get("docker_engine") or {}
    found = host["daemon_config"]["content"] or {}
    others = {key: value for key, value in found.items() if key not in ours}
    reported = effective_config.settings_of(host, {**others, **desired_config(host, wanted)}, wanted["source"])
    return str(reported.get("data-root") or engine_paths.DATA_ROOT)


def engine_version(host: Config) -> Tuple[int, ...]:
    """Of the engine that is there; empty where there is none."""
    return versions.numbers(sources.engine_version(host))


def fitting_defaults(defaults: Config, host: Config, settings: Config, source: str = "") -> Config:
    """The defaults without those that this host, or the settings that come over them, have no use for."""
    found = host["daemon_config"].get("content") or {}
    ours = (host["daemon_config"]["state"].get("owners") or {}).get("docker_engine") or {}
    flags = set(daemon_json_flags.texts(effective_config.flags(host, source)))
    settled = {key for key in found if key not in ours}
    given = {key: value for key, value in defaults.items() if key not in flags}
    for group in GROUPS:
        # Of logs, and where the variable names the first of them, what is in the file is looked at closer.
        others = flags if group is _LOGS else flags | settled
        chosen = group is not _LOGS and settings.get(group[0]) is not None
        if others.intersection(group) or chosen:
            given = {key: value for key, value in given.items() if key not in group}
    fitting = _within_limits(_unsettled(given, found, ours), host)
    return _with_one_driver(fitting, found, ours, settings, engine_version(host))


def _with_one_driver(
    fitting: Config, found: Config, ours: Config, settings: Config, version: Tuple[int, ...]
) -> Config:
    """Options go with their driver: an engine that is given others does not start."""
    kept = ours.get("log-opts") if isinstance(ours.get("log-opts"), dict) else {}
    there = found.get("log-opts") if isinstance(found.get("log-opts"), dict) else {}
    others = [name for name in there or {} if name not in (kept or {})]
    driver = settings.get("log-driver")
    if not driver:
        default = fitting.get("log-driver") or log_options.DEFAULT_DRIVER
        if others and "log-driver" in fitting and not all(log_options.takes(default, name, version) for name in others):
            # Of another driver, or of a newer engine: it is settled with them.
            return {key: value for key, value in fitting.items() if key not in _LOGS}
        driver = fitting.get("log-driver") or found.get("log-driver") or log_options.DEFAULT_DRIVER
    options = fitting.get("log-opts")
    if not isinstance(options, dict) or not isinstance(driver, str):
        return fitting
    whole = log_options.fitting(driver, options, version)
    # Half of what belongs together would say something that no one has said.
    return fitting if whole == options else {key: value for key, value in fitting.items() if key != "log-opts"}


def _unsettled(defaults: Config, found: Config, ours: Config) -> Config:
    """The defaults without what someone else wrote, by keys and by the keys of log-opts and the like. What this role
    wrote, and someone changed since, is put back."""
    fitting = {}
    for key, value in defaults.items():
        there, mine = found.get(key), ours.get(key)
        if isinstance(value, dict) and isinstance(there, dict):
            known = mine if isinstance(mine, dict) else {}
            parts = {name: part for name, part in value.items() if name not in there or name in known}
            if parts or not value:
                fitting[key] = parts
        elif key not in found or key in ours:
            fitting[key] = value
    return fitting


def _within_limits(config: Config, host: Config) -> Config:
    """The limits of open files no higher than the host's own: a container would not start."""
    limits = config.get("default-ulimits")
    nofile = limits.get("nofile") if isinstance(limits, dict) else None
    if not isinstance(nofile, dict):
        return config
    highest = int(host["open_files_limit"])
    # What is no number is an error of the plan.
    fitting = {key: min(value, highest) if isinstance(value, int) else value for key, value in nofile.items()}
    return {**config, "default-ulimits": {**config["default-ulimits"], "nofile": fitting}}
