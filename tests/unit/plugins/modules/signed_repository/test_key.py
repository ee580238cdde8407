# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key: known by its fingerprint, from a server that may give anything, and in no other place than its own."""

from __future__ import annotations

import os
import re
import stat
import time
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._packages import openpgp
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils import hostile_keys
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.openpgp_keys import (
    clearsigned,
    exported_together,
    key,
    shown_by_gpg,
)
from ansible_collections.dockyard.gpu.tests.unit.plugins.modules.signed_repository import site as sites
from ansible_collections.dockyard.gpu.tests.unit.plugins.modules.signed_repository.conftest import Host
from ansible_collections.dockyard.gpu.tests.unit.plugins.modules.signed_repository.site import Answer, Site, gives


@pytest.mark.parametrize("suffix", ["asc", "gpg"])
@pytest.mark.parametrize("form", ["armoured", "binary"])
def test_the_right_key_is_written_in_the_form_that_apt_takes_its_file_for(
    host: Host, site: Site, form: str, suffix: str
) -> None:
    one = key("one")
    site.answers["/linux/debian/gpg"] = gives(getattr(one, form))
    path = host.root / f"new/folder/vendor.{suffix}"
    options = {"key": host.key_options(path=str(path)), "content": host.content(path)}
    result = host.run(**options)
    assert result["changed"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert os.listdir(path.parent) == [path.name]
    assert shown_by_gpg(path.read_bytes()) == [one.fingerprint]
    # Real apt has verified the repository with it.
    assert host.lists()
    spaced = one.fingerprint[:20] + " " + one.fingerprint[20:].lower()
    site.asked.clear()
    assert not host.run(**{**options, "key": host.key_options(path=str(path), fingerprint=spaced)})["changed"]
    assert site.asked == [], "what is there is not fetched again"


@pytest.mark.parametrize("mode", [0o600, 0o646])
def test_a_key_that_apt_may_not_read_or_others_may_write_is_mended_without_the_network(
    host: Host, site: Site, mode: int
) -> None:
    host.run()
    host.key.chmod(mode)
    site.asked.clear()
    assert host.run(True)["changes"] == [{"what": "repository_key", "path": str(host.key)}]
    assert stat.S_IMODE(host.key.stat().st_mode) == mode
    assert host.run()["changed"]
    assert stat.S_IMODE(host.key.stat().st_mode) == 0o644
    assert not host.run()["changed"]
    assert site.asked == []


@pytest.mark.parametrize("place", ["link", "owner"])
def test_a_key_that_another_user_could_write_becomes_roots_file_without_the_network(
    host: Host, site: Site, place: str
) -> None:
    host.run()
    if place == "link":
        theirs = host.write("home/joe/key.asc", host.key.read_bytes())
        host.key.unlink()
        host.key.symlink_to(theirs)
    elif os.geteuid() == 0:
        os.chown(host.key, 1000, 1000)
    else:
        pytest.skip("only root gives files away")
    site.asked.clear()
    then = host.state()
    previewed = host.run(True)
    assert host.state() == then
    assert previewed["changes"] == [{"what": "repository_key", "path": str(host.key)}]
    assert host.run()["changes"] == previewed["changes"]
    status = host.key.lstat()
    assert (stat.S_ISREG(status.st_mode), status.st_uid) == (True, os.geteuid())
    assert host.key.read_bytes() == key("one").armoured
    assert site.asked == []
    assert not host.run()["changed"]


@pytest.mark.parametrize("place", ["link", "owner"])
def test_a_list_that_another_user_could_write_becomes_roots_file_too(host: Host, place: str) -> None:
    """Whoever writes it says which key apt trusts."""
    host.run()
    path = host.root / "etc/apt/sources.list.d/vendor.sources"
    if place == "link":
        theirs = host.write("home/joe/vendor.sources", path.read_bytes())
        path.unlink()
        path.symlink_to(theirs)
    elif os.geteuid() == 0:
        os.chown(path, 1000, 1000)
    else:
        pytest.skip("only root gives files away")
    content = path.read_bytes()
    previewed = host.run(True)
    assert {"what": "repository", "path": str(path)} in previewed["changes"]
    assert host.run()["changes"] == previewed["changes"]
    status = path.lstat()
    assert (stat.S_ISREG(status.st_mode), status.st_uid) == (True, os.geteuid())
    assert path.read_bytes() == content
    if place == "link":
        assert theirs.read_bytes() == content
    assert not host.run()["changed"]


@pytest.mark.parametrize("before", ["another key", "two keys", "no key"])
def test_what_is_not_exactly_the_key_is_replaced(host: Host, before: str) -> None:
    one, two = key("one"), key("two")
    data = {"another key": two.armoured, "two keys": one.armoured + two.armoured}.get(before, b"rubbish")
    host.write("etc/apt/keyrings/vendor.asc", data)
    result = host.run()
    assert result["changes"][0] == {"what": "repository_key", "path": str(host.key)}
    assert result["changes"][-1]["what"] == "index"
    assert host.key.read_bytes() == one.armoured
    assert result["diff"][0]["after"] == one.fingerprint + "\n"
    assert (two.fingerprint in result["diff"][0]["before"]) is (before != "no key")
    assert not host.run()["changed"]


def test_a_key_in_whatever_form_it_is_published_is_written_in_our_own(host: Host, site: Site) -> None:
    one = key("one")
    for number, (name, data) in enumerate(hostile_keys.published(one).items()):
        site.answers["/linux/debian/gpg"] = gives(data)
        path = host.root / f"etc/apt/keyrings/vendor.{('asc', 'gpg')[number % 2]}"
        options = {"key": host.key_options(path=str(path)), "content": host.content(path)}
        assert host.run(**options)["changed"], name
        assert host.lists(), name
        assert openpgp.is_in_form(str(path), path.read_bytes()), name
        assert not host.run(**options)["changed"], name
        path.unlink()


def test_the_right_key_in_another_form_is_written_anew_without_fetching_it(host: Host, site: Site) -> None:
    """As the bytes that came were written once: apt may read something else in them."""
    host.run()
    files = hostile_keys.published(key("one"))
    for name, data in {name: files[name] for name in ("binary", "headers", "CRLF", "new framing, armoured")}.items():
        certificate = openpgp.certificate(data)
        wanted = openpgp.in_form_of("key.asc", certificate)
        host.key.write_bytes(data)
        site.asked.clear()
        previewed = host.run(True)
        result = host.run()
        assert result["changes"] == previewed["changes"], name
        assert [each["what"] for each in result["changes"]] == ["repository_key", "index"], name
        assert result["diff"][0]["before"] != result["diff"][0]["after"], name
        assert host.key.read_bytes() == wanted, name
        assert "/linux/debian/gpg" not in site.asked, name
        assert not host.run()["changed"], name


def poisoned(host: Host, data: bytes) -> None:
    """The host as someone wanted it: apt has read an index by the file."""
    host.run()
    host.key.write_bytes(data)


def test_a_poisoned_host_heals(host: Host, site: Site) -> None:
    one, two = key("one"), key("two")
    files = {name: data for each in hostile_keys.dangerous(one, two).values() for name, data in each.items()}
    for name, data in {**files, "rubbish": b"rubbish", "empty": b""}.items():
        poisoned(host, data)
        for path in host.lists():
            (host.root / "var/lib/apt/lists" / path).write_bytes(b"read by the other key")
        then = host.state()
        previewed = host.run(True)
        assert host.state() == then, name
        result = host.run()
        assert result["changes"] == previewed["changes"], name
        assert [each["what"] for each in result["changes"]] == ["repository_key", "index"], name
        assert host.key.read_bytes() == one.armoured, name
        # It is verified when it is read, and never again.
        lists = [(host.root / "var/lib/apt/lists" / path).read_bytes() for path in host.lists()]
        assert sites.PACKAGES in lists, name
        assert b"read by the other key" not in lists, name
        assert not host.run()["changed"], name


@pytest.mark.parametrize("fault", ["key", "index", "signature", "mixed"])
def test_a_poisoned_host_trusts_no_one_where_it_cannot_heal(host: Host, site: Site, fault: str) -> None:
    one, two = key("one"), key("two")
    poisoned(host, hostile_keys.hostile(one, two)["PGP MESSAGE before"].data)
    if fault == "key":
        site.answers["/linux/debian/gpg"] = gives(host.key.read_bytes())
    elif fault == "signature":
        site.answers["/linux/debian/dists/stable/InRelease"] = gives(sites.release("two", "main/binary-amd64/Packages"))
    elif fault == "mixed":
        uris = f"{site.base} http://x.org"
        host.write("etc/apt/sources.list.d/all.sources", f"Types: deb\nURIs: {uris}\nSuites: a\nComponents: b\n")
    else:
        del site.answers["/linux/debian/dists/stable/InRelease"]
    then = host.state()
    assert host.run(True)["changes" if fault in ("index", "signature") else "failed"]
    assert host.state() == then
    result = host.run()
    assert result["failed"]
    assert f"{host.key} was not exactly one key ('-----BEGIN PGP MESSAGE-----' stands outside" in result["msg"]
    assert not host.key.exists()
    assert host.lists() == []
    site.in_order()
    if fault != "mixed":
        assert host.run()["changed"]
        assert not host.run()["changed"]


BAD_ANSWERS: list[tuple[str, Any, list[str]]] = [
    ("wrong", lambda request: gives(key("two").armoured)(request), ["fingerprint: ", "is pinned", "second source"]),
    ("two", lambda request: gives(key("one").binary + key("two").binary)(request), ["url: ", "it has 2 keys"]),
    ("404", gives(b"gone", status=404), ["url: ", "cannot download the signing key", "404"]),
    ("503", gives(b"", status=503), ["url: ", "cannot download the signing key", "503"]),
    ("page", gives(b"<html>welcome to the hotel</html>"), ["url: ", "not exactly one OpenPGP key"]),
    ("empty", gives(b""), ["url: ", "not exactly one OpenPGP key"]),
    ("huge", gives(bytes(1024 * 1024 + 1)), ["url: ", "more than 1048576 bytes"]),
    ("file", sites.redirects("file:///etc/passwd"), ["url: ", "redirects to file:///etc/passwd"]),
    ("ftp", sites.redirects("ftp://user:opensesame@127.0.0.1/gpg"), ["url: ", "redirects to ftp://***"]),
    ("round", sites.redirects("/linux/debian/gpg"), ["url: ", "redirects more than 5 times"]),
    ("nowhere", gives(b"", status=302), ["url: ", "cannot download the signing key", "302"]),
    ("half binary", lambda request: gives(key("one").binary[:-20])(request), ["url: ", "middle of a packet"]),
    ("half armoured", lambda request: gives(key("one").armoured[:-50])(request), ["url: ", "the armour has no end"]),
    ("short", lambda request: gives(key("one").armoured[:100], 4000)(request), ["url: "]),
    ("chunk", sites.gives_a_broken_chunk, ["url: ", "broke off", "Try again"]),
    ("closed", sites.closes, ["url: ", "cannot download the signing key"]),
]


@pytest.mark.parametrize(("answer", "said"), [each[1:] for each in BAD_ANSWERS], ids=[each[0] for each in BAD_ANSWERS])
def test_what_is_not_the_key_is_reported_and_nothing_is_written(
    host: Host, site: Site, answer: Answer, said: list[str]
) -> None:
    host.write("etc/apt/keyrings/vendor.asc", key("two").armoured)
    host.write("etc/apt/sources.list.d/old.list", f"deb {site.base} stable main\n")
    before = host.state()
    site.answers["/linux/debian/gpg"] = answer
    result = host.run()
    assert result["failed"]
    assert result["reason"] == "key"
    assert all(part in result["msg"] for part in said), result["msg"]
    assert site.key_url in result["msg"]
    assert "Everything is as it was" in result["msg"]
    assert "opensesame" not in str(result)
    assert host.state() == before
    assert set(site.asked) == {"/linux/debian/gpg"}


def test_nothing_beside_the_key_is_taken_from_a_server(host: Host, site: Site) -> None:
    then = host.state()
    for name, file in hostile_keys.hostile(key("one"), key("two")).items():
        site.answers["/linux/debian/gpg"] = gives(file.data)
        result = host.run()
        assert (result["failed"], result["reason"]) == (True, "key"), name
        assert re.search(file.said, result["msg"]), name
        assert host.state() == then, name


def test_a_key_by_https_stays_with_https(host: Host, site: Site, secure_site: Site) -> None:
    secure_site.answers["/here"] = gives(key("one").armoured)
    secure_site.answers["/moved"] = sites.redirects("/here", 301)
    secure_site.answers["/down"] = sites.redirects(site.key_url)
    secure_site.answers["/down/later"] = sites.redirects(f"{secure_site.url}/down", 307)
    then = host.state()
    for path in ("/down", "/down/later"):
        result = host.run(key=host.key_options(url=f"{secure_site.url}{path}"))
        assert result["failed"]
        said = f"url: {secure_site.url}/down redirects to {site.key_url}, which is not an https URL"
        assert said in result["msg"], result["msg"]
        assert host.state() == then
    assert site.asked == []
    assert host.run(True, key=host.key_options(url=f"{secure_site.url}/moved"))["changed"]
    # Whoever chose http has the fingerprint alone, and may be sent on, to https too.
    site.answers["/linux/debian/gpg"] = sites.redirects(f"{site.url}/elsewhere", 308)
    site.answers["/elsewhere"] = sites.redirects(f"{secure_site.url}/moved", 303)
    assert host.run()["changed"]
    assert host.key.read_bytes() == key("one").armoured


def test_a_wrong_key_is_reported_in_check_mode_too(host: Host, site: Site) -> None:
    site.answers["/linux/debian/gpg"] = gives(key("two").armoured)
    then = host.state()
    result = host.run(True)
    assert result["failed"]
    assert f"gave the key {key('two').fingerprint}, and {key('one').fingerprint} is pinned" in result["msg"]
    assert host.state() == then


@pytest.mark.parametrize("answer", [sites.hangs, sites.hangs_half_way, sites.drips])
def test_a_server_that_hangs_is_given_up(host: Host, site: Site, answer: Answer) -> None:
    site.answers["/linux/debian/gpg"] = answer
    before = host.state()
    start = time.monotonic()
    result = host.run(timeout=1)
    assert time.monotonic() - start < sites.PATIENCE
    assert result["failed"]
    assert result["msg"].startswith("url: ")
    assert site.url in result["msg"]
    assert "timed out" in result["msg"]
    assert host.state() == before


def test_a_server_that_is_not_there_is_reported(host: Host) -> None:
    result = host.run(key=host.key_options(url="http://127.0.0.1:9/gpg"))
    assert result["failed"]
    assert "url: cannot download the signing key http://127.0.0.1:9/gpg" in result["msg"]
    assert "Check the address, the network and the proxy" in result["msg"]


@pytest.mark.parametrize("form", ["binary", "armoured", "armoured, each alone"])
def test_the_key_is_taken_out_of_other_peoples_files(host: Host, form: str) -> None:
    keys = [key(name) for name in ("one", "two", "three")]
    if form == "binary":
        path = host.write("etc/apt/trusted.gpg", b"".join(each.binary for each in keys), 0o600)
    elif form == "armoured":
        path = host.write("etc/apt/keyrings/all.asc", exported_together("one", "two", "three"), 0o640)
    else:
        path = host.write("usr/share/keyrings/all.asc", b"".join(each.armoured for each in keys), 0o600)
    mode = path.stat().st_mode
    result = host.run(vendor_keys=[keys[2].fingerprint])
    assert {"what": "foreign_key", "path": str(path)} in result["changes"]
    assert shown_by_gpg(path.read_bytes()) == [keys[1].fingerprint]
    assert path.stat().st_mode == mode
    if form == "armoured, each alone":
        assert path.read_bytes() == keys[1].armoured
    (diff,) = [each for each in result["diff"] if each["before_header"] == str(path)]
    assert diff["before"].split() == [each.fingerprint for each in keys]
    assert diff["after"].split() == [keys[1].fingerprint]
    assert not host.run(vendor_keys=[keys[2].fingerprint])["changed"]


def test_a_file_with_no_other_key_goes_unless_another_repository_is_signed_by_it(host: Host) -> None:
    alone = host.write("etc/apt/trusted.gpg.d/vendor.gpg", key("one").binary)
    used = host.write("usr/share/keyrings/shared.asc", key("one").armoured)
    host.write("etc/apt/sources.list.d/other.list", f"deb [signed-by={used}] http://other.example.org x y\n")
    host.run()
    assert not alone.exists()
    assert used.read_bytes() == key("one").armoured


@pytest.mark.parametrize("name", ["trusted.gpg", "trusted.gpg.d/vendor.asc"])
@pytest.mark.parametrize(
    ("signed_by", "stays"), [("one", True), ("two", False), (None, True)], ids=["by it", "by another", "not known"]
)
def test_a_key_that_others_repository_needs_stays_where_apt_trusts_it_for_all(
    host: Host, name: str, signed_by: str | None, stays: bool
) -> None:
    """By the index that apt has of it; as old recipes have it, and again and again."""
    path = host.write(f"etc/apt/{name}", key("one").armoured if name.endswith(".asc") else key("one").binary)
    before = path.read_bytes()
    host.write("etc/apt/sources.list.d/other.list", "deb http://other.example.org/x stable main\n")
    if signed_by:
        signed = clearsigned(signed_by, "Origin: other\n")
        host.write("var/lib/apt/lists/other.example.org_x_dists_stable_InRelease", signed)
    host.run()
    assert path.exists() == stays
    assert not stays or path.read_bytes() == before
    assert not host.run()["changed"]


def test_a_file_that_is_not_understood_to_its_last_byte_is_left_alone(host: Host) -> None:
    one, two = key("one"), key("two")
    written = [
        host.write("etc/apt/trusted.gpg", one.binary + two.secret),
        host.write("etc/apt/trusted.gpg.d/odd.asc", two.armoured.replace(b"PUBLIC", b"PRIVATE") + one.armoured),
        host.write("usr/share/keyrings/odd.asc", b"words\n" + one.armoured + two.armoured),
    ]
    before = {path: path.read_bytes() for path in written}
    result = host.run()
    assert {each["what"] for each in result["changes"]} == {"repository_key", "repository", "index"}
    assert {path: path.read_bytes() for path in written} == before
