# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One image as it is described: what was left out has its default, and what cannot be is told."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Dict, List

DEFAULTS: Dict[str, Any] = {
    "name": "",
    "tag": "latest",
    "state": "present",
    "context": "",
    "context_on": "control",
    "dockerfile": "Dockerfile",
    "dockerfile_content": "",
    "args": {},
    "target": "",
    "platforms": [],
    "labels": {},
    "secrets": [],
    "network": "",
    "pull": "missing",
    "push": False,
    "load_from": "",
    "save_to": "",
    "prune": False,
}
_CHOICES = {
    "state": ("present", "absent"),
    "context_on": ("control", "host"),
    "pull": ("missing", "always", "never"),
}
# As the engine has it: a registry, then parts in small letters.
_NAME = re.compile(
    r"(?:[a-zA-Z0-9.-]+(?::[0-9]+)?/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
)
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)


class Image:
    """A wish that can be asked; ``problems`` has what is wrong with it."""

    def __init__(self, given: Any) -> None:
        self.problems: List[str] = []
        if not isinstance(given, dict):
            self.problems.append(
                f"container_image_list: {given!r} is no image; give each a name and what it is made from"
            )
            given = {}
        unknown = sorted(str(key) for key in given if key not in DEFAULTS)
        self.wish: Dict[str, Any] = {**DEFAULTS, **{key: value for key, value in given.items() if value is not None}}
        self.name = str(self.wish["name"])
        self.tag = str(self.wish["tag"])
        self.ref = f"{self.name}:{self.tag}"
        if self.problems:
            return
        if unknown:
            known = ", ".join(DEFAULTS)
            self._problem(f"{', '.join(unknown)} is not known; what can be said of an image: {known}")
        self._check_names()
        self._check_kinds()
        if not self.problems:
            self._check_sources()

    @property
    def arguments(self) -> Dict[str, str]:
        """As a build gets them: texts, and YAML's truths in small letters."""
        given = self.wish["args"].items()
        return {str(name): str(value).lower() if isinstance(value, bool) else str(value) for name, value in given}

    @property
    def present(self) -> bool:
        return bool(self.wish["state"] == "present")

    @property
    def built(self) -> bool:
        return self.present and bool(self.wish["context"] or self.wish["dockerfile_content"])

    @property
    def loaded(self) -> bool:
        return self.present and bool(self.wish["load_from"])

    @property
    def pulled(self) -> bool:
        return self.present and not self.built and not self.loaded

    def recorded(self, build: Dict[str, Any], bases: Dict[str, str]) -> Dict[str, Any]:
        """What the label of a build says: enough to tell what changed, and no values that somebody may want to hide."""
        return {
            "dockerfile": build["dockerfile"][:16],
            "context": build["context"][:16],
            "arguments": {name: _hash(value) for name, value in sorted(self.arguments.items())},
            "target": self.wish["target"],
            "platforms": sorted(self.wish["platforms"]),
            "labels": _hash(self.wish["labels"]),
            "bases": bases,
        }

    def _problem(self, words: str) -> None:
        self.problems.append(f"container_image_list: {self.name or 'an image without a name'}: {words}")

    def _check_names(self) -> None:
        if not _NAME.fullmatch(self.name):
            self._problem(
                f"name: {self.name!r} is no name of an image; give one such as lab/jupyter, and the tag beside it"
            )
        if not _TAG.fullmatch(self.tag):
            self._problem(f"tag: {self.tag!r} is no tag; letters, digits, and after the first of them . and -")

    def _check_kinds(self) -> None:
        for key, choices in _CHOICES.items():
            if self.wish[key] not in choices:
                self._problem(f"{key}: {self.wish[key]!r} is none of {', '.join(choices)}")
        for key, kind, words in (
            ("args", dict, "names with their values"),
            ("labels", dict, "names with their values"),
            ("platforms", list, "a list, such as [linux/amd64]"),
            ("secrets", list, "a list of {id, src}"),
        ):
            if not isinstance(self.wish[key], kind):
                self._problem(f"{key}: is not {words}")
        if isinstance(self.wish["secrets"], list):
            # Never with their values.
            wrong = [each for each in self.wish["secrets"] if not isinstance(each, dict) or set(each) != {"id", "src"}]
            if wrong:
                self._problem("secrets: each has an id and a src, a file on the host, and nothing else")

    def _check_sources(self) -> None:
        wish = self.wish
        made_from = wish["context"] or wish["dockerfile_content"]
        if not self.present:
            return
        if wish["load_from"] and made_from:
            self._problem("load_from and context: an image is either loaded or built; take one of them out")
        if wish["pull"] == "never" and self.pulled:
            self._problem("pull: never, and neither context, dockerfile_content nor load_from says where it comes from")
        if wish["push"] and self.pulled:
            self._problem("push: it is only pulled; take push out, or say what it is built from")


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
