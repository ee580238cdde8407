# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts say about themselves, as text that can do nothing to whoever reads it."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

# A name is as long as people give them; a sentence has room for a few names.
NAME = 120
SENTENCE = 2000

# Control characters move a terminal's cursor, format characters change a line's direction, unpaired surrogates break
# encoders, and separators break lines. All of these are outside of what this pattern leaves alone.
_SUSPECT = re.compile(r"[^\x20-\x7e\xa1-\xac\xae-\u05ff\u3041-\u9fff\uac00-\ud7a3]")
_KINDS = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def shown(text: Any, most: int = SENTENCE) -> str:
    """One line, in which terminal control characters are escaped (`\\x1b`), and which says so where it was cut."""
    return cut(_SUSPECT.sub(_written_out, str(text)), most)


def cut(text: str, most: int) -> str:
    """Not longer than ``most``, the note included, so that a text that was cut is left as it is."""
    if len(text) <= most:
        return text
    note = f"... (cut: {len(text)} characters)"
    return text[: most - len(note)] + note


def shown_within(value: Any) -> Any:
    """The same for every text in lists and dictionaries. Lines stay lines, and nothing is cut: it is data."""
    if isinstance(value, str):
        return "\n".join(
            "\t".join(_SUSPECT.sub(_written_out, part) for part in line.split("\t")) for line in value.split("\n")
        )
    if isinstance(value, dict):
        return {shown_within(key): shown_within(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [shown_within(item) for item in value]
    return value


def _written_out(found: re.Match[str]) -> str:
    sign = found.group()
    if unicodedata.category(sign) not in _KINDS:
        return sign
    return sign.encode("unicode_escape").decode("ascii")
