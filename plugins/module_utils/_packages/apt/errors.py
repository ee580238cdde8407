# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why apt cannot work on this host, in its own words: lists, pins, settings or a database that it cannot read.

apt is asked only where that matters or where something looks odd: it takes as long as a third of all other facts.
"""

from __future__ import annotations

import os
import re
from typing import Any, Dict, Iterator, List

from ..._common.prober import Prober, entries
from . import sources

STATUS = "/var/lib/dpkg/status"
SOURCES = ("/etc/apt/sources.list", "/etc/apt/sources.list.d")
PREFERENCES = ("/etc/apt/preferences", "/etc/apt/preferences.d")
SETTINGS = ("/etc/apt/apt.conf", "/etc/apt/apt.conf.d")
# It reads all that an installation reads, and changes nothing. Who has dpkg's lock is none of its business.
CHECK = ("apt-get", "check", "-q", "-o", "Debug::NoLocking=true")
# Without the indexes, which say nothing of what is looked for here, it takes a fraction of the time.
BARE = ("-o", "Dir::State::Lists=/dev/null", "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=")
REINSTALLED = r"The package (\S+) needs to be reinstalled"
# Beside each state of dpkg in which nothing of a package is left undone.
_UNDONE = re.compile(rb"\nStatus: \S+ (?!ok (?:installed|config-files|not-installed|triggers-\w+)\n)")
_NO_STANZA = re.compile(rb"\n\n+(?!Package: |\n|\Z)")
# Of apt.conf(5): comments, texts, signs, words; `#clear` and `#include` are words.
_TOKEN = re.compile(r'\s+|//[^\n]*|/\*.*?\*/|#(?!clear|include)[^\n]*|("[^"\n]*"|[{};]|[^\s"{};]+)', re.DOTALL)
_PIN = r"(?i)(?:package|pin|pin-priority|explanation)\s*:"

Errors = List[Dict[str, Any]]


def errors(prober: Prober, asked: bool) -> Errors:
    """{path, packages, words, remedy} of each; empty where apt can work, or, unless ``asked``, nothing looks odd.

    ``path`` is the file that is at fault, and ``packages`` are those that are; both can be unknown.
    """
    found = _database(prober)
    if not found and (asked or _is_odd(prober)):
        status, words = prober.run([*CHECK, *BARE], errors=True)
        if re.search(REINSTALLED, words):
            # What has an archive in the indexes is none.
            status, words = prober.run(CHECK, errors=True)
        from .error_words import understood

        # 100 is apt's status for all its errors; 124 has its problem, and 127 is a host without apt.
        found = understood(prober, words) if status == 100 else []
    for each in found:
        prober.problem("package_manager", f"apt cannot work on this host: {each['words']}", each["remedy"])
    return found


def unanswered(prober: Prober) -> Errors:
    """As ``errors``, of an apt that does not tell what it offers."""
    words = f"`apt-cache policy` gave no answer within {prober.timeout:g} s, so that the offered versions are unknown"
    return [{"path": "", "packages": [], "words": words, "remedy": "Run it on the host, and see what it waits for."}]


def undone(prober: Prober) -> List[str]:
    """Packages with which dpkg has begun, and not come to the end: `dpkg --configure -a` goes on with them."""
    data = b"\n" + (prober.read(STATUS) or b"")
    starts = [data.rfind(b"\nPackage: ", 0, match.start()) for match in _UNDONE.finditer(data)]
    return [data[at + 10 : data.find(b"\n", at + 10)].decode("utf-8", "replace") for at in starts if at >= 0]


def _database(prober: Prober) -> Errors:
    """dpkg's database, of which apt takes it without a word that it is missing or empty."""
    data = prober.read(STATUS)
    if data is not None and b"\nPackage: dpkg\n" in b"\n" + data:
        return []
    kind = "has no entry of dpkg itself, so that it is not whole" if data is not None else "is no file that can be read"
    remedy = (
        f"Bring it back from {STATUS}-old, or from what /var/backups has of it (dpkg.status.*): by it, apt knows what "
        "is installed."
    )
    return [{"path": STATUS, "packages": [], "words": f"dpkg's database {STATUS} {kind}", "remedy": remedy}]


def _is_odd(prober: Prober) -> bool:
    """Whether apt may fail: where this is said of what it can read, only a moment is lost."""
    data = prober.read(STATUS) or b""
    if _UNDONE.search(b"\n" + data) or b"\0" in data or _NO_STANZA.search(data):
        return True
    lists = [(path, prober.text(path) or "") for path in files(*SOURCES)]
    if any(sources.is_odd(*each) for each in lists):
        return True
    if sources.contradict([entry for each in lists for entry in sources.entries(*each)]):
        return True
    if any(odd_pins(prober.text(path) or "") for path in files(*PREFERENCES)):
        return True
    return any(_odd_settings(prober.text(path) or "") for path in files(*SETTINGS))


def files(file: str, folder: str) -> Iterator[str]:
    return (path for path in (file, *entries(folder)) if os.path.isfile(path))


def odd_pins(text: str) -> bool:
    for paragraph in re.split(r"\n\s*\n", text):
        lines = [line for line in paragraph.splitlines() if line.strip() and line[0] not in "# \t"]
        names = {line.partition(":")[0].strip().lower() for line in lines}
        if lines and not (all(re.match(_PIN, line) for line in lines) and {"package", "pin", "pin-priority"} <= names):
            return True
    return bool(re.search(r"(?im)^pin-priority\s*:(?!\s*[+-]?0*[1-9])", text))


def _odd_settings(text: str) -> bool:
    depth, at, is_open = 0, 0, False
    for match in _TOKEN.finditer(text):
        if match.start() != at:
            return True
        at, word = match.end(), match.group(1)
        if word is None:
            continue
        if word == "}" and (is_open or depth == 0):
            return True
        depth += {"{": 1, "}": -1}.get(word, 0)
        is_open = word not in "{};"
    return at != len(text) or depth != 0 or is_open
