# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role's variables say against each other, and storage drivers that no engine has.

An engine that is given a storage driver which neither it nor its containerd has ends with "driver not supported" or
"configured driver not available".
"""

from __future__ import annotations

import difflib
from typing import Any, Dict, List, Mapping, Tuple

from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import merge

from .defaults import SHORT

_KEY = "storage-driver"
# containerd's own (plugins/snapshots in 2.x), and those that its documentation names as proxy plugins.
_SNAPSHOTTERS = (
    *("overlayfs", "native", "blockfile", "btrfs", "devmapper", "erofs", "zfs", "windows"),
    *("fuse-overlayfs", "gcfs", "nydus", "overlaybd", "proxy", "soci", "stargz"),
)
# What proxy plugins of other people are called.
_OF_OTHERS = "snapshotter"
# The keys of proxies, by the variables that write them into the engine's environment.
_PROXIES = {"http-proxy": "http_proxy", "https-proxy": "https_proxy", "no-proxy": "no_proxy"}


def two_masters(wanted: Mapping[str, Any]) -> List[str]:
    """A key that docker_engine_config and a variable of its own set to different values."""
    config: Dict[str, Any] = merge.without_nulls(wanted["config"])
    said = {key: (config.get(key), wanted[name], name) for key, name in SHORT.items()}
    proxies = config.get("proxies") if isinstance(config.get("proxies"), dict) else {}
    # Without a proxy nothing is written of where none is used.
    used = wanted["http_proxy"] or wanted["https_proxy"]
    for key, name in _PROXIES.items():
        value = ",".join(wanted[name]) if isinstance(wanted[name], list) else wanted[name]
        said[f"proxies.{key}"] = ((proxies or {}).get(key), value if used else "", name)
    return [
        f"docker_engine_config: '{key}' is set here, and docker_engine_{name} sets it to another value; remove one of "
        "the two"
        for key, (given, own, name) in said.items()
        if given and own and _plain(given) != _plain(own)
    ]


def storage_driver(host: Mapping[str, Any], desired: Mapping[str, Any], version: Tuple[int, ...]) -> str:
    """``version`` is that of the engine that is to start, empty where it is not known."""
    value = desired.get(_KEY)
    if not value or not isinstance(value, str):
        return ""
    # Few name one, and no one else needs what is known of them.
    from ansible_collections.dockyard.gpu.plugins.module_utils._docker import image_store

    drivers = [*image_store.GRAPH_DRIVERS, image_store.VFS]
    known = list(dict.fromkeys([*drivers, *_SNAPSHOTTERS]))
    there = (host["engine"].get("storage_driver"), (host["daemon_config"]["content"] or {}).get(_KEY))
    gone = image_store.GONE_SINCE.get(value)
    if gone and version and version[0] >= gone:
        return f"'{_KEY}' is {value}, which was removed in Docker Engine {gone}: set another, such as overlay2, or none"
    # One of someone's own containerd is known by being in use.
    if value in known or value in there or _OF_OTHERS in value:
        return ""
    near = difflib.get_close_matches(value.lower(), known, n=1)
    hint = f"did you mean {near[0]}?" if near else "remove it, and the engine chooses."
    left = ", ".join(name for name in drivers if name not in image_store.GONE_SINCE)
    return (
        f"'{_KEY}' is '{value}', but must be a graph driver ({left}) or a snapshotter "
        f"of containerd ({', '.join(_SNAPSHOTTERS)}); {hint}"
    )


def _plain(value: Any) -> Any:
    """A folder is the same with a slash behind it, and so is a mirror."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.rstrip("/") if isinstance(value, str) else value
