# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small client of the Docker Engine API over its unix socket: standard library only, engines 20.10 and later."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Mapping, Sequence
from typing import Any

from . import unix_http

DEFAULT_SOCKET = "/var/run/docker.sock"


class EngineError(Exception):
    """What went wrong, in the engine's own words where it spoke; ``status`` is None where it did not answer at all."""

    def __init__(self, status: int | None, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class AnotherProgram(EngineError):
    """Something answers, and it is no Docker engine."""


class EngineClient:
    """One request, one connection. ``timeout`` limits each wait for the engine, in seconds, not a whole request."""

    def __init__(self, socket_path: str = DEFAULT_SOCKET, timeout: float = 10.0) -> None:
        self.socket_path = socket_path
        self.timeout = timeout
        self._api_version: str | None = None

    def api_version(self) -> str:
        """The newest that the engine speaks; asked once. For ``/version`` it would run runc."""
        if self._api_version is None:
            self._api_version = self._send("GET", "/_ping", None, {}).fields.get("api-version")
        if self._api_version is None:
            raise AnotherProgram(None, f"what answers at {self.socket_path} is not a Docker engine")
        return self._api_version

    def version(self) -> dict[str, Any]:
        """What ``/version`` says."""
        answer = _decode(self._send("GET", "/version", None, {}).content)
        if not isinstance(answer, dict) or "ApiVersion" not in answer:
            raise AnotherProgram(None, f"what answers at {self.socket_path} is not a Docker engine")
        self._api_version = str(answer["ApiVersion"])
        return answer

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """The body of the answer. Speaks the newest API version the engine has."""
        target = f"/v{self.api_version()}{path}"
        if query:
            # What is asked for facts has none.
            from urllib.parse import urlencode

            target += "?" + urlencode(query)
        return self._send(method, target, body, dict(headers or {})).content

    def get_json(self, path: str, query: Mapping[str, str] | Sequence[tuple[str, str]] = ()) -> Any:
        return _decode(self.request("GET", path, query))

    def post_json(
        self, path: str, payload: Any = None, query: Mapping[str, str] | Sequence[tuple[str, str]] = ()
    ) -> Any:
        body = None if payload is None else json.dumps(payload).encode("utf-8")
        return _decode(self.request("POST", path, query, body, {"Content-Type": "application/json"}))

    def attach(self, container: str) -> unix_http.Attachment:
        """To be there when a container starts: what it says is reported even where its log driver keeps nothing."""
        target = f"/v{self.api_version()}/containers/{container}/attach?stream=1&stdout=1&stderr=1"
        try:
            attachment = unix_http.Attachment(self.socket_path, self.timeout, target)
        except (OSError, unix_http.BrokenAnswer) as exc:
            raise EngineError(None, self._transport_message(exc)) from exc
        if attachment.status >= 400:
            with contextlib.closing(attachment):
                self.said(attachment)
        return attachment

    def said(self, attachment: unix_http.Attachment) -> bytes:
        """All of it, once the container has ended."""
        try:
            return _accepted(attachment.response()).content
        except (OSError, unix_http.BrokenAnswer) as exc:
            raise EngineError(None, self._transport_message(exc)) from exc

    def _send(self, method: str, target: str, body: bytes | None, headers: dict[str, str]) -> unix_http.Response:
        try:
            response = unix_http.exchange(self.socket_path, self.timeout, method, target, body, headers)
        except (OSError, unix_http.BrokenAnswer) as exc:
            raise EngineError(None, self._transport_message(exc)) from exc
        if "libpod-api-version" in response.fields:
            raise AnotherProgram(None, f"what answers at {self.socket_path} is Podman, and no Docker engine")
        return _accepted(response)

    def _transport_message(self, exc: Exception) -> str:
        if isinstance(exc, FileNotFoundError):
            return f"there is no socket {self.socket_path}"
        if isinstance(exc, PermissionError):
            return f"no permission to use the socket {self.socket_path}"
        if isinstance(exc, ConnectionRefusedError):
            return f"nothing listens on the socket {self.socket_path}"
        if isinstance(exc, socket.timeout):  # an alias of TimeoutError only since Python 3.10
            return f"no answer on the socket {self.socket_path} within {self.timeout:g} s"
        if isinstance(exc, (unix_http.BrokenAnswer, ConnectionError)):
            return f"the answer on the socket {self.socket_path} broke off ({exc or type(exc).__name__})"
        return f"the socket {self.socket_path} cannot be used: {exc}"


def _accepted(response: unix_http.Response) -> unix_http.Response:
    if response.status >= 400:
        raise EngineError(response.status, _engine_words(response.content) or response.reason)
    return response


def _decode(content: bytes) -> Any:
    if not content.strip():
        return None
    try:
        return json.loads(content.decode("utf-8"))
    except ValueError as exc:
        raise EngineError(None, f"the engine's answer is not JSON: {exc}") from exc


def _engine_words(content: bytes) -> str:
    try:
        return str(json.loads(content.decode("utf-8", "replace"))["message"]).strip()
    except (ValueError, KeyError, TypeError):
        return content.decode("utf-8", "replace").strip()
