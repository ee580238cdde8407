# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the looks have to ask, for images as they are described."""

from __future__ import annotations

from typing import Any, Dict, List

from .order import known_as
from .spec import Image, tagged


def questions(images: List[Dict[str, Any]], builds: Dict[str, Any]) -> Dict[str, Any]:
    """For build_context on the control node and on the host, and for image_info; what cannot be is not asked about."""
    settings = [image for image in map(Image, (each for each in images if not each["bad"])) if not image.problems]
    return {
        "settings": {image.ref: image.desired for image in settings},
        "control": [_build(image) for image in settings if image.built and not _on_host(image)],
        "host": [_build(image) for image in settings if image.built and _on_host(image)],
        **_looked_for(settings, builds),
    }


def _on_host(image: Image) -> bool:
    return bool(image.desired["context"] and image.desired["context_on"] == "host")


def _build(image: Image) -> Dict[str, Any]:
    desired = image.desired
    given = {"path": "context", **{key: key for key in ("dockerfile_content", "target", "platforms")}}
    asked = {key: desired[name] for key, name in given.items() if desired[name]}
    return {"name": image.ref, "dockerfile": desired["dockerfile"], "args": image.arguments, **asked}


def _looked_for(settings: List[Image], builds: Dict[str, Any]) -> Dict[str, List[str]]:
    names: List[str] = []
    registry: List[str] = []
    pushed: List[str] = []
    archives: List[str] = []
    ours = {known_as(image.ref) for image in settings}
    for image in settings:
        bases = [tagged(base) for base in (builds.get(image.ref) or {}).get("bases") or []]
        names += [image.ref, *bases]
        if image.present and image.desired["pull"] == "always":
            registry += (
                [image.ref]
                if image.pulled
                else [base for base in bases if known_as(base) not in ours and "@" not in base]
            )
        pushed += [image.ref] if image.present and image.desired["push"] else []
        archives += [
            str(image.desired[key]) for key in ("load_from", "save_to") if image.present and image.desired[key]
        ]
    return {
        "names": list(dict.fromkeys(names)),
        "registry": list(dict.fromkeys(registry)),
        "pushed": list(dict.fromkeys(pushed)),
        "archives": list(dict.fromkeys(archives)),
    }
