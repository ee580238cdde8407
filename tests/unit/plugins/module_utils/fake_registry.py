# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A registry of images in memory, over plain HTTP on this machine, as much as a push and a question for a tag need."""

from __future__ import annotations

import base64
import hashlib
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

_VERSION = {"Docker-Distribution-Api-Version": "registry/2.0"}


class FakeRegistry:
    """``login`` is wanted where it is not empty. ``tags`` has the digests by "repository:tag"."""

    def __init__(self) -> None:
        self.login = ""
        self.hangs = False
        self.tags: dict[str, str] = {}
        self.blobs: dict[str, bytes] = {}
        self.kinds: dict[str, str] = {}
        self.released = threading.Event()
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_any(self) -> None:
                body = self._body()
                if registry.hangs:
                    registry.released.wait()
                wanted = "Basic " + base64.b64encode(registry.login.encode()).decode()
                if registry.login and self.headers.get("Authorization") != wanted:
                    self._answer(401, {"WWW-Authenticate": 'Basic realm="lab"'}, _error("UNAUTHORIZED"))
                    return
                status, fields, content = registry.answer(self.command, self.path, self.headers, body)
                self._answer(status, fields, content)

            do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_any

            def _body(self) -> bytes:
                if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                    return self.rfile.read(int(self.headers.get("Content-Length") or 0))
                parts = []
                while size := int(self.rfile.readline(), 16):
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(parts)

            def _answer(self, status: int, fields: dict[str, str], content: bytes) -> None:
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **_VERSION, **fields}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            def log_message(self, *_args: object) -> None:
                pass

        class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_args: object) -> None:
                pass  # a client that went away is part of the tests

        self._server = Server(("127.0.0.1", 0), Handler)
        self.name = f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_args: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, dict[str, str], bytes]:
        url = urlsplit(target)
        parts = url.path.strip("/").split("/")
        if parts == ["v2"]:
            return 200, {}, b"{}"
        repository, kind, key = "/".join(parts[1:-2]), parts[-2], parts[-1]
        if kind == "manifests":
            return self._manifest(method, repository, key, headers, body)
        if "uploads" in parts:
            return self._upload(method, url.path, parse_qs(url.query), body)
        if key not in self.blobs:
            return 404, {}, _error("BLOB_UNKNOWN")
        return 200, {"Docker-Content-Digest": key}, self.blobs[key]

    def _manifest(
        self, method: str, repository: str, key: str, headers: Any, body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        if method == "PUT":
            digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
            self.blobs[digest], self.kinds[digest] = body, headers["Content-Type"]
            self.tags[f"{repository}:{key}"] = digest
            return 201, {"Docker-Content-Digest": digest}, b""
        digest = self.tags.get(f"{repository}:{key}", key)
        if digest not in self.blobs:
            return 404, {}, _error("MANIFEST_UNKNOWN")
        return 200, {"Docker-Content-Digest": digest, "Content-Type": self.kinds[digest]}, self.blobs[digest]

    def _upload(
        self, method: str, path: str, query: dict[str, list[str]], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        if method == "POST":
            path = f"{path.rstrip('/')}/{len(self.blobs)}{id(body)}"
        self.blobs[path] = self.blobs.get(path, b"") + body
        if "digest" in query:
            digest = query["digest"][0]
            self.blobs[digest] = self.blobs.pop(path)
            return 201, {"Docker-Content-Digest": digest, "Location": path}, b""
        size = len(self.blobs[path])
        return 202, {"Location": path, "Range": f"0-{max(size - 1, 0)}", "Docker-Upload-UUID": "1"}, b""


def _error(code: str) -> bytes:
    return b'{"errors": [{"code": "%s", "message": "%s"}]}' % (code.encode(), code.lower().replace("_", " ").encode())
