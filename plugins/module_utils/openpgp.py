# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenPGP certificates: told apart and named by fingerprint, without gpg, which a minimal host does not have.

Only the framing of RFC 9580 is read (section 4, packet syntax; section 5.5.4, fingerprints; section 6, ASCII armour).
Nothing is verified here: apt verifies signatures with the very key whose fingerprint was compared.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Iterator, List, NamedTuple, Sequence, Tuple

_PUBLIC_KEY = 6
_ARMOUR_BEGIN = b"-----BEGIN PGP PUBLIC KEY BLOCK-----"
_ARMOUR_END = b"-----END PGP PUBLIC KEY BLOCK-----"


class OpenPGPError(ValueError):
    """The bytes are not an OpenPGP key file."""


class Certificate(NamedTuple):
    """One primary key with everything that follows it (user ids, signatures, subkeys)."""

    fingerprint: str
    data: bytes


def normalise(fingerprint: str) -> str:
    """Upper case, without the spaces and the 0x that people paste along."""
    text = fingerprint.replace(" ", "").replace("\u00a0", "").upper()
    return text[2:] if text.startswith("0X") else text


def is_armoured(data: bytes) -> bool:
    return _ARMOUR_BEGIN in data


def certificates(data: bytes) -> List[Certificate]:
    """Every certificate in a key file, binary or armoured."""
    result: List[Certificate] = []
    for block in _armoured_blocks(data) if is_armoured(data) else [data]:
        for tag, body, packet in _packets(block):
            if tag == _PUBLIC_KEY:
                result.append(Certificate(_fingerprint(body), packet))
            elif result:
                last = result[-1]
                result[-1] = Certificate(last.fingerprint, last.data + packet)
            else:
                raise OpenPGPError("the first packet is no public key")
    if not result:
        raise OpenPGPError("no public key in it")
    return result


def fingerprints(data: bytes) -> List[str]:
    return [certificate.fingerprint for certificate in certificates(data)]


def without(data: bytes, fingerprints_that_go: Sequence[str]) -> bytes:
    """The key file without some certificates, in its own form; empty where none is left."""
    if not is_armoured(data):
        return b"".join(each.data for each in certificates(data) if each.fingerprint not in fingerprints_that_go)
    result = b""
    for piece in data.split(_ARMOUR_BEGIN)[1:]:
        block = _ARMOUR_BEGIN + piece
        known = certificates(block)
        left = [each for each in known if each.fingerprint not in fingerprints_that_go]
        # A block that keeps all its keys stays to the letter.
        result += block if left == known else armour(b"".join(each.data for each in left)) if left else b""
    return result


def in_form_of(path: str, data: bytes) -> bytes:
    """apt goes by the suffix: a key that is armoured where it should not be, or the other way round, is none to it."""
    if path.endswith(".asc") and not is_armoured(data):
        return armour(data)
    if path.endswith(".gpg") and is_armoured(data):
        return b"".join(each.data for each in certificates(data))
    return data


def armour(data: bytes) -> bytes:
    text = base64.b64encode(data)
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    # gpg of today cannot read an armour without the checksum, though RFC 9580 advises against writing one.
    checksum = b"=" + base64.b64encode(_crc24(data).to_bytes(3, "big"))
    return b"\n".join([_ARMOUR_BEGIN, b"", *lines, checksum, _ARMOUR_END, b""])


def _crc24(data: bytes) -> int:
    """RFC 9580, section 6.1.1."""
    crc = 0xB704CE
    for byte in data:
        crc ^= byte << 16
        for _bit in range(8):
            crc = (crc << 1) ^ 0x1864CFB if crc & 0x800000 else crc << 1
    return crc


def _armoured_blocks(data: bytes) -> Iterator[bytes]:
    for piece in data.split(_ARMOUR_BEGIN)[1:]:
        if _ARMOUR_END not in piece:
            raise OpenPGPError("the armour has no end")
        lines = [line.strip() for line in piece.split(_ARMOUR_END)[0].strip(b"\r\n").split(b"\n")]
        # Headers such as "Version:" come before the first empty line; "=xxxx" is the checksum.
        if b"" in lines:
            lines = lines[lines.index(b"") + 1 :]
        try:
            yield base64.b64decode(b"".join(line for line in lines if not line.startswith(b"=")), validate=True)
        except binascii.Error as error:
            raise OpenPGPError("the armour is not base64") from error


def _packets(data: bytes) -> Iterator[Tuple[int, bytes, bytes]]:
    """(tag, body, whole packet) of every packet, old and new framing."""
    position = 0
    while position < len(data):
        start = position
        try:
            tag, length, position = _header(data, position)
        except IndexError as error:
            raise OpenPGPError("it ends in the middle of a packet") from error
        body = data[position : position + length]
        if len(body) != length:
            raise OpenPGPError("it ends in the middle of a packet")
        position += length
        yield tag, body, data[start:position]


def _header(data: bytes, position: int) -> Tuple[int, int, int]:
    first = data[position]
    if not first & 0x80:
        raise OpenPGPError("not an OpenPGP file")
    position += 1
    if first & 0x40:
        tag, size = first & 0x3F, data[position]
        if size < 192:
            return tag, size, position + 1
        if size < 224:
            return tag, ((size - 192) << 8) + data[position + 1] + 192, position + 2
        if size == 255:
            return tag, _number(data, position + 1, 4), position + 5
        raise OpenPGPError("a packet of partial length in a key")
    width = {0: 1, 1: 2, 2: 4}.get(first & 3)
    if width is None:
        raise OpenPGPError("a packet of unknown length in a key")
    return (first >> 2) & 0x0F, _number(data, position, width), position + width


def _number(data: bytes, position: int, width: int) -> int:
    if len(data) < position + width:
        raise IndexError(position)
    return int.from_bytes(data[position : position + width], "big")


def _fingerprint(body: bytes) -> str:
    version = body[0] if body else 0
    if version == 4 and len(body) > 0xFFFF:
        raise OpenPGPError("no key is as long as this")
    if version == 4:
        # SHA-1 is what names a version 4 key; it protects nothing here.
        return hashlib.sha1(b"\x99" + len(body).to_bytes(2, "big") + body).hexdigest().upper()  # noqa: S324
    if version == 6:
        return hashlib.sha256(b"\x9b" + len(body).to_bytes(4, "big") + body).hexdigest().upper()
    raise OpenPGPError(f"a key of version {version}")
