# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A key file is exactly one key, or an error. What apt makes of the same bytes: test_apt_trust.py."""

from __future__ import annotations

import functools
import itertools
import re

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._packages import openpgp
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.openpgp import OpenPGPError
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.vendor import normalise
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils import hostile_keys
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.openpgp_keys import (
    exported_together,
    key,
    needs_gpg,
    shown_by_gpg,
)
from hypothesis import example, given
from hypothesis import strategies as st

# A version 4 public key packet of no real algorithm: framing is all that is read.
BODY = b"\x04" + bytes(5)
SUFFIXES = (".asc", ".gpg")


@needs_gpg
@pytest.mark.parametrize("algorithm", ["ed25519", "rsa2048", "nistp256"])
def test_what_gpg_exports_is_in_our_form_already(algorithm: str) -> None:
    made = key("one", algorithm)
    for data, suffix in ((made.binary, ".gpg"), (made.armoured, ".asc")):
        certificate = openpgp.certificate(data)
        assert [certificate.fingerprint] == shown_by_gpg(data) == [made.fingerprint]
        assert openpgp.in_form_of(f"key{suffix}", certificate) == data
        assert openpgp.is_in_form(f"key{suffix}", data)
    assert not openpgp.is_in_form("key.asc", made.binary)
    assert not openpgp.is_in_form("key.gpg", made.armoured)


@needs_gpg
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_key_is_taken_as_people_publish_it(suffix: str) -> None:
    good = key("good")
    for name, data in hostile_keys.published(good).items():
        certificate = openpgp.certificate(data)
        assert certificate.fingerprint == good.fingerprint, name
        written = openpgp.in_form_of(f"key{suffix}", certificate)
        assert shown_by_gpg(written) == [good.fingerprint], name
        assert openpgp.is_in_form(f"key{suffix}", written), name
        assert openpgp.certificate(written).packets == certificate.packets, name


@needs_gpg
def test_anything_beside_the_key_is_an_error_that_names_it() -> None:
    reported, wanted = {}, {}
    for name, file in hostile_keys.hostile(key("good"), key("evil")).items():
        try:
            reported[name] = f"taken as {openpgp.certificate(file.data).fingerprint}"
        except OpenPGPError as error:
            reported[name] = file.said if re.search(file.said, str(error)) else str(error)
        wanted[name] = file.said
        assert not openpgp.is_in_form("key.asc", file.data)
        assert not openpgp.is_in_form("key.gpg", file.data)
    assert reported == wanted


@needs_gpg
def test_several_keys_are_distinguished_where_several_may_be() -> None:
    one, two = key("one"), key("two")
    for data in (one.binary + two.binary, one.armoured + b"\r\n" + two.armoured, exported_together("one", "two")):
        assert [each.fingerprint for each in openpgp.keyring(data)] == [one.fingerprint, two.fingerprint]
        with pytest.raises(OpenPGPError, match=r"2 keys|several armours"):
            openpgp.certificate(data)
    # A certificate is everything up to the next: taken apart and put together it is the file.
    assert [each.data for each in openpgp.keyring(one.binary + two.binary)] == [one.binary, two.binary]


@needs_gpg
def test_half_a_key_is_no_key() -> None:
    data = key("one").binary
    ends = set(itertools.accumulate(len(openpgp._packet(*part)) for part in openpgp.certificate(data).packets))
    for length in set(range(len(data))) - ends:
        with pytest.raises(OpenPGPError):
            openpgp.certificate(data[:length])
    armoured = key("one").armoured
    for length in range(0, len(armoured) - 2, 7):
        with pytest.raises(OpenPGPError):
            openpgp.certificate(armoured[:length])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no public key in it"),
        (b"\n\n", "no public key in it"),
        (b"<html><body>404</body></html>", "not an OpenPGP file"),
        (b"\x00" * 100, "not an OpenPGP file"),
        (b"\x98" + bytes(openpgp.LARGEST), "more than 1048576 bytes"),
        (b"\xb4\x01x", "the first packet is no public key"),
        (b"\x98", "middle of a packet"),
        (b"\x98\x06" + BODY[:3], "middle of a packet"),
        (b"\x99\x00", "middle of a packet"),
        (b"\x98\x06" + BODY + b"\xcd\xff", "middle of a packet"),
        (b"\x98\x06" + BODY + b"\xcd\xff\x00\x00", "middle of a packet"),
        (b"\xc6\xe0x", "partial length"),
        (b"\x9b\x01x", "unknown length"),
        (b"\x98\x01\x03", "a key of version 3"),
        (b"\x98\x01\x05", "a key of version 5"),
        (b"\x98\x00", "a key of version 0"),
        (b"\xc6\xff\x00\x01\x00\x00\x04" + bytes(65535), "no key is as long"),
        (b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ", "the armour has no end"),
        (
            b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!\n-----END PGP PUBLIC KEY BLOCK-----",
            "'!!' in the armour is not",
        ),
        (b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ\n-----END PGP PUBLIC KEY BLOCK-----", "not base64"),
        (b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmR==\n-----END PGP PUBLIC KEY BLOCK-----", "not base64 as it is"),
    ],
)
def test_what_is_no_key_is_said_to_be_none(data: bytes, reason: str) -> None:
    with pytest.raises(OpenPGPError, match=reason):
        openpgp.certificate(data)


def test_every_length_of_a_packet_is_read_and_written_in_one_way() -> None:
    # RFC 9580, section 4.2: the same packet in old and new framing.
    framings = [b"\x98\x06", b"\x99\x00\x06", b"\x9a\x00\x00\x00\x06", b"\xc6\x06", b"\xc6\xff\x00\x00\x00\x06"]
    found = {openpgp.in_form_of("key.gpg", openpgp.certificate(framing + BODY)) for framing in framings}
    assert found == {b"\x98\x06" + BODY}
    long = b"\x04" + bytes(199)
    assert openpgp.certificate(b"\xc6\xc0\x08" + long).packets == openpgp.certificate(b"\x98\xc8" + long).packets


@pytest.mark.parametrize("tag", [2, 13, 17])
@pytest.mark.parametrize("size", [0, 1, 191, 192, 255, 256, 8383, 8384, 65535, 65536])
def test_packets_of_all_sizes_come_back_as_they_were(tag: int, size: int) -> None:
    parts = ((6, BODY), (tag, bytes(size)))
    written = openpgp.in_form_of("key.gpg", openpgp.Certificate("", parts, b""))
    assert openpgp.certificate(written).packets == parts
    assert openpgp.is_in_form("key.gpg", written)


def test_a_version_6_key_has_the_longer_fingerprint() -> None:
    # RFC 9580, appendix A.3: a sample certificate's primary key.
    body = bytes.fromhex("0663877fe31b00000020f94da7bb48d60a61e567706a6587d0331999bb9d891a08242ead84543df895a3")
    found = openpgp.certificate(b"\xc6" + bytes([len(body)]) + body)
    assert found.fingerprint == "CB186C4F0609A697E4D52DFA6C722B0C1F1E27C18A56708F6525EC27BAD9ACC9"


# Any certificate as far as it is read, and what an attacker has at hand.
PARTS = st.tuples(st.sampled_from([2, 13, 14, 17]), st.binary(max_size=40)).map(
    lambda part: (part[0], b"\x04" + part[1] if part[0] == 14 else part[1])
)
CERTIFICATES = st.lists(PARTS, max_size=4).map(lambda parts: [(6, BODY), *parts])
ANY_PACKET = st.builds(hostile_keys.framed, st.integers(0, 63), st.binary(max_size=40), st.sampled_from([0, 5]))
LINES = st.sampled_from(
    [
        *(
            f"-----{word} {kind}-----"
            for word in ("BEGIN", "END")
            for kind in ("PGP PUBLIC KEY BLOCK", "PGP MESSAGE", "X")
        ),
        *(
            "",
            " ",
            "\t",
            "=",
            "=AAAA",
            "Comment: x",
            "Comment: -----BEGIN X-----",
            "mA",
            "mAYEAAAAAAA=",
            "- -----",
            "\x00",
        ),
        *("-----END PGP PUBLIC KEY BLOCK----- x", "=AAAA -----END PGP PUBLIC KEY BLOCK-----", "\r", "\x0b", "é"),
    ]
)


def taken(data: bytes) -> openpgp.Certificate | None:
    try:
        return openpgp.certificate(data)
    except OpenPGPError as error:
        said = str(error)
    assert said.isprintable(), said
    return None


def only_one_or_an_error(data: bytes) -> None:
    """The property of the parser: exactly one key in our own form, which is the same key to another reader, or none."""
    found = taken(data)
    if not found:
        return
    for suffix in SUFFIXES:
        written = openpgp.in_form_of(f"key{suffix}", found)
        again = openpgp.certificate(written)
        assert (again.fingerprint, again.packets) == (found.fingerprint, found.packets)
        assert openpgp.in_form_of(f"key{suffix}", again) == written
    tags = [tag for tag, _body in found.packets]
    assert (tags[0], tags.count(6)) == (6, 1)
    assert set(tags) <= {2, 6, 13, 14, 17}
    # No byte of the file but those of the packets: binary, nothing is left over; armoured, one armour is all of it.
    if openpgp.is_binary(data):
        assert found.data == data
    else:
        ((lines, inside),) = openpgp.blocks(data)
        assert (lines, inside) == (data, found.data)
        assert data.count(b"-----BEGIN ") == data.count(b"-----END ") == 1
    assert openpgp.is_in_form("key.asc", data) == (data == openpgp.in_form_of("key.asc", found))


@given(CERTIFICATES, st.booleans(), st.sampled_from([0, 5]))
def test_whatever_a_certificate_is_made_of_comes_back(parts: hostile_keys.Packets, armoured: bool, length: int) -> None:
    data = hostile_keys.joined(parts, length)
    found = openpgp.certificate(openpgp.armour(data) if armoured else data)
    assert list(found.packets) == parts
    only_one_or_an_error(openpgp.armour(data) if armoured else data)


@given(st.binary(max_size=300) | st.lists(ANY_PACKET, max_size=5).map(b"".join))
@example(hostile_keys.framed(5, BODY))
def test_packets_of_any_kind_are_one_key_or_an_error(data: bytes) -> None:
    own = hostile_keys.framed(6, BODY)
    for candidate in (data, own + data, data + own, own + data + own):
        only_one_or_an_error(candidate)
        only_one_or_an_error(openpgp.armour(candidate))


@given(st.lists(LINES | st.text(max_size=70), max_size=12), st.sampled_from(["\n", "\r\n", "\r"]), st.data())
def test_lines_of_any_kind_are_one_key_or_an_error(lines: list[str], end: str, data: st.DataObject) -> None:
    armour = openpgp.armour(hostile_keys.framed(6, BODY)).decode().split("\n")
    at, within = data.draw(st.integers(0, len(lines))), data.draw(st.integers(0, len(armour)))
    # Lines around the armour, and lines in it.
    for candidate in ([*lines[:at], *armour, *lines[at:]], [*armour[:within], *lines, *armour[within:]]):
        only_one_or_an_error(end.join(candidate).encode("utf-8", "surrogatepass"))


@functools.cache
def files() -> list[bytes]:
    good, evil = key("good"), key("evil")
    return [
        *(file.data for file in hostile_keys.hostile(good, evil).values()),
        *hostile_keys.published(good).values(),
        *(evil.binary, evil.armoured, evil.secret),
    ]


# By a signature of which a length was changed: gpg takes nothing from the file then, and trusts no one.
UNREADABLE: list[str] = []


@functools.cache
def seen_by_gpg(data: bytes) -> list[str]:
    try:
        return shown_by_gpg(data)
    except AssertionError as error:
        if "no valid OpenPGP data found" not in str(error):
            raise
        return UNREADABLE


@needs_gpg
@given(st.data())
def test_whatever_becomes_of_real_keys_gpg_sees_one_of_them_or_there_is_an_error(data: st.DataObject) -> None:
    """Cut, joined, with bytes changed: what is taken and written is the one key that gpg sees in it, if any."""
    pieces = []
    for source in data.draw(st.lists(st.sampled_from(files()), min_size=1, max_size=2)):
        start, end = (data.draw(st.just(edge) | st.integers(0, len(source))) for edge in (0, len(source)))
        pieces.append(source[start:end])
    mixed = bytearray(data.draw(st.sampled_from([b"", b"\n", b"\r\n", b"\x00"])).join(pieces))
    for at in data.draw(st.lists(st.integers(0, max(len(mixed) - 1, 0)), max_size=2)) if mixed else []:
        mixed[at] = data.draw(st.sampled_from(b"\n\r\x00 =-A\x98\xc6\x95\xff"))
    only_one_or_an_error(bytes(mixed))
    found = taken(bytes(mixed))
    known = {key("good").fingerprint, key("evil").fingerprint}
    # A key of which a byte was changed is another, and not even a key to gpg.
    if found and found.fingerprint in known:
        for suffix in SUFFIXES:
            assert seen_by_gpg(openpgp.in_form_of(f"key{suffix}", found)) in ([found.fingerprint], UNREADABLE)


@pytest.mark.parametrize(
    "pasted",
    [
        "9DC8 5822 9FC7 DD38 854A  E2D8 8D81 803C 0EBF CD88",
        "0x9dc858229fc7dd38854ae2d88d81803c0ebfcd88",
        " 9DC858229FC7DD38854AE2D88D81803C0EBFCD88\u00a0",
    ],
)
def test_fingerprints_are_taken_as_people_paste_them(pasted: str) -> None:
    assert normalise(pasted) == "9DC858229FC7DD38854AE2D88D81803C0EBFCD88"
