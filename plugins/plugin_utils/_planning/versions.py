# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions of distribution packages: what people want ("29.7") against what a repository offers."""

from __future__ import annotations

import re
from typing import List, Tuple

DESIRED = re.compile(r"\d+(\.\d+)*")


def upstream(version: str) -> str:
    """29.7.2 of 5:29.7.2-1~debian.13~trixie: without Debian's epoch and revision (deb-version(7))."""
    return version.split(":", 1)[-1].rsplit("-", 1)[0]


def numbers(version: str) -> Tuple[int, ...]:
    """The leading numbers of the upstream part; what follows them (+dfsg1, ~rc.1) only breaks ties by name."""
    match = DESIRED.match(upstream(version))
    return tuple(int(part) for part in match.group().split(".")) if match else ()


def satisfies(version: str, desired: str) -> bool:
    """Whether a package version is of the desired release: 29.7 means any 29.7.x, and not 29.70."""
    parts = tuple(int(part) for part in desired.split("."))
    return numbers(version)[: len(parts)] == parts


def newest(versions: List[str]) -> str:
    """The highest of them; a release candidate (29.8.0~rc.1) is below its release."""
    return max(versions, key=_order)


def _order(version: str) -> Tuple[int, List[Tuple[List[int], int]], List[Tuple[List[int], int]]]:
    """What sorts versions as dpkg does (deb-version(7)): epoch, then upstream's part, then the revision."""
    epoch, _colon, rest = version.rpartition(":")
    revision = rest.rpartition("-")[2] if "-" in rest else ""
    return int(epoch or 0), _parts(upstream(version)), _parts(revision)


def _parts(text: str) -> List[Tuple[List[int], int]]:
    """Signs and numbers in turn; a tilde is below the end, which is below a letter, which is below another sign."""
    end: Tuple[List[int], int] = ([0], 0)
    parts = [([*map(_weight, signs), 0], int(digits or 0)) for signs, digits in re.findall(r"(\D*)(\d*)", text)]
    while parts and parts[-1] == end:
        parts.pop()
    # The shorter of two is compared as if it went on; twice, since the longer may begin with a zero.
    return [*parts, end, end]


def _weight(sign: str) -> int:
    if sign == "~":
        return -1
    return ord(sign) if sign.isalpha() else ord(sign) + 256


def best(versions: List[str], desired: str) -> str:
    """The newest version that satisfies the setting, or an empty string."""
    fitting = [version for version in versions if satisfies(version, desired)]
    return newest(fitting) if fitting else ""
