# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""File, key, what is in the way, and index: all of it, or nothing. With the real apt, and a real signature."""

from __future__ import annotations

import http.server
import os
import re
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.openpgp_keys import key
from ansible_collections.dockyard.gpu.tests.unit.plugins.modules.signed_repository import site as sites
from ansible_collections.dockyard.gpu.tests.unit.plugins.modules.signed_repository.conftest import Host
from ansible_collections.dockyard.gpu.tests.unit.plugins.modules.signed_repository.site import FLAT, SUITE, Site, gives

SIGNED_BY_K = "URIs: http://x\nSigned-By: /k.asc\n"
DEBIAN = "deb http://deb.example.org/debian trixie main # Debian's own\n"


def test_a_repository_becomes_known_once(host: Host, site: Site) -> None:
    before = host.state()
    previewed = host.run(True)
    assert host.state() == before
    result = host.run()
    assert previewed["changes"] == result["changes"]
    assert [each["what"] for each in result["changes"]] == ["repository_key", "repository", "index"]
    assert previewed["diff"] == result["diff"]
    assert result["diff"][1]["after"] == host.source.read_text() == host.content()
    assert stat.S_IMODE(host.source.stat().st_mode) == 0o644
    assert any(name.endswith("_Packages") for name in host.lists())
    site.asked.clear()
    again = host.run()
    assert (again["changed"], again["changes"], again["diff"]) == (False, [], [])
    assert site.asked == []


def test_a_flat_repository_becomes_known_too(host: Host, site: Site) -> None:
    content = f"Types: deb\nURIs: {site.url}{FLAT}/\nSuites: /\nArchitectures: amd64\nSigned-By: {host.key}\n"
    assert host.run(content=content)["changed"]
    assert any(name.endswith("_flat_Packages") for name in host.lists())
    site.asked.clear()
    assert not host.run(content=content)["changed"]
    assert site.asked == []


@pytest.mark.parametrize("lost", ["index", "content", "mode"])
def test_what_someone_changed_is_put_right(host: Host, lost: str) -> None:
    host.run()
    if lost == "index":
        for name in host.lists():
            (host.root / "var/lib/apt/lists" / name).unlink()
    elif lost == "content":
        host.source.write_text("Types: deb\n")
    else:
        host.source.chmod(0o600)
    assert [each["what"] for each in host.run()["changes"]] == [*(["repository"] if lost != "index" else []), "index"]
    assert not host.run()["changed"]
    assert host.lists()


def test_what_else_names_the_repository_goes_and_its_neighbours_stay(host: Host, site: Site) -> None:
    old_key = host.write("usr/share/keyrings/old.gpg", key("one").binary)
    whole = host.write("etc/apt/sources.list.d/old.list", f"deb [signed-by={old_key}] {site.base} stable main\n")
    mixed = host.write(
        "etc/apt/sources.list",
        f"# a remark\n{DEBIAN}deb http://joe:opensesame@{site.base[7:]}/ stable main # x\n{DEBIAN}",
    )
    cached = host.write("etc/apt/sources.list.d/c.list", "deb http://cache:3142/vendor.example.org/linux/deb x y\n")
    paragraphs = host.write(
        "etc/apt/sources.list.d/all.sources",
        "# Debian\nTypes: deb\nURIs: http://deb.example.org\nSuites: a\nComponents: b\n\n"
        f"# The vendor\nTypes: deb\nURIs: {site.base}\nSuites: stable\nComponents: main\n\n"
        "Types: deb\nURIs: http://vendor.example.org.evil.net/linux\nSuites: c\nComponents: d\n",
    )
    result = host.run(also_known_as=["https://vendor.example.org/linux/"])
    assert [(each["what"], Path(each["path"]).name) for each in result["changes"]] == [
        ("repository_key", "vendor.asc"),
        ("repository", "vendor.sources"),
        ("foreign_repository", "c.list"),
        ("foreign_repository", "old.list"),
        ("foreign_repository_lines", "sources.list"),
        ("foreign_repository_lines", "all.sources"),
        ("foreign_key", "old.gpg"),
        ("index", "vendor.sources"),
    ]
    assert not any(path.exists() for path in (old_key, whole, cached))
    assert mixed.read_text() == f"# a remark\n{DEBIAN}{DEBIAN}"
    assert paragraphs.read_text() == (
        "# Debian\nTypes: deb\nURIs: http://deb.example.org\nSuites: a\nComponents: b\n\n"
        "Types: deb\nURIs: http://vendor.example.org.evil.net/linux\nSuites: c\nComponents: d\n"
    )
    assert "opensesame" not in str(result)
    assert not host.run(also_known_as=["https://vendor.example.org/linux/"])["changed"]


def test_an_address_beside_another_in_one_entry_is_left_to_a_person(host: Host, site: Site) -> None:
    host.write(
        "etc/apt/sources.list.d/all.sources", f"Types: deb\nURIs: {site.base} http://x.org\nSuites: a\nComponents: b\n"
    )
    before = host.state()
    for check_mode in (True, False):
        result = host.run(check_mode)
        assert result["failed"]
        assert "all.sources names the repository and another in one entry; remove its URL by hand" in result["msg"]
        assert host.state() == before


def test_a_repository_whose_key_is_here_already_leaves_what_else_names_it(host: Host, site: Site) -> None:
    own_key = host.write("usr/share/keyrings/debian-archive-keyring.gpg", key("one").binary)
    own = host.write("etc/apt/sources.list", f"deb [signed-by={own_key}] {site.base} stable main\n")
    result = host.run(key=None, content=host.content(own_key))
    assert [each["what"] for each in result["changes"]] == ["repository", "index"]
    assert own.exists()
    assert not host.run(key=None, content=host.content(own_key))["changed"]


FAULTS: dict[str, tuple[str, Any, str]] = {
    "missing": (f"{SUITE}/InRelease", gives(b"", status=404), "Release file"),
    "signed by another": (
        f"{SUITE}/InRelease",
        lambda request: gives(sites.release("two", "main/binary-amd64/Packages"))(request),
        "InRelease",
    ),
    "unsigned": (f"{SUITE}/InRelease", gives(b"Suite: stable\n"), "InRelease"),
    "half an index": (f"{SUITE}/main/binary-amd64/Packages", gives(sites.PACKAGES[:50]), "Packages"),
    "no index": (f"{SUITE}/main/binary-amd64/Packages", gives(b"", status=404), "Packages"),
    "hangs": (f"{SUITE}/InRelease", sites.hangs, "127.0.0.1|did not end within 5 s"),
    "drips": (f"{SUITE}/InRelease", sites.drips, "did not end within 5 s"),
}
SLOW = ("hangs", "drips")


def crowd(host: Host) -> None:
    """What a change has to touch, and to put back: files, parts of files, links, attributes, access lists."""
    host.write("etc/apt/keyrings/vendor.asc", key("two").armoured, 0o640)
    host.write("etc/apt/sources.list.d/vendor.sources", "Types: deb\nURIs: http://x\nSuites: a\nComponents: b\n", 0o600)
    os.utime(host.source, (1000, 2000))
    host.write("etc/apt/trusted.gpg", key("one").binary + key("three").binary)
    host.write("etc/apt/sources.list", f"{DEBIAN}deb {host.site.base} stable main\n")
    (host.root / "etc/apt/sources.list.d/link.list").symlink_to(
        host.write("elsewhere", f"deb {host.site.base} stable main\n")
    )


@pytest.mark.parametrize("fault", [*FAULTS, "missing, on a bare host"])
def test_all_or_nothing(host: Host, site: Site, fault: str) -> None:
    path, answer, said = FAULTS[fault.split(",")[0]]
    if fault in FAULTS:
        crowd(host)
    if fault in SLOW:
        host.write("etc/apt/keyrings/vendor.asc", key("one").armoured)
    site.answers[path] = answer
    then = host.state()
    # Not for the key, which is there: on a busy machine a second is short.
    result = host.run(timeout=1 if fault in SLOW else 60)
    assert result["failed"]
    assert result["reason"] == "index"
    assert re.search(said, result["msg"])
    assert "Everything is as it was" in result["msg"]
    assert host.state() == then
    if fault == "missing":
        # And the run after the mend goes through.
        site.in_order()
        assert host.run()["changed"]
        assert not host.run()["changed"]
        assert not (host.root / "etc/apt/sources.list.d/link.list").is_symlink()


def test_a_signal_ends_it_with_everything_as_it_was(host: Host, site: Site) -> None:
    crowd(host)

    def interrupts(request: http.server.BaseHTTPRequestHandler) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        sites.hangs(request)

    site.answers[f"{SUITE}/InRelease"] = interrupts
    then = host.state()
    result = host.run(timeout=60)
    assert result["reason"] == "interrupted"
    assert "SIGTERM" in result["msg"]
    assert host.state() == then
    children = subprocess.run(["ps", "--ppid", str(os.getpid()), "-o", "comm="], capture_output=True, text=True).stdout
    assert "apt-get" not in children.split(), "it is not left behind"


def test_a_lock_is_waited_for(host: Host) -> None:
    with Locked(host.root / "var/lib/apt/lists/lock") as lock:
        then = host.state()
        result = host.run(lock_timeout=1)
        assert (result["failed"], result["reason"]) == (True, "lock")
        assert "lists/lock" in result["msg"]
        assert host.state() == then
        threading.Timer(2, lock.release).start()
        assert host.run(lock_timeout=120)["changed"]
    assert host.lists()


class Locked:
    """By another process: what one's own process locks does not lock out its own children's children."""

    def __init__(self, path: Path) -> None:
        take = f"import fcntl, sys; f = open({str(path)!r}, 'w'); fcntl.lockf(f, fcntl.LOCK_EX)"
        command = [sys.executable, "-c", f"{take}; print('held', flush=True); sys.stdin.read()"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self) -> Locked:
        assert self._process.stdout
        assert self._process.stdout.readline() == b"held\n"
        return self

    def release(self) -> None:
        self._process.communicate()

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.wait()


def test_what_cannot_be_written_is_reported(host: Host) -> None:
    folder = host.root / "etc/apt/sources.list.d/vendor.sources"
    folder.mkdir()
    result = host.run()
    assert (result["failed"], result["reason"]) == (True, "file")
    assert str(folder) in result["msg"]
    assert not host.key.exists()


def test_the_indexes_of_all_repositories_are_read_if_desired(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a stand-in for apt-get, since the real one would leave a trace on this machine."""
    program = host.write("programs/apt-get", f'#!/bin/sh\necho "$@" > {tmp_path}/asked\n', 0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    assert {"what": "index", "path": "all"} in host.run(index="all")["changes"]
    asked = (tmp_path / "asked").read_text()
    assert asked.startswith("update ")
    assert "SourceList" not in asked
    assert "update-success-stamp" in asked


@pytest.mark.parametrize("shared", [False, True])
def test_a_repository_can_go_again(host: Host, shared: bool) -> None:
    host.run()
    other = host.write("etc/apt/sources.list.d/other.list", f"deb [signed-by={host.key}] http://x.org a b\n")
    if not shared:
        other.unlink()
    absent: dict[str, Any] = {"state": "absent", "key": {"path": str(host.key)}}
    then = host.state()
    assert host.run(True, **absent)["changed"]
    assert host.state() == then
    assert [each["what"] for each in host.run(**absent)["changes"]] == [
        "foreign_repository",
        *([] if shared else ["foreign_key"]),
    ]
    assert not host.source.exists()
    assert host.key.exists() is shared
    assert not host.run(**absent)["changed"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"content": "", "state": "absent", "vendor_keys": ["0EBFCD88"]},
            ["'0EBFCD88'", "40", "--show-keys"],
        ),
        (
            {"content": SIGNED_BY_K, "key": {"path": "/k.asc", "url": "http://x", "fingerprint": "0EBFCD88"}},
            ["fingerprint: '0EBFCD88'"],
        ),
        (
            {"content": SIGNED_BY_K, "key": {"path": "/k.asc", "url": "http://x", "fingerprint": "Z" * 40}},
            ["fingerprint: "],
        ),
        ({"key": {"path": "/k.asc", "url": "http://x", "fingerprint": "A" * 40}}, ["content: Signed-By is ", "/k.asc"]),
        (
            {"content": "URIs: http://x\n", "key": {"path": "/k.asc", "url": "http://x", "fingerprint": "A" * 40}},
            ["content: Signed-By is missing"],
        ),
        (
            {"content": SIGNED_BY_K, "key": {"path": "/k", "url": "http://x", "fingerprint": "A" * 40}},
            ["key.path: /k ends with neither .asc nor .gpg"],
        ),
        ({"vendor_keys": ["0EBFCD88"]}, ["fingerprint: '0EBFCD88'"]),
        ({"key": {"path": "/k.asc", "fingerprint": "A" * 40}}, ["key.url: needed"]),
        ({"key": {"path": "/k.asc", "url": "http://x"}}, ["key.fingerprint: needed"]),
        ({"content": ""}, ["content: needed"]),
        ({"path": "/etc/apt/sources.list.d/x.list"}, ["does not end with .sources"]),
    ],
)
def test_bad_options_are_rejected_by_name(host: Host, options: dict[str, Any], said: list[str]) -> None:
    then = host.state()
    result = host.run(**options)
    assert result["failed"]
    assert all(part in result["msg"] for part in said), result["msg"]
    assert host.state() == then
