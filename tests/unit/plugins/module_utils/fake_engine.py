# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the Docker engine: it speaks just enough of the Engine API for unit tests and runs nothing."""

from __future__ import annotations

import json
import re
import socketserver
import struct
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

INFO = {"Driver": "overlay2", "CgroupDriver": "systemd", "CgroupVersion": "2", "DefaultRuntime": "runc"}
Answer = tuple[int, Any]


class FakeEngine:
    """Serves on ``socket_path`` while in a ``with`` block. ``containers`` and ``images`` are what it holds."""

    def __init__(self, socket_path: Path) -> None:
        self.socket_path = str(socket_path)
        self.containers: dict[str, dict[str, Any]] = {}
        self.images: dict[str, dict[str, Any]] = {}
        self.interfaces = ["lo", "eth0"]
        self.output: str | None = None
        # What a container gets that asks for none.
        self.network = "bridge"
        self.has_bridge = True
        self.exit_code: int | None = None
        self.requests: list[str] = []
        self.version = "99.1"
        self.info: dict[str, Any] = dict(INFO)
        self.executions: list[tuple[str, list[str]]] = []
        self.released = threading.Event()
        self._instead: dict[str, Callable[[], Answer | None]] = {}
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, answer = fake._answer(self.command, self.path, body)
                content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                # As each answer of an engine has it.
                self.send_header("Api-Version", "1.99")
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_DELETE = handle_any

            def log_message(self, *_args: object) -> None:
                pass

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_args: object) -> None:
                pass  # a client that went away is part of the tests

        self._server = Server(self.socket_path, Handler)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_args: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def instead(self, request: str, answer: Callable[[], Answer | None] | Answer) -> None:
        """Answers ``request`` (a pattern of "METHOD /path") so; a callable that gives None falls through."""
        self._instead[request] = answer if callable(answer) else lambda: answer

    def hang(self, request: str) -> None:
        self.instead(request, lambda: (self.released.wait() and None) or (500, {"message": "released"}))

    def _answer(self, method: str, target: str, body: bytes) -> Answer:
        url = urlsplit(target)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        request = f"{method} {url.path}"
        self.requests.append(request)
        for pattern, answer in self._instead.items():
            if re.fullmatch(pattern, request):
                given = answer()
                if given is not None:
                    return given
        if request == "GET /_ping":
            return 200, b"OK"
        if request == "GET /version":
            return 200, {"Version": self.version, "ApiVersion": "1.99"}
        kind, _, name = re.sub(r"^/v1\.99/", "", url.path).partition("/")
        if kind == "containers":
            return self._containers(method, name, query, body)
        if kind == "exec":
            container, command = self.executions[int(name.partition("/")[0])]
            return 200, frame(1, self.said(self.containers[container], command).encode())
        if kind == "images":
            return self._images(method, name, query)
        if request == "GET /v1.99/info":
            return 200, {"ServerVersion": self.version, **self.info}
        if request == "GET /v1.99/networks/bridge" and self.has_bridge:
            return 200, {"Options": {"com.docker.network.bridge.name": "docker0"}}
        return 404, {"message": f"page not found: {request}"}

    def _containers(self, method: str, name: str, query: dict[str, str], body: bytes) -> Answer:
        name, _, verb = name.partition("/")
        if name == "json":
            return 200, _labelled(self.containers, query)
        if name == "create":
            self.containers[query["name"]] = json.loads(body)
            return 201, {"Id": query["name"], "Warnings": []}
        if name not in self.containers:
            return 404, {"message": f"No such container: {name}"}
        if method == "DELETE":
            del self.containers[name]
            return 204, b""
        container = self.containers[name]
        if verb == "start":
            error = self.error(container)
            return (400, {"message": error}) if error else (204, b"")
        if verb == "wait":
            last = container["Cmd"][-1]
            usual = int(last) if last.isdigit() else 0
            return 200, {"StatusCode": usual if self.exit_code is None else self.exit_code}
        if verb == "exec":
            self.executions.append((name, json.loads(body)["Cmd"]))
            return 201, {"Id": str(len(self.executions) - 1)}
        if verb == "json":
            return 200, {"NetworkSettings": {"Networks": {self.network: {}}}}
        if verb != "attach":
            return 404, {"message": f"page not found: {verb}"}
        output = self.said(container, container["Cmd"])
        return 200, b"".join(frame(1, line.encode()) for line in output.splitlines(keepends=True))

    def error(self, container: dict[str, Any]) -> str | None:
        """Why a container cannot be started."""
        return None

    def said(self, container: dict[str, Any], command: list[str]) -> str:
        """What a command in a container prints."""
        if self.output is not None:
            return self.output
        return "".join([f"nonce {command[-2]}\n", *(f"interface {each}\n" for each in self.interfaces)])

    def _images(self, method: str, name: str, query: dict[str, str]) -> Answer:
        if name == "json":
            return 200, _labelled(self.images, query)
        if name == "create":
            labels = dict(re.findall(r'"([^"]+)"="([^"]+)"', query["changes"]))
            self.images[f"{query['repo']}:{query['tag']}"] = {"Labels": labels}
            return 200, b'{"status":"sha256:0123"}\r\n'
        if method == "DELETE" and name in self.images:
            del self.images[name]
            return 200, [{"Untagged": name}]
        return 404, {"message": f"No such image: {name}"}


def frame(stream: int, content: bytes) -> bytes:
    """One frame of the log stream of a container without a TTY."""
    return struct.pack(">BxxxL", stream, len(content)) + content


def _labelled(things: dict[str, dict[str, Any]], query: dict[str, str]) -> list[dict[str, Any]]:
    (label,) = json.loads(query["filters"])["label"]
    return [{"Id": name, "Labels": thing["Labels"]} for name, thing in things.items() if label in thing["Labels"]]
