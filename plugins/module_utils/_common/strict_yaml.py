# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML as programs and people write it, for hosts, whose Python has no reader of it.

One document of mappings, lists and texts, in block or flow style, so JSON too. Every scalar is a text, whatever it
counts as elsewhere. Anchors, tags, block scalars, directives and keys that are no texts are errors: what is read, is
read as every reader reads it.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Tuple

DEEPEST = 64
# What YAML takes for a character, but for the line ends that only some readers know.
_NO_CHARACTER = re.compile(
    "[^\\t\\n\\r\\x20-\\x7e\\xa0-\\u2027\\u202a-\\ud7ff\\ue000-\\ufefe\\uff00-\\ufffd\\U00010000-\\U0010ffff]"
)
_MARKER = re.compile(r"(?:---|\.\.\.)(?=[ \n]|$)")
_NO_PLAIN = "-?:,[]{}#&*!|>'\"%@`"
_ESCAPES = dict(zip('0abt\tnvfre "/\\N_LP', '\0\a\b\t\t\n\v\f\r\x1b "/\\\x85\xa0\u2028\u2029'))
# Of a scalar without quotes; in a list or mapping in brackets, readers differ about ?.
_UNREMARKABLE = re.compile(r"[^:#?,\[\]{}\n\t]*")
_DIGITS = {"x": 2, "u": 4, "U": 8}


class YamlError(ValueError):
    """What is wrong with the text, as the end of a sentence that begins with the file's name."""


def loads(text: str) -> Any:
    """Dicts, lists and texts; an empty text where nothing stands."""
    reader = _Reader(text[1:] if text.startswith("\ufeff") else text)
    try:
        return reader.document()
    except RecursionError as error:
        raise reader.error(f"it is nested more than {DEEPEST} levels deep") from error


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n").replace("\r", "\n")
        self.at = 0
        self.depth = 0

    def error(self, what: str) -> YamlError:
        line = self.text.count("\n", 0, self.at) + 1
        return YamlError(f"is no YAML that can be read here: {what} at line {line}, column {self.column() + 1}")

    # Where the reader stands.

    def column(self) -> int:
        return self.at - (self.text.rfind("\n", 0, self.at) + 1)

    def peek(self, length: int = 1) -> str:
        return self.text[self.at : self.at + length]

    def ends_word(self, offset: int = 1, also: str = "") -> bool:
        """Whether a blank, the line's end or one of ``also`` is there."""
        following = self.text[self.at + offset : self.at + offset + 1]
        return following in ("", " ", "\n") or following in also

    def at_marker(self) -> bool:
        return self.column() == 0 and bool(_MARKER.match(self.text, self.at))

    def blanks(self) -> bool:
        """Over blanks and a comment, within the line. Whether there was anything of it, or the line begins here."""
        begin = self.at
        while self.peek() == " ":
            self.at += 1
        apart = self.at > begin or self.column() == 0
        if self.peek() == "#" and apart:
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end
        return apart

    def content(self) -> None:
        """To the next thing that is neither blank nor comment, on this line or a later one."""
        self.blanks()
        while self.peek() == "\n":
            self.at += 1
            self.blanks()
        if self.peek() == "\t":
            raise self.error("there is a tab")

    def line_ends(self) -> None:
        self.blanks()
        if self.peek() not in ("", "\n"):
            raise self.error(f"{self.peek()!r} was not expected")

    # Blocks.

    def document(self) -> Any:
        found = _NO_CHARACTER.search(self.text)
        if found:
            self.at = found.start()
            raise self.error(f"{found.group()!a} is no character for a text")
        self.content()
        if self.peek() == "%" and self.column() == 0:
            raise self.error("there is a directive")
        if self.peek(3) == "---" and self.at_marker():
            self.at += 3
            self.blanks()
            if self.peek() not in ("", "\n", "{", "["):
                raise self.error(f"{self.peek()!r} was not expected after ---")
            self.content()
        value = "" if self.at == len(self.text) or self.at_marker() else self.block(-1)
        self.content()
        if self.peek(3) == "..." and self.at_marker():
            self.at += 3
            self.line_ends()
            self.content()
        if self.at < len(self.text):
            raise self.error("there is more than one document, or a line is indented less than those before")
        return value

    def block(self, parent: int) -> Any:
        """What begins here, below something in the column ``parent``."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise RecursionError
        column = self.column()
        if self.peek() == "-" and self.ends_word():
            value: Any = self.sequence(column)
        else:
            begin = self.at
            key = self.key()
            self.at = begin
            value = self.mapping(column) if key else self.inline(parent)
        self.depth -= 1
        return value

    def sequence(self, column: int) -> List[Any]:
        found: List[Any] = []
        while self.column() == column and self.peek() == "-" and self.ends_word() and not self.at_marker():
            self.at += 1
            self.content()
            inner = self.column() > column and self.at < len(self.text) and not self.at_marker()
            found.append(self.block(column) if inner else "")
            self.content()
        return self.dedented(column, found)

    def mapping(self, column: int) -> Dict[str, Any]:
        found: Dict[str, Any] = {}
        while self.column() == column and self.at < len(self.text) and not self.at_marker():
            keys = self.key()
            if not keys:
                raise self.error("a key with a colon was expected")
            self.add(found, keys[0], None)
            begin = self.at
            self.content()
            same_line = "\n" not in self.text[begin : self.at]
            listed = self.peek() == "-" and self.ends_word()
            if self.at == len(self.text) or self.at_marker():
                value: Any = ""
            elif same_line:
                if listed:
                    raise self.error("a list begins on its key's line")
                value = self.inline(column)
            elif self.column() > column or (self.column() == column and listed):
                value = self.block(column)
            else:
                value = ""
            found[keys[0]] = value
            self.content()
        return self.dedented(column, found)

    def dedented(self, column: int, value: Any) -> Any:
        if self.column() > column and self.at < len(self.text):
            raise self.error("a line is indented otherwise than those before")
        return value

    def add(self, found: Dict[str, Any], key: str, value: Any) -> None:
        if key in found:
            raise self.error(f"the key {key!r} stands twice")
        if key == "<<":
            raise self.error("there is a merge key")
        found[key] = value

    def key(self) -> List[str]:
        """The key that begins here, and its colon; empty where there is none."""
        if self.peek() == "?" and self.ends_word():
            raise self.error("there is a key that is no text")
        begin = self.at
        if self.peek() in "'\"" and self.at < len(self.text):
            key = self.quoted()
        elif self.peek() in ("[", "{"):
            return []
        else:
            key = self.plain_line("")
        if "\n" in self.text[begin : self.at]:
            return []
        while self.peek() == " ":
            self.at += 1
        if self.peek() != ":" or not self.ends_word():
            return []
        if self.at - begin > 1024 or begin == self.at:
            raise self.error("there is a key that is too long, or none before a colon")
        self.at += 1
        return [key]

    def inline(self, parent: int) -> Any:
        """A scalar or a flow, and nothing after it on its line."""
        if self.peek() in ("[", "{"):
            value = self.flow()
        elif self.peek() in ("'", '"'):
            value = self.quoted()
        else:
            return self.plain(parent)
        self.line_ends()
        return value

    # Scalars.

    def plain_line(self, stops: str) -> str:
        """The rest of a plain scalar on this line, from where it stands."""
        begin = self.at
        first = self.peek()
        may_begin = first not in _NO_PLAIN or (first in ("-" if stops else "-?:") and not self.ends_word(also=stops))
        if first == "" or not may_begin:
            raise self.error(f"{first!r} was not expected" if first else "the text ends")
        self.rest_of_line(stops)
        return self.text[begin : self.at].rstrip(" ")

    def rest_of_line(self, stops: str) -> None:
        while True:
            self.at = _UNREMARKABLE.match(self.text, self.at).end()  # type: ignore[union-attr]  # of any length
            character = self.peek()
            if character in ("", "\n") or (character == ":" and self.ends_word(also=stops)):
                break
            if character in stops or (character == "#" and self.text[self.at - 1] == " "):
                break
            if character == "\t" or (character == "?" and stops):
                raise self.error(f"there is {character!r} in a text without quotes")
            self.at += 1
        # Blanks before a comment or a colon are not of the scalar.
        while self.text[self.at - 1] == " ":
            self.at -= 1

    def plain(self, parent: int, stops: str = "") -> str:
        """With the lines that go on with it, which are indented more than ``parent``; in a flow, all lines."""
        value = self.plain_line(stops)
        while True:
            end = self.at
            while self.peek() == " ":
                self.at += 1
            if self.peek() != "\n":
                self.at = end
                break
            breaks = self.line_breaks()
            goes_on = self.peek() not in ("", "#") and not self.at_marker() and (stops or self.column() > parent)
            if goes_on and stops and (self.peek() in stops or (self.peek() == ":" and self.ends_word(also=stops))):
                goes_on = False
            if not goes_on:
                self.at = end
                break
            begin = self.at
            self.rest_of_line(stops)
            value += ("\n" * (breaks - 1) or " ") + self.text[begin : self.at].rstrip(" ")
        if not stops:
            self.line_ends()
        return value

    def line_breaks(self) -> int:
        """Over line ends and what indents the next line; how many."""
        breaks = 0
        while self.peek() in (" ", "\n") and self.at < len(self.text):
            breaks += self.peek() == "\n"
            self.at += 1
        if self.peek() == "\t":
            raise self.error("there is a tab")
        return breaks

    def quoted(self) -> str:
        mark = self.peek()
        self.at += 1
        pieces: List[str] = []
        while True:
            character = self.peek()
            if character == "":
                raise self.error("a quote is not closed")
            if character == "\n":
                self.folded(pieces)
                continue
            self.at += 1
            if character == mark:
                if mark == "'" and self.peek() == "'":
                    self.at += 1
                else:
                    return "".join(pieces)
            elif character == "\\" and mark == '"':
                # The empty piece keeps what was written with a backslash from what ends a line.
                pieces += [self.escape(), ""]
                continue
            pieces.append(character)

    def folded(self, pieces: List[str]) -> None:
        # Blanks before a line's end do not count, but those that were written with a backslash.
        while pieces and pieces[-1] in (" ", "\t"):
            pieces.pop()
        breaks = 0
        while self.peek() in (" ", "\n", "\t") and self.at < len(self.text):
            breaks += self.peek() == "\n"
            self.at += 1
            if self.at_marker():
                raise self.error("a quote is not closed before the document's end")
        pieces.append("\n" * (breaks - 1) or " ")

    def escape(self) -> str:
        character = self.peek()
        self.at += 1
        if character == "\n":
            return "\n" * self.line_breaks()
        if character in _DIGITS:
            digits = self.peek(_DIGITS[character])
            if not re.fullmatch(f"[0-9A-Fa-f]{{{_DIGITS[character]}}}", digits):
                raise self.error(f"\\{character} lacks its digits")
            self.at += len(digits)
            if int(digits, 16) > 0x10FFFF or 0xD800 <= int(digits, 16) <= 0xDFFF:
                raise self.error(f"\\{character}{digits} is no character")
            return chr(int(digits, 16))
        if character not in _ESCAPES or not character:
            raise self.error(f"\\{character} is not known")
        return _ESCAPES[character]

    # Flows.

    def flow(self) -> Any:
        self.depth += 1
        if self.depth > DEEPEST:
            raise RecursionError
        opened, close = self.peek(), "]" if self.peek() == "[" else "}"
        self.at += 1
        listed: List[Any] = []
        found: Dict[str, Any] = {}
        self.flow_content()
        while self.peek() != close:
            if opened == "[":
                listed.append(self.flow_value())
            else:
                key, value = self.flow_pair()
                self.add(found, key, value)
            self.flow_content()
            if self.peek() == ",":
                self.at += 1
                self.flow_content()
            elif self.peek() != close:
                raise self.error(f", or {close} was expected")
        self.at += 1
        self.depth -= 1
        return listed if opened == "[" else found

    def flow_content(self) -> None:
        self.content()
        if self.at == len(self.text) or self.at_marker():
            raise self.error("a bracket is not closed")

    def flow_value(self) -> Any:
        if self.peek() in ("[", "{"):
            return self.flow()
        if self.peek() in ("'", '"'):
            return self.quoted()
        return self.plain(-1, ",[]{}")

    def flow_pair(self) -> Tuple[str, Any]:
        quoted, begin = self.peek() in ("'", '"'), self.at
        key = self.flow_value()
        if not isinstance(key, str):
            raise self.error("there is a key that is no text")
        self.flow_content()
        if self.peek() != ":" or not (quoted or self.ends_word(also=",[]{}")):
            return key, ""
        if "\n" in self.text[begin : self.at]:
            raise self.error("a key goes over two lines")
        self.at += 1
        self.flow_content()
        return key, "" if self.peek() in (",", "}") else self.flow_value()
