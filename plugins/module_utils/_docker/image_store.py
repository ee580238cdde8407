# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What decides where an engine keeps images and containers; what it comes to is in store_choice."""

from __future__ import annotations

import re
from typing import Any, Mapping, NamedTuple, Optional, Sequence

from .._common import engine_paths
from .._daemon_json import flags as daemon_json_flags

# containerd's image store: to be had from 24 on, by default from 29 on.
KNOWN_SINCE, DEFAULT_SINCE = 24, 29
# The first of them that has state is taken by an engine without a setting; vfs is never counted as state.
GRAPH_DRIVERS = ("overlay2", "fuse-overlayfs", "btrfs", "zfs", "aufs", "overlay", "devicemapper")
VFS = "vfs"
# The versions that do not know them any more (docs.docker.com/engine/deprecated).
GONE_SINCE = {"aufs": 24, "overlay": 24, "devicemapper": 25}
DEFAULT_GRAPH_DRIVER, DEFAULT_SNAPSHOTTER = "overlay2", "overlayfs"
DEFAULT_NAMESPACE, DEFAULT_ADDRESS = "moby", "/run/containerd/containerd.sock"
FEATURE = "containerd-snapshotter"
# What an engine takes before daemon.json and flags.
VARIABLE = "DOCKER_DRIVER"


class Settings(NamedTuple):
    """What the choice depends on. An empty ``driver`` is the engine's own choice, ``snapshotter`` null its default."""

    driver: str = ""
    snapshotter: Optional[bool] = None
    root: str = engine_paths.DATA_ROOT
    remap: str = ""
    namespace: str = DEFAULT_NAMESPACE
    address: str = DEFAULT_ADDRESS


def settings(
    config: Optional[Mapping[str, Any]], flags: Sequence[str] = (), environment: Optional[Mapping[str, str]] = None
) -> Settings:
    """Of daemon.json, the flags of the engine's unit and its environment. An engine rejects a key in two of them."""
    found = daemon_json_flags.combined(config, flags)
    features = dict(found["features"]) if isinstance(found.get("features"), dict) else {}
    driver = (environment or {}).get(VARIABLE) or found.get("storage-driver") or ""
    snapshotter = features.get(FEATURE)
    return Settings(
        driver=str(driver),
        snapshotter=None if snapshotter is None else bool(snapshotter),
        # "graph" is the key's name up to 22.
        root=str(found.get("data-root") or found.get("graph") or engine_paths.DATA_ROOT).rstrip("/"),
        remap=_remap(str(found.get("userns-remap") or "")),
        namespace=str(found.get("containerd-namespace") or DEFAULT_NAMESPACE),
        # An engine that is given none finds the one that systemd runs.
        address=re.sub("^/var/run/", "/run/", str(found.get("containerd") or DEFAULT_ADDRESS)),
    )


def _remap(given: str) -> str:
    """The same for every way to write it: `default` is the user dockremap, and a user alone has its own group."""
    user, _colon, group = given.partition(":")
    user = "dockremap" if user == "default" else user
    return f"{user}:{group or user}" if user else ""
