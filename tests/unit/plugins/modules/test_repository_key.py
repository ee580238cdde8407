# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""repository_key as Ansible runs it, against a server that gives keys, rubbish, half of it, or nothing for long."""

from __future__ import annotations

import http.server
import json
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.openpgp_keys import key, needs_gpg, shown_by_gpg

pytestmark = needs_gpg

MODULE = "ansible_collections.dockyard.gpu.plugins.modules.repository_key"
Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


def run(check_mode: bool = False, /, **options: Any) -> dict[str, Any]:
    arguments = {"ANSIBLE_MODULE_ARGS": {**options, "_ansible_check_mode": check_mode}}
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    done = subprocess.run(
        [sys.executable, "-m", MODULE],
        input=json.dumps(arguments).encode(),
        capture_output=True,
        env=environment,
        check=False,
    )
    assert not done.stderr, done.stderr.decode()
    result: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode != 0) is result.get("failed", False)
    return result


class Server(http.server.ThreadingHTTPServer):
    """Gives the answer that it was told, and counts who asked."""

    answer: Answer
    asked = 0
    released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/linux/debian/gpg"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        self.server.asked += 1
        self.server.answer(self)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as running:
        running.released = threading.Event()
        thread = threading.Thread(target=running.serve_forever, args=(0.05,))
        thread.start()
        yield running
        running.released.set()
        running.shutdown()
        thread.join()


def gives(data: bytes, length: int | None = None, status: int = 200) -> Answer:
    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(data) if length is None else length))
        request.end_headers()
        request.wfile.write(data)

    return answer


def gives_a_broken_chunk(request: http.server.BaseHTTPRequestHandler) -> None:
    request.protocol_version = "HTTP/1.1"
    request.send_response(200)
    request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
    request.wfile.write(b"ffff\r\nhalf of it")
    request.close_connection = True


def hangs(request: http.server.BaseHTTPRequestHandler) -> None:
    assert isinstance(request.server, Server)
    request.server.released.wait(30)


def hangs_half_way(request: http.server.BaseHTTPRequestHandler) -> None:
    gives(key("one").armoured[:100], 4000)(request)
    hangs(request)


def drips(request: http.server.BaseHTTPRequestHandler) -> None:
    """Never late with the next byte, and never done."""
    gives(b"-", 4000)(request)
    assert isinstance(request.server, Server)
    while not request.server.released.wait(0.2):
        try:
            request.wfile.write(b"-")
            request.wfile.flush()
        except OSError:
            return


@pytest.mark.parametrize("form", ["armoured", "binary"])
def test_the_right_key_is_installed_once(server: Server, tmp_path: Path, form: str) -> None:
    one = key("one")
    data = getattr(one, form)
    server.answer = gives(data)
    path = tmp_path / "new" / "folder" / "docker.asc"
    options = {"path": str(path), "url": server.url, "fingerprint": one.fingerprint}

    previewed = run(True, **options)
    assert previewed["changed"]
    assert not path.parent.exists()
    result = run(**options)
    assert result["changed"]
    assert result["fingerprints"] == [one.fingerprint]
    assert (result["diff"]["before"], result["diff"]["after"]) == ("", one.fingerprint + "\n")
    assert path.read_bytes() == data
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert os.listdir(path.parent) == ["docker.asc"]

    asked = server.asked
    spaced = one.fingerprint[:20] + " " + one.fingerprint[20:].lower()
    again = run(**{**options, "fingerprint": spaced})
    assert not again["changed"]
    assert server.asked == asked, "a key that is there is not fetched again"


@pytest.mark.parametrize("mode", [0o600, 0o646])
def test_a_key_that_apt_may_not_read_or_others_may_write_is_mended_without_the_network(
    tmp_path: Path, mode: int
) -> None:
    path = tmp_path / "docker.asc"
    path.write_bytes(key("one").armoured)
    path.chmod(mode)
    options = {"path": str(path), "url": "http://127.0.0.1:9/gpg", "fingerprint": key("one").fingerprint}
    assert run(True, **options)["changed"]
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert run(**options)["changed"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert not run(**options)["changed"]


@pytest.mark.parametrize(("before", "mode"), [("another key", 0o644), ("two keys", 0o600), ("no key", 0o600)])
def test_what_is_not_exactly_the_key_is_replaced(server: Server, tmp_path: Path, before: str, mode: int) -> None:
    one, two = key("one"), key("two")
    path = tmp_path / "docker.gpg"
    path.write_bytes({"another key": two.binary, "two keys": one.binary + two.binary}.get(before, b"rubbish"))
    path.chmod(mode)
    server.answer = gives(one.binary)
    options = {"path": str(path), "url": server.url, "fingerprint": one.fingerprint}
    assert run(**options)["changed"]
    assert path.read_bytes() == one.binary
    assert not run(**options)["changed"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda request: gives(key("two").armoured)(request), ["fingerprint: ", "was wished", "second source"]),
        (lambda request: gives(key("one").binary + key("two").binary)(request), ["fingerprint: ", "was wished"]),
        (gives(b"gone", status=404), ["url: ", "gave no key", "404"]),
        (gives(b"", status=503), ["url: ", "gave no key", "503"]),
        (gives(b"<html>welcome to the hotel</html>"), ["url: ", "no OpenPGP key"]),
        (gives(b""), ["url: ", "no OpenPGP key"]),
        (gives(bytes(1024 * 1024 + 1)), ["fingerprint: ", "no readable size"]),
        (lambda request: gives(key("one").binary[:-20])(request), ["url: ", "middle of a packet"]),
        (lambda request: gives(key("one").armoured[:-50])(request), ["url: ", "the armour has no end"]),
        (lambda request: gives(key("one").armoured[:100], 4000)(request), ["url: "]),
        (gives_a_broken_chunk, ["url: ", "broke off", "try again"]),
        (lambda request: request.connection.close(), ["url: ", "gave no key"]),
    ],
    ids=[
        "wrong",
        "two",
        "404",
        "503",
        "page",
        "empty",
        "huge",
        "half binary",
        "half armoured",
        "short",
        "chunk",
        "closed",
    ],
)
def test_what_is_not_the_key_is_told_and_nothing_is_written(
    server: Server, tmp_path: Path, answer: Answer, said: list[str]
) -> None:
    path = tmp_path / "docker.asc"
    path.write_bytes(b"as it was")
    server.answer = answer
    result = run(path=str(path), url=server.url, fingerprint=key("one").fingerprint)
    assert result["failed"]
    assert all(part in result["msg"] for part in said), result["msg"]
    assert server.url in result["msg"]
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("docker.asc", b"as it was")]


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_wrong_key_is_told_in_check_mode_too(server: Server, tmp_path: Path, check_mode: bool) -> None:
    server.answer = gives(key("two").armoured)
    result = run(check_mode, path=str(tmp_path / "k.asc"), url=server.url, fingerprint=key("one").fingerprint)
    assert result["failed"]
    assert f"gave the key {key('two').fingerprint}, and {key('one').fingerprint} was wished" in result["msg"]
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("answer", [hangs, hangs_half_way, drips])
def test_a_server_that_hangs_is_given_up(server: Server, tmp_path: Path, answer: Answer) -> None:
    server.answer = answer
    start = time.monotonic()
    options = {"path": str(tmp_path / "key.asc"), "url": server.url, "fingerprint": key("one").fingerprint}
    result = run(**options, timeout=1)
    assert time.monotonic() - start < 8
    assert result["failed"]
    assert result["msg"].startswith(f"url: {server.url}")
    assert "timed out" in result["msg"]
    assert os.listdir(tmp_path) == []
    server.answer = gives(key("one").armoured)
    assert run(**options)["changed"]


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    result = run(path=str(tmp_path / "key.asc"), url="http://127.0.0.1:9/gpg", fingerprint=key("one").fingerprint)
    assert result["failed"]
    assert "url: http://127.0.0.1:9/gpg gave no key" in result["msg"]
    assert "Check the address, the network and the proxy" in result["msg"]


@pytest.mark.parametrize("name", ["one", "two"])
def test_one_certificate_is_taken_out_of_a_keyring(tmp_path: Path, name: str) -> None:
    one, two, three = key("one"), key("two"), key("three")
    path = tmp_path / "trusted.gpg"
    path.write_bytes(one.binary + two.binary + three.binary)
    options = {"path": str(path), "fingerprint": key(name).fingerprint, "state": "absent"}
    left = [each for each in (one, two, three) if each.fingerprint != key(name).fingerprint]

    assert run(True, **options)["changed"]
    assert len(shown_by_gpg(path.read_bytes())) == 3
    result = run(**options)
    assert result["changed"]
    assert result["fingerprints"] == [each.fingerprint for each in left]
    assert path.read_bytes() == b"".join(each.binary for each in left)
    assert shown_by_gpg(path.read_bytes()) == result["fingerprints"]
    assert not run(**options)["changed"]


@pytest.mark.parametrize("form", ["armoured", "binary"])
def test_a_file_with_no_other_key_goes(tmp_path: Path, form: str) -> None:
    path = tmp_path / "docker.gpg"
    path.write_bytes(getattr(key("one"), form))
    options = {"path": str(path), "fingerprint": key("one").fingerprint, "state": "absent"}
    assert run(True, **options)["changed"]
    assert path.exists()
    assert run(**options)["changed"]
    assert not path.exists()
    assert not run(**options)["changed"]


def test_what_is_not_there_is_not_taken_out(tmp_path: Path) -> None:
    path = tmp_path / "trusted.gpg"
    for content in (key("two").binary, b"rubbish", b""):
        path.write_bytes(content)
        assert not run(path=str(path), fingerprint=key("one").fingerprint, state="absent")["changed"]
        assert path.read_bytes() == content


def test_an_armoured_file_of_several_keys_is_left_to_a_person_in_check_mode_too(tmp_path: Path) -> None:
    path = tmp_path / "keys.asc"
    path.write_bytes(key("one").armoured + key("two").armoured)
    before = path.read_bytes()
    for check_mode in (True, False):
        result = run(check_mode, path=str(path), fingerprint=key("one").fingerprint, state="absent")
        assert result["failed"]
        assert "split it by hand" in result["msg"]
        assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"fingerprint": "0EBFCD88"}, ["fingerprint: '0EBFCD88'", "40", "gpg --show-keys"]),
        ({"fingerprint": "Z" * 40}, ["fingerprint: "]),
        ({}, ["url: needed"]),
    ],
)
def test_bad_options_are_refused_by_name(tmp_path: Path, options: dict[str, str], said: list[str]) -> None:
    result = run(**{"path": str(tmp_path / "k"), "fingerprint": "A" * 40, **options})
    assert result["failed"]
    assert all(part in result["msg"] for part in said)


def test_a_folder_in_the_files_place_is_told(tmp_path: Path) -> None:
    result = run(path=str(tmp_path), fingerprint="A" * 40, url="http://127.0.0.1:9/")
    assert result["failed"]
    assert f"path: {tmp_path} cannot be read" in result["msg"]
