# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key files in which someone put something beside the pinned key, and forms in which honest people publish theirs."""

from __future__ import annotations

import zlib
from typing import NamedTuple

from ansible_collections.dockyard.gpu.plugins.module_utils._packages.openpgp import armour
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.openpgp_keys import Key, clearsigned, key

SIGNATURE, SECRET, PUBLIC, SECRET_SUB, USER_ID, SUB, ATTRIBUTE = 2, 5, 6, 7, 13, 14, 17
BEGIN, END = b"-----BEGIN PGP PUBLIC KEY BLOCK-----", b"-----END PGP PUBLIC KEY BLOCK-----"
Packets = list[tuple[int, bytes]]


class File(NamedTuple):
    data: bytes
    # What the error names, as a pattern.
    said: str


def packets(data: bytes) -> Packets:
    """Of what gpg wrote: the old framing, but for attributes. Not by the parser that is tested with it."""
    found, at = [], 0
    while at < len(data):
        assert data[at] & 0xC0 == 0x80
        width = 1 << (data[at] & 3)
        length = int.from_bytes(data[at + 1 : at + 1 + width], "big")
        start = at + 1 + width
        found.append((data[at] >> 2 & 0x0F, data[start : start + length]))
        at = start + length
    return found


def framed(tag: int, body: bytes, length: int = 0) -> bytes:
    """In the new framing; with the shortest length that it has, or one of 5 bytes."""
    size = len(body)
    if size < 192 and length != 5:
        return bytes([0xC0 | tag, size]) + body
    if size < 8384 and length != 5:
        return bytes([0xC0 | tag]) + (size - 192 + 0xC000).to_bytes(2, "big") + body
    return bytes([0xC0 | tag, 255]) + size.to_bytes(4, "big") + body


def joined(parts: Packets, length: int = 0) -> bytes:
    return b"".join(framed(*part, length=length) for part in parts)


def retagged(parts: Packets, tags: dict[int, int]) -> Packets:
    return [(tags.get(tag, tag), body) for tag, body in parts]


def armoured_as(data: bytes, kind: bytes) -> bytes:
    return armour(data).replace(b"PGP PUBLIC KEY BLOCK", kind)


def partial(tag: int, body: bytes) -> bytes:
    """In two pieces, the first of 32 bytes."""
    return bytes([0xC0 | tag, 0xE0 | 5]) + body[:32] + bytes([len(body) - 32]) + body[32:]


def published(good: Key) -> dict[str, bytes]:
    """One key, as it is published: all of it is taken, and none of the form is kept."""
    text = good.armoured
    return {
        "armour": text,
        "binary": good.binary,
        "headers": text.replace(b"\n\n", b"\nVersion: GnuPG v1\nComment: https://gpgtools.org: \xc3\xa4\n\n", 1),
        "empty header": text.replace(b"\n\n", b"\nComment: Hostname: \nVersion:\n\n", 1),
        "CRLF": text.replace(b"\n", b"\r\n"),
        "blanks in the empty line": text.replace(b"\n\n", b"\n \t\n", 1),
        "empty lines around": b"\n\r\n" + text + b"\n\n",
        "no line end": text.rstrip(b"\n"),
        "no checksum": b"".join(line for line in text.splitlines(keepends=True) if not line.startswith(b"=")),
        "one long line": BEGIN + b"\n\n" + b"".join(armour(good.binary).split(b"\n")[2:-3]) + b"\n" + END + b"\n",
        "new framing": joined(packets(good.binary)),
        "new framing, armoured": armour(joined(packets(good.binary))),
        "long lengths": joined(packets(good.binary), length=5),
        # Keys have these too, and other people's signatures.
        "attribute": good.binary + framed(ATTRIBUTE, bytes(200)) + framed(ATTRIBUTE, bytes(9000)),
        # gpgv and sqv both pass by a subkey that the key did not sign.
        "stray subkey": good.binary + framed(SUB, packets(key("evil").binary)[0][1]),
    }


def hostile(good: Key, evil: Key) -> dict[str, File]:
    return {**_of_packets(good, evil), **_of_armours(good, evil), **_of_text(good, evil)}


def _of_packets(good: Key, evil: Key) -> dict[str, File]:
    theirs, secret = packets(evil.binary), packets(evil.secret)
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    deflated = raw.compress(evil.binary) + raw.flush()
    found = {
        "two keys": File(good.binary + evil.binary, "2 keys"),
        "two keys, the other first": File(evil.binary + good.binary, "2 keys"),
        "two keys, in one armour": File(armour(good.binary + evil.binary), "2 keys"),
        "secret key behind": File(good.binary + evil.secret, "a secret key"),
        "secret key behind, armoured": File(armour(good.binary + evil.secret), "a secret key"),
        "secret key before": File(evil.secret + good.binary, "a secret key"),
        "secret key before, armoured": File(armour(evil.secret + good.binary), "a secret key"),
        "secret key in the new framing": File(good.binary + joined(secret), "a secret key"),
        "public key as a secret one": File(good.binary + joined(retagged(theirs, {PUBLIC: SECRET})), "a secret key"),
        "secret subkeys": File(good.binary + joined(retagged(secret, {SECRET: SECRET_SUB})), "a secret subkey"),
        "subkey first": File(joined([(SUB, theirs[0][1])]) + good.binary, "the first packet"),
        "signature first": File(joined(theirs[2:3]) + good.binary, "the first packet"),
        "compressed": File(good.binary + framed(8, b"\x01" + deflated), "compressed"),
        "not really compressed": File(good.binary + framed(8, b"\x00" + evil.binary), "compressed"),
        "all compressed": File(framed(8, b"\x00" + good.binary), "compressed"),
        "literal": File(good.binary + framed(11, b"b\x00\x00\x00\x00\x00" + evil.binary), "literal"),
        "marker between": File(good.binary + framed(10, b"PGP") + evil.binary, "a marker"),
        "marker first": File(framed(10, b"PGP") + good.binary, "a marker"),
        "trust packet": File(good.binary + framed(12, b"\x00\x00"), "a trust packet"),
        "unknown length": File(good.binary + bytes([0x80 | USER_ID << 2 | 3]) + evil.binary, "unknown length"),
        "unknown length of the other key": File(good.binary + bytes([0x9B]) + theirs[0][1], "unknown length"),
        "partial lengths": File(good.binary + partial(PUBLIC, theirs[0][1]), "partial length"),
        "partial lengths of a user id": File(good.binary + partial(USER_ID, evil.binary[:100]), "partial length"),
        "line end behind": File(good.binary + b"\n", "where a packet should begin"),
        "armour behind": File(good.binary + evil.armoured, "where a packet should begin"),
        "armour behind, the other way round": File(evil.binary + good.armoured, "where a packet should begin"),
        "half": File(good.binary[:-3], "in the middle of a packet"),
        "subkey of another version": File(good.binary + framed(SUB, b"\x06" + theirs[0][1][1:]), "version"),
        "keybox": File(b"\x00\x00\x00\x20\x01\x01\x00\x02KBXf" + good.binary, "not an OpenPGP file"),
        "byte order mark": File(b"\xef\xbb\xbf" + good.armoured, "packet"),
        "UTF-16": File(good.armoured.decode().encode("utf-16"), "packet"),
    }
    for tag in (0, 1, 3, 4, 9, 15, 16, 18, 19, 20, 21, 39, 40, 60, 63):
        name = f"a packet of type {tag}"
        found[name] = File(good.binary + framed(tag, evil.binary), name)
        found[f"{name}, between"] = File(good.binary + framed(tag, b"PGP") + evil.binary, name)
    return found


def _of_armours(good: Key, evil: Key) -> dict[str, File]:
    found = {
        "two armours": File(good.armoured + evil.armoured, "several armours"),
        "two armours, the other first": File(evil.armoured + good.armoured, "several armours"),
        "armour in the headers": File(good.armoured.replace(b"\n\n", b"\n" + evil.armoured + b"\n", 1), "headers"),
        "armour in the armour": File(good.armoured.replace(END, evil.armoured + END), "not base64"),
        "dash-escaped": File(evil.armoured.replace(b"-----", b"- -----") + good.armoured, "outside of the armour"),
        "signed text before": File(clearsigned("evil", "hello\n") + good.armoured, "outside of the armour"),
        "empty armour before": File(BEGIN + b"\n\n" + END + b"\n" + good.armoured, "the armour is empty"),
        "other text in capitals": File(good.armoured.replace(b"PUBLIC", b"public"), "not an OpenPGP file"),
    }
    for kind in ("X", "PGP MESSAGE", "PGP SIGNATURE", "PGP PRIVATE KEY BLOCK", "PGP MESSAGE, PART 1/2", "CERTIFICATE"):
        other = armoured_as(evil.binary, kind.encode())
        found[f"{kind} before"] = File(other + good.armoured, "outside of the armour")
        found[f"{kind} behind"] = File(good.armoured + other, "outside of the armour")
        found[f"{kind} in a header"] = File(
            good.armoured.replace(b"\n\n", f"\nComment: -----BEGIN {kind}-----\n\n".encode(), 1), "headers"
        )
        found[f"{kind} instead"] = File(armoured_as(good.binary, kind.encode()), "not an OpenPGP file")
    return found


def _of_text(good: Key, evil: Key) -> dict[str, File]:
    text = good.armoured
    rest = evil.armoured.split(b"\n\n", 1)[1]
    lines = b"\n".join(rest.split(b"\n")[:-3])
    return {
        "END in the middle of a line": File(text.replace(b"\n" + END, b" " + END) + rest, "not base64"),
        "END in the middle of a line, armour behind": File(
            text.replace(b"\n" + END, b" " + END) + evil.armoured, "not base64"
        ),
        "END with a remark": File(text.replace(END, END + b" x") + rest, "not base64"),
        "END with a blank before": File(text.replace(END, b" " + END) + rest, "not base64"),
        "END with a blank behind": File(text.replace(END, END + b" ") + rest, "not base64"),
        "BEGIN with a remark": File(text.replace(BEGIN, BEGIN + b" x"), "outside of the armour"),
        "BEGIN in the middle of a line": File(text.replace(BEGIN, b"x " + BEGIN), "outside of the armour"),
        "words before": File(b"pub   ed25519\n" + text, "outside of the armour"),
        "words behind": File(text + b"words\n", "outside of the armour"),
        "base64 behind": File(text + lines + b"\n", "outside of the armour"),
        "base64 behind the checksum": File(text.replace(END, lines + b"\n" + END), "not base64"),
        "base64 of both": File(text.replace(b"\n=", b"\n" + lines + b"\n=", 1), "not base64|checksum"),
        "no empty line": File(text.replace(b"\n\n", b"\n", 1), "headers"),
        "header that is none": File(text.replace(b"\n\n", b"\nwords\n\n", 1), "headers"),
        "empty line in the middle": File(b"\n\n".join(text.rsplit(b"\n", 4)), "not base64"),
        "wrong checksum": File(text.replace(b"\n=", b"\n=A", 1)[: text.rindex(b"=") + 5] + b"\n" + END, "checksum"),
        "words behind the checksum": File(text.replace(b"\n" + END, b" x\n" + END), "checksum"),
        "two checksums": File(text.replace(END, text[text.rindex(b"\n=") + 1 :]), "not base64"),
        "carriage returns alone": File(text.replace(b"\n", b"\r"), "outside of the armour"),
        "carriage return in a line": File(text.replace(b"\n\n", b"\n\nAA\r", 1), "not base64"),
        "null before": File(b"\x00" + text, "outside of the armour"),
        "null in the empty line": File(text.replace(b"\n\n", b"\n\x00\n\n", 1), "headers"),
        "null in a header": File(text.replace(b"\n\n", b"\nComment: \x00\n\n", 1), "headers"),
        "null in base64": File(text.replace(b"\n\n", b"\n\n\x00", 1), "not base64"),
        "blanks in base64": File(text.replace(b"\n\nm", b"\n\nm ", 1), "not base64"),
        "blank before base64": File(text.replace(b"\n\n", b"\n\n ", 1), "not base64"),
        "blank behind base64": File(text.replace(b"\n=", b" \n=", 1), "not base64"),
        "base64 for addresses": File(text.replace(b"\n\nm", b"\n\n-_", 1), "not base64"),
        "form feeds": File(text.replace(b"\n", b"\x0c\n"), "outside of the armour"),
        "no end": File(text[: text.rindex(b"-----END")], "no end"),
        "quoted": File(text.replace(b"\n", b"\n> "), "headers"),
        "page": File(b"<html><pre>" + text + b"</pre></html>", "outside of the armour"),
    }


def dangerous(good: Key, evil: Key) -> dict[str, dict[str, bytes]]:
    """By distribution, those by which its apt trusts a repository that the other key signed: seen, not guessed."""
    files = {name: file.data for name, file in hostile(good, evil).items()}
    everywhere = ("two keys", "two keys, in one armour", "PGP MESSAGE before", "marker between")
    only = {
        # A shell script, which takes what stands between any BEGIN and END.
        "debian12": ("X before", "CERTIFICATE behind", "END in the middle of a line", "armour in the headers"),
        "debian13": ("secret key behind", "secret key behind, armoured", "secret key before"),
    }
    return {name: {each: files[each] for each in (*everywhere, *more)} for name, more in only.items()}
