# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The repository over HTTP. The first part of a path says what is wrong with it: `/ok/`, `/slow/`, `/missing/`, ...

Beside it, the registry of images on port 5000."""

from __future__ import annotations

import http.server
import json
import subprocess
import sys
import threading
import time
import urllib.parse
from pathlib import Path

SLOW_SECONDS = 0.7
HANG_SECONDS = 3600
# docker-registry has 5000, and on 5002 no one listens: a registry that is down.
EMPTY_REGISTRY = 5001
MODES = ("ok", "slow", "missing", "hang", "truncated", "truncated-debs", "wrongkey", "badsignature")
ROOT = Path(sys.argv[1])
LOG: list[str] = []


class Handler(http.server.BaseHTTPRequestHandler):
    """Stateless but for the log of requests, which `/log` shows and does not contain."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, body: bool) -> None:
        if self.path == "/log":
            self._send(200, "".join(LOG).encode(), body)
            return
        LOG.append(f"{time.time():.3f} {self.client_address[0]} {self.command} {self.path}\n")
        mode, _slash, name = urllib.parse.unquote(self.path).lstrip("/").partition("/")
        if mode not in MODES:
            self._send(404, f"no such mode: {mode}; there are {', '.join(MODES)}\n".encode(), body)
            return
        if mode == "hang":
            threading.Event().wait(HANG_SECONDS)
        if mode == "slow":
            time.sleep(SLOW_SECONDS)
        path = self._file(mode, name)
        if mode == "missing" or path is None:
            self._send(404, b"not found\n", body)
            return
        content = path.read_bytes()
        self._send(200, content[: len(content) // 2] if self._halved(mode, path) else content, body)

    @staticmethod
    def _halved(mode: str, path: Path) -> bool:
        """With half an index no client gets as far as the packages: a mode of their own shows what half of one does."""
        if path.suffix == ".deb":
            return mode in ("truncated", "truncated-debs")
        return mode == "truncated" and path.name.startswith("Packages")

    def _file(self, mode: str, name: str) -> Path | None:
        """Both bad modes have the other key's signature; only `wrongkey` also shows the other key."""
        signed_by_other = mode in ("wrongkey", "badsignature") and name.endswith(("/InRelease", "/Release.gpg"))
        if signed_by_other or (mode == "wrongkey" and name.endswith(("/gpg", "/gpgkey"))):
            name += ".wrong"
        path = (ROOT / name).resolve()
        return path if path.is_relative_to(ROOT) and path.is_file() else None

    def _send(self, status: int, content: bytes, body: bool) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """The list above is the log."""


class EmptyRegistry(http.server.BaseHTTPRequestHandler):
    """A registry that answers, and has no image at all."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        known = self.path == "/v2/"
        error = {"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}
        content = b"{}" if known else json.dumps({"errors": [error]}).encode()
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """No one asks."""


subprocess.Popen(["docker-registry", "serve", str(ROOT / "registry.yml")])
empty = http.server.ThreadingHTTPServer(("", EMPTY_REGISTRY), EmptyRegistry)
threading.Thread(target=empty.serve_forever, daemon=True).start()
http.server.ThreadingHTTPServer(("", 80), Handler).serve_forever()
