# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What apt or dpkg failed with, in their own words, and what to do about it: much of it has nothing to do with a
repository."""

from __future__ import annotations

import re
from typing import Any, Iterator, List, Mapping

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
_LOCK = re.compile(r"could not (?:get|open) lock|unable to (?:acquire|lock)|frontend lock", re.I)
_TEXTS = ("msg", "stderr", "stdout", "module_stderr")
_OTHERWISE = (
    "Mend what apt names (for what is to be installed: the package sources, the network and the proxy of this host), "
    "and run again."
)


def failure(result: Mapping[str, Any], failed: str, role: str, timeout: int, otherwise: str = "") -> str:
    """``failed`` is what could not be done, as a sentence, where the words do not say it;
    ``otherwise`` what to do where the words name no cause that
    is the host's own."""
    words = mask(" ".join(" ".join(_words(result)).split()).rstrip("."))
    said = f"{failed}: {words}." if failed else f"{words}."
    return f"{said} {_advice(result, role, timeout, mask(otherwise or _OTHERWISE))}"


def _failed(result: Mapping[str, Any]) -> List[Mapping[str, Any]]:
    """The items of a loop that failed, or the task."""
    items = [each for each in result.get("results") or [] if isinstance(each, Mapping) and each.get("failed")]
    return items or [result]


def _words(result: Mapping[str, Any]) -> List[str]:
    """Of the program, or else of the module."""
    # What no_log has censored has no words of its own.
    names = ("stderr", "msg", "censored")
    return [next((str(each[name]) for name in names if each.get(name)), "no message") for each in _failed(result)]


def _advice(result: Mapping[str, Any], role: str, timeout: int, otherwise: str) -> str:
    """A sentence by what any part of the result says."""
    lines = [line for text in _texts(result) for line in text.splitlines()]
    if any(each.get("reason") == "lock" for each in _failed(result)) or any(_LOCK.search(line) for line in lines):
        return (
            f"Another process has held the apt lock for longer than {role}_lock_timeout ({timeout} seconds); run again "
            "when it has finished."
        )
    for pattern, words in _CAUSES:
        said = next((line for line in lines if pattern.search(line)), None)
        if said is not None:
            sentence = words.format(line=mask(_short(said, pattern)))
            return sentence[0].upper() + sentence[1:]
    return otherwise


def _texts(result: Mapping[str, Any]) -> Iterator[str]:
    for each in _failed(result):
        yield from (str(each[name]) for name in _TEXTS if each.get(name))


def _short(line: str, pattern: re.Pattern[str]) -> str:
    """The words, with what comes just before them."""
    text = " ".join(line.split())
    found = pattern.search(text)
    return text[max(0, found.start() - 160) : found.end() + 40].strip(" .") if found else text[:200]
