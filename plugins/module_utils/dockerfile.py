# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images a Dockerfile is made from: by FROM, ``COPY --from`` and ``RUN --mount=from``, with arguments.

What is no instruction is left to the engine, which says it better: nothing here is refused but a target that is not
there.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple

_DIRECTIVE = re.compile(r"#\s*(\w+)\s*=\s*(\S+)\s*$")
_HEREDOC = re.compile(r"<<(-?)(['\"]?)([A-Za-z_][A-Za-z0-9_]*)\2")
_TAKES_HEREDOCS = ("RUN", "COPY", "ADD")
_FROM = re.compile(r"(?:--\S+\s+)*(\S+)(?:\s+as\s+(\S+))?\s*$", re.IGNORECASE)
_COPY_FROM = re.compile(r"(?:^|\s)--from=(\S+)")
_MOUNT = re.compile(r"(?:^|\s)--mount=(\S+)")
_ASSIGNMENT = re.compile(r"(\w+)(?:=(\"[^\"]*\"|'[^']*'|\S*))?")
_VARIABLE = re.compile(r"\\(.)|\$(\w+)|\$\{(\w+)(?:(:?[-+])([^{}]*))?\}")


class NoSuchTarget(Exception):
    """The wished target is no stage of the Dockerfile; the message names those that are."""


class Stage(NamedTuple):
    name: str  # empty where it has none
    base: str
    uses: Tuple[str, ...]  # of COPY and RUN: stages by name or number, or images


def bases(text: str, arguments: Mapping[str, str], target: Optional[str] = None) -> List[str]:
    """The images that a build needs to be there or be pulled, each once, in the order of the Dockerfile.

    Only of stages that the target, or the last stage, is made from. ``scratch`` is no image. A name that holds a
    variable which nothing gives a value is left out.
    """
    found = stages(text, arguments)
    if not found:
        return []
    wanted, images, seen = [_wished(found, target)], [], set()
    while wanted:
        number = wanted.pop()
        if number in seen:
            continue
        seen.add(number)
        stage = found[number]
        for use in (stage.base, *stage.uses):
            at = _stage(use, found[:number], by_number=use is not stage.base)
            if at is not None:
                wanted.append(at)
            elif use and use.lower() != "scratch" and "$" not in use:
                images.append((number, use))
    return list(dict.fromkeys(image for _number, image in sorted(images, key=lambda each: each[0])))


def stages(text: str, arguments: Mapping[str, str]) -> List[Stage]:
    """All of them, with the values of arguments that are declared before the first FROM put into their bases."""
    given: Dict[str, str] = {}
    found: List[Stage] = []
    for word, rest in instructions(text):
        if word == "ARG" and not found:
            for name, default in _ASSIGNMENT.findall(rest):
                value = arguments.get(name)
                given[name] = str(value) if value is not None else _substituted(_unquoted(default), given)
        elif word == "FROM":
            match = _FROM.match(rest)
            base, name = match.groups() if match else (rest, None)
            predefined = {key: str(value) for key, value in arguments.items() if key.startswith(("TARGET", "BUILD"))}
            found.append(Stage((name or "").lower(), _substituted(_unquoted(base), {**predefined, **given}), ()))
        elif found:
            found[-1] = found[-1]._replace(uses=(*found[-1].uses, *_uses(word, rest)))
    return found


def instructions(text: str) -> Iterator[Tuple[str, str]]:
    """Each instruction's word in capitals, and the rest on one line; no comments, nothing of heredocs."""
    lines = text.lstrip("\ufeff").splitlines()
    escape = _escape(lines)
    position = 0
    while position < len(lines):
        whole, position = _joined(lines, position, escape)
        word, _blank, rest = whole.strip().partition(" ")
        if not word:
            continue
        if word.upper() in _TAKES_HEREDOCS:
            for strip, _quote, name in _HEREDOC.findall(rest):
                position = _behind(lines, position, name, bool(strip))
        yield word.upper(), rest.strip()


def _joined(lines: List[str], position: int, escape: str) -> Tuple[str, int]:
    """One instruction that goes over lines: comments and empty lines between them do not end it."""
    parts: List[str] = []
    while position < len(lines):
        line = lines[position].replace("\t", " ")
        position += 1
        if line.lstrip().startswith("#") or (not line.strip() and parts):
            continue
        if not line.rstrip().endswith(escape):
            parts.append(line)
            break
        parts.append(line.rstrip()[: -len(escape)])
    return "".join(parts), position


def _behind(lines: List[str], position: int, name: str, strip: bool) -> int:
    while position < len(lines):
        line = lines[position].lstrip("\t") if strip else lines[position]
        position += 1
        if line == name:
            break
    return position


def _escape(lines: List[str]) -> str:
    """Another escape character can be chosen in the comments at the very top."""
    for line in lines:
        match = _DIRECTIVE.match(line.strip())
        if not match:
            break
        if match.group(1).lower() == "escape":
            return match.group(2)
    return "\\"


def _uses(word: str, rest: str) -> List[str]:
    if word in ("COPY", "ADD"):
        return [_unquoted(use) for use in _COPY_FROM.findall(rest)]
    if word == "RUN":
        fields = [field.partition("=") for mount in _MOUNT.findall(rest) for field in mount.split(",")]
        return [_unquoted(value) for key, _equals, value in fields if key == "from"]
    return []


def _stage(name: str, earlier: List[Stage], by_number: bool) -> Optional[int]:
    """The number of an earlier stage of that name; COPY and RUN may also name it by its number."""
    for number in range(len(earlier) - 1, -1, -1):
        if earlier[number].name and earlier[number].name == name.lower():
            return number
    return int(name) if by_number and name.isdigit() and int(name) < len(earlier) else None


def _wished(found: List[Stage], target: Optional[str]) -> int:
    if not target:
        return len(found) - 1
    number = _stage(target, found, by_number=True)
    if number is None:
        names = ", ".join(stage.name for stage in found if stage.name) or "without names"
        raise NoSuchTarget(f"{target!r} is no stage of the Dockerfile, whose stages are {names}")
    return number


def _substituted(text: str, given: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        escaped, plain, braced, operator, word = match.groups()
        if escaped is not None:
            return str(escaped)
        name = plain or braced
        found = given.get(name)
        # With a colon, an empty value counts as none.
        there = found is not None and not (operator and operator.startswith(":") and found == "")
        if operator and operator.endswith("-"):
            return str(found) if there else _substituted(word, given)
        if operator and operator.endswith("+"):
            return _substituted(word, given) if there else ""
        return str(found) if found is not None else str(match.group(0))

    return _VARIABLE.sub(value, text)


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
