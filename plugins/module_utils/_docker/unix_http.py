# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of HTTP/1.1 (RFC 9112) as an engine speaks on its socket: one request, one answer, and the connection closes.

Not http.client, which loads the email package: 40 ms of each run, where all probes of a host take 65.
"""

from __future__ import annotations

import contextlib
import re
import socket
from typing import BinaryIO, Dict, List, NamedTuple, Optional, Tuple

_LONGEST_LINE = 65536
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})(?: (.*))?$")


class BrokenAnswer(Exception):
    """What came is no answer, or not all of it."""


class Response(NamedTuple):
    status: int
    reason: str
    fields: Dict[str, str]
    content: bytes


def exchange(
    path: str, timeout: float, method: str, target: str, body: Optional[bytes], headers: Dict[str, str]
) -> Response:
    """``timeout`` limits each wait, in seconds. OSError where the socket cannot be used."""
    with contextlib.closing(connect(path, timeout)) as connection:
        _ask(connection, method, target, body, headers)
        with connection.makefile("rb") as stream:
            return _answer(stream)


class Attachment:
    """The answer to a request whose content comes bit by bit, for as long as a container runs."""

    def __init__(self, path: str, timeout: float, target: str) -> None:
        self._connection = connect(path, timeout)
        self._stream = self._connection.makefile("rb")
        try:
            _ask(self._connection, "POST", target, None, {})
            self.status, self._reason, self._fields = _head(self._stream)
        except BaseException:
            self.close()
            raise

    def response(self) -> Response:
        """Once all of it has come."""
        return Response(self.status, self._reason, self._fields, _content(self._stream, self._fields))

    def close(self) -> None:
        self._stream.close()
        self._connection.close()


def connect(path: str, timeout: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout)
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection


def _ask(connection: socket.socket, method: str, target: str, body: Optional[bytes], headers: Dict[str, str]) -> None:
    length = {} if body is None and method == "GET" else {"Content-Length": str(len(body or b""))}
    fields = {"Host": "localhost", "Connection": "close", **length, **headers}
    head = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    # An engine that rejects a large body answers and closes before it has read it all.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall("\r\n".join(head).encode("ascii") + (body or b""))


def _answer(stream: BinaryIO) -> Response:
    status, reason, fields = _head(stream)
    return Response(status, reason, fields, b"" if status in (204, 304) else _content(stream, fields))


def _head(stream: BinaryIO) -> Tuple[int, str, Dict[str, str]]:
    line = _line(stream)
    match = _STATUS_LINE.match(line)
    if not match:
        raise BrokenAnswer(f"no HTTP: {line[:60].decode('utf-8', 'replace')}" if line else "no answer")
    status, fields = int(match.group(1)), _fields(stream)
    if status < 200:
        # It only announces the real one.
        return _head(stream)
    return status, (match.group(2) or b"").decode("utf-8", "replace").strip(), fields


def _fields(stream: BinaryIO) -> Dict[str, str]:
    found: Dict[str, str] = {}
    while True:
        line = _line(stream)
        if not line:
            return found
        name, _colon, value = line.decode("latin-1").partition(":")
        found[name.strip().lower()] = value.strip()


def _content(stream: BinaryIO, fields: Dict[str, str]) -> bytes:
    if "chunked" in fields.get("transfer-encoding", "").lower():
        return _chunks(stream)
    length = fields.get("content-length")
    if length is None:
        return stream.read()
    if not length.isdigit():
        raise BrokenAnswer(f"a length of {length[:60]}")
    return _exactly(stream, int(length))


def _chunks(stream: BinaryIO) -> bytes:
    parts: List[bytes] = []
    while True:
        size = _line(stream).partition(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,16}", size):
            raise BrokenAnswer("a part without its size")
        if int(size, 16) == 0:
            _fields(stream)
            return b"".join(parts)
        parts.append(_exactly(stream, int(size, 16)))
        _line(stream)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    content = stream.read(size)
    if len(content) < size:
        raise BrokenAnswer(f"{len(content)} bytes of {size}")
    return content


def _line(stream: BinaryIO) -> bytes:
    """Without its end."""
    line = stream.readline(_LONGEST_LINE)
    if len(line) == _LONGEST_LINE:
        raise BrokenAnswer("a line without an end")
    return line.rstrip(b"\r\n")
