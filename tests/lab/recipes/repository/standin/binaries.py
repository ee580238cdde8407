# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was fetched from Debian, and how a stand-in answers with another version than its own."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path


class Binaries:
    """The unpacked packages of one Debian suite."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self._control = folder / "control"

    def field(self, package: str, name: str) -> str:
        found = re.search(rf"^{name}: (.*)$", (self._control / package).read_text(), re.MULTILINE)
        return found.group(1) if found else ""

    def version(self, package: str) -> str:
        """The version as upstream writes it."""
        found = re.match(r"(?:\d+:)?(\d+(?:\.\d+)+)", self.field(package, "Version"))
        assert found, f"{package} has no version that looks like one"
        return found.group(1)

    def depends(self, package: str) -> list[str]:
        """The shared libraries; the packages that Debian splits off are named by Docker's own control files."""
        return [entry for entry in self.field(package, "Depends").split(", ") if entry.startswith("lib")]

    def path(self, *candidates: str) -> Path:
        """The first that exists: Debian moves programs between releases."""
        for name in candidates:
            if (self.root / name).exists():
                return self.root / name
        raise FileNotFoundError(f"none of {', '.join(candidates)} is in {self.root}")


@cache
def read_as(program: Path, own: str, stand_in: str) -> bytes:
    """The program's bytes, every mention of its version replaced by one of the same length."""
    content = program.read_bytes()
    if not stand_in:
        return content
    long = re.search(rb"(?<![0-9.])" + re.escape(own.encode()) + rb"\+[a-z]+[0-9]+", content)
    assert long, f"{program} does not say that it is {own}"
    mention = long.group(0)
    other = f"{stand_in}+standin".encode()[: len(mention)].ljust(len(mention), b"n")
    assert len(stand_in) + 1 < len(mention), f"{stand_in} does not fit into {mention.decode()}"
    return content.replace(mention, other)
