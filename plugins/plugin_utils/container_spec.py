# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container as it is described, brought into one form, and what of it matters, as hashes that its label keeps."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from typing import Any, Dict, List, Optional

from ansible_collections.dockyard.gpu.plugins.plugin_utils.gpu_wish import Wish, parse

LABELS = "dockyard.gpu."
# States in which a container has what it was given.
LIVES = ("running", "paused", "restarting")
STATES = ("started", "stopped", "absent", "run_once")
_PULLS = ("missing", "always", "never")
_RERUNS = ("changed", "always")
# What the engine takes for a name.
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
# Beside the container, while it is exchanged.
SUFFIXES = (".dockyard-new", ".dockyard-old")

_TEXTS = ("image", "user", "shm_size", "ipc", "workdir")
_LISTS = ("volumes", "ports", "networks", "ulimits")
_TABLES = ("env", "labels")
_WORDS = ("command", "entrypoint")
# A container is made anew for these; its restart policy is changed in place, and the GPUs are compared as UUIDs.
_MATTER = (*_TEXTS, *_LISTS, *_TABLES, *_WORDS)
_OTHERS = ("name", "state", "pull", "rerun", "restart_policy", "gpus")


class Described:
    """One container of the wishes. ``problems`` are sentences; where there are any, nothing else counts."""

    def __init__(self, container: Any) -> None:
        self.problems: List[str] = []
        self.name = ""
        self.wish = Wish("none")
        if not isinstance(container, dict):
            self.problems.append(f"gpu_container_list: {container!r} is no container; give name, image and so on")
            return
        self._container = container
        self.name = str(container.get("name", ""))
        self.state = self._one_of("state", STATES, "started")
        self.pull = self._one_of("pull", _PULLS, "missing")
        self.rerun = self._one_of("rerun", _RERUNS, "changed")
        self.restart_policy = self._one_of(
            "restart_policy",
            ("no", "on-failure", "always", "unless-stopped"),
            "unless-stopped" if self.state in ("started", "stopped") else "no",
        )
        self._check()
        self.spec = {} if self.problems else {key: self._value(key) for key in _MATTER}

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
        return list(self._container.get("networks") or [])

    def hashes(self) -> Dict[str, str]:
        """By key, so that a plan can say what changed; never the values, which may be secret."""
        return {key: _hash(value) for key, value in self.spec.items() if value not in (None, "", [], {})}

    def _one_of(self, key: str, choices: Any, default: str) -> str:
        value = self._container.get(key)
        if value is None:
            return default
        if value not in choices:
            self._problem(f"{key}: {value!r} is none of {', '.join(choices)}")
        return str(value)

    def _check(self) -> None:
        container = self._container
        unknown = sorted(str(key) for key in container if key not in (*_MATTER, *_OTHERS))
        if unknown:
            known = ", ".join(sorted((*_MATTER, *_OTHERS)))
            self._problem(f"{', '.join(unknown)} is not known here; known are {known}")
        if not _NAME.fullmatch(self.name) or self.name.endswith(SUFFIXES):
            self._problem(
                "a name has two or more letters, digits, '_', '.' and '-', and does not end with "
                + " or ".join(SUFFIXES)
            )
        if self.state == "absent":
            return
        if not container.get("image"):
            self._problem("image is missing; name one, such as debian:13")
        if self.state == "run_once" and self.restart_policy != "no":
            self._problem("restart_policy: what runs once is not started again; leave it out, or set state: started")
        self._check_kinds()
        if not self.problems:
            self._check_contents()
        try:
            self.wish = parse(container.get("gpus"))
        except ValueError as error:
            self._problem(str(error))

    def _check_kinds(self) -> None:
        container = self._container
        for key in _LISTS:
            value = container.get(key) or []
            if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
                self._problem(f"{key}: a list of texts is wanted, each in quotes")
        for key in _TABLES:
            value = container.get(key) or {}
            if not isinstance(value, dict):
                self._problem(f"{key}: a table of names and texts is wanted")
                continue
            no_text = sorted(str(name) for name, each in value.items() if not isinstance(each, str))
            if no_text:
                self._problem(f"{key}: {', '.join(no_text)} is no text; put it in quotes")
        if not isinstance(container.get("entrypoint") or [], list):
            self._problem("entrypoint: a list of texts is wanted, such as [python3, -u]")

    def _check_contents(self) -> None:
        container = self._container
        if len(self.networks) > 1 and {"host", "none"} & set(self.networks):
            self._problem("networks: host and none stand alone; leave the others out")
        ours = [name for name in container.get("labels") or {} if str(name).startswith(LABELS)]
        if ours:
            self._problem(f"labels: {', '.join(ours)} is this role's own; choose another name")
        if "NVIDIA_VISIBLE_DEVICES" in (container.get("env") or {}):
            self._problem("env: NVIDIA_VISIBLE_DEVICES is what gpus decides; say it there")
        for volume in container.get("volumes") or []:
            if volume.startswith((".", "~")):
                self._problem(f"volumes: {volume} begins with no absolute path; give the whole path on the host")

    def _value(self, key: str) -> Any:
        value = self._container.get(key)
        if key in _WORDS:
            return words(value)
        if key in ("networks", "ulimits"):
            return sorted(value or [])
        return self.image if key == "image" else value

    def _problem(self, text: str) -> None:
        self.problems.append(f"gpu_container_list: {self.name or 'a container without a name'}: {text}")


def networks_of(names: List[str]) -> Dict[str, Any]:
    """``network_mode`` and ``networks``, as community.docker.docker_container takes them."""
    if names in (["host"], ["none"]):
        return {"network_mode": names[0], "networks": []}
    return {"network_mode": "", "networks": [{"name": name} for name in names]}


def words(command: Any) -> Optional[List[str]]:
    if command is None or command == "" or command == []:
        return None
    return shlex.split(command) if isinstance(command, str) else [str(each) for each in command]


def full_image(image: str) -> str:
    """debian is debian:latest; one that is named by its digest or id stays as it is."""
    last = image.rpartition("/")[2]
    return image if not image or ":" in last or "@" in image else f"{image}:latest"


def _source(volume: Any) -> str:
    """The host's side of SOURCE:TARGET[:MODE]; empty where there is none."""
    source, colon, _target = str(volume).partition(":")
    return source if colon else ""


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode("utf-8")).hexdigest()[:12]
