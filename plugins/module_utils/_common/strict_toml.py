# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TOML 1.0, for hosts whose Python is older than its own reader. Dates and times are texts, as they were written."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Set

DEEPEST = 64
_BARE = re.compile(r"[A-Za-z0-9_-]+")
# A value that is neither text nor list nor table; what it is, the patterns below say.
_WORD = re.compile(r"[A-Za-z0-9_+:.-]+(?: \d\d:[0-9:.+Zz-]+)?")
_INTEGER = re.compile(r"[+-]?(?:0|[1-9](?:_?[0-9])*)")
_OTHER_BASE = re.compile(r"0(?:x[0-9A-Fa-f](?:_?[0-9A-Fa-f])*|o[0-7](?:_?[0-7])*|b[01](?:_?[01])*)")
_FLOAT = re.compile(
    r"[+-]?(?:0|[1-9](?:_?[0-9])*)(?:\.[0-9](?:_?[0-9])*)?(?:[eE][+-]?[0-9](?:_?[0-9])*)?|[+-]?(?:inf|nan)"
)
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?"
_MOMENT = re.compile(rf"\d{{4}}-\d\d-\d\d(?:[Tt ]{_TIME}(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)?)?|{_TIME}")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}
_DIGITS = {"u": 4, "U": 8}
_CONTROL = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f]")


class TomlError(ValueError):
    """What is wrong with the text, as the end of a sentence that begins with the file's name."""


def loads(text: str) -> Dict[str, Any]:
    reader = _Reader(text)
    try:
        return reader.document()
    except RecursionError as error:
        raise reader.error(f"it is nested more than {DEEPEST} levels deep") from error


def dotted(table: Dict[str, Any], prefix: str = "") -> Dict[str, Any]:
    """Keys with dots between them and those of their tables, to values."""
    found: Dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            found.update(dotted(value, f"{prefix}{key}."))
        else:
            found[prefix + key] = value
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n")
        self.at = 0
        self.depth = 0
        self.root: Dict[str, Any] = {}
        # By identity: tables that had a header, and those that nothing can be added to: of dotted keys, and inline.
        self.headed: Set[int] = set()
        self.by_key: Set[int] = set()
        self.closed: Set[int] = set()
        # Lists of tables, to which headers add.
        self.growing: Set[int] = set()

    def error(self, what: str) -> TomlError:
        return TomlError(f"is not TOML: {what} at line {self.text.count(chr(10), 0, self.at) + 1}")

    def peek(self, length: int = 1) -> str:
        return self.text[self.at : self.at + length]

    def take(self, expected: str) -> None:
        if self.peek(len(expected)) != expected:
            raise self.error(f"{expected!r} was expected")
        self.at += len(expected)

    def blanks(self) -> None:
        while self.peek() in (" ", "\t") and self.peek():
            self.at += 1

    def comment(self) -> None:
        if self.peek() == "#":
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end

    def lines(self) -> None:
        """Over blanks, comments and line ends."""
        while True:
            self.blanks()
            self.comment()
            if self.peek() != "\n":
                return
            self.at += 1

    def document(self) -> Dict[str, Any]:
        found = _CONTROL.search(self.text)
        if found:
            self.at = found.start()
            raise self.error(f"{found.group()!a} is no character for a text")
        table = self.root
        self.lines()
        while self.at < len(self.text):
            if self.peek() == "[":
                table = self.header()
            else:
                self.entry(table)
            self.blanks()
            self.comment()
            if self.peek() not in ("", "\n"):
                raise self.error(f"{self.peek()!r} was not expected")
            self.lines()
        return self.root

    def header(self) -> Dict[str, Any]:
        many = self.peek(2) == "[["
        self.take("[[" if many else "[")
        keys = self.keys()
        self.take("]]" if many else "]")
        table = self.below(self.root, keys[:-1], by_header=True)
        last = keys[-1]
        if many:
            listed = table.setdefault(last, [])
            if not isinstance(listed, list) or (listed and id(listed) not in self.growing):
                raise self.error(f"{last!r} is no list of tables, or stands twice")
            self.growing.add(id(listed))
            listed.append({})
            self.headed.add(id(listed[-1]))
            added: Dict[str, Any] = listed[-1]
            return added
        found = table.setdefault(last, {})
        if not isinstance(found, dict) or id(found) in self.headed | self.by_key | self.closed:
            raise self.error(f"{last!r} stands twice")
        self.headed.add(id(found))
        return found

    def below(self, table: Dict[str, Any], keys: List[str], by_header: bool) -> Dict[str, Any]:
        for key in keys:
            made = key not in table
            found = table.setdefault(key, {})
            if isinstance(found, list) and by_header and id(found) in self.growing:
                found = found[-1]
            if not isinstance(found, dict) or id(found) in self.closed:
                raise self.error(f"{key!r} is no table that can be added to")
            if not by_header:
                if not made and id(found) not in self.by_key:
                    raise self.error(f"{key!r} is a table of its own")
                self.by_key.add(id(found))
            table = found
        return table

    def entry(self, table: Dict[str, Any]) -> None:
        keys = self.keys()
        self.take("=")
        self.blanks()
        table = self.below(table, keys[:-1], by_header=False)
        if keys[-1] in table:
            raise self.error(f"{keys[-1]!r} stands twice")
        table[keys[-1]] = self.value()

    def keys(self) -> List[str]:
        found = []
        while True:
            self.blanks()
            bare = _BARE.match(self.text, self.at)
            if bare:
                self.at = bare.end()
                found.append(bare.group())
            elif self.peek() in ('"', "'") and self.peek() and self.peek(3) not in ('"""', "'" * 3):
                found.append(self.quoted())
            else:
                raise self.error("a key was expected")
            self.blanks()
            if self.peek() != ".":
                return found
            self.at += 1

    def value(self) -> Any:
        first = self.peek()
        if first in ('"', "'") and first:
            return self.quoted(many_lines=True)
        if first in ("[", "{"):
            self.depth += 1
            if self.depth > DEEPEST:
                raise RecursionError
            value = self.listed() if first == "[" else self.inline()
            self.depth -= 1
            return value
        word = _WORD.match(self.text, self.at)
        if not word:
            raise self.error("a value was expected")
        value = self.plain(word.group())
        self.at = word.end()
        return value

    def plain(self, word: str) -> Any:
        if word in ("true", "false"):
            return word == "true"
        if _INTEGER.fullmatch(word):
            return self.number(word, 10)
        if _OTHER_BASE.fullmatch(word):
            return self.number(word, 0)
        if _FLOAT.fullmatch(word):
            return float(word.replace("_", ""))
        if _MOMENT.fullmatch(word):
            return word
        raise self.error(f"{word[:40]} is no value; a text has quotes")

    def number(self, word: str, base: int) -> int:
        # Readers of other languages have 64 bits; Python takes minutes for some.
        if len(word) > 100:
            raise self.error("a number is too large")
        return int(word.replace("_", ""), base)

    def listed(self) -> List[Any]:
        self.take("[")
        found = []
        self.lines()
        while self.peek() != "]":
            found.append(self.value())
            self.lines()
            if self.peek() != "]":
                self.take(",")
                self.lines()
        self.at += 1
        return found

    def inline(self) -> Dict[str, Any]:
        self.take("{")
        found: Dict[str, Any] = {}
        self.blanks()
        while self.peek() != "}":
            self.entry(found)
            self.blanks()
            if self.peek() == "}":
                break
            self.take(",")
            self.blanks()
            if self.peek() == "}":
                raise self.error("a comma ends the table")
        self.at += 1
        self.close(found)
        return found

    def close(self, table: Dict[str, Any]) -> None:
        self.closed.add(id(table))
        for value in table.values():
            if isinstance(value, dict):
                self.close(value)

    def quoted(self, many_lines: bool = False) -> str:
        mark = self.peek()
        if many_lines and self.peek(3) == mark * 3:
            self.at += 3
            if self.peek() == "\n":
                self.at += 1
            return self.characters(mark * 3)
        self.at += 1
        return self.characters(mark)

    def characters(self, mark: str) -> str:
        pieces: List[str] = []
        while self.peek(len(mark)) != mark:
            character = self.peek()
            if character == "" or (character == "\n" and len(mark) == 1):
                raise self.error("a quote is not closed")
            self.at += 1
            if character == "\\" and mark[0] == '"':
                character = self.escape(len(mark) == 3)
            pieces.append(character)
        self.at += len(mark)
        # One or two quotes may stand before the three that end it.
        while len(mark) == 3 and self.peek() == mark[0] and self.text[self.at - 5 : self.at] != mark[0] * 5:
            pieces.append(mark[0])
            self.at += 1
        return "".join(pieces)

    def escape(self, many_lines: bool) -> str:
        rest = re.compile(r"[ \t]*\n[ \t\n]*").match(self.text, self.at) if many_lines else None
        if rest:
            self.at = rest.end()
            return ""
        character = self.peek()
        self.at += 1
        if character in _DIGITS:
            digits = self.peek(_DIGITS[character])
            if not re.fullmatch(f"[0-9A-Fa-f]{{{_DIGITS[character]}}}", digits):
                raise self.error(f"\\{character} lacks its digits")
            if int(digits, 16) > 0x10FFFF or 0xD800 <= int(digits, 16) <= 0xDFFF:
                raise self.error(f"\\{character}{digits} is no character")
            self.at += len(digits)
            return chr(int(digits, 16))
        if character not in _ESCAPES:
            raise self.error(f"\\{character} is not known")
        return _ESCAPES[character]
