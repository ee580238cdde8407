# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One image as it is described: what is said together, and what its label keeps of it."""

from __future__ import annotations

import functools
import hashlib
import json
from typing import Any, Dict, List

from .._planning.variables import read

LABELS = "dockyard.gpu."


class Image:
    """One that the variable container_image_list has; ``problems`` has what cannot be of what is said together."""

    def __init__(self, given: Dict[str, Any]) -> None:
        self.problems: List[str] = []
        self.desired: Dict[str, Any] = {**_defaults(), **given}
        self.name: str = self.desired["name"]
        self.tag: str = self.desired["tag"]
        self.ref = f"{self.name}:{self.tag}"
        self._check()

    @property
    def arguments(self) -> Dict[str, str]:
        return dict(self.desired["args"])

    @property
    def present(self) -> bool:
        return bool(self.desired["state"] == "present")

    @property
    def built(self) -> bool:
        return self.present and bool(self.desired["context"] or self.desired["dockerfile_content"])

    @property
    def loaded(self) -> bool:
        return self.present and bool(self.desired["load_from"])

    @property
    def pulled(self) -> bool:
        return self.present and not self.built and not self.loaded

    def recorded(self, build: Dict[str, Any], bases: Dict[str, str]) -> Dict[str, Any]:
        """What the label of a build says: enough to tell what changed, and no values that someone may want to hide."""
        return {
            "dockerfile": build["dockerfile"][:16],
            "context": build["context"][:16],
            "arguments": {name: _hash(value) for name, value in sorted(self.arguments.items())},
            "target": self.desired["target"],
            "platforms": sorted(self.desired["platforms"]),
            "labels": _hash(self.desired["labels"]),
            "bases": bases,
        }

    def _problem(self, words: str) -> None:
        self.problems.append(f"container_image_list: {self.name}: {words}")

    def _check(self) -> None:
        desired = self.desired
        made_from = desired["context"] or desired["dockerfile_content"]
        ours = [name for name in desired["labels"] if name.startswith(LABELS)]
        if ours:
            self._problem(f"labels: {', '.join(ours)} is reserved for this role; choose another name")
        if not self.present:
            return
        for key in ("load_from", "save_to"):
            if desired[key].endswith("/"):
                self._problem(
                    f"{key}: {desired[key]} is a folder; name the archive in it, such as {desired[key]}image.tar"
                )
        if desired["load_from"] and made_from:
            self._problem("load_from and context: an image is either loaded or built; remove one of them")
        if desired["pull"] == "never" and self.pulled:
            self._problem("pull: never needs context, dockerfile_content or load_from as the source of the image")
        if desired["push"] and self.pulled:
            self._problem("push: the image is only pulled; remove push, or set what it is built from")


@functools.lru_cache(maxsize=None)
def _defaults() -> Dict[str, Any]:
    (image,) = read("container_image", {"container_image_list": [{"name": "any"}]})["list"]
    return image


def tagged(name: str) -> str:
    """With a tag, as the engine takes it to be meant; of one with a digest, the tag means nothing."""
    if "@" in name:
        repository, _at, digest = name.partition("@")
        head, slash, last = repository.rpartition("/")
        return f"{head}{slash}{last.split(':')[0]}@{digest}"
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def _hash(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]
