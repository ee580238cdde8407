# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change of daemon.json needs before a running engine has taken it over.

Source: moby's daemon/reload.go (29.7.2, read 2026-11-23) for what a SIGHUP applies. A file of its own, since the
facts of a host need it too, and a host compiles what it imports.
"""

from __future__ import annotations

from typing import Any

NONE, RELOAD, RESTART = "none", "reload", "restart"

# A SIGHUP applies these when they stand in the file ...
RELOADED = frozenset(
    [
        "authorization-plugins",
        "debug",
        "default-cgroupns-mode",
        "default-ipc-mode",
        "default-runtime",
        "default-shm-size",
        "default-stop-timeout",
        "features",
        "insecure-registries",
        "labels",
        "live-restore",
        "max-concurrent-downloads",
        "max-concurrent-uploads",
        "max-download-attempts",
        "network-diagnostic-port",
        "nri-opts",
        "registry-mirrors",
        "runtimes",
        "shutdown-timeout",
    ]
)
# ... but only these return to their default when they leave the file: the others keep the old value until a restart.
RESET_BY_RELOAD = frozenset(
    [
        "features",
        "max-concurrent-downloads",
        "max-concurrent-uploads",
        "max-download-attempts",
        "network-diagnostic-port",
        # moby's own test of NRI turns it off so: an empty file, and a reload.
        "nri-opts",
    ]
)
# The features map is stored on SIGHUP, but apart from these its entries are read at start only.
RELOADED_FEATURES = frozenset(["buildkit"])


def same(one: Any, other: Any) -> bool:
    """Equality as JSON has it: 1, 1.0 and true are three values, the order of keys is none."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(item, other[key]) for key, item in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return _kind(one) is _kind(other) and bool(one == other)


def _kind(value: Any) -> type | None:
    # Not type(): on the control node strings and numbers are subclasses that carry where they came from.
    return next((kind for kind in (bool, int, float, str, list, dict) if isinstance(value, kind)), None)


def effect(before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    """What a running engine needs to take over the change: none, reload (SIGHUP) or restart."""
    old, new = before or {}, after or {}
    changed = [key for key in {**old, **new} if key not in old or key not in new or not same(old[key], new[key])]
    if not changed:
        return NONE
    return RELOAD if all(_reload_does(key, old, new) for key in changed) else RESTART


def _reload_does(key: str, old: dict[str, Any], new: dict[str, Any]) -> bool:
    if key not in RELOADED or (key not in new and key not in RESET_BY_RELOAD):
        return False
    if key != "features":
        return True
    was, will = old.get(key) or {}, new.get(key) or {}
    if not isinstance(was, dict) or not isinstance(will, dict):
        return False
    return all(name in RELOADED_FEATURES or same(was.get(name), will.get(name)) for name in {**was, **will})
