# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of the engine's store hides, said to people: the variable, what it would do, and the way out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Dict, List, Tuple

from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import flags as daemon_json_flags
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import disk, image_store, store_choice
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.store_choice import Place

from . import sources

if TYPE_CHECKING:
    from .store import StoreChange

_HIDE = "docker_engine_hide_data: true"


class Words:
    def __init__(self, found: StoreChange, now: Place, after: Place, version: Tuple[int, ...]) -> None:
        self._found, self._now, self._after, self._version = found, now, after, version
        self._config = found.change.after

    def hidden(self, lost: Dict[str, int]) -> str:
        now, after = self._now, self._after
        if now.remap != after.remap:
            what = "give the engine another folder, and hide"
        elif (now.containerd, now.driver) == (after.containerd, after.driver):
            what = "let the engine use another namespace or address of containerd, and hide"
        else:
            what = f"replace {now.words} by {after.words}, and hide"
        return f"{self._cause()} would {what} {_amount(lost)}; {self._way_out()}, or let them be hidden with {_HIDE}"

    def moved(self, lost: Dict[str, int]) -> str:
        root, desired = self._now.root, self._found.after.root
        there = self._found.held(desired)
        # What containerd has it has for every folder.
        images = [name for name in there["images"] if name != disk.CONTAINERD]
        holds = "less" if images or there["containers"] or there["volumes"] else "no data"
        return (
            f"docker_engine_data_root: {desired} holds {holds}, and {root} holds {_amount(lost)} that would be hidden; "
            f"set docker_engine_data_root: {root} to stay there, or stop the engine, `rsync -aHAXS {root}/ {desired}/` "
            f"and run again, or let them be hidden with {_HIDE}"
        )

    def left(self, names: List[str]) -> str:
        return (
            f"{self._cause()} would leave {', '.join(names)} running where the engine does not look for them; "
            f"`docker stop {' '.join(names)}` first, {self._way_out()}, or let them be stopped with {_HIDE}"
        )

    def _changed_keys(self) -> List[str]:
        """What changes in daemon.json, of that on which it depends what the engine shows."""
        before, after = (image_store.settings(each) for each in (self._found.change.before, self._config))
        features = self._config.get("features")
        values = {
            "driver": ("storage-driver", self._config.get("storage-driver")),
            "snapshotter": (
                f"features.{image_store.FEATURE}",
                features.get(image_store.FEATURE) if isinstance(features, dict) else None,
            ),
            "remap": ("userns-remap", self._config.get("userns-remap")),
            "namespace": ("containerd-namespace", self._config.get("containerd-namespace")),
            "address": ("containerd", self._config.get("containerd")),
        }
        return [
            f"no {key}" if value is None else f"{key}: {json.dumps(value)}"
            for name, (key, value) in values.items()
            if getattr(before, name) != getattr(after, name)
        ]

    def _cause(self) -> str:
        keys, change, wanted = self._changed_keys(), self._found.change, self._found.wanted
        if keys:
            return f"docker_engine_config: {', '.join(keys)}"
        if not change.brought and not change.target:
            return "docker_engine_config: starting the engine with the current daemon.json and docker.service"
        variable = "version" if wanted["version"] not in ("present", "latest") else "source"
        engine = f"engine {'.'.join(map(str, self._version))}" if self._version else "the newest engine"
        before = sources.engine_version(self._found.host)
        place = f" in the place of {before}" if before else ""
        return f"docker_engine_{variable}: {wanted[variable]} would put {engine}{place}, which"

    def _way_out(self) -> str:
        now, after = self._now, self._after
        if now.containerd and self._version and self._version[0] < image_store.KNOWN_SINCE:
            return f"use a version from {image_store.KNOWN_SINCE} on, or remove the images and containers first"
        gone_since = image_store.GONE_SINCE.get(now.driver)
        if gone_since and (not self._version or self._version[0] >= gone_since):
            return (
                f"use a version below {gone_since}, or save the images (docker save), and remove the containers, first"
            )
        keys: Dict[str, Any] = {}
        if (now.containerd, now.driver) != (after.containerd, after.driver):
            keys = store_choice.staying(now, self._found.after)
        if now.remap != after.remap:
            keys["userns-remap"] = now.remap or None
        if now.namespace != after.namespace:
            keys["containerd-namespace"] = now.namespace
        if now.address != after.address:
            keys["containerd"] = now.address
        flags = [flag for key, flag in daemon_json_flags.texts(self._found.flags).items() if key in keys]
        if flags:
            return f"remove {', '.join(flags)} from docker.service"
        if not self._changed_keys() and None in keys.values():
            # A null of this role takes no one else's key away.
            names = [key for key, value in keys.items() if value is None]
            return f"remove {', '.join(names)} from {engine_paths.DAEMON_JSON}"
        return f"keep them with docker_engine_config: {json.dumps(keys)}"


def _amount(lost: Dict[str, int]) -> str:
    words = [f"{number} {name if number != 1 else name[:-1]}" for name, number in lost.items() if number]
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
