# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is mounted where, by the kernel's own account; a device number would not tell a bind mount from its folder."""

from __future__ import annotations

import re
from typing import List, NamedTuple

_MOUNTINFO = "/proc/self/mountinfo"
_FDINFO = "/proc/self/fdinfo"


class Mount(NamedTuple):
    """``path`` is bytes, as names are; ``type`` is that of the file system, ``source`` what is mounted."""

    path: bytes
    type: str
    source: str = ""


def below(folder: bytes, text: bytes) -> List[Mount]:
    """Mounts on what is below the folder, in the order in which they were made. ``text`` is what mountinfo reads."""
    return [mount for mount in all_of(text) if mount.path.startswith(folder.rstrip(b"/") + b"/")]


def all_of(text: bytes) -> List[Mount]:
    return [_parsed(line) for line in text.splitlines()]


def mountinfo() -> bytes:
    with open(_MOUNTINFO, "rb") as stream:
        return stream.read()


def mount_of(descriptor: int) -> int:
    """The number of the mount in which an open file lies. Raises OSError where the kernel does not tell it."""
    with open(f"{_FDINFO}/{descriptor}", encoding="ascii") as stream:
        found = re.search(r"^mnt_id:\s*(\d+)$", stream.read(), re.MULTILINE)
    if not found:
        raise OSError(f"{_FDINFO} has no mnt_id, so that nothing tells what is mounted")
    return int(found.group(1))


def _parsed(line: bytes) -> Mount:
    """``36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue``, proc(5)."""
    left, _dash, right = line.partition(b" - ")
    kind, _space, rest = right.partition(b" ")
    source = rest.partition(b" ")[0]
    return Mount(
        _unescaped(left.split(b" ")[4]), kind.decode("ascii", "replace"), _unescaped(source).decode("utf-8", "replace")
    )


def _unescaped(text: bytes) -> bytes:
    """A space, a tab, a line end and a backslash are written as three octal digits."""
    return re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found.group(1), 8)]), text)
