# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose signatures apt has of a repository, by the index that it keeps: by them one that names no key needs some.

Nothing is verified: apt did, when it fetched the index. RFC 9580, section 5.2: a signature names its key.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Dict, Iterable, Iterator, List, Tuple

_BEGIN, _END = b"-----BEGIN PGP SIGNATURE-----", b"-----END PGP SIGNATURE-----"
_SIGNATURE = 2
_ISSUER, _FINGERPRINT = 16, 33


def of(data: bytes) -> List[str]:
    """Fingerprints or key ids, in an InRelease or a Release.gpg; none where it is not understood."""
    begin = data.rfind(_BEGIN)
    end = data.find(_END, begin)
    if begin < 0 or end < 0:
        return []
    lines = [line.strip() for line in data[begin:end].splitlines()[1:]]
    body = lines[lines.index(b"") + 1 :] if b"" in lines else lines
    # Most use it for the names of indexes alone.
    from .. import openpgp

    try:
        packets = base64.b64decode(b"".join(line for line in body if line[:1] != b"="), validate=True)
        found = [
            each for tag, body, _packet in openpgp.packets(packets) if tag == _SIGNATURE for each in _issuers(body)
        ]
    except (binascii.Error, openpgp.OpenPGPError, IndexError):
        return []
    return sorted(set(found))


def index_prefixes(found: Iterable[Dict[str, Any]]) -> List[str]:
    """How apt names the files of the entries' indexes (URItoFileName in apt's strutl.cc), without user and password."""
    result = []
    for entry in found:
        for uri in entry["uris"]:
            for suite in entry["suites"]:
                # A suite that ends with a slash is the very folder of the index.
                place = suite.lstrip("/") if suite.endswith("/") else f"dists/{suite}/"
                address = re.sub(r"^[^/@]*@", "", f"{uri}/{place}".split("://", 1)[-1])
                quoted = re.sub(r'[\\|{}\[\]<>"^~_=!@#$%&*]', lambda sign: f"%{ord(sign.group()):02x}", address)
                result.append(quoted.replace("/", "_"))
    return result


def is_by(signers: List[str], keys: List[str]) -> bool:
    """Whether one of the keys, by their fingerprints, is among the signers: a key id is the end of one."""
    return any(key.endswith(signer) for signer in signers for key in keys)


def _issuers(body: bytes) -> Iterator[str]:
    if body[0] == 3:
        yield body[7:15].hex().upper()
        return
    if body[0] != 4:
        return
    hashed = int.from_bytes(body[4:6], "big")
    at = 6 + hashed
    other = int.from_bytes(body[at : at + 2], "big")
    for kind, value in [*_parts(body[6:at]), *_parts(body[at + 2 : at + 2 + other])]:
        if kind == _ISSUER:
            yield value.hex().upper()
        elif kind == _FINGERPRINT:
            yield value[1:].hex().upper()


def _parts(data: bytes) -> Iterator[Tuple[int, bytes]]:
    at = 0
    while at < len(data):
        size, at = data[at], at + 1
        if size == 255:
            size, at = int.from_bytes(data[at : at + 4], "big"), at + 4
        elif size >= 192:
            size, at = ((size - 192) << 8) + data[at] + 192, at + 1
        # The sign of a part that has to be understood.
        yield data[at] & 0x7F, data[at + 1 : at + size]
        at += size
