# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the engine is started here: its arguments, with what units and files have for them. One reader of them.

systemd.exec(5) and systemd.service(5) for units. Without systemd, as Docker's and Debian's /etc/init.d/docker do it:
DOCKER_OPTS in /etc/default/docker, which this collection's own start reads as well.
"""

from __future__ import annotations

import glob
import re
import shlex
from typing import Callable, Dict, Iterable, List, Mapping, Optional, Sequence

OPTIONS_FILE = "/etc/default/docker"
OPTIONS = "DOCKER_OPTS"
# Beside those that the arguments name, the only one of a unit's variables that is read: others may be secret.
VARIABLES = ("DOCKER_DRIVER",)

Reader = Callable[[str], Optional[str]]


def arguments(exec_start: str) -> List[str]:
    """Those in `{ path=/usr/bin/dockerd ; argv[]=/usr/bin/dockerd -H fd:// ; ignore_errors=no ; … }`."""
    match = re.search(r"argv\[\]=(.*?) ;(?: |$)", exec_start)
    # systemctl joins them with spaces; some versions quote what has blanks in it.
    return words(match.group(1))[1:] if match else []


def environment(shown: str, flags: Sequence[str], read: Reader) -> Dict[str, str]:
    """The variables that the arguments name, and the engine's own; a file's come before the unit's."""
    values: Dict[str, str] = {}
    for line in shown.splitlines():
        name, _equals, text = line.partition("=")
        if name == "Environment":
            values.update(_assigned(words(text)))
    for pattern in re.findall(r"^EnvironmentFiles=(.*) \(ignore_errors=\w+\)$", shown, re.MULTILINE):
        for path in sorted(glob.glob(pattern)) if re.search(r"[*?\[]", pattern) else [pattern]:
            values.update(_assigned(" ".join(words(line)) for line in _lines(read(path))))
    named = sorted({one or other for flag in flags for one, other in re.findall(r"^\$(\w+)$|\$\{(\w+)\}", flag)})
    return {name: values[name] for name in (*named, *VARIABLES) if name in values}


def expanded(flags: Sequence[str], values: Mapping[str, str]) -> List[str]:
    """A unit's flags with its variables in their places, as systemd does: a bare $NAME becomes words, ${NAME} none."""
    found: List[str] = []
    for flag in flags:
        bare = re.fullmatch(r"\$(\w+)", flag)
        if bare:
            found += words(values.get(bare.group(1), ""))
        else:
            found.append(re.sub(r"\$\{(\w+)\}", lambda match: values.get(match.group(1), ""), flag))
    return found


def options_without_init(read: Reader) -> List[str]:
    """What a start reads from the file of options, where that has no more than assignments in it."""
    value = ""
    for line in _lines(read(OPTIONS_FILE)):
        match = re.fullmatch(rf"(?:export\s+)?{OPTIONS}(\+?)=(.*)", line)
        if match:
            # Before a comment, and before a second command.
            text = "".join(words(match.group(2), comments=True)[:1])
            for name in (f"${{{OPTIONS}}}", f"${OPTIONS}"):
                text = text.replace(name, value)
            value = value + text if match.group(1) else text
    # The shell splits what stands in a variable at blanks, and knows no quotes in it.
    return value.split()


def words(text: str, comments: bool = False) -> List[str]:
    try:
        return shlex.split(text, comments=comments)
    except ValueError:
        return text.split()


def _lines(text: Optional[str]) -> List[str]:
    """Without comments; a backslash at the end goes on with the next one."""
    lines = [line.strip() for line in re.sub(r"\\\r?\n", " ", text or "").splitlines()]
    return [line for line in lines if line and line[0] not in "#;"]


def _assigned(found: Iterable[str]) -> Dict[str, str]:
    return {name: value for name, equals, value in (word.partition("=") for word in found) if equals}
