# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many images containerd's store holds for an engine, read from its database: it answers where no engine does.

The database is bbolt's: pages, of which the first two are meta pages; a bucket is a tree of branch and leaf pages, or,
while it is small, a leaf within its parent's value (go.etcd.io/bbolt, db.go, page.go and bucket.go, format version 2).
containerd's schema is v1 / NAMESPACE / images / NAME (containerd, core/metadata/buckets.go). Pages that a reader may
see are never written again, so that it needs no lock.
"""

from __future__ import annotations

import mmap
import os
import struct
from typing import Iterator, List, Optional, Tuple, Union

from .._common.engine_paths import CONTAINERD_DATABASE

Data = Union[bytes, mmap.mmap]

_MAGIC = 0xED0CDAED
_BRANCH, _LEAF = 1, 2
# Of a leaf's element. Others are values, such as the number of containerd's schema beside its namespaces.
_IS_BUCKET = 1
_PAGE = struct.Struct("<QHHI")
_META = struct.Struct("<IIIIQQQQQ")
_BRANCH_ELEMENT, _LEAF_ELEMENT = struct.Struct("<IIQ"), struct.Struct("<IIII")
_BUCKET = struct.Struct("<QQ")
# A tree of pages is a handful deep, and has no page twice; what is read of one that is broken has an end.
_DEPTH, _MOST = 32, 20000
_OBJECTS = (b"images", b"containers", b"content", b"snapshots", b"sandboxes")


def count(folder: str, namespace: str) -> int:
    """Of the containerd whose data lies in ``folder``; 0 where there is none, or none that can be read."""
    try:
        with open(os.path.join(folder, CONTAINERD_DATABASE), "rb") as handle:
            data = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):
        return 0
    with data:
        return count_in(data, namespace)


def count_in(data: Data, namespace: str) -> int:
    try:
        return _Database(data).count(b"v1", namespace.encode(), b"images")
    except (ValueError, struct.error):
        return 0


def namespaces(folder: str) -> List[str]:
    """Those that hold anything. Raises ValueError where that cannot be read; a folder without a database has none."""
    try:
        with open(os.path.join(folder, CONTAINERD_DATABASE), "rb") as handle:
            data = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
        with data:
            database = _Database(data)
            # Labels and leases are nothing that could be lost.
            return [
                name.decode("utf-8", "replace")
                for name in database.names(b"v1")
                if any(database.count(b"v1", name, kind) for kind in _OBJECTS)
            ]
    except FileNotFoundError:
        return []
    except (OSError, IndexError, struct.error) as error:
        raise ValueError(f"{folder}/{CONTAINERD_DATABASE}: {error}") from error


class _Database:
    def __init__(self, data: Data) -> None:
        self._data = data
        # The page size is in the meta pages, of which the second is a page further; both may be torn, not at once.
        first = self._meta(0)
        second = self._meta(first[2]) if first else self._meta(mmap.PAGESIZE)
        self._left = _MOST
        newest = max((meta for meta in (first, second) if meta), key=lambda meta: meta[8])
        self._page_size, self._root = newest[2], newest[4]

    def count(self, *path: bytes) -> int:
        """How many keys the bucket at the end of the path has."""
        page = self._at(*path)
        return 0 if page is None else sum(1 for _element in self._elements(page))

    def names(self, *path: bytes) -> List[bytes]:
        page = self._at(*path)
        return [] if page is None else [name for name, _value, _is_bucket in self._elements(page)]

    def _at(self, *path: bytes) -> Optional[int]:
        page: Optional[int] = self._root * self._page_size
        for name in path:
            page = self._bucket(page, name) if page is not None else None
        return page

    def _meta(self, start: int) -> Optional[Tuple[int, ...]]:
        if start + _PAGE.size + _META.size > len(self._data):
            return None
        found = _META.unpack_from(self._data, start + _PAGE.size)
        return found if found[0] == _MAGIC and found[1] == 2 else None

    def _bucket(self, page: int, name: bytes) -> Optional[int]:
        """Where the page of a bucket within a bucket begins."""
        for key, value, is_bucket in self._elements(page):
            if key == name and is_bucket:
                root = _BUCKET.unpack_from(self._data, value)[0]
                return int(root * self._page_size) if root else value + _BUCKET.size
        return None

    def _elements(self, page: int, depth: int = 0) -> Iterator[Tuple[bytes, int, bool]]:
        """Each key, where its value begins, and whether that is a bucket."""
        self._left -= 1
        # Unpacking takes no place that is larger than a size can be.
        if depth > _DEPTH or page > len(self._data) or self._left < 0:
            raise ValueError("no database of bbolt's")
        _number, flags, elements, _overflow = _PAGE.unpack_from(self._data, page)
        if flags not in (_BRANCH, _LEAF):
            raise ValueError("no database of bbolt's")
        for index in range(elements):
            if flags == _BRANCH:
                element = page + _PAGE.size + index * _BRANCH_ELEMENT.size
                child = _BRANCH_ELEMENT.unpack_from(self._data, element)[2]
                yield from self._elements(child * self._page_size, depth + 1)
                continue
            element = page + _PAGE.size + index * _LEAF_ELEMENT.size
            kind, position, key_size, _value_size = _LEAF_ELEMENT.unpack_from(self._data, element)
            start = element + position
            yield self._data[start : start + key_size], start + key_size, bool(kind & _IS_BUCKET)
