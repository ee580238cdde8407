# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the texts of images and containers may be: the engine's own grammars, and what its command line can hold.

Sources: distribution's reference/regexp.go (names, tags, digests), moby's api and runconfig (names of containers,
volumes), docker/go-connections' nat (ports), community.docker 3 to 5 (how its modules call docker buildx).
"""

from __future__ import annotations

import ipaddress
import re
from typing import Tuple

from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json.nested import LIMITS

from .formats import PORT, Format, is_line, pattern

# A registry, with a port or without, then parts in small letters.
_HOST = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:.]+\])"
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_NAME = rf"(?:{_HOST}(?::{PORT})?/)?{_PART}(?:/{_PART})*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"@[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}"
_PORTS = rf"{PORT}(?:-{PORT})?"
_OBJECT = r"[A-Za-z0-9][A-Za-z0-9_.-]*"

IMAGE_NAME = pattern(_NAME, "must be the name of an image such as lab/jupyter, without its tag", most=255)
TAG = pattern(_TAG, "must be a tag: letters, digits and _, after the first also . and -")
IMAGE = pattern(
    rf"sha256:[0-9a-f]{{64}}|{_NAME}(?::{_TAG})?(?:{_DIGEST})?", "must be an image such as debian:13", most=400
)
STAGE = pattern(r"[A-Za-z0-9][A-Za-z0-9_.-]*", "must be the name or number of a stage", most=200)
PLATFORM = pattern(r"[a-z0-9_]+(?:/[a-z0-9_.]+){0,2}", "must be a platform such as linux/arm64", most=100)
NETWORK = pattern(_OBJECT, "must be the name of a network", most=250)
CONTAINER_NAME = pattern(
    r"[a-zA-Z0-9][a-zA-Z0-9_.-]+",
    "must be the name of a container: two or more letters, digits, '_', '.' and '-'",
    most=200,
)
# One part of --secret, which commas take apart.
SECRET_ID = pattern(r"[A-Za-z0-9_.-]+", "must be the id of a secret: letters, digits, '_', '.' and '-'", most=200)
SECRET_FILE = Format(
    lambda text: text.startswith("/") and is_line(text) and not set(text) & set(',"'),
    "must be the absolute path of a file, without commas and quotes",
)
ARGUMENT = pattern(r"[A-Za-z_][A-Za-z0-9_]*", "must be the name of a build argument", most=200)
# NAME=VALUE, to whoever reads it.
NAME = Format(
    lambda text: text != "" and "=" not in text and is_line(text),
    "must not be empty, or contain = or control characters",
)
_PUBLISHED = (
    rf"(?:(?:(?P<address>[0-9.]+|\[[0-9a-fA-F:.]+\]):)?(?P<outside>{_PORTS})?:)?"
    rf"(?P<inside>{_PORTS})(?:/(?:tcp|udp|sctp))?"
)


def _is_published(text: str) -> bool:
    found = re.fullmatch(_PUBLISHED, text)
    if not found or not _is_address(found["address"]):
        return False
    first, last = _range(found["inside"])
    # Of a range for one port, the engine takes one that is free; others go port by port.
    outside = _range(found["outside"] or found["inside"])
    return first <= last and outside[0] <= outside[1] and (first == last or outside[1] - outside[0] == last - first)


def _is_address(text: str) -> bool:
    try:
        return not text or bool(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        return False


def _range(text: str) -> Tuple[int, int]:
    first, _dash, last = text.partition("-")
    return int(first), int(last or first)


PORTS = Format(
    lambda text: len(text) <= 100 and _is_published(text),
    'must be a published port such as "8888:8888" or "127.0.0.1:8888:8888" (in quotes; from 1 to 65535, ranges '
    "ascending and of the same length on both sides)",
)
_VOLUME = r"(?:(?:/[^:]*|[A-Za-z0-9][A-Za-z0-9_.-]*):)?(?P<target>/[^:]*)(?::(?P<modes>[A-Za-z,]+))?"
# moby's volume/mounts/linux_parser.go: one at most of each kind.
_MODES = (
    ("rw", "ro"),
    ("z", "Z"),
    ("consistent", "delegated", "cached"),
    ("rprivate", "private", "rshared", "shared", "rslave", "slave"),
    ("nocopy",),
)


def _is_volume(text: str) -> bool:
    found = re.fullmatch(_VOLUME, text)
    if not found or not is_line(text) or not found["target"].strip("/"):
        return False
    kinds = [kind for mode in (found["modes"] or "").split(",") for kind in _MODES if mode in kind]
    return len(set(kinds)) == len(kinds) == len((found["modes"] or "").split(",")) * bool(found["modes"])


VOLUME = Format(
    _is_volume,
    "must be a volume such as /srv/data:/data or /srv/data:/data:ro, with absolute paths, and modes such as ro, Z or "
    "rslave",
)
_ULIMIT = r"(?P<name>[a-z]+):(?P<soft>-1|[0-9]{1,18})(?::(?P<hard>-1|[0-9]{1,18}))?"


def _is_ulimit(text: str) -> bool:
    found = re.fullmatch(_ULIMIT, text)
    if not found or found["name"] not in LIMITS:
        return False
    soft, hard = int(found["soft"]), int(found["hard"] or found["soft"])
    return hard == -1 or 0 <= soft <= hard


ULIMIT = Format(
    _is_ulimit,
    "must be a limit such as nofile:65536:1048576, the second not below the first; known: " + ", ".join(sorted(LIMITS)),
)
_SIZE = r"(?P<number>[0-9]{1,15}(?:\.[0-9]{1,3})?)(?:[bB]|(?P<unit>[kKmMgGtTpP])(?:i?[bB])?)?"
SIZE = Format(lambda text: 0 < size_in_bytes(text) < 2**63, "must be a size such as 8g")


def size_in_bytes(text: str) -> int:
    """As docker reads it: 8g, 8gb and 8GiB are the same. 0 for what is no size."""
    found = re.fullmatch(_SIZE, text)
    power = "kmgtp".find((found["unit"] or "-").lower()) + 1 if found else 0
    return int(float(found["number"]) * 1024**power) if found else 0


IPC = pattern(rf"none|private|shareable|host|container:{_OBJECT}", "must be an IPC mode such as host", most=250)
ACCOUNT = pattern(
    r"[A-Za-z0-9_][A-Za-z0-9_.@\\$-]*(?::[A-Za-z0-9_][A-Za-z0-9_.@\\$-]*)?",
    'must be a user such as "1000" or "ada:users"',
    most=200,
)
