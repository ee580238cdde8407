# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of the containers that run when their engine is restarted, exchanged or stopped."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from .._planning import offers, versions
from . import effective_config, sources

# From then on one whose containers an older one cannot take over.
_INCOMPATIBLE_SINCE = 2


def running(host: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Those of the engine's data root, also of an engine that does not run: they outlive it with live-restore."""
    # Whatever stands there: a daemon.json that no engine takes is reported elsewhere.
    root = host["engine"].get("data_root") or _configured_root(host)
    return list((host["data_roots"].get(root) or {}).get("running") or [])


def _configured_root(host: Dict[str, Any]) -> str:
    # An engine that runs says it, and most do.
    from ansible_collections.dockyard.gpu.plugins.module_utils._docker import image_store

    return image_store.settings(effective_config.now(host)).root


def are_spared(host: Dict[str, Any], config: Dict[str, Any], removed: bool) -> bool:
    """Whether containers run on while the engine is restarted.

    One that runs learns of live-restore by a reload before it is restarted, but not before its packages are removed.
    """
    if not host["engine"].get("running"):
        return True
    spares = host["engine"].get("live_restore")
    if spares is None:
        # One that does not answer was started with its flags.
        spares = effective_config.settings_of(host, {}).get("live-restore")
    return bool(spares or (config.get("live-restore") is True and not removed))


def removed_by_stopping(containers: List[Dict[str, Any]]) -> List[str]:
    """Names of those that are gone once they are stopped (--rm), with what was written in them."""
    return [each["name"] for each in containers if each.get("auto_remove")]


def fate(containers: List[Dict[str, Any]], spared: bool) -> str:
    """What a restart does to them, for people; empty where they run on."""
    if spared or not containers:
        return ""
    removed = removed_by_stopping(containers)
    back = [each["name"] for each in containers if each["comes_back"] and each["name"] not in removed]
    gone = [each["name"] for each in containers if not each["comes_back"] and each["name"] not in removed]
    parts = [f"{', '.join(gone)}, which must be started by hand"] if gone else []
    parts += [f"{', '.join(back)}, which the engine starts again"] if back else []
    parts += [f"{', '.join(removed)}, which were started with --rm and are removed"] if removed else []
    return f"without live-restore this stops {'; and '.join(parts)}"


def lost(host: Dict[str, Any], wanted: Dict[str, Any], steps: List[Dict[str, Any]]) -> List[str]:
    """What would be lost to an older containerd: it knows nothing of the shims that a newer one started.

    containerd 2 starts shims that speak version 3 of their protocol. Seen with 2.1.9 and then 1.7.24: each start of
    such a container fails with "file exists", since what it had in /run/containerd is not cleared before a reboot.
    """
    found = running(host)
    containers = [each["name"] for each in found]
    staying = [each["name"] for each in found if not each["removed_at_end"]]
    name = next((name for name in sources.CONTAINERDS if name in host["packages"]), "")
    before = versions.numbers(host["packages"][name]["version"]) if name else ()
    if not containers or not before or before[0] < _INCOMPATIBLE_SINCE:
        return []
    after = _containerd_after(host, wanted["source"], steps, name)
    if after is None or after[:1] >= before[:1]:
        return []
    other = f"containerd {'.'.join(map(str, after))}" if after else "a containerd that may be older"
    return [
        f"docker_engine_source: {wanted['source']} would put {other} in the place of {'.'.join(map(str, before))}, "
        f"under which {', '.join(containers)} run: no start of them would succeed before a reboot of the host; "
        f"`docker stop {' '.join(containers)}` first"
        + (f", and `docker start {' '.join(staying)}` afterwards" if staying else "")
    ]


def _containerd_after(
    host: Dict[str, Any], source: str, steps: List[Dict[str, Any]], name: str
) -> Optional[Tuple[int, ...]]:
    """The version of the containerd that is installed; empty where it cannot be determined, null where none comes."""
    replaced = any(entry["step"] == "conflicts" and name in entry["from"] for entry in steps)
    come: Dict[str, str] = next((entry["to"] for entry in steps if entry["step"] == "packages"), {})
    if source == "upstream":
        if "containerd.io" not in come:
            return None
        known = come["containerd.io"] or offers.latest(host, "containerd.io")
        # Before its index is read: Docker's is newer than any distribution's.
        return versions.numbers(known) if known else None
    if not replaced:
        return None
    known = offers.latest(host, "containerd") or sources.containerd_of_distribution(host["distribution"])
    return versions.numbers(known)
