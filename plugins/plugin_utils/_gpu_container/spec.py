# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container as it is described, brought into one form, and what of it matters, as hashes that its label keeps."""

from __future__ import annotations

import hashlib
import json
import posixpath
import shlex
from typing import Any, Dict, List, Optional

from .._planning.container_formats import size_in_bytes
from .._planning.conversions import display
from .._planning.formats import CONTENT
from .request import GpuRequest, parse

LABELS = "dockyard.gpu."
# States in which a container has what it was given.
LIVES = ("running", "paused", "restarting")
# Beside the container, while it is exchanged.
SUFFIXES = (".dockyard-new", ".dockyard-old")

_TEXTS = ("image", "user", "shm_size", "ipc", "workdir")
_LISTS = ("volumes", "ports", "networks", "ulimits")
_TABLES = ("env", "labels")
_WORDS = ("command", "entrypoint")
# A container is made anew for these; its restart policy is changed in place, and the GPUs are compared as UUIDs.
_MATTER = (*_TEXTS, *_LISTS, *_TABLES, *_WORDS)


class Described:
    """One that the variable gpu_container_list has; ``problems`` are what cannot be of what is said together."""

    def __init__(self, container: Dict[str, Any]) -> None:
        self.problems: List[str] = []
        self.gpu_request = GpuRequest("none")
        self._container = container
        self.name: str = container["name"]
        # What is in error has its default here.
        self._bad: List[str] = container.get("bad") or []
        self.state: str = container.get("state") or "started"
        self.pull: str = container.get("pull") or "missing"
        self.rerun: str = container.get("rerun") or "changed"
        lives = "unless-stopped" if self.state in ("started", "stopped") else "no"
        self.restart_policy: str = container.get("restart_policy") or lives
        self._check()
        # What is to be absent has nothing that was checked.
        matters = () if self.problems or self.state == "absent" else _MATTER
        self.spec = {key: self._value(key) for key in matters}

    @property
    def image(self) -> str:
        """With its tag, as the engine lists it."""
        return full_image(str(self._container.get("image") or ""))

    @property
    def sources(self) -> List[str]:
        """Folders and files of the host that it mounts."""
        return [source for source in map(_source, self._container.get("volumes") or []) if source.startswith("/")]

    @property
    def networks(self) -> List[str]:
        return list(dict.fromkeys(self._container.get("networks") or []))

    @property
    def shm_size(self) -> str:
        """In bytes, since docker and Ansible do not read units alike; empty where none is wanted."""
        size = self._container.get("shm_size")
        return str(size_in_bytes(size)) if size else ""

    def hashes(self) -> Dict[str, str]:
        """By key, so that a plan can say what changed; never the values, which may be secret."""
        return {key: _hash(value) for key, value in self.spec.items() if value not in (None, "", [], {})}

    def _check(self) -> None:
        container = self._container
        if self.name.endswith(SUFFIXES):
            self._problem(f"a name does not end with {' or '.join(SUFFIXES)}")
        if self.state == "absent":
            return
        if not container.get("image") and "image" not in self._bad:
            self._problem("image is missing; name one, such as debian:13")
        if self.state == "run_once" and "restart_policy" not in self._bad and self.restart_policy != "no":
            self._problem("restart_policy: a container that runs once is not restarted; omit it, or set state: started")
        for key in _WORDS:
            try:
                words(container.get(key))
            except ValueError as error:
                self._problem(f"{key}: {error}")
        self._check_contents()
        try:
            self.gpu_request = parse(container.get("gpus"))
        except ValueError as error:
            self._problem(str(error))

    def _check_contents(self) -> None:
        container = self._container
        if len(self.networks) > 1 and {"host", "none"} & set(self.networks):
            self._problem("networks: host and none exclude other networks; remove those")
        for key, names in (
            ("volumes", [_target(volume) for volume in container.get("volumes") or []]),
            ("ulimits", [limit.partition(":")[0] for limit in container.get("ulimits") or []]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                self._problem(f"{key}: {', '.join(twice)} is listed twice; remove one")
        ours = [name for name in container.get("labels") or {} if name.startswith(LABELS)]
        if ours:
            self._problem(f"labels: {', '.join(ours)} is reserved for this role; choose another name")
        if "NVIDIA_VISIBLE_DEVICES" in (container.get("env") or {}):
            self._problem("env: NVIDIA_VISIBLE_DEVICES is set by gpus; set it there")

    def _value(self, key: str) -> Any:
        value = self._container.get(key)
        if key in _WORDS:
            return words(value)
        if key in ("networks", "ulimits"):
            return sorted(set(value or []))
        return self.image if key == "image" else value

    def _problem(self, text: str) -> None:
        self.problems.append(f"gpu_container_list: {self.name}: {text}")


def networks_of(names: List[str]) -> Dict[str, Any]:
    """``network_mode`` and ``networks``, as community.docker.docker_container takes them."""
    if names in (["host"], ["none"]):
        return {"network_mode": names[0], "networks": []}
    return {"network_mode": "", "networks": [{"name": name} for name in names]}


def words(command: Any) -> Optional[List[str]]:
    """Raises ValueError with a sentence; what a command says may be secret."""
    if command is None or command == "" or command == []:
        return None
    if isinstance(command, str):
        try:
            found = shlex.split(command)
        except ValueError as error:
            raise ValueError(f"it has an unclosed quote ({error}); close it, or give a list of words") from error
    else:
        found = command if isinstance(command, list) else [command]
        wrong = next((each for each in found if not isinstance(each, str)), None)
        if wrong is not None or None in found:
            raise ValueError(f"must be a string (quote it); got {display(wrong)}")
    if not all(CONTENT.fits(each) for each in found):
        raise ValueError(f"a word of it {CONTENT.words}")
    return found


def full_image(image: str) -> str:
    """debian is debian:latest; one that is named by its digest or id stays as it is."""
    last = image.rpartition("/")[2]
    return image if not image or ":" in last or "@" in image else f"{image}:latest"


def _source(volume: Any) -> str:
    """The host's side of SOURCE:TARGET[:MODE]; empty where there is none."""
    source, colon, _target = str(volume).partition(":")
    return source if colon else ""


def _target(volume: str) -> str:
    """Its place in the container, as the engine compares it."""
    parts = volume.split(":")
    target = parts[0] if len(parts) == 1 or not parts[1].startswith("/") else parts[1]
    return posixpath.normpath(target)


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode("utf-8")).hexdigest()[:12]
