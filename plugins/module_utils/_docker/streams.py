# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine answers bit by bit: its progress, and what containers print."""

from __future__ import annotations

import json


def progress_error(stream: bytes) -> str | None:
    """The error inside a stream of progress messages: such requests answer 200 and fail later."""
    for line in stream.decode("utf-8", "replace").splitlines():
        try:
            message = json.loads(line)
        except ValueError:
            continue
        if isinstance(message, dict) and message.get("error"):
            return str(message["error"])
    return None


def demultiplex(stream: bytes) -> tuple[bytes, bytes]:
    """Standard output and standard error of a container without a TTY, from the engine's framed log stream."""
    parts: dict[int, list[bytes]] = {1: [], 2: []}
    position = 0
    while position + 8 <= len(stream):
        kind, start = stream[position], position + 8
        position = start + int.from_bytes(stream[position + 4 : start], "big")
        parts.setdefault(kind, []).append(stream[start:position])
    return b"".join(parts[1]), b"".join(parts[2])


def in_order(stream: bytes) -> bytes:
    """Both outputs as they came, from the same framed stream."""
    parts, position = [], 0
    while position + 8 <= len(stream):
        start = position + 8
        position = start + int.from_bytes(stream[position + 4 : start], "big")
        parts.append(stream[start:position])
    return b"".join(parts)
