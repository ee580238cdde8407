# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the texts of images and containers may be: the engine's own grammars, and what its command line can hold.

Sources: distribution's reference/regexp.go (names, tags, digests), moby's api and runconfig (names of containers,
volumes), docker/go-connections' nat (ports), community.docker 3 to 5 (how its modules call docker buildx).
"""

from __future__ import annotations

import re

from ansible_collections.dockyard.gpu.plugins.plugin_utils.formats import PORT, Format, is_line, pattern

# A registry, with a port or without, then parts in small letters.
_HOST = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:.]+\])"
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_NAME = rf"(?:{_HOST}(?::{PORT})?/)?{_PART}(?:/{_PART})*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"@[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}"
_PORTS = rf"{PORT}(?:-{PORT})?"
_ADDRESS = r"(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|\[[0-9a-fA-F:.]+\])"
_OBJECT = r"[A-Za-z0-9][A-Za-z0-9_.-]*"

IMAGE_NAME = pattern(_NAME, "is no name of an image; give one such as lab/jupyter, and the tag beside it", most=255)
TAG = pattern(_TAG, "is no tag; letters, digits, and after the first of them . and -")
IMAGE = pattern(rf"sha256:[0-9a-f]{{64}}|{_NAME}(?::{_TAG})?(?:{_DIGEST})?", "is no image, such as debian:13", most=400)
STAGE = pattern(r"[A-Za-z0-9][A-Za-z0-9_.-]*", "is no name or number of a stage", most=200)
PLATFORM = pattern(r"[a-z0-9_]+(?:/[a-z0-9_.]+){0,2}", "is no platform such as linux/arm64", most=100)
NETWORK = pattern(_OBJECT, "is no name of a network", most=250)
CONTAINER_NAME = pattern(
    r"[a-zA-Z0-9][a-zA-Z0-9_.-]+", "is no name of a container: two or more letters, digits, '_', '.' and '-'", most=200
)
# One part of --secret, which commas take apart.
SECRET_ID = pattern(r"[A-Za-z0-9_.-]+", "is no id of a secret: letters, digits, '_', '.' and '-'", most=200)
SECRET_FILE = Format(
    lambda text: text.startswith("/") and is_line(text) and not set(text) & set(',"'),
    "is no absolute path of a file without commas and quotes",
)
ARGUMENT = pattern(r"[A-Za-z_][A-Za-z0-9_]*", "is no name of a build argument", most=200)
# NAME=VALUE, to whoever reads it.
NAME = Format(
    lambda text: text != "" and "=" not in text and is_line(text), "is no name: it is empty or has an = in it"
)
PORTS = pattern(
    rf"(?:{_ADDRESS}:)?(?:{_PORTS})?:?{_PORTS}(?:/(?:tcp|udp|sctp))?",
    'is no published port such as "8888:8888" or "127.0.0.1:8888:8888" (in quotes)',
    most=100,
)
_VOLUME = re.compile(r"(?:(?:/[^:]*|[A-Za-z0-9][A-Za-z0-9_.-]*):)?/[^:]*(?::[A-Za-z]+(?:,[A-Za-z]+)*)?")
VOLUME = Format(
    lambda text: is_line(text) and bool(_VOLUME.fullmatch(text)),
    "is no volume such as /srv/data:/data or /srv/data:/data:ro, with whole paths",
)
ULIMIT = pattern(
    r"[a-z]+:(?:-1|[0-9]{1,19})(?::(?:-1|[0-9]{1,19}))?", "is no limit such as nofile:65536:1048576", most=100
)
SIZE = pattern(r"[0-9]{1,15}(?:\.[0-9]{1,3})?(?:[bB]|[kKmMgGtTpP](?:i?[bB])?)?", "is no size such as 8g", most=30)
IPC = pattern(rf"none|private|shareable|host|container:{_OBJECT}", "is no IPC mode such as host", most=250)
ACCOUNT = pattern(
    r"[A-Za-z0-9_][A-Za-z0-9_.@\\$-]*(?::[A-Za-z0-9_][A-Za-z0-9_.@\\$-]*)?",
    'is no user such as "1000" or "ada:users"',
    most=200,
)
