# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What daemon.json is to say: the defaults as far as they fit the host, and over them what the variables say."""

from __future__ import annotations

from typing import Any, Dict

Config = Dict[str, Any]
# The others know neither max-size nor max-file, and an engine that is given them does not start.
_ROTATING = ("json-file", "local")
# The variables that are short for one key, by that key.
SHORT = {"registry-mirrors": "registry_mirrors", "data-root": "data_root"}


def desired_config(host: Config, wanted: Config) -> Config:
    """Over the defaults comes docker_engine_config, and over that the variables that are short for one key."""
    config = _combined(fitting_defaults(wanted["config_defaults"], host, wanted["config"]), wanted["config"])
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


def fitting_defaults(defaults: Config, host: Config, wishes: Config) -> Config:
    """The defaults without those that this host, or the wishes that come over them, have no use for."""
    found = host["daemon_config"].get("content") or {}
    ours = (host["daemon_config"]["state"].get("owners") or {}).get("docker_engine") or {}
    fitting = _within_limits(_unsettled(defaults, found, ours), host)
    driver = wishes.get("log-driver") or fitting.get("log-driver") or found.get("log-driver")
    if driver and driver not in _ROTATING:
        fitting.pop("log-opts", None)
    return fitting


def _unsettled(defaults: Config, found: Config, ours: Config) -> Config:
    """The defaults without what somebody else wrote, by keys and by the keys of log-opts and the like. What this role
    wrote, and somebody changed since, is put back."""
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
