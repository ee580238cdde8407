# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that answers at a socket as Podman's API does (podman-system-service(1), pkg/api of Podman 4 and 5)."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path


@contextmanager
def podman(path: Path) -> Iterator[list[str]]:
    """Yields what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        server_version = "Libpod/5.4.2 (linux)"
        sys_version = ""

        def do_GET(self) -> None:
            asked.append(f"{self.command} {self.path}")
            self.send_response(200)
            for name, value in (("Api-Version", "1.41"), ("Libpod-Api-Version", "5.4.2"), ("Content-Length", "2")):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"OK")

        do_POST = do_DELETE = do_GET

        def log_message(self, *_args: object) -> None:
            pass

    class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True

    server = Server(str(path), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield asked
    finally:
        server.shutdown()
        server.server_close()
