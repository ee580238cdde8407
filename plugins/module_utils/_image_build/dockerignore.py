# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files of a build context a .dockerignore leaves out, by the rules of moby's patternmatcher.

A line is a pattern unless it is empty or begins with ``#``. Blanks around it, a slash before it and behind it do not
count. ``*`` and ``?`` stand for anything within one name, ``[a-z]`` for one character, ``**`` for any number of
folders, ``\\`` takes the next character as it is. A pattern that fits a folder fits all that is in it. ``!`` before a
pattern lets in again what an earlier line left out: the last pattern that fits decides.
"""

from __future__ import annotations

import posixpath
import re
from typing import List, Optional, Sequence, Tuple


class BadPattern(Exception):
    """A line that is no pattern; the message has it."""


def patterns_of(text: str) -> List[str]:
    """The patterns in a .dockerignore."""
    found = []
    for line in text.lstrip("\ufeff").splitlines():
        pattern = line.strip()
        if line.startswith("#") or not pattern:
            continue
        again = pattern.startswith("!")
        pattern = pattern[1:].strip() if again else pattern
        if pattern:
            pattern = _clean(pattern)
            pattern = pattern[1:] if len(pattern) > 1 and pattern.startswith("/") else pattern
        found.append(f"!{pattern}" if again else pattern)
    return found


class Ignore:
    """Asked of each path on a walk from the top, with what was said of the folder it lies in."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = [_compile(pattern) for pattern in patterns]

    def left_out(self, path: str, parent: Optional[List[bool]]) -> Tuple[bool, List[bool]]:
        """Whether it is, and which patterns fit it or a folder above it, to be handed in for what lies in it."""
        out, fits = False, []
        for position, (again, fitting) in enumerate(self._patterns):
            fit = bool(parent and parent[position])
            # A pattern that could change nothing is not asked, and then counts as not fitting for what lies below: so
            # moby.
            if not fit and again == out:
                fit = fitting(path)
            fits.append(fit)
            if fit:
                out = not again
        return out, fits

    def may_let_in(self) -> bool:
        """Whether anything in a folder that is left out can be let in again."""
        return any(again for again, _fitting in self._patterns)


def _compile(pattern: str):  # type: ignore[no-untyped-def]
    again = pattern.startswith("!")
    cleaned = pattern[1:] if again else pattern
    if not cleaned:
        raise BadPattern(f"{pattern!r} lets nothing in")
    expression, kind = _translate(cleaned)
    if kind == "exact":
        return again, lambda path: path == cleaned
    if kind == "prefix":
        return again, lambda path: path.startswith(cleaned[:-2])
    if kind == "suffix":
        end = cleaned[2:]
        return again, lambda path: path.endswith(end) or (end.startswith("/") and path == end[1:])
    try:
        compiled = re.compile(expression, re.DOTALL)
    except re.error as exc:
        raise BadPattern(f"{pattern!r} is no pattern: {exc}") from exc
    return again, lambda path: compiled.fullmatch(path) is not None


def _translate(pattern: str) -> Tuple[str, str]:
    """As a regular expression, and whether something simpler serves: so moby, and for `**name` it differs."""
    parts, kind, position = [], "exact", 0
    while position < len(pattern):
        begin, character = position, pattern[position]
        position += 1
        if character == "*" and pattern[position : position + 1] == "*":
            position += 2 if pattern[position + 1 : position + 2] == "/" else 1
            if position == len(pattern) and kind == "exact":
                kind = "prefix"
            else:
                parts.append(".*" if position == len(pattern) else "(.*/)?")
                kind = "expression"
            if begin == 0:
                kind = "suffix"
        elif character in "*?":
            parts.append("[^/]*" if character == "*" else "[^/]")
            kind = "expression"
        elif character == "[":
            end = _end_of_class(pattern, position)
            parts.append("[" + pattern[position:end].replace("[", r"\[") + "]")
            position, kind = end + 1, "expression"
        elif character == "\\":
            if position == len(pattern):
                raise BadPattern(f"{pattern!r} ends with a backslash")
            parts.append(re.escape(pattern[position]))
            position, kind = position + 1, "expression"
        else:
            parts.append(re.escape(character))
    return "".join(parts), kind


def _end_of_class(pattern: str, begin: int) -> int:
    """Where the bracket closes. Inside, a bracket or a hyphen that stands first needs a backslash, as Go wants it."""
    position = begin + 1 if pattern[begin : begin + 1] == "^" else begin
    if pattern[position : position + 1] not in ("]", "-"):
        while position < len(pattern):
            if pattern[position] == "]":
                return position
            position += 2 if pattern[position] == "\\" else 1
    raise BadPattern(f"{pattern!r} has a bracket that is not closed, or nothing in it")


def _clean(pattern: str) -> str:
    """As Go's filepath.Clean: no double slashes, no ``.``, ``..`` resolved where that can be."""
    cleaned = posixpath.normpath(pattern)
    return cleaned[1:] if cleaned.startswith("//") else cleaned
