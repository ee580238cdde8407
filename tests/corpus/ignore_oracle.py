# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A .dockerignore by moby's rules (patternmatcher and ignorefile), piece by piece of a path, without one large pattern.

It is written apart from the collection's reader, which makes a regular expression of each line.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re

from corpus.errors import Unread

_STARS = re.compile(r"\*\*")


def left_out(text: str) -> list[tuple[str, bool]]:
    rules = _rules(text)
    return [(path, _is_left_out(rules, path)) for path in paths(text)]


def paths(text: str) -> list[str]:
    """Some that the lines are about, some beside them."""
    found = ["README.md", "src/main.py", "a/b/c.txt"]
    for _negated, pattern in _rules(text):
        named = re.sub(r"\[\^?(.)[^\]]*\]", r"\1", pattern.replace("\\", "")).replace("?", "q")
        for plain in (named.replace("**", "p/q").replace("*", "x"), named.replace("**/", "").replace("*", "x.y")):
            found += [plain, f"{plain}/inner", f"outer/{plain}", f"{plain}x", posixpath.dirname(plain) or "top"]
    return sorted({path for path in map(posixpath.normpath, found) if path not in (".", "/") and path[0] not in "./"})


def _rules(text: str) -> list[tuple[bool, str]]:
    rules = []
    for line in text.removeprefix("\ufeff").split("\n"):
        pattern = "" if line.startswith("#") else line.strip()
        negated = pattern.startswith("!")
        pattern = pattern[1:].strip() if negated else pattern
        if not pattern:
            continue
        pattern = posixpath.normpath(pattern)
        pattern = pattern.lstrip("/") if len(pattern) > 1 else pattern
        if any("**" in piece and piece != "**" for piece in pattern.split("/")):
            raise Unread("two stars beside other letters are not known here")
        rules.append((negated, pattern))
    return rules


def _is_left_out(rules: list[tuple[bool, str]], path: str) -> bool:
    pieces = path.split("/")
    out = False
    for negated, pattern in rules:
        if negated == out and any(_fits(pattern.split("/"), pieces[:depth]) for depth in range(1, len(pieces) + 1)):
            out = not negated
    return out


def _fits(pattern: list[str], pieces: list[str]) -> bool:
    if not pattern:
        return not pieces
    if pattern[0] == "**":
        return any(_fits(pattern[1:], pieces[start:]) for start in range(len(pieces) + 1)) and bool(pieces)
    return bool(pieces) and _piece(pattern[0], pieces[0]) and _fits(pattern[1:], pieces[1:])


def _piece(pattern: str, name: str) -> bool:
    # fnmatch knows no backslash, and calls the opposite of a class `!`.
    words = re.sub(r"\\(.)", lambda match: f"[{match.group(1)}]", pattern).replace("[^", "[!")
    return fnmatch.fnmatchcase(name, words)
