# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words of a Dockerfile, with quotes, escapes and variables, by BuildKit's rules (frontend/dockerfile/shell/lex.go).

A variable without a value is the empty text, as in BuildKit; which ones those were is in ``unset``.
"""

from __future__ import annotations

import re
from typing import List, Mapping, NamedTuple, Optional, Set, Tuple

_SPECIAL_NAMES = "@*#?-$!0"


class BadSubstitution(ValueError):
    """The text ends in the middle of a quote or of a variable, or has a modifier that BuildKit does not know."""


class Words(NamedTuple):
    text: str
    words: Tuple[str, ...]
    unset: Tuple[str, ...]


def substitute(text: str, values: Mapping[str, str], escape: str = "\\") -> Words:
    """The text without its quotes and escapes, with values put in."""
    lexer = _Lexer(text, values, escape, raw=False)
    whole, words = lexer.until("")
    return Words(whole, tuple(words), tuple(sorted(lexer.unset)))


def split(text: str, raw: bool) -> List[str]:
    """As a shell would cut it; variables stay, and with ``raw`` quotes and escapes too.

    What is cut off by a quote that does not end is no word, as in BuildKit.
    """
    lexer = _Lexer(text, None, "\\", raw)
    try:
        return lexer.until("")[1]
    except BadSubstitution:
        return []


class _Lexer:
    def __init__(self, text: str, values: Optional[Mapping[str, str]], escape: str, raw: bool) -> None:
        self._text = text
        self._at = 0
        # None leaves variables as they are written.
        self._values = values
        self._escape = escape
        self._raw = raw
        self._raw_escapes = raw
        self.unset: Set[str] = set()

    def until(self, stop: str, raw_escapes: bool = False) -> Tuple[str, List[str]]:
        """What comes before the character ``stop``, or the whole rest; and its words."""
        before, self._raw_escapes = self._raw_escapes, raw_escapes if stop else self._raw_escapes
        result, words = "", _Cutter()
        special = {"$": self._variable, "'": self._single_quoted, '"': self._double_quoted, "<": self._heredoc}
        while self._at < len(self._text):
            char = self._text[self._at]
            if stop and char == stop:
                self._at += 1
                self._raw_escapes = before
                return result, words.end()
            if char in special:
                piece = special[char]()
                # Blanks in a value part words; those within quotes do not.
                words.add(piece, parts=char == "$")
            elif char == self._escape:
                piece = char if self._raw_escapes else ""
                escaped = self._text[self._at + 1 : self._at + 2]
                self._at += 2
                piece += escaped
                words.add(piece, parts=False)
            else:
                self._at += 1
                piece = char
                words.add(piece, parts=True)
            result += piece
        if stop:
            raise BadSubstitution(f"{self._text!r} ends where {stop!r} is missing")
        return result, words.end()

    def _heredoc(self) -> str:
        """Blanks between ``<<`` and the word behind it belong to that word."""
        start = self._at
        self._at += 1
        if self._text.startswith("<<", start):
            self._at += 1
            while self._text[self._at : self._at + 1] in (" ", "\t", "\r"):
                self._at += 1
        return self._text[start : self._at]

    def _single_quoted(self) -> str:
        end = self._text.find("'", self._at + 1)
        if end < 0:
            raise BadSubstitution(f"{self._text!r} has a single quote that does not end")
        piece = self._text[self._at : end + 1]
        self._at = end + 1
        return piece if self._raw else piece[1:-1]

    def _double_quoted(self) -> str:
        self._at += 1
        result = '"' if self._raw else ""
        while self._at < len(self._text):
            char = self._text[self._at]
            if char == '"':
                self._at += 1
                return result + char if self._raw else result
            if char == "$":
                result += self._variable()
                continue
            self._at += 1
            if char == self._escape:
                following = self._text[self._at : self._at + 1]
                if self._raw_escapes:
                    result += char
                if not following:
                    continue
                if following in ('"', "$", self._escape):
                    char = following
                    self._at += 1
            result += char
        raise BadSubstitution(f"{self._text!r} has a double quote that does not end")

    def _variable(self) -> str:
        start = self._at
        self._at += 1
        if self._text[self._at : self._at + 1] != "{":
            name = self._name()
            return self._value(name)[0] if name and self._values is not None else self._text[start : self._at]
        self._at += 1
        if self._text[self._at : self._at + 1] in ("", "{", "}", ":"):
            raise BadSubstitution(f"{self._text!r} has a variable without a name")
        value = self._modified(self._name())
        return value if self._values is not None else self._text[start : self._at]

    def _modified(self, name: str) -> str:
        operator = self._next()
        if operator == "}":
            return self._value(name)[0]
        empty_counts_as_unset = operator == ":"
        if empty_counts_as_unset:
            operator += self._next()
        if operator == "/":
            return self._replaced(name)
        if operator[-1:] not in ("-", "+", "?", "#", "%"):
            raise BadSubstitution(f"{self._text!r} has ${{{name}{operator}...}}, which is no modifier")
        word, _words = self.until("}", raw_escapes=operator[-1] in "#%")
        value, is_set = self._value(name, tested=operator[-1] in "-+")
        if operator[-1] in "#%":
            return _trimmed(value, word, operator[-1])
        is_set = is_set and not (empty_counts_as_unset and value == "")
        if operator[-1] == "+":
            return word if is_set else ""
        if operator[-1] == "?" and not is_set and self._values is not None:
            raise BadSubstitution(f"{name}: {word or 'is not allowed to be unset'}")
        return value if is_set or operator[-1] == "?" else word

    def _replaced(self, name: str) -> str:
        everywhere = self._text[self._at : self._at + 1] == "/"
        self._at += everywhere
        pattern, _words = self.until("/", raw_escapes=True)
        replacement, _words = self.until("}", raw_escapes=True)
        value, _is_set = self._value(name)
        return re.sub(_expression(pattern), lambda _match: replacement, value, count=0 if everywhere else 1)

    def _value(self, name: str, tested: bool = False) -> Tuple[str, bool]:
        """``tested`` is a variable that need not have a value."""
        if self._values is None:
            return "", False
        if name not in self._values and not tested:
            self.unset.add(name)
        return self._values.get(name, ""), name in self._values

    def _name(self) -> str:
        match = re.compile(r"[0-9]+|[^\W0-9]\w*").match(self._text, self._at)
        if match:
            self._at = match.end()
            return match.group()
        if self._text[self._at : self._at + 1] and self._text[self._at] in _SPECIAL_NAMES:
            return self._next()
        return ""

    def _next(self) -> str:
        self._at += 1
        if self._at > len(self._text):
            raise BadSubstitution(f"{self._text!r} ends where '}}' is missing")
        return self._text[self._at - 1]


class _Cutter:
    def __init__(self) -> None:
        self._word = ""
        self._words: List[str] = []

    def add(self, piece: str, parts: bool) -> None:
        if not parts:
            self._word += piece
            return
        for char in piece:
            if not char.isspace():
                self._word += char
            elif self._word:
                self._words.append(self._word)
                self._word = ""

    def end(self) -> List[str]:
        return [*self._words, self._word] if self._word else self._words


def _trimmed(value: str, pattern: str, end: str) -> str:
    """``${NAME#PATTERN}`` and ``%``, and with the sign twice the longest that fits."""
    longest = pattern.startswith(end)
    pattern = pattern[1:] if longest else pattern
    expression = re.compile(_expression(pattern), re.DOTALL)
    lengths = range(len(value) + 1)
    for length in reversed(lengths) if longest else lengths:
        if end == "#" and expression.fullmatch(value, 0, length):
            return value[length:]
        if end == "%" and expression.fullmatch(value, len(value) - length):
            return value[: len(value) - length]
    return value


def _expression(pattern: str) -> str:
    """A shell's pattern of ``*`` and ``?``, without brackets, as a regular expression."""
    result, at = "", 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "\\" and at < len(pattern):
            if pattern[at] not in "*?\\}/":
                raise BadSubstitution(f"{pattern!r} has an escape that is none: \\{pattern[at]}")
            result += re.escape(pattern[at])
            at += 1
        elif char in "*?":
            result += ".*" if char == "*" else "."
        else:
            result += re.escape(char)
    return result
