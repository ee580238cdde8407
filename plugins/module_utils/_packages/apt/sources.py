# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""apt's source lists in both their formats (sources.list(5)): read, and with entries taken out. Pure functions."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterator, List, Optional

from ..._common.redaction import mask

Entry = Dict[str, Any]
# What apt takes for no (StringToBool in its strutl.cc).
_NO = ("no", "false", "without", "off", "disable", "0")
_ONE_LINE = r"^(deb|deb-src)\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)(?P<components>.*)$"
# To apt, a line with a blank in it is no end of a paragraph, but goes on with the field before.
_BETWEEN_PARAGRAPHS = r"(\n(?:\r?\n)+)"
# Names of the options of one-line entries as fields; all others are the same (sources.list(5)).
_FIELDS = {"arch": "Architectures", "lang": "Languages", "target": "Targets"}
_OWN_FIELDS = ("types", "uris", "suites", "components", "signed-by", "enabled")


def entries(path: str, text: str) -> List[Entry]:
    """{path, format, types, uris, credentials, suites, components, signed_by, options, enabled} of each.

    User and password in ``uris`` are masked, and ``credentials`` says whether there were some. ``signed_by`` can be a
    key itself, and ``options`` are all other fields, as deb822 has them, with their lines.
    """
    if path.endswith(".sources"):
        found = (_paragraph(path, piece) for piece in re.split(_BETWEEN_PARAGRAPHS, text))
    elif path.endswith(".list"):
        found = (_line(path, line) for line in text.split("\n"))
    else:
        return []
    return [entry for entry in found if entry]


def without(path: str, text: str, goes: Callable[[Entry], bool]) -> str:
    """The text without the lines, or paragraphs, of some entries; all else stays to the letter."""
    if not path.endswith(".sources"):
        return "".join(line for line in re.findall(r"[^\n]*\n|[^\n]+", text) if not _goes(_line(path, line), goes))
    pieces = re.split(_BETWEEN_PARAGRAPHS, text)
    # Every paragraph but the last with the empty line behind it.
    paragraphs = [pieces[at : at + 2] for at in range(0, len(pieces), 2)]
    return "".join("".join(piece) for piece in paragraphs if not _goes(_paragraph(path, piece[0]), goes))


def is_odd(path: str, text: str) -> bool:
    """Whether apt may not be able to read the file: something in it is neither a comment nor a whole entry."""
    if path.endswith(".sources"):
        return any(_odd_paragraph(piece, _paragraph(path, piece)) for piece in re.split(_BETWEEN_PARAGRAPHS, text))
    lines = (line.strip() for line in text.split("\n")) if path.endswith(".list") else ()
    return any(line and line[0] != "#" and _odd_line(line, _line(path, line)) for line in lines)


def contradict(found: List[Entry]) -> bool:
    """Whether entries of one repository differ in what apt wants said once of it: whom to trust for it."""
    known: Dict[Any, Any] = {}
    for entry in (entry for entry in found if entry["enabled"]):
        says = entry["signed_by"], {name.lower(): value for name, value in entry["options"].items()}.get("trusted")
        for place in ((uri, suite) for uri in entry["uris"] for suite in entry["suites"]):
            if known.setdefault(place, says) != says:
                return True
    return False


def _odd_line(line: str, entry: Optional[Entry]) -> bool:
    options = re.match(r"\S+\s+\[([^\]]*)\]", line)
    return (
        entry is None or _lacks(entry) or not all("=" in each for each in (options.group(1).split() if options else ()))
    )


def _odd_paragraph(text: str, entry: Optional[Entry]) -> bool:
    lines = [line for line in text.splitlines() if line.strip() and line[0] != "#"]
    if not lines or (entry and not entry["enabled"]):
        return False
    whole = all(line[0] in " \t" or re.match(r"[!-9;-~]+\s*:", line) for line in lines) and lines[0][0] not in " \t"
    return not whole or entry is None or _lacks(entry)


def _lacks(entry: Entry) -> bool:
    """What each entry needs: a suite that is a path has no components, and any other has some."""
    return (
        not all(kind in ("deb", "deb-src") for kind in entry["types"] or [""])
        or not all(re.match(r"[a-z][a-z0-9+.-]*:", uri) for uri in entry["uris"] or [""])
        or not all(suite.endswith("/") != bool(entry["components"]) for suite in entry["suites"] or ["/", ""])
    )


def _goes(entry: Optional[Entry], goes: Callable[[Entry], bool]) -> bool:
    return entry is not None and goes(entry)


def _line(path: str, line: str) -> Optional[Entry]:
    match = re.match(_ONE_LINE, line.strip())
    if not match:
        return None
    options = dict(pair.split("=", 1) for pair in (match.group("options") or "").split() if "=" in pair)
    signed_by = options.pop("signed-by", None)
    return {
        "path": path,
        "format": "one-line",
        "types": [match.group(1)],
        **_addresses([match.group("uri")]),
        "suites": [match.group("suite")],
        "components": match.group("components").split("#")[0].split(),
        "signed_by": signed_by,
        "options": {_field(name): value.replace(",", " ") for name, value in options.items()},
        "enabled": True,
    }


def _paragraph(path: str, text: str) -> Optional[Entry]:
    found = dict(_fields(text))
    fields = {name.lower(): value for name, value in found.items()}
    if "uris" not in fields:
        return None
    return {
        "path": path,
        "format": "deb822",
        "types": fields.get("types", "").split(),
        **_addresses(fields["uris"].split()),
        "suites": fields.get("suites", "").split(),
        "components": fields.get("components", "").split(),
        "signed_by": fields.get("signed-by"),
        "options": {name: value for name, value in found.items() if name.lower() not in _OWN_FIELDS},
        "enabled": fields.get("enabled", "yes").lower() not in _NO,
    }


def _addresses(uris: List[str]) -> Entry:
    masked = [mask(uri.rstrip("/")) for uri in uris]
    return {"uris": masked, "credentials": masked != [uri.rstrip("/") for uri in uris]}


def _field(option: str) -> str:
    """Of ``arch+=i386`` too, which adds to the default."""
    name, sign = (option[:-1], option[-1]) if option[-1:] in ("+", "-") else (option, "")
    return _FIELDS.get(name, name) + {"+": "-Add", "-": "-Remove"}.get(sign, "")


def _fields(text: str) -> Iterator[List[str]]:
    """[name, value], with the lines of a value as they are, since a key can be one."""
    last: Optional[List[str]] = None
    for line in text.split("\n"):
        if line.startswith("#"):
            continue
        if line[:1] in (" ", "\t") and last:
            last[1] += "\n" + line[1:].rstrip("\r")
        elif ":" in line:
            if last:
                yield last
            name, value = line.split(":", 1)
            last = [name.strip(), value.strip()]
    if last:
        yield last
