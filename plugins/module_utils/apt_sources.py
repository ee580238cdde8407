# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""apt's source lists in both their formats (sources.list(5)): read, and with entries taken out. Pure functions."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterator, List, Optional

from ansible_collections.dockyard.gpu.plugins.module_utils.masking import mask

Entry = Dict[str, Any]
# What apt takes for no (StringToBool in its strutl.cc).
_NO = ("no", "false", "without", "off", "disable", "0")
_ONE_LINE = re.compile(
    r"^(deb|deb-src)\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)(?P<components>.*)$"
)
_BETWEEN_PARAGRAPHS = re.compile(r"(\n\s*\n)")


def entries(path: str, text: str) -> List[Entry]:
    """{path, format, types, uris, suites, components, signed_by, enabled} of each; credentials in addresses masked."""
    if path.endswith(".sources"):
        found = (_paragraph(path, piece) for piece in _BETWEEN_PARAGRAPHS.split(text))
    elif path.endswith(".list"):
        found = (_line(path, line) for line in text.splitlines())
    else:
        return []
    return [entry for entry in found if entry]


def without(path: str, text: str, goes: Callable[[Entry], bool]) -> str:
    """The text without the lines, or paragraphs, of some entries; all else stays to the letter."""
    if not path.endswith(".sources"):
        return "".join(line for line in text.splitlines(keepends=True) if not _goes(_line(path, line), goes))
    pieces = _BETWEEN_PARAGRAPHS.split(text)
    # Every paragraph but the last with the empty line behind it.
    paragraphs = [pieces[at : at + 2] for at in range(0, len(pieces), 2)]
    return "".join("".join(piece) for piece in paragraphs if not _goes(_paragraph(path, piece[0]), goes))


def _goes(entry: Optional[Entry], goes: Callable[[Entry], bool]) -> bool:
    return entry is not None and goes(entry)


def _line(path: str, line: str) -> Optional[Entry]:
    match = _ONE_LINE.match(line.strip())
    if not match:
        return None
    options = dict(pair.split("=", 1) for pair in (match.group("options") or "").split() if "=" in pair)
    return {
        "path": path,
        "format": "one-line",
        "types": [match.group(1)],
        "uris": [mask(match.group("uri").rstrip("/"))],
        "suites": [match.group("suite")],
        "components": match.group("components").split("#")[0].split(),
        "signed_by": options.get("signed-by"),
        "enabled": True,
    }


def _paragraph(path: str, text: str) -> Optional[Entry]:
    fields = dict(_fields(text))
    if "uris" not in fields:
        return None
    return {
        "path": path,
        "format": "deb822",
        "types": fields.get("types", "").split(),
        "uris": [mask(uri.rstrip("/")) for uri in fields["uris"].split()],
        "suites": fields.get("suites", "").split(),
        "components": fields.get("components", "").split(),
        "signed_by": fields.get("signed-by"),
        "enabled": fields.get("enabled", "yes").lower() not in _NO,
    }


def _fields(text: str) -> Iterator[List[str]]:
    """[name in lower case, value], the lines of a value joined."""
    last: Optional[List[str]] = None
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        if line[:1] in (" ", "\t") and last:
            last[1] += "\n" + line.strip()
        elif ":" in line:
            if last:
                yield last
            name, value = line.split(":", 1)
            last = [name.strip().lower(), value.strip()]
    if last:
        yield last
