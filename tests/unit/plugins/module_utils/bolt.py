# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes databases of bbolt's, as containerd keeps its metadata in one: as much of the format as its reader reads."""

from __future__ import annotations

import struct
from typing import Any

MAGIC = 0xED0CDAED
Bucket = dict[str, Any]


class Database:
    """``write({"v1": {"moby": {"images": {"name": b""}}}})``: buckets are mappings, values are bytes."""

    def __init__(self, page_size: int = 4096, per_page: int = 1000) -> None:
        self.page_size, self.per_page = page_size, per_page
        self._pages: dict[int, bytes] = {}
        self._next = 4

    def write(self, content: Bucket, inline: bool = True) -> bytes:
        # The last change but one was from nothing.
        roots = [self._tree({}, inline), self._tree(content, inline)]
        for number, root in enumerate(roots):
            meta = struct.pack("<IIIIQQQQQQ", MAGIC, 2, self.page_size, 0, root, 0, 2, self._next, 7 + number, 0)
            self._pages[number] = struct.pack("<QHHI", number, 4, 0, 0) + meta
        self._pages[2] = struct.pack("<QHHI", 2, 0x10, 0, 0)
        pages = [self._pages.get(number, b"") for number in range(self._next)]
        return b"".join(page.ljust(self.page_size, b"\0") for page in pages)

    def _tree(self, content: Bucket, inline: bool) -> int:
        keys = sorted(content)
        groups = [keys[start : start + self.per_page] for start in range(0, len(keys), self.per_page)] or [[]]
        leaves = [self._put(self._leaf({key: content[key] for key in group}, inline)) for group in groups]
        if len(leaves) == 1:
            return leaves[0]
        elements, data = b"", b""
        for group, leaf in zip(groups, leaves, strict=True):
            name = group[0].encode()
            position = (len(leaves) - len(elements) // 16) * 16 + len(data)
            elements += struct.pack("<IIQ", position, len(name), leaf)
            data += name
        return self._put(struct.pack("<QHHI", 0, 1, len(leaves), 0) + elements + data)

    def _leaf(self, content: Bucket, inline: bool) -> bytes:
        elements, data = b"", b""
        for key, value in content.items():
            name, flags = key.encode(), 0
            if isinstance(value, dict):
                flags = 1
                small = inline and not any(isinstance(item, dict) for item in value.values())
                value = (
                    struct.pack("<QQ", 0, 0) + self._leaf(value, inline)
                    if small
                    else struct.pack("<QQ", self._tree(value, inline), 0)
                )
            position = (len(content) - len(elements) // 16) * 16 + len(data)
            elements += struct.pack("<IIII", flags, position, len(name), len(value))
            data += name + value
        return struct.pack("<QHHI", 0, 2, len(content), 0) + elements + data

    def _put(self, page: bytes) -> int:
        number = self._next
        needed = -(-len(page) // self.page_size)
        self._next += max(1, needed)
        for part in range(needed):
            self._pages[number + part] = page[part * self.page_size : (part + 1) * self.page_size]
        return number
