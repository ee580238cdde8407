# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenPGP certificates, without gpg, which a minimal host does not have: read strictly, and written in one form.

A key file is read by us, by Debian 12's apt (a shell script that takes every line between any two BEGIN and END lines,
then gpgv) and by Debian 13's (sqv). What one of them skips, another takes for a key. So whatever is not exactly a
certificate is an error here, and what is written is made anew from the packets, in a form that leaves nothing to
understand in two ways. Only the framing of RFC 9580 is read (section 4, packets; section 5.5.4, fingerprints; section
6, armour). Nothing is verified: apt verifies with the very key whose fingerprint was compared, and neither gpgv nor sqv
takes a subkey that this key did not sign.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Iterator, List, NamedTuple, Tuple

# Docker's key is 4 kB; what is far larger is a web page or worse.
LARGEST = 1024 * 1024
_PUBLIC_KEY = 6
_SUBKEY = 14
# What a certificate is made of (RFC 9580, section 10.1): signatures, keys, user ids, user attributes.
_PARTS = (2, _PUBLIC_KEY, 13, _SUBKEY, 17)
# gpg's remarks in a keyring of its own, such as apt-key's; no one publishes them.
_TRUST = 12
_OTHERS = {
    5: "a secret key",
    7: "a secret subkey",
    8: "compressed data",
    10: "a marker",
    11: "literal data",
    _TRUST: "a trust packet",
}
_BEGIN = b"-----BEGIN PGP PUBLIC KEY BLOCK-----"
_END = b"-----END PGP PUBLIC KEY BLOCK-----"
_LINE = re.compile(rb"[^\n]*\n|[^\n]+\Z")
# Version, Comment and their like. They are not written, so any text will do; but what looks like armour is no remark.
_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]*:(?!.*-----)[^\x00-\x08\x0b-\x1f\x7f]*")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}")


class OpenPGPError(ValueError):
    """The bytes are no key file, or hold something else too; says what."""


class Certificate(NamedTuple):
    """One primary key with what follows it. ``packets`` are (tag, body), and ``data`` the bytes as they came."""

    fingerprint: str
    packets: Tuple[Tuple[int, bytes], ...]
    data: bytes


def certificate(data: bytes) -> Certificate:
    """The one that a key file is, binary or in one armour."""
    parts = _parts(data)
    if len(parts) > 1:
        raise OpenPGPError("it has several armours")
    found = certificates(parts[0])
    if len(found) > 1:
        raise OpenPGPError(f"it has {len(found)} keys: {', '.join(each.fingerprint for each in found)}")
    if any(tag == _TRUST for tag, _body in found[0].packets):
        raise OpenPGPError(f"it has {_OTHERS[_TRUST]}, which no certificate has")
    return found[0]


def keyring(data: bytes) -> List[Certificate]:
    """All of them in a file of someone else's, which may have several, and armours one after the other."""
    return [each for part in _parts(data) for each in certificates(part)]


def fingerprints(of: Certificate) -> List[str]:
    """Its own, and those of its subkeys."""
    return [_fingerprint(body) for tag, body in of.packets if tag in (_PUBLIC_KEY, _SUBKEY)]


def in_form_of(path: str, wanted: Certificate) -> bytes:
    """The one form in which a certificate is written. apt goes by the suffix: .asc is armoured, .gpg binary."""
    data = b"".join(_packet(tag, body) for tag, body in wanted.packets)
    return armour(data) if path.endswith(".asc") else data


def is_in_form(path: str, data: bytes) -> bool:
    """Whether a file is exactly one certificate, to the byte as it would be written."""
    try:
        return data == in_form_of(path, certificate(data))
    except OpenPGPError:
        return False


def armour(data: bytes) -> bytes:
    text = base64.b64encode(data)
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    # gpg of today cannot read an armour without the checksum, though RFC 9580 advises against writing one.
    return b"\n".join([_BEGIN, b"", *lines, _checksum(data), _END, b""])


def is_binary(data: bytes) -> bool:
    return data[:1] >= b"\x80"


def blocks(data: bytes) -> List[Tuple[bytes, bytes]]:
    """(its lines to the letter, what is in it) of each armour.

    Harmless, since published keys have it and our own form has not: headers, CRLF, blanks in the empty line, empty
    lines around an armour, no checksum. An error is all else, since some parser takes it for something.
    """
    found: List[Tuple[bytes, bytes]] = []
    place, kept, body = "outside", b"", []  # type: str, bytes, List[bytes]
    for line in _LINE.findall(data):
        kept += line
        text = line[:-2] if line.endswith(b"\r\n") else line[:-1] if line.endswith(b"\n") else line
        empty = not text.strip(b" \t")
        if place == "outside" and text == _BEGIN:
            place, body = "headers", []
        elif place == "outside" and not empty:
            raise OpenPGPError(_outside(text, data))
        elif place == "headers" and empty:
            place = "inside"
        elif place == "headers" and not _HEADER.fullmatch(text):
            raise OpenPGPError(f"{_shown(text)} stands where an armour has headers")
        elif place == "inside" and text == _END:
            found.append((kept, _decoded(body)))
            place, kept = "outside", b""
        elif place == "inside":
            body.append(text)
    if place != "outside":
        raise OpenPGPError("the armour has no end")
    if found:
        found[-1] = (found[-1][0] + kept, found[-1][1])
    return found


def _parts(data: bytes) -> List[bytes]:
    """The packets of a file: of all of it, or of each armour."""
    if len(data) > LARGEST:
        raise OpenPGPError(f"it has more than {LARGEST} bytes")
    parts = [data] if is_binary(data) else [inside for _lines, inside in blocks(data)]
    if not parts:
        raise OpenPGPError("no public key in it")
    return parts


def _outside(text: bytes, data: bytes) -> str:
    return f"{_shown(text)} stands outside of the armour" if _BEGIN in data else "not an OpenPGP file"


def _decoded(lines: List[bytes]) -> bytes:
    checksum = lines.pop() if lines and lines[-1].startswith(b"=") else None
    for line in lines:
        if not _BASE64.fullmatch(line):
            raise OpenPGPError(f"{_shown(line)} in the armour is not base64")
    text = b"".join(lines)
    if not text:
        raise OpenPGPError("the armour is empty")
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise OpenPGPError("the armour is not base64") from error
    # Padding in the middle, or bits that no one reads: whatever has two readings has two forms.
    if base64.b64encode(data) != text:
        raise OpenPGPError("the armour is not base64 as it is written")
    if checksum not in (None, _checksum(data)):
        raise OpenPGPError(f"the armour's checksum {_shown(checksum or b'')} is wrong")
    return data


def _checksum(data: bytes) -> bytes:
    """RFC 9580, section 6.1.1, by a table: the key files of a host are read in every run."""
    crc = 0xB704CE
    for byte in data:
        crc = (crc << 8) & 0xFFFFFF ^ _CRC[(crc >> 16) ^ byte]
    return b"=" + base64.b64encode(crc.to_bytes(3, "big"))


def _crc_of(byte: int) -> int:
    crc = byte << 16
    for _bit in range(8):
        crc = (crc << 1) ^ 0x1864CFB if crc & 0x800000 else crc << 1
    return crc


_CRC = [_crc_of(byte) for byte in range(256)]


def certificates(data: bytes) -> List[Certificate]:
    found: List[Certificate] = []
    for tag, body, packet in packets(data):
        if tag == _PUBLIC_KEY:
            found.append(Certificate(_fingerprint(body), ((tag, body),), packet))
            continue
        if tag not in (*_PARTS, _TRUST):
            raise OpenPGPError(f"it has {_OTHERS.get(tag, f'a packet of type {tag}')}, which no certificate has")
        if not found:
            raise OpenPGPError("the first packet is no public key")
        last = found[-1]
        # RFC 9580, section 10.1: no parser is then in doubt whose subkey it is.
        if tag == _SUBKEY and body[:1] != last.packets[0][1][:1]:
            raise OpenPGPError("a subkey's version is not its key's")
        found[-1] = Certificate(last.fingerprint, (*last.packets, (tag, body)), last.data + packet)
    return found


def _packet(tag: int, body: bytes) -> bytes:
    """As `gpg --export` has it, so that what most vendors publish is in this form already: the old framing, and the
    shortest length; the new framing where the old knows no such tag."""
    if tag < 16:
        width = 1 if len(body) < 1 << 8 else 2 if len(body) < 1 << 16 else 4
        return bytes([0x80 | tag << 2 | {1: 0, 2: 1, 4: 2}[width]]) + len(body).to_bytes(width, "big") + body
    if len(body) < 192:
        return bytes([0xC0 | tag, len(body)]) + body
    if len(body) < 8384:
        return bytes([0xC0 | tag]) + (len(body) - 192 + (192 << 8)).to_bytes(2, "big") + body
    return bytes([0xC0 | tag, 255]) + len(body).to_bytes(4, "big") + body


def packets(data: bytes) -> Iterator[Tuple[int, bytes, bytes]]:
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
        raise OpenPGPError(f"{_shown(data[position:])} stands where a packet should begin")
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
        # A version 4 key is named by SHA-1 (RFC 9580). A pin needs that no second key has that name: it holds.
        return hashlib.sha1(b"\x99" + len(body).to_bytes(2, "big") + body).hexdigest().upper()  # noqa: S324
    if version == 6:
        return hashlib.sha256(b"\x9b" + len(body).to_bytes(4, "big") + body).hexdigest().upper()
    raise OpenPGPError(f"a key of version {version}")


def _shown(text: bytes) -> str:
    """Of a line that someone sent, as much as fits into a message, on one line."""
    return repr(text[:40])[1:] + ("…" if len(text) > 40 else "")
