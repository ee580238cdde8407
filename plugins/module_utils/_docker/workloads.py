# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers, images and networks as the engine knows them, for the plan of what is described, in a limited time."""

from __future__ import annotations

import os
import shutil
import time
from typing import Any, Dict, List, Optional
from urllib.parse import quote

from .._common.prober import Prober
from .._nvidia import cdi
from .api import EngineClient, EngineError
from .container_gpus import gpus_of
from .containers import LIVES, NEW, OLD, networks_of, never_ran, ports_of
from .streams import in_order

LABELS = "dockyard.gpu."
# Each container that the role makes has it, and no image.
_MADE = LABELS + "spec"
# What a container may be called while it is exchanged.
_SUFFIXES = ("", NEW, OLD)
# Each is a question of its own, since the engine's list does not tell.
_MOST = 200
_LOG_LINES = "1000"
_LOG_BYTES = 65536
# Where the toolkit's packages put its programs; a daemon's own PATH may be shorter.
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_HOOKS = ("nvidia-container-runtime-hook", "nvidia-cdi-hook")


class Workloads:
    """``found`` is complete from the start, so that an engine that fails midway leaves what it reported."""

    def __init__(self, prober: Prober, client: EngineClient) -> None:
        self._prober = prober
        self._client = client
        self._deadline = time.monotonic() + prober.timeout
        self._runtime = "runc"
        self.found: Dict[str, Any] = {
            "engine": {
                "answers": False,
                "version": "",
                "reason": "",
                "ways": {"cdi": [], "gpus": False, "runtime": False},
            },
            "containers": [],
            "results": {},
            "all_known": False,
            "images": {},
            "networks": [],
            "paths": {},
            "problems": prober.problems,
        }

    def gather(self, names: List[str], images: List[str], paths: List[str]) -> Dict[str, Any]:
        self.found["paths"] = {path: None if self._prober.silent(path) else os.path.exists(path) for path in paths}
        try:
            self._engine()
            self.found["images"] = {image: self._image(image) for image in images}
            self.found["networks"] = sorted(each["Name"] for each in self._get("/networks"))
            self._containers({name + suffix for name in names for suffix in _SUFFIXES})
        except EngineError as error:
            late = time.monotonic() >= self._deadline
            reason = f"it did not tell all within {self._prober.timeout:g} s" if late else str(error)
            self.found["engine"].update(answers=False, reason=reason)
        return self.found

    def _engine(self) -> None:
        info = self._get("/info")
        engine = self.found["engine"]
        engine.update(answers=True, version=info.get("ServerVersion", ""))
        self._runtime = info.get("DefaultRuntime") or "runc"
        engine["ways"] = {
            "cdi": _cdi_devices(self._prober, info),
            "gpus": any(shutil.which(hook, path=_PATH) for hook in _HOOKS),
            "runtime": "nvidia" in (info.get("Runtimes") or {}),
        }

    def _image(self, image: str) -> Optional[str]:
        answer = self._get(f"/images/{quote(image, safe=':@/')}/json", missing=True)
        return str(answer["Id"]) if answer else None

    def _containers(self, names: Any) -> None:
        listed = self._get("/containers/json?all=1")
        mine = [each for each in listed if _name(each["Names"]) in names or _ours(each.get("Labels"))]
        others = [each for each in listed if each not in mine and each["State"] in LIVES]
        for each in mine:
            self._add(each["Id"], always=True)
        if len(others) > _MOST:
            self._prober.problem(
                "gpus_of_containers_unknown",
                f"{len(others)} other containers run, and no more than {_MOST} are examined for GPUs",
                "Give GPUs without `exclusive`, or run fewer containers on this host.",
            )
            return
        for each in others:
            self._add(each["Id"], always=False)
        self.found["all_known"] = True

    def _add(self, container_id: str, always: bool) -> None:
        """One that has GPUs, or ours in any case; nothing where it is gone since it was listed."""
        inspected = self._get(f"/containers/{container_id}/json", missing=True)
        if not inspected:
            return
        state, config = inspected["State"], inspected.get("Config") or {}
        gpus = gpus_of(inspected, self._runtime)
        if not always and not gpus:
            return
        labels = self._made_by_us(inspected)
        ended = state["Status"] == "exited"
        self.found["containers"].append(
            {
                "name": inspected["Name"].lstrip("/"),
                "id": inspected["Id"],
                "state": state["Status"],
                "ran": not never_ran(inspected),
                "exit_code": state.get("ExitCode") if ended else None,
                # Why it could not be started, at a boot too. The engine keeps it of one that runs again.
                "error": "" if state["Status"] == "running" else state.get("Error") or "",
                "image": config.get("Image") or "",
                "image_id": inspected.get("Image") or "",
                "labels": labels,
                "restart_policy": (inspected["HostConfig"].get("RestartPolicy") or {}).get("Name") or "no",
                "networks": networks_of(inspected),
                "ports": ports_of(inspected),
                "gpus": gpus,
            }
        )
        if ended and labels.get(LABELS + "kind") == "run":
            result = {"exit_code": state.get("ExitCode"), "output": self._output(inspected)}
            self.found["results"][inspected["Name"].lstrip("/")] = result

    def _made_by_us(self, inspected: Dict[str, Any]) -> Dict[str, str]:
        """Its labels of ours; none where it has them of its image, which `docker commit` made of a container."""
        labels = _ours((inspected.get("Config") or {}).get("Labels"))
        image = self._get(f"/images/{inspected.get('Image')}/json", missing=True) if labels else None
        return {} if image and labels == _ours((image.get("Config") or {}).get("Labels")) else labels

    def _output(self, container: Dict[str, Any]) -> str:
        query = f"stdout=1&stderr=1&tail={_LOG_LINES}"
        try:
            stream = self._client.request("GET", f"/containers/{container['Id']}/logs?{query}")
        except EngineError as error:
            return f"(its output cannot be read: {error})"
        return in_order(stream)[-_LOG_BYTES:].decode("utf-8", "replace")

    def _get(self, path: str, missing: bool = False) -> Any:
        self._client.timeout = self._deadline - time.monotonic()
        if self._client.timeout <= 0:
            raise EngineError(None, "the time is over")
        try:
            return self._client.get_json(path)
        except EngineError as error:
            if missing and error.status == 404:
                return None
            raise


def _name(names: List[str]) -> str:
    """Its own: links of others have a second slash."""
    return next((name[1:] for name in names if name.count("/") == 1), "")


def _ours(labels: Optional[Dict[str, str]]) -> Dict[str, str]:
    """Labels of the role; none where it did not make the container: those of images that we built begin so, too."""
    labels = labels or {}
    return {key: value for key, value in labels.items() if key.startswith(LABELS)} if _MADE in labels else {}


def _cdi_devices(prober: Prober, info: Dict[str, Any]) -> List[str]:
    """Names after nvidia.com/gpu=, as the specifications say; none where the engine does not do CDI."""
    read = cdi.specifications(info.get("CDISpecDirs") or [])
    read.tell(prober)
    return sorted({name for each in read.found for name in each.devices})
