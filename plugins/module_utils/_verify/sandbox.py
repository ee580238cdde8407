# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verification makes on the engine, an image and containers, and how it is taken away again."""

from __future__ import annotations

import contextlib
import json
import secrets
import time
from typing import Any, Dict, List, Optional, Tuple

from .._common.signals import Interruption
from .._docker.api import EngineClient, EngineError
from .._docker.streams import demultiplex, progress_error
from .._docker.unix_http import Attachment

LABEL = "dockyard.gpu.verification"
EXPIRES_LABEL = "dockyard.gpu.verification.expires"
NAME = "dockyard-gpu-verification"
CLEANUP_SECONDS = 5


class Bench:
    """Of one run; all that it makes carries its own name and label, so that nothing else can be meant."""

    def __init__(self, client: EngineClient, timeout: int, interruption: Interruption) -> None:
        self.client = client
        self.timeout = timeout
        self.run_id = secrets.token_hex(8)
        self.name = f"{NAME}-{self.run_id}"
        self.image = f"{NAME}:{self.run_id}"
        self.warnings: List[str] = []
        self._interruption = interruption
        self._labels = {LABEL: self.run_id, EXPIRES_LABEL: str(int(time.time()) + timeout + CLEANUP_SECONDS)}
        # Containers in the order in which they were made: one that hangs is the last, and keeps no other from going.
        self._containers: List[str] = []
        self._images: List[str] = []
        self._attachments: Dict[str, Attachment] = {}

    def import_image(self, archive: bytes) -> None:
        labels = " ".join(f'"{key}"="{value}"' for key, value in self._labels.items())
        query = {"fromSrc": "-", "repo": NAME, "tag": self.run_id, "changes": f"LABEL {labels}"}
        headers = {"Content-Type": "application/x-tar"}
        with self._interruption.deferred():
            self._images.append(self.image)
            error = progress_error(self.client.request("POST", "/images/create", query, archive, headers))
        if error:
            raise EngineError(200, error)

    def create(self, command: List[str], container: Dict[str, Any], name: Optional[str] = None) -> str:
        """The name of a container that runs ``command`` in the verification's image.

        All else is the engine's default, such as its log driver, runtime and limits: what it verifies is `docker run`.
        """
        name = name or self.name
        host = {"RestartPolicy": {"Name": "no"}, **container.get("HostConfig", {})}
        whole = {**container, "Image": self.image, "Cmd": command, "Labels": self._labels, "HostConfig": host}
        with self._interruption.deferred():
            self._containers.append(name)
            self.client.post_json("/containers/create", whole, {"name": name})
        return name

    def start(self, name: str, listening: bool = True) -> None:
        """``listening``: its output is asked for later. Many log drivers keep none that could be read back."""
        with self._interruption.deferred():
            if listening:
                self._attachments[name] = self.client.attach(name)
            self.client.post_json(f"/containers/{name}/start")

    def wait(self, name: str, seconds: Optional[float] = None) -> int:
        """The exit code. An engine that does not tell of the end within ``seconds`` is an EngineError."""
        usual = self.client.timeout
        self.client.timeout = seconds or usual
        try:
            return int(self.client.post_json(f"/containers/{name}/wait")["StatusCode"])
        finally:
            self.client.timeout = usual

    def output(self, name: str) -> Tuple[str, str]:
        """Standard output and standard error of a container that has ended."""
        with contextlib.closing(self._attachments.pop(name)) as attachment:
            return _texts(self.client.said(attachment))

    def execute(self, name: str, command: List[str], seconds: float) -> str:
        """What a command says inside a container that runs."""
        wanted = {"AttachStdout": True, "AttachStderr": True, "Cmd": command}
        execution = self.client.post_json(f"/containers/{name}/exec", wanted)["Id"]
        usual = self.client.timeout
        self.client.timeout = seconds
        try:
            body = json.dumps({"Detach": False, "Tty": False}).encode()
            headers = {"Content-Type": "application/json"}
            return "".join(_texts(self.client.request("POST", f"/exec/{execution}/start", (), body, headers)))
        finally:
            self.client.timeout = usual

    def drop(self, name: str) -> None:
        """What is done with goes at once; what does not want to go is tried again at the end."""
        self._hang_up(name)
        self._delete(f"/containers/{name}")
        self._containers.remove(name)

    def sweep(self) -> None:
        """Removes what earlier runs left that were killed outright, once their own time limit has passed."""
        query = {"all": "1", "filters": json.dumps({"label": [LABEL]})}
        try:
            for kind in ("containers", "images"):
                for item in self.client.get_json(f"/{kind}/json", query):
                    if int(item["Labels"][EXPIRES_LABEL]) < time.time():
                        self._delete(f"/{kind}/{item['Id']}")
        except EngineError as exc:
            self.warnings.append(f"what an earlier run left could not be removed: {exc}")

    def remove(self) -> None:
        """All that is left, containers before their image. An engine that hangs is asked no more."""
        self.client.timeout = CLEANUP_SECONDS
        for name in list(self._attachments):
            self._hang_up(name)
        for path in [f"/containers/{name}" for name in self._containers] + [f"/images/{name}" for name in self._images]:
            try:
                self._delete(path)
            except EngineError as exc:
                self.warnings.append(f"{path} could not be removed, a later run will try again: {exc}")
                if exc.status is None:
                    break

    def _hang_up(self, name: str) -> None:
        if name in self._attachments:
            self._attachments.pop(name).close()

    def _delete(self, path: str) -> None:
        try:
            self.client.request("DELETE", path, {"force": "1"})
        except EngineError as exc:
            if exc.status != 404:
                raise


def _texts(stream: bytes) -> Tuple[str, str]:
    output, errors = (part.decode("utf-8", "replace") for part in demultiplex(stream))
    return output, errors
