# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images a Dockerfile is made from: by FROM, ``COPY --from`` and ``RUN --mount=from``, with arguments.

BuildKit's rules (frontend/dockerfile/parser and dockerfile2llb); it does not tell this beforehand itself:
``--call=targets`` lists bases as they are written. What is no instruction is left to the engine, which says it better.
"""

from __future__ import annotations

import csv
import json
import re
from typing import Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .dockerfile_words import BadSubstitution, split, substitute

_DIRECTIVE = re.compile(r"#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$")
_DIRECTIVES = ("syntax", "escape", "check")
_HEREDOC = re.compile(r"[0-9]*<<(-?)\s*([^<]*)")
_TAKES_HEREDOCS = ("RUN", "COPY", "ADD")
# What BuildKit parts an instruction's words by, and what it takes off a line's beginning.
_BLANKS = re.compile(r"[\t\v\f\r ]+")
_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_ASCII_SPACE = "\t\n\v\f\r "
# As the engine has it: a registry, a path, a tag, a digest; or an image's id.
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?:(?:[a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(?::[0-9]+)?/)?{_PART}(?:/{_PART})*(?::\w[\w.-]{{0,127}})?(?:@[\w+.-]+:[0-9a-fA-F]+)?"
)
_AUTOMATIC = {"": "PLATFORM", "os": "OS", "architecture": "ARCH", "variant": "VARIANT"}


class DockerfileError(Exception):
    """What a build is made from cannot be known; the message says why, and what to do."""


class NoSuchTarget(DockerfileError):
    """The target is no stage of the Dockerfile; the message names those that are."""


class Instruction(NamedTuple):
    """``word`` in capitals, flags with their dashes, and the rest on one line."""

    word: str
    flags: Tuple[str, ...]
    rest: str


class Stage(NamedTuple):
    name: str  # empty where it has none
    base: str
    uses: Tuple[str, ...]  # of COPY and RUN: stages by name or number, or images
    triggers: Tuple[str, ...]  # likewise, of ONBUILD: what a stage made from this one uses
    unset: Tuple[str, ...]  # variables of the base that have no value
    written: str  # the base as it is written


def bases(
    text: str,
    arguments: Mapping[str, str],
    target: Optional[str] = None,
    platforms: Sequence[str] = (),
    engine_platform: str = "",
) -> List[str]:
    """The images that a build needs to be there or be pulled, each once, in the order of the Dockerfile.

    Only of stages that the target, or the last stage, is made from. ``scratch`` is no image. Platforms, such as
    linux/arm64, are what the automatic arguments TARGETARCH and so on are taken from.
    """
    images: List[str] = []
    for platform in platforms or (engine_platform,):
        images += _bases(stages(text, arguments, _automatic(arguments, platform, engine_platform)), target)
    return list(dict.fromkeys(images))


def _bases(found: List[Stage], target: Optional[str]) -> List[str]:
    if not found:
        return []
    needed, images, seen = [_target(found, target)], [], set()
    while needed:
        number = needed.pop()
        if number in seen:
            continue
        seen.add(number)
        stage = found[number]
        base = _stage(stage.base, found[:number], by_number=False)
        if base is not None:
            needed.append(base)
        elif stage.base.lower() != "scratch":
            images.append((number, _known(stage)))
        for use in (*stage.uses, *(found[base].triggers if base is not None else ())):
            at = _stage(use, found[:number], by_number=True)
            if at is not None:
                needed.append(at)
            elif "$" in use:
                raise DockerfileError(
                    f"from={use}: COPY and RUN take no variable there; name a stage, and give that its image by FROM"
                )
            elif use.lower() not in ("", "scratch"):
                images.append((number, use))
    return [image for _number, image in sorted(images, key=lambda each: each[0])]


def _known(stage: Stage) -> str:
    """A variable without a value is the empty text, which may be meant; a name that it spoils is not."""
    if stage.unset and not _REFERENCE.fullmatch(stage.base):
        names = ", ".join(stage.unset)
        raise DockerfileError(
            f"FROM {stage.written}: {names} has no value here; give it in args, or by ARG before the first FROM"
        )
    return stage.base


def stages(text: str, arguments: Mapping[str, str], automatic: Mapping[str, str]) -> List[Stage]:
    """All of them, with the values of arguments that are declared before the first FROM put into their bases."""
    given: Dict[str, str] = dict(automatic)
    found: List[Stage] = []
    escape = _escape(text)
    for instruction in instructions(text):
        if instruction.word == "ARG" and not found:
            for name, equals, default in (word.partition("=") for word in _words(instruction.rest, escape)):
                if name in arguments:
                    given[name] = str(arguments[name])
                elif equals:
                    given[name] = _substituted(f"ARG {name}", default, given, escape)[0]
        elif instruction.word == "FROM":
            words = _BLANKS.split(instruction.rest)
            name = words[2].lower() if len(words) == 3 and words[1].lower() == "as" else ""
            base, unset = _substituted("FROM", words[0], given, escape)
            found.append(Stage(name, base, (), (), unset, words[0]))
        elif found and instruction.word == "ONBUILD":
            found[-1] = found[-1]._replace(triggers=(*found[-1].triggers, *_uses(_instruction(instruction.rest))))
        elif found:
            found[-1] = found[-1]._replace(uses=(*found[-1].uses, *_uses(instruction)))
    return found


def instructions(text: str) -> Iterator[Instruction]:
    """Without comments, and without what stands in heredocs."""
    lines = [line.rstrip("\r") for line in text.lstrip("\ufeff").split("\n")]
    escape = _escape(text)
    goes_on = re.compile(rf"([^{re.escape(escape)}]|^){re.escape(escape)}[ \t]*$")
    position = 0
    while position < len(lines):
        whole, position = _joined(lines, position, goes_on)
        found = _instruction(whole)
        if not found.word:
            continue
        for strip, name in _heredocs(found, whole):
            position = _behind(lines, position, name, strip)
        yield found


def _joined(lines: List[str], position: int, goes_on: re.Pattern[str]) -> Tuple[str, int]:
    """One instruction that goes over lines: comments and empty lines between them do not end it."""
    whole = ""
    first = True
    while position < len(lines):
        line = lines[position].lstrip(_SPACE) if first else lines[position]
        position += 1
        bare = line.strip(_SPACE)
        if bare.startswith("#") or (not bare and not first):
            if first:
                break
            continue
        first = False
        if not goes_on.search(line):
            return whole + line, position
        whole += goes_on.sub(r"\1", line)
    return whole, position


def _instruction(line: str) -> Instruction:
    word, rest = (*_BLANKS.split(line.strip(_SPACE), maxsplit=1), "")[:2]
    flags, rest = _flags(rest)
    return Instruction(word.upper(), tuple(flags), rest.strip(_SPACE))


def _flags(rest: str) -> Tuple[List[str], str]:
    """``--name=value`` before all else, where quotes and a backslash keep blanks in a value."""
    flags: List[str] = []
    piece = re.compile(r"\"((?:\\.|[^\"\\])*)\"?|'((?:\\.|[^'\\])*)'?|\\(.)|([^\s\"'\\]+)|\\$")
    at = len(rest) - len(rest.lstrip(_ASCII_SPACE))
    while rest.startswith("--", at):
        word = ""
        while at < len(rest) and rest[at] not in _ASCII_SPACE:
            match = piece.match(rest, at)
            if not match:
                break
            word += "".join(re.sub(r"\\(.)", r"\1", group) if group else "" for group in match.groups())
            at = match.end()
        at += len(rest[at:]) - len(rest[at:].lstrip(_ASCII_SPACE))
        if word == "--":
            break
        flags.append(word)
    return flags, rest[at:]


def _heredocs(instruction: Instruction, line: str) -> List[Tuple[bool, str]]:
    """Whether leading tabs count, and the line that ends it, of each heredoc of an instruction."""
    inner = _instruction(instruction.rest) if instruction.word == "ONBUILD" else instruction
    if inner.word not in _TAKES_HEREDOCS or "<<" not in line or _is_json(inner.rest):
        return []
    found = []
    for word in split(line, raw=True):
        match = _HEREDOC.fullmatch(word)
        names = split(match.group(2), raw=False) if match else []
        if match and len(names) == 1:
            found.append((bool(match.group(1)), names[0]))
    return found


def _is_json(rest: str) -> bool:
    try:
        value = json.loads(rest) if rest.startswith("[") else None
    except ValueError:
        return False
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _behind(lines: List[str], position: int, name: str, strip: bool) -> int:
    while position < len(lines):
        line = lines[position].lstrip("\t") if strip else lines[position]
        position += 1
        if line == name:
            break
    return position


def _escape(text: str) -> str:
    """Another escape character can be chosen in the comments at the very top."""
    for line in text.lstrip("\ufeff").split("\n"):
        match = _DIRECTIVE.match(line.strip(_SPACE))
        if not match or match.group(1).lower() not in _DIRECTIVES:
            break
        if match.group(1).lower() == "escape" and match.group(2) in ("\\", "`"):
            return match.group(2)
    return "\\"


def _words(rest: str, escape: str) -> List[str]:
    """As ARG takes them apart: at blanks outside of quotes, which stay."""
    mark = re.escape(escape)
    word = re.compile(rf"(?:{mark}.|\"(?:{mark}.|[^\"])*\"?|'[^']*'?|[^\s\"'])+")
    return [match.group() for match in word.finditer(rest)]


def _uses(instruction: Instruction) -> List[str]:
    found: List[str] = []
    for name, _equals, value in (flag.partition("=") for flag in instruction.flags):
        if instruction.word == "COPY" and name == "--from":
            found.append(value)
        elif instruction.word == "RUN" and name == "--mount":
            fields = [field.partition("=") for field in next(csv.reader([value]), [])]
            found += [of for key, _equal, of in fields if key.strip().lower() == "from"]
    return found


def _stage(name: str, earlier: List[Stage], by_number: bool) -> Optional[int]:
    """The number of an earlier stage of that name; COPY and RUN may also name it by its number."""
    for number in range(len(earlier) - 1, -1, -1):
        if earlier[number].name and earlier[number].name == name.lower():
            return number
    return int(name) if by_number and re.fullmatch("[0-9]+", name) and int(name) < len(earlier) else None


def _target(found: List[Stage], target: Optional[str]) -> int:
    if not target:
        return len(found) - 1
    number = _stage(target, found, by_number=True)
    if number is None:
        names = ", ".join(stage.name for stage in found if stage.name) or "without names"
        raise NoSuchTarget(f"{target!r} is no stage of the Dockerfile, whose stages are {names}")
    return number


def _automatic(arguments: Mapping[str, str], target: str, build: str) -> Dict[str, str]:
    """The arguments that BuildKit gives by itself before the first FROM, unless they are given otherwise."""
    values: Dict[str, str] = {}
    for prefix, platform in (("BUILD", build), ("TARGET", target)):
        parts = (*platform.split("/"), "", "")
        known = {"": platform, "os": parts[0], "architecture": parts[1], "variant": parts[2]}
        values.update({prefix + _AUTOMATIC[key]: value for key, value in known.items() if platform})
    values.update({name: str(value) for name, value in arguments.items() if name in values})
    return values


def _substituted(place: str, text: str, given: Mapping[str, str], escape: str) -> Tuple[str, Tuple[str, ...]]:
    try:
        found = substitute(text, given, escape)
    except BadSubstitution as error:
        raise DockerfileError(
            f"{place} {text}: {error}; see the Dockerfile reference for what a variable can be"
        ) from error
    return found.text, found.unset
