# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each file of a corpus goes to the collection's reader and to an oracle; what they say is compared."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from corpus.kinds import KINDS, Kind, NoOracle, Unread

# Of a difference, on one line.
_MOST = 300


@dataclasses.dataclass
class Result:
    kind: str
    # Why nothing was compared; else how many were.
    left_out: str = ""
    files: int = 0
    same: int = 0
    # Names, each with what both read.
    different: dict[str, str] = dataclasses.field(default_factory=dict)


def measure(folder: Path) -> list[Result]:
    return [_kind(name, kind, folder / name) for name, kind in KINDS.items() if (folder / name).is_dir()]


def reported(results: list[Result]) -> str:
    lines = [f"{'kind':<14}{'files':>7}{'same':>7}{'different':>11}"]
    for result in results:
        numbers = f"{result.files:>7}{result.same:>7}{len(result.different):>11}"
        lines.append(f"{result.kind:<14}" + (f"  left out: {result.left_out}" if result.left_out else numbers))
    lines += [f"{each.kind}: {name}: {words}" for each in results for name, words in each.different.items()]
    return "\n".join(lines) + "\n"


def _kind(name: str, kind: Kind, folder: Path) -> Result:
    result = Result(name)
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        for item, text in kind.items(path):
            label = "".join([str(path.relative_to(folder)), *([f":{item}"] if item else [])])
            try:
                difference = _difference(kind, path, text)
            except NoOracle as missing:
                return Result(name, left_out=str(missing))
            result.files += 1
            if difference:
                result.different[label] = difference
            else:
                result.same += 1
    return result


def _difference(kind: Kind, path: Path, text: str) -> str:
    expected = _read(kind.oracle, path, text)
    # Nothing has to be found in what is rejected by the program whose file it is.
    if expected == _UNREAD and kind.lenient:
        return ""
    try:
        found = _read(kind.ours, path, text)
    except Exception as fault:  # a reader's own exception is what is looked for here
        found = f"a fault: {fault!r}"
    return "" if found == expected else f"read as {_short(found)}, and by {kind.by} as {_short(expected)}"


_UNREAD = "an error"


def _read(reader: Any, path: Path, text: str) -> Any:
    try:
        return reader(path, text)
    except Unread:
        return _UNREAD


def _short(value: Any) -> str:
    words = value if isinstance(value, str) else repr(value)
    return words if len(words) <= _MOST else words[:_MOST] + "…"
