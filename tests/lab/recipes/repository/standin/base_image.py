# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in of a base image under its real name, written as docker-registry keeps images on disk."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

from . import ubuntu_names
from .debs import architecture

NAME = "tensorflow/tensorflow"
TAG = "latest-gpu-jupyter"
# The same files under another digest: what a base that moved on looks like.
NEWER = "nightly-gpu-jupyter"
CREATED = "2026-01-01T00:00:00Z"
KEY = "etc/apt/keyrings/lab-ubuntu-names.asc"
SOURCES = f"""Types: deb
URIs: http://packages.lab/ok/{ubuntu_names.PATH}
Suites: {ubuntu_names.SUITE}
Components: main
Signed-By: /{KEY}
"""
# Of the real image's, what its users meet; and what the lab needs for pip.
CONFIG: dict[str, Any] = {
    "Env": [
        "PATH=/usr/local/nvidia/bin:/usr/local/cuda/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "NVIDIA_VISIBLE_DEVICES=all",
        "NVIDIA_DRIVER_CAPABILITIES=compute,utility",
        "NVIDIA_REQUIRE_CUDA=cuda>=12.5",
        "LANG=C.UTF-8",
        "PIP_CERT=/etc/ssl/certs/ca-certificates.crt",
    ],
    "Cmd": ["bash", "-c", "exec jupyter notebook --notebook-dir=/tf --ip 0.0.0.0 --no-browser --allow-root"],
    "WorkingDir": "/tf",
    "ExposedPorts": {"8888/tcp": {}},
}
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
IMAGE = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


def publish(archive: Path, target: Path, key: bytes) -> dict[str, str]:
    """Write the storage of a registry; returns each tag's digest."""
    storage = Storage(target / "docker/registry/v2", NAME)
    files = layer({KEY: key, "etc/apt/sources.list.d/lab-ubuntu-names.sources": SOURCES.encode()})
    layers = [archive.read_bytes(), files]
    descriptors = [storage.blob(content, LAYER) for content in layers]
    digests = {}
    for tag in (TAG, NEWER):
        labels = {"dockyard.lab.stand-in": f"{NAME}:{tag}"}
        image = {
            "architecture": architecture(),
            "os": "linux",
            "created": CREATED,
            "config": {**CONFIG, "Labels": labels},
            "rootfs": {"type": "layers", "diff_ids": [digest(gzip.decompress(content)) for content in layers]},
            "history": [{"created": CREATED, "created_by": f"the lab, layer {number}"} for number in (1, 2)],
        }
        config = storage.blob(json.dumps(image).encode(), IMAGE)
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": descriptors}
        digests[tag] = storage.tag(tag, json.dumps(manifest).encode())
    return digests


def layer(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), mtime=0)


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Storage:
    """One repository of a registry's folder: blobs, and links that say which of them are its own."""

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self._repository = root / "repositories" / name

    def blob(self, content: bytes, kind: str) -> dict[str, Any]:
        """Write one, and return what a manifest says of it."""
        name = self._write(content)
        self._link(f"_layers/sha256/{name.partition(':')[2]}", name)
        return {"mediaType": kind, "size": len(content), "digest": name}

    def tag(self, tag: str, manifest: bytes) -> str:
        name = self._write(manifest)
        number = name.partition(":")[2]
        for place in (f"revisions/sha256/{number}", f"tags/{tag}/index/sha256/{number}", f"tags/{tag}/current"):
            self._link(f"_manifests/{place}", name)
        return name

    def _write(self, content: bytes) -> str:
        name = digest(content)
        number = name.partition(":")[2]
        folder = self._root / "blobs/sha256" / number[:2] / number
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "data").write_bytes(content)
        return name

    def _link(self, place: str, name: str) -> None:
        folder = self._repository / place
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "link").write_text(name)
