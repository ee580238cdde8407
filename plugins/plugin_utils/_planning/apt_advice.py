# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do where apt or dpkg failed, by their own words: much of it has nothing to do with a repository."""

from __future__ import annotations

import re
from typing import Any, Iterator, Mapping

from ansible_collections.dockyard.gpu.plugins.module_utils._common.redaction import mask

# In this order: what is said of a full disk is followed by much that comes of it.
_CAUSES = (
    (
        re.compile(r"no space left on device|(?:not|n't have) enough free space|disk quota exceeded", re.I),
        "a disk of this host is full ({line}). `df -h` and `df -i` show which: packages need room in /var/cache/apt, "
        "/usr and /var, and an initramfs in /boot. Make room, and run again.",
    ),
    (
        re.compile(r"read-only file system", re.I),
        "a file system of this host cannot be written to ({line}). The kernel does this when a disk fails: see "
        "`dmesg`, repair it, and run again.",
    ),
    (
        re.compile(r"cannot allocate memory|out of memory", re.I),
        "this host has no memory left ({line}). Free some, and run again.",
    ),
    (
        re.compile(r"subprocess returned error exit status|sub-process \S*dpkg exited unexpectedly", re.I),
        "a package's own script failed ({line}). Its output above has the reason; fix it, and run again.",
    ),
)
_LOCK = re.compile(r"could not (?:get|open) lock|unable to (?:acquire|lock)", re.I)
_TEXTS = ("msg", "stderr", "stdout", "module_stderr")


def advice(result: Mapping[str, Any], otherwise: str) -> str:
    """A sentence by what any part of the result says; ``otherwise`` where that is nothing of the host's own."""
    lines = [line for text in _texts(result) for line in text.splitlines()]
    if any(_LOCK.search(line) for line in lines):
        return otherwise
    for pattern, words in _CAUSES:
        said = next((line for line in lines if pattern.search(line)), None)
        if said is not None:
            sentence = words.format(line=mask(_short(said, pattern)))
            return sentence[0].upper() + sentence[1:]
    return otherwise


def _texts(result: Mapping[str, Any]) -> Iterator[str]:
    for each in result.get("results") or []:
        if isinstance(each, Mapping) and each.get("failed"):
            yield from _texts(each)
    yield from (str(result[name]) for name in _TEXTS if result.get(name))


def _short(line: str, pattern: re.Pattern[str]) -> str:
    """The words, with what comes just before them."""
    text = " ".join(line.split())
    found = pattern.search(text)
    return text[max(0, found.start() - 160) : found.end() + 40].strip(" .") if found else text[:200]
