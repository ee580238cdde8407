# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order images are made: each behind those that it is made from, else as they are described."""

from __future__ import annotations

from typing import Any, Dict, List, Set, Tuple

from .spec import Image, tagged


def ordered(images: List[Image], builds: Dict[str, Any]) -> Tuple[List[Image], List[str]]:
    """The images, and why there is no order: those that are made from each other."""
    ours = {known_as(image.ref) for image in images if image.present}
    needs = {image.ref: _bases(image, builds) & ours for image in images}
    left, made = list(images), []
    done: Set[str] = set()
    while left:
        ready = next((image for image in left if needs[image.ref] <= done), None)
        if ready is None:
            return images, [_going_round(left[0], left, needs)]
        left.remove(ready)
        made.append(ready)
        done.add(known_as(ready.ref))
    return made, []


def familiar(repository: str) -> str:
    """As Docker Hub's images are called for short."""
    for prefix in ("index.docker.io/", "docker.io/", "library/"):
        repository = repository[len(prefix) :] if repository.startswith(prefix) else repository
    return repository


def known_as(name: str) -> str:
    """By which an image is known, however long its name was written."""
    return familiar(tagged(name))


def _bases(image: Image, builds: Dict[str, Any]) -> Set[str]:
    """Of FROM, COPY --from and RUN --mount: what build_context found of the build."""
    bases = (builds.get(image.ref) or {}).get("bases") or [] if image.built else []
    return {known_as(base) for base in bases}


def _going_round(first: Image, left: List[Image], needs: Dict[str, Set[str]]) -> str:
    by_name = {known_as(image.ref): image for image in left}
    path, at = [], first
    while at not in path:
        path.append(at)
        # Something of what it needs is not made: else it would be ready.
        at = next(each for name, each in by_name.items() if name in needs[at.ref])
    names = [image.ref for image in path[path.index(at) :]]
    if len(names) == 1:
        return (
            f"container_image_list: {names[0]} is built from itself (FROM, COPY --from or RUN --mount), so that it "
            f"would differ at each run; give it its own name or tag"
        )
    return (
        f"container_image_list: {' from '.join([*names, names[0]])}: they are built from each other (FROM, COPY --from "
        f"or RUN --mount); break the cycle"
    )
