# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A web server with a package repository, signed by a real key, and with every way in which one can fail."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import http.server
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.openpgp_keys import clearsigned, key

Answer = Callable[[http.server.BaseHTTPRequestHandler], None]
PACKAGES = b"Package: one\nVersion: 1\nArchitecture: all\nFilename: one.deb\nSize: 1\nMaintainer: m\nDescription: d\n\n"
# How long a server hangs, in seconds: no one waits for it.
PATIENCE = 120
SUITE, FLAT = "/linux/debian/dists/stable", "/flat"


class Site(http.server.ThreadingHTTPServer):
    """Gives the answers that it was reported, by path, and keeps who asked for what."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def key_url(self) -> str:
        return f"{self.url}/linux/debian/gpg"

    @property
    def base(self) -> str:
        return f"{self.url}/linux/debian"

    def in_order(self, name: str = "one") -> None:
        """A repository with a suite, and a flat one, both signed by the same key."""
        self.answers = {
            "/linux/debian/gpg": gives(key(name).armoured),
            f"{SUITE}/InRelease": gives(release(name, "main/binary-amd64/Packages")),
            f"{SUITE}/main/binary-amd64/Packages": gives(PACKAGES),
            f"{FLAT}/InRelease": gives(release(name, "Packages")),
            f"{FLAT}/Packages": gives(PACKAGES),
        }


class SecureSite(Site):
    """The same behind TLS."""

    def __init__(self, certificate: Path) -> None:
        super().__init__()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server_address[1]}"


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Site)
        self.server.asked.append(self.path)
        self.server.answers.get(self.path, gives(b"not found", status=404))(self)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def running(site: Site) -> Iterator[Site]:
    with site:
        thread = threading.Thread(target=site.serve_forever, args=(0.05,))
        thread.start()
        site.in_order()
        try:
            yield site
        finally:
            site.released.set()
            site.shutdown()
            thread.join()


@functools.cache
def release(name: str, path: str) -> bytes:
    date = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S UTC")
    digest = hashlib.sha256(PACKAGES).hexdigest()
    head = f"Suite: stable\nCodename: stable\nDate: {date}\nArchitectures: amd64\nComponents: main\n"
    return clearsigned(name, f"{head}SHA256:\n {digest} {len(PACKAGES)} {path}\n")


def gives(data: bytes, length: int | None = None, status: int = 200) -> Answer:
    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(data) if length is None else length))
        request.end_headers()
        request.wfile.write(data)

    return answer


def redirects(to: str, status: int = 302) -> Answer:
    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Location", to)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer


def closes(request: http.server.BaseHTTPRequestHandler) -> None:
    request.connection.close()


def gives_a_broken_chunk(request: http.server.BaseHTTPRequestHandler) -> None:
    request.protocol_version = "HTTP/1.1"
    request.send_response(200)
    request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
    request.wfile.write(b"ffff\r\nhalf of it")
    request.close_connection = True


def hangs(request: http.server.BaseHTTPRequestHandler) -> None:
    assert isinstance(request.server, Site)
    request.server.released.wait(PATIENCE)


def hangs_half_way(request: http.server.BaseHTTPRequestHandler) -> None:
    gives(key("one").armoured[:100], 4000)(request)
    hangs(request)


def drips(request: http.server.BaseHTTPRequestHandler) -> None:
    """Never late with the next byte, and never done."""
    gives(b"-", 4000)(request)
    assert isinstance(request.server, Site)
    while not request.server.released.wait(0.2):
        try:
            request.wfile.write(b"-")
            request.wfile.flush()
        except OSError:
            return
