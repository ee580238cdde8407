# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import unix_http
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import EngineClient, EngineError
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.streams import demultiplex, progress_error
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_engine import FakeEngine, frame


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeEngine]:
    with FakeEngine(tmp_path / "docker.sock") as engine:
        yield engine


@pytest.fixture
def client(fake: FakeEngine) -> EngineClient:
    return EngineClient(fake.socket_path, timeout=5)


@contextlib.contextmanager
def listening(folder: Path, serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A socket that does so with its first caller."""
    path = str(folder / "other")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()

        def once() -> None:
            peer, _ = server.accept()
            with peer:
                serve(peer)

        thread = threading.Thread(target=once, daemon=True)
        thread.start()
        yield path
        thread.join()


@contextlib.contextmanager
def answering(folder: Path, reply: bytes) -> Iterator[str]:
    def serve(peer: socket.socket) -> None:
        peer.recv(65536)
        peer.sendall(reply)

    with listening(folder, serve) as path:
        yield path


def test_the_newest_version_of_the_engine_is_asked_for_once_and_used(fake: FakeEngine, client: EngineClient) -> None:
    assert client.get_json("/info")["Driver"] == "overlay2"
    client.get_json("/info")
    assert fake.requests == ["GET /_ping", "GET /v1.99/info", "GET /v1.99/info"]


def test_an_engine_that_said_its_version_is_not_asked_for_it_again(fake: FakeEngine, client: EngineClient) -> None:
    assert client.version()["Version"] == "99.1"
    client.get_json("/info")
    assert fake.requests == ["GET /version", "GET /v1.99/info"]


def test_what_answers_and_names_no_version_is_not_taken_for_an_engine(tmp_path: Path) -> None:
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"
    with answering(tmp_path, reply) as path, pytest.raises(EngineError, match="is not a Docker engine"):
        EngineClient(path, timeout=5).get_json("/info")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((404, {"message": "No such container: x"}), "No such container: x"),
        ((500, b"plain words\n"), "plain words"),
        ((500, b'["a list"]'), '["a list"]'),
        ((503, b""), "Service Unavailable"),
    ],
)
def test_an_error_comes_with_status_and_the_engines_words(
    fake: FakeEngine, client: EngineClient, answer: tuple[int, object], words: str
) -> None:
    fake.instead("GET /v1.99/info", answer)
    with pytest.raises(EngineError) as caught:
        client.get_json("/info")
    assert (caught.value.status, caught.value.message, str(caught.value)) == (answer[0], words, words)


def test_no_socket(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"there is no socket .*/gone") as caught:
        EngineClient(str(tmp_path / "gone")).version()
    assert caught.value.status is None


def test_a_socket_no_one_listens_on(tmp_path: Path) -> None:
    path = str(tmp_path / "dead")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)
    with pytest.raises(EngineError, match="nothing listens on the socket"):
        EngineClient(path).version()


def test_a_path_too_long_for_a_socket() -> None:
    with pytest.raises(EngineError, match="cannot be used: AF_UNIX path too long"):
        EngineClient("/" + "x" * 200).version()


def test_no_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may use every socket, so the kernel's error is played.
    def rejected(_path: str, _timeout: float) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(unix_http, "connect", rejected)
    with pytest.raises(EngineError, match=r"no permission to use the socket /var/run/docker\.sock") as caught:
        EngineClient().version()
    assert isinstance(caught.value.__cause__, PermissionError)


def test_an_engine_that_hangs(fake: FakeEngine) -> None:
    fake.hang("GET /version")
    with pytest.raises(EngineError, match=r"no answer on the socket .* within 0\.2 s"):
        EngineClient(fake.socket_path, timeout=0.2).version()


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (b"", "broke off"),
        (b"220 mail.example.com ESMTP\r\n", "broke off"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", "broke off"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe", "broke off"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", "broke off"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello", "broke off"),
        (b"HTTP/1.1 200 OK\r\n" + b"x" * 70000, "broke off"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "not JSON"),
        (b"HTTP/1.0 200\r\n\r\nhello", "not JSON"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "is not a Docker engine"),
    ],
)
def test_something_else_answers(tmp_path: Path, reply: bytes, words: str) -> None:
    with answering(tmp_path, reply) as path, pytest.raises(EngineError, match=words):
        EngineClient(path, timeout=5).version()


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n",
    ],
)
def test_an_answer_by_its_length_or_to_the_end(tmp_path: Path, reply: bytes) -> None:
    with answering(tmp_path, reply + b'{"ApiVersion":"1.45"}') as path:
        assert EngineClient(path, timeout=5).version() == {"ApiVersion": "1.45"}


def test_an_answer_in_parts_with_what_may_stand_around_them(tmp_path: Path) -> None:
    reply = b'HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\nA;x=1\r\n{"ApiVersi\r\n'
    reply += b'0b\r\non":"1.45"}\r\n0\r\nTrailer: x\r\n\r\n'
    with answering(tmp_path, reply) as path:
        assert EngineClient(path, timeout=5).version() == {"ApiVersion": "1.45"}


def test_a_large_body_rejected_before_it_was_read(tmp_path: Path) -> None:
    done = threading.Event()

    def serve(peer: socket.socket) -> None:
        peer.recv(1024)
        peer.sendall(b"HTTP/1.1 507 No\r\nContent-Length: 12\r\n\r\ndisk is full")
        peer.shutdown(socket.SHUT_RDWR)
        done.wait()

    with listening(tmp_path, serve) as path:
        client = EngineClient(path, timeout=5)
        client._api_version = "1.41"
        with pytest.raises(EngineError, match="disk is full"):
            client.request("POST", "/images/create", body=b"x" * 10_000_000)
        done.set()


def test_log_frames_are_distinguished() -> None:
    stream = frame(1, b"one ") + frame(2, b"oops") + frame(1, "zwei ü".encode()) + frame(1, b"cut off")[:-3]
    assert demultiplex(stream) == ("one zwei ücut ".encode(), b"oops")
    assert demultiplex(b"") == (b"", b"")


@pytest.mark.parametrize(
    ("stream", "error"),
    [
        (b'{"status":"sha256:01"}\r\n', None),
        (b'{"status":"x"}\r\n{"errorDetail":{"message":"no space"},"error":"no space"}\r\n', "no space"),
        (b'not json\n["list"]\n', None),
    ],
)
def test_errors_inside_a_progress_stream(stream: bytes, error: str | None) -> None:
    assert progress_error(stream) == error
