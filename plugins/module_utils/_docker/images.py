# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images as an engine has them, and as archives hold them."""

from __future__ import annotations

import json
import os
import tarfile
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple
from urllib.parse import quote

from .._common import plain_files
from .api import EngineClient, EngineError

# On each image that the role built: what it was built from, and under which name.
BUILD_LABEL = "dockyard.gpu.build"
NAME_LABEL = "dockyard.gpu.image"
# Where the docker command looks for its plugins.
_PLUGINS = tuple(
    f"{folder}/docker/cli-plugins/docker-buildx"
    for folder in ("/usr/libexec", "/usr/lib", "/usr/local/libexec", "/usr/local/lib")
)


def engine(client: EngineClient) -> Dict[str, Any]:
    """Whether one answers, and how it builds."""
    try:
        version = client.version()
    except EngineError as exc:
        return {"answers": False, "version": "", "architecture": "", "buildx": False, "error": str(exc)}
    return {
        "answers": True,
        "version": version.get("Version", ""),
        "architecture": version.get("Arch", ""),
        "buildx": any(os.access(path, os.X_OK) for path in _PLUGINS),
        "error": "",
    }


def image(client: EngineClient, name: str) -> Optional[Dict[str, Any]]:
    """One image by its name; None where the engine has none of that name."""
    try:
        found = client.get_json(f"/images/{quote(name, safe='/:@')}/json")
    except EngineError as exc:
        if exc.status in (400, 404):
            return None
        raise
    if not isinstance(found, dict):
        # What is no name, such as /x, is another question to the engine.
        return None
    labels = (found.get("Config") or {}).get("Labels") or {}
    return {
        "id": found["Id"],
        "created": found.get("Created") or "",
        "size": found.get("Size") or 0,
        "architecture": found.get("Architecture") or "",
        "digests": sorted(found.get("RepoDigests") or []),
        "built": _built(labels.get(BUILD_LABEL)),
    }


def replaced(client: EngineClient, names: Sequence[str]) -> Dict[str, List[str]]:
    """Builds that lost their name to a later one, by that name, but those that a container is made from."""
    filters = json.dumps({"dangling": ["true"], "label": [NAME_LABEL]})
    found = client.get_json("/images/json", {"filters": filters}) or []
    used = {each["ImageID"] for each in client.get_json("/containers/json", {"all": "1"}) or []} if found else set()
    ids: Dict[str, List[str]] = {name: [] for name in names}
    for each in found:
        name = (each.get("Labels") or {}).get(NAME_LABEL)
        if name in ids and each["Id"] not in used:
            ids[name].append(each["Id"])
    return {name: sorted(each) for name, each in ids.items()}


def archive(path: str) -> Dict[str, Any]:
    """The images in an archive of `docker save`: by name the ids that engines of either kind give them."""
    images: Dict[str, List[str]] = {}
    try:
        plain_files.check(path)
        with tarfile.open(path) as stream:
            for entry in stream:
                read = _INDEXES.get(entry.name)
                content = stream.extractfile(entry) if read else None
                for name, number in read(json.loads(content.read(plain_files.LIMIT))) if read and content else ():
                    images.setdefault(name, []).append(number)
    except FileNotFoundError:
        return {"error": f"{path} is not there", "images": {}}
    except plain_files.FileError as exc:
        return {"error": str(exc), "images": {}}
    except (
        OSError,
        EOFError,
        tarfile.TarError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as exc:
        return {"error": f"{path} is no archive of images: {exc}", "images": {}}
    return {"error": "" if images else f"{path} is no archive of images with names", "images": images}


def _configs(manifest: List[Dict[str, Any]]) -> Iterator[Tuple[str, str]]:
    """Of engines that keep images themselves: `blobs/sha256/HEX` since version 25, `HEX.json` before."""
    for each in manifest:
        number = os.path.basename(each["Config"]).split(".")[0]
        for name in each.get("RepoTags") or []:
            yield str(name), f"sha256:{number}"


def _manifests(index: Dict[str, Any]) -> Iterator[Tuple[str, str]]:
    """Of engines whose images containerd keeps."""
    for each in index["manifests"]:
        name = (each.get("annotations") or {}).get("io.containerd.image.name", "")
        if name:
            for prefix in ("docker.io/library/", "docker.io/"):
                name = name[len(prefix) :] if name.startswith(prefix) else name
            yield name, str(each["digest"])


_INDEXES: Dict[str, Callable[[Any], Iterator[Tuple[str, str]]]] = {
    "manifest.json": _configs,
    "index.json": _manifests,
}


def _built(label: Optional[str]) -> Optional[Dict[str, Any]]:
    """What the label says; None where there is none that can be read."""
    try:
        found = json.loads(label or "")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
