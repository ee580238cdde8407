# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which distributions the repository serves, and which engine versions each of them offers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Offer:
    """One engine version: whose binaries it holds, and, for a stand-in, the version it answers with instead."""

    binaries: str
    stand_in: str = ""

    def major(self, own: str) -> int:
        return int((self.stand_in or own).split(".")[0])


@dataclass(frozen=True)
class Suite:
    """One `dists/` folder of Docker's repository."""

    distribution: str
    codename: str
    release: str
    offers: tuple[Offer, ...]
    # The folder of the site, with a repository of its own.
    folder: str = ""

    @property
    def site(self) -> Path:
        """Where it lies, as in Docker's own layout."""
        return Path(self.folder, "linux", self.distribution)

    @property
    def suffix(self) -> str:
        """The end of Docker's version strings for this suite."""
        return f"~{self.distribution}.{self.release}~{self.codename}"


# Where the newest engine is 29.
NEXT = "next"
# The stand-ins give a lower patch (a pin such as "26.1" has to choose) and another minor version (up- and downgrades).
TRIXIE = (Offer("trixie", "25.0.5"), Offer("trixie", "26.1.4"), Offer("trixie"), Offer("testing"))
SUITES = (
    Suite("debian", "bookworm", "12", (Offer("bookworm", "20.10.23"), Offer("bookworm"), Offer("bookworm", "23.0.6"))),
    Suite("debian", "trixie", "13", TRIXIE),
    Suite("ubuntu", "noble", "24.04", TRIXIE),
    # Apart: in what another engine's store brings along, not every scenario is about it.
    Suite("debian", "trixie", "13", (Offer("trixie"), Offer("testing"), Offer("testing", "29.7.2")), NEXT),
)
# Debian 12 has neither plugin, and those of Debian 13 run there.
PLUGINS_OF = {"bookworm": "trixie", "trixie": "trixie", "testing": "testing"}
