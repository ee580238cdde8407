# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan for images: what the host has and what is described in, the steps to exactly that out.

The host is two looks together: the fact ``dockyard_host``, and with the key ``images`` the fact ``dockyard_images``
of image_info. Beside the role's variables are ``builds`` as build_context tells them by name, and ``preview``, which
passes over an engine that is still to come.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional

from .._planning import python_dependencies
from .._planning.step import PlanInvalid, step
from . import order
from .spec import Image, tagged

NAME = "container_image"
_PART_WORDS = {
    "dockerfile": "the Dockerfile changed",
    "context": "a file of the context changed",
    "target": "the target changed",
    "platforms": "the platforms changed",
    "labels": "the labels changed",
}


def plan(host: Dict[str, Any], wanted: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Raises PlanInvalid with every reason at once, before anything is touched."""
    images = [Image(given) for given in wanted["list"] if not given["bad"]]
    images, going_round = order.ordered(images, wanted["builds"])
    errors = wanted["errors"] + _rejected_settings(images) + going_round or _rejected_host(
        images, host["images"], wanted
    )
    if errors:
        raise PlanInvalid(errors)
    steps: List[Dict[str, Any]] = []
    for image in images:
        # Those that are other ones by the time that what is made from them comes.
        new = {order.known_as(each["to"]["ref"]) for each in steps if each["step"] in ("build", "load", "pull")}
        steps += _steps_of(image, host["images"], wanted, new)
    by_requests = [each for each in steps if each["step"] != "build" or each["to"]["builder"] == "classic"]
    return (python_dependencies.steps(NAME, host) if by_requests else []) + steps


def base_digest(name: str, found: Optional[Dict[str, Any]]) -> str:
    """By what a base is known: its registry's digest, or its id where no registry has it; empty if not here."""
    if "@" in name:
        return name.partition("@")[2]
    if not found:
        return ""
    return (_digests(name.rpartition(":")[0], found) or [str(found["id"])])[0]


def _digests(name: str, found: Dict[str, Any]) -> List[str]:
    """By which a repository may have it; with containerd's store also if it was never pushed."""
    named = [each.partition("@") for each in found["digests"]]
    return [digest for repository, _at, digest in named if order.familiar(repository) == order.familiar(name)]


def _identities(name: str, found: Optional[Dict[str, Any]]) -> List[str]:
    """All by which a base may have been recorded: once it is pushed, or pulled again, it has digests beside its id."""
    return [str(found["id"]), *_digests(name.partition("@")[0].rpartition(":")[0] or name, found)] if found else []


def _steps_of(image: Image, look: Dict[str, Any], wanted: Dict[str, Any], new: Any) -> List[Dict[str, Any]]:
    found = look["images"].get(image.ref)
    if not image.present:
        why = f"{image.ref}: exists, and state is absent"
        return [step(NAME, "remove", why, found["id"], {"ref": image.ref})] if found else []
    if image.built:
        steps = _build(image, found, look, wanted["builds"][image.ref], new)
    elif image.loaded:
        steps = _load(image, found, look["archives"])
    else:
        steps = _pull(image, found, look)
    return steps + _after(image, found, look, changes=bool(steps))


def _build(
    image: Image, found: Optional[Dict[str, Any]], look: Dict[str, Any], build: Dict[str, Any], new: Any
) -> List[Dict[str, Any]]:
    now = {tagged(base): _digest_now(image, tagged(base), look) for base in build["bases"]}
    reasons = _reasons(found, image.recorded(build, now), look, new)
    if not reasons:
        return []
    steps = []
    for base in now:
        here = base_digest(base, look["images"].get(base)) if look["images"].get(base) else ""
        if order.known_as(base) in new or image.desired["pull"] == "never":
            continue
        if here and now[base] in (here, *_identities(base, look["images"].get(base))):
            continue
        why = f"{image.ref}: its base image {base} " + (
            "is not on this host" if not here else "differs in the registry"
        )
        steps.append(
            step(NAME, "pull", why, here or "absent", {"ref": image.ref, "name": base, "platform": _platform(image)})
        )
    builder = "buildx" if look["engine"]["buildx"] else "classic"
    label = json.dumps(image.recorded(build, now), sort_keys=True, separators=(",", ":"))
    to = {"ref": image.ref, "builder": builder, "label": label}
    return [*steps, step(NAME, "build", f"{image.ref}: {'; '.join(reasons)}", found["id"] if found else "absent", to)]


def _digest_now(image: Image, base: str, look: Dict[str, Any]) -> str:
    """Of the base that a build of now is made from."""
    if image.desired["pull"] == "always" and look["registry"].get(base, {}).get("digest"):
        return str(look["registry"][base]["digest"])
    return base_digest(base, look["images"].get(base))


def _reasons(found: Optional[Dict[str, Any]], now: Dict[str, Any], look: Dict[str, Any], new: Any) -> List[str]:
    if not found:
        return ["no image has this name"]
    before = found["built"]
    if before is None:
        return ["the image of this name was not built from this description"]
    reasons = [words for part, words in _PART_WORDS.items() if before.get(part) != now[part]]
    arguments = {**(before.get("arguments") or {}), **now["arguments"]}
    changed = [name for name in arguments if (before.get("arguments") or {}).get(name) != now["arguments"].get(name)]
    reasons += [f"the argument {name} changed" for name in sorted(changed)]
    old = before.get("bases") or {}
    for base, digest in now["bases"].items():
        same = {digest}
        identities = _identities(base, look["images"].get(base))
        if digest in identities:
            same.update(identities)
        # One that is not here, and that no one asked a registry for, is taken to be what it was.
        if order.known_as(base) in new or (digest and old.get(base) not in same):
            reasons.append(f"its base {base} changed")
    return reasons


def _load(image: Image, found: Optional[Dict[str, Any]], archives: Dict[str, Any]) -> List[Dict[str, Any]]:
    path = image.desired["load_from"]
    if found and found["id"] in archives[path]["images"][image.ref]:
        return []
    why = f"{image.ref}: " + ("the archive has another image" if found else "no image has this name")
    return [step(NAME, "load", why, found["id"] if found else "absent", {"ref": image.ref, "path": path})]


def _pull(image: Image, found: Optional[Dict[str, Any]], look: Dict[str, Any]) -> List[Dict[str, Any]]:
    remote = look["registry"].get(image.ref, {}).get("digest", "")
    # A classic store keeps the digests that an image had before, too.
    if found and (not remote or remote in (_digests(image.name, found) or [found["id"]])):
        return []
    why = f"{image.ref}: " + ("differs in the registry" if found else "is not on this host")
    to = {"ref": image.ref, "name": image.ref, "platform": _platform(image)}
    return [step(NAME, "pull", why, found["id"] if found else "absent", to)]


def _after(image: Image, found: Optional[Dict[str, Any]], look: Dict[str, Any], changes: bool) -> List[Dict[str, Any]]:
    steps = []
    if image.desired["push"]:
        there = look["pushed"].get(image.ref, {"digest": ""})["digest"]
        if changes or not found or there not in _digests(image.name, found):
            why = f"{image.ref}: its registry has " + ("another image under this tag" if there else "not this image")
            steps.append(step(NAME, "push", why, there or "absent", {"ref": image.ref}))
    path = image.desired["save_to"]
    if path:
        kept = look["archives"].get(path, {"images": {}})["images"].get(image.ref, [])
        if changes or not found or found["id"] not in kept:
            to = {"ref": image.ref, "path": path}
            steps.append(step(NAME, "save", f"{image.ref}: the archive does not have this image", kept, to))
    replaced = look["replaced"].get(image.ref, [])
    if image.desired["prune"] and (replaced or (changes and found and image.built)):
        why = f"{image.ref}: there are unused earlier builds"
        steps.append(step(NAME, "prune", why, replaced, {"ref": image.ref, "ids": replaced}))
    return steps


def _platform(image: Image) -> str:
    return str(image.desired["platforms"][0]) if len(image.desired["platforms"]) == 1 else ""


def _rejected_settings(images: List[Image]) -> List[str]:
    reasons = [problem for image in images for problem in image.problems]
    refs = [image.ref for image in images]
    twice = sorted({ref for ref in refs if refs.count(ref) > 1})
    return reasons + [f"container_image_list: {ref} is listed twice; give each its own name or tag" for ref in twice]


def _rejected_host(images: List[Image], look: Dict[str, Any], wanted: Dict[str, Any]) -> List[str]:
    reasons = []
    for image in (each for each in images if each.built):
        build = wanted["builds"].get(image.ref, {"error": "its build context was not read"})
        if build["error"]:
            reasons.append(f"container_image_list: {image.ref}: {build['error']}")
        reasons += [
            f"container_image_list: {image.ref}: its base {base!r} ends where a tag or a digest is missing; is the "
            f"build argument for it set?"
            for base in build.get("bases") or []
            if base.endswith(("@", ":"))
        ]
    engine = look["engine"]
    if images and not engine["answers"]:
        words = f"container_image_list: no engine answers on this host ({engine['error']}); run dockyard.gpu.site first"
        return reasons if wanted["preview"] else [*reasons, words]
    for image in images:
        if image.desired["secrets"] and not engine["buildx"]:
            reasons.append(
                f"container_image_list: {image.ref}: secrets: the classic builder does not support them; set "
                f"docker_engine_buildx: true"
            )
        if image.loaded:
            reasons += _rejected_archive(image, look["archives"][image.desired["load_from"]])
    for name, answer in look["pushed"].items():
        if answer["error"]:
            reasons.append(
                f"container_image_list: {name}: push: its registry cannot be queried: {answer['error']}; is the "
                "name right, and does the registry answer? Nothing was changed"
            )
    for name, answer in look["registry"].items():
        if answer["error"]:
            reasons.append(
                f"container_image_list: pull: always, and {name} cannot be looked up: {answer['error']}; is the name "
                "right, and does the registry answer? Nothing was changed"
            )
    return reasons


def _rejected_archive(image: Image, archive: Dict[str, Any]) -> List[str]:
    if archive["error"]:
        return [f"container_image_list: {image.ref}: load_from: {archive['error']}; copy the archive to the host first"]
    if image.ref not in archive["images"]:
        names = ", ".join(sorted(archive["images"])) or "none with a name"
        path = image.desired["load_from"]
        return [f"container_image_list: {image.ref}: load_from: {path} does not have this image, but {names}"]
    return []
