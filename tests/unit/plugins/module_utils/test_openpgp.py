# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
import itertools

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils import openpgp
from ansible_collections.dockyard.gpu.plugins.module_utils.openpgp import OpenPGPError
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.openpgp_keys import key, needs_gpg, shown_by_gpg
from hypothesis import given
from hypothesis import strategies as st

# A version 4 public key packet of no real algorithm: framing is all that is read.
BODY = b"\x04" + bytes(5)
PACKETS = st.binary(max_size=40).map(lambda body: b"\x98" + bytes([len(body)]) + body)


@needs_gpg
@pytest.mark.parametrize("algorithm", ["ed25519", "rsa2048", "nistp256"])
def test_fingerprints_are_gpgs(algorithm: str) -> None:
    made = key("one", algorithm)
    for data in (made.binary, made.armoured):
        assert openpgp.fingerprints(data) == shown_by_gpg(data) == [made.fingerprint]
    assert openpgp.is_armoured(made.armoured)
    assert not openpgp.is_armoured(made.binary)


@needs_gpg
def test_several_certificates_are_told_apart() -> None:
    one, two = key("one"), key("two")
    for data in (
        one.binary + two.binary,
        one.armoured + two.armoured,
        b"words\n" + one.armoured + b"\n" + two.armoured,
    ):
        assert openpgp.fingerprints(data) == shown_by_gpg(data) == [one.fingerprint, two.fingerprint]
    # A certificate is everything up to the next: taken apart and put together it is the file.
    certificates = openpgp.certificates(one.binary + two.binary)
    assert [each.data for each in certificates] == [one.binary, two.binary]


@needs_gpg
@pytest.mark.parametrize(
    "mangle",
    [
        lambda armoured: armoured.replace(b"\n", b"\r\n"),
        lambda armoured: armoured.replace(b"\n\n", b"\nVersion: GnuPG v1\nComment: a: b\n\n", 1),
        lambda armoured: armoured.replace(b"\n\n", b"\n \t\n", 1),
        lambda armoured: b"\n".join(line for line in armoured.split(b"\n") if not line.startswith(b"=")),
    ],
    ids=["CRLF", "headers", "spaces in the empty line", "no checksum"],
)
def test_armour_comes_in_many_forms(mangle: object) -> None:
    made = key("one")
    assert callable(mangle)
    assert openpgp.fingerprints(mangle(made.armoured)) == [made.fingerprint]


@needs_gpg
def test_half_a_key_is_no_key() -> None:
    data = key("one").binary
    ends = set(itertools.accumulate(len(packet) for _tag, _body, packet in openpgp._packets(data)))
    for length in set(range(len(data))) - ends:
        with pytest.raises(OpenPGPError):
            openpgp.fingerprints(data[:length])
    armoured = key("one").armoured
    for length in range(0, len(armoured) - 2, 7):
        with pytest.raises(OpenPGPError):
            openpgp.fingerprints(armoured[:length])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no public key in it"),
        (b"<html><body>404</body></html>", "not an OpenPGP file"),
        (b"\x00" * 100, "not an OpenPGP file"),
        (b"KBXf\x00\x00", "not an OpenPGP file"),
        (b"\xb4\x01x", "the first packet is no public key"),
        (b"\x98", "middle of a packet"),
        (b"\x98\x06" + BODY[:3], "middle of a packet"),
        (b"\x99\x00", "middle of a packet"),
        (b"\x98\x06" + BODY + b"\xcd\xff", "middle of a packet"),
        (b"\x98\x06" + BODY + b"\xcd\xff\x00\x00", "middle of a packet"),
        (b"\xc6\xe0x", "partial length"),
        (b"\x9b\x01x", "unknown length"),
        (b"\x98\x01\x03", "a key of version 3"),
        (b"\x98\x00", "a key of version 0"),
        (b"\xc6\xff\x00\x01\x00\x00\x04" + bytes(65535), "no key is as long"),
        (b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ", "the armour has no end"),
        (b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!\n-----END PGP PUBLIC KEY BLOCK-----", "not base64"),
        (b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ\n-----END PGP PUBLIC KEY BLOCK-----", "not base64"),
    ],
)
def test_what_is_no_key_is_said_to_be_none(data: bytes, reason: str) -> None:
    with pytest.raises(OpenPGPError, match=reason):
        openpgp.fingerprints(data)


def test_every_length_of_a_packet_is_read() -> None:
    # RFC 9580, section 4.2: the same packet in old and new framing.
    framings = [b"\x98\x06", b"\x99\x00\x06", b"\x9a\x00\x00\x00\x06", b"\xc6\x06", b"\xc6\xff\x00\x00\x00\x06"]
    assert len({openpgp.fingerprints(framing + BODY)[0] for framing in framings}) == 1
    long = b"\x04" + bytes(199)
    assert openpgp.fingerprints(b"\xc6\xc0\x08" + long) == openpgp.fingerprints(b"\x98\xc8" + long)


def test_a_version_6_key_has_the_longer_fingerprint() -> None:
    # RFC 9580, appendix A.3: a sample certificate's primary key.
    body = bytes.fromhex("0663877fe31b00000020f94da7bb48d60a61e567706a6587d0331999bb9d891a08242ead84543df895a3")
    (found,) = openpgp.fingerprints(b"\xc6" + bytes([len(body)]) + body)
    assert found == "CB186C4F0609A697E4D52DFA6C722B0C1F1E27C18A56708F6525EC27BAD9ACC9"


@given(st.binary(max_size=300) | st.lists(PACKETS).map(b"".join))
def test_bytes_are_a_key_or_an_openpgp_error(data: bytes) -> None:
    for candidate in (data, b"\x98\x06" + BODY + data):
        try:
            certificates = openpgp.certificates(candidate)
        except OpenPGPError:
            continue
        assert b"".join(each.data for each in certificates) == candidate


@given(st.binary(max_size=200))
def test_armour_of_anything_is_a_key_or_an_openpgp_error(inside: bytes) -> None:
    data = b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n" + inside + b"\n-----END PGP PUBLIC KEY BLOCK-----\n"
    with contextlib.suppress(OpenPGPError):
        assert openpgp.fingerprints(data)


@pytest.mark.parametrize(
    "pasted",
    [
        "9DC8 5822 9FC7 DD38 854A  E2D8 8D81 803C 0EBF CD88",
        "0x9dc858229fc7dd38854ae2d88d81803c0ebfcd88",
        " 9DC858229FC7DD38854AE2D88D81803C0EBFCD88\u00a0",
    ],
)
def test_fingerprints_are_taken_as_people_paste_them(pasted: str) -> None:
    assert openpgp.normalise(pasted) == "9DC858229FC7DD38854AE2D88D81803C0EBFCD88"
