# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands under the three names of a container, and which of it an exchange left that was cut short.

Only what a label vouches for belongs together: the new one names the id that it was made to replace. Whatever else has
``.dockyard-new`` or ``.dockyard-old`` behind its name is not the role's to remove; it is in the way of an exchange.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from .spec import LABELS, LIVES, SUFFIXES

NEW, OLD = SUFFIXES
REPLACES = LABELS + "replaces"
Found = Dict[str, Any]


class Standing:
    """``current`` is the container, under its name or, where an exchange was cut short, under the old one's."""

    def __init__(self, name: str, containers: List[Found]) -> None:
        there = {container["name"]: container for container in containers}
        self.name = name
        self.named: Optional[Found] = there.get(name)
        self.new: Optional[Found] = there.get(name + NEW)
        self.old: Optional[Found] = there.get(name + OLD)
        self.current: Optional[Found] = self.named
        # Where an exchange was cut short: before the new one had the name, or before the old one was gone.
        self.cut = ""
        # An old one alone has its name again, but nothing says that it may go.
        self.vouched = bool(self.old and self.new and is_leftover(self.new) and _replaces(self.new, self.old))
        if not self.named and self.old and is_ours(self.old):
            self.current, self.cut = self.old, "early"
        elif self.named and self.new and is_leftover(self.new) and _replaces(self.new, self.named):
            self.cut = "early"
        elif self.named and self.old and _replaces(self.named, self.old):
            self.cut = "late"

    @property
    def names(self) -> List[str]:
        """Of what is the role's own here."""
        mine = [self.current, self.old if self.cut == "late" else None]
        mine.append(self.new if self.new and is_leftover(self.new) else None)
        return [container["name"] for container in mine if container]

    def in_the_way(self) -> List[str]:
        """Of a new container; sentences."""
        found = []
        if self.new and not is_leftover(self.new):
            found.append(self.new)
        if self.old and self.cut != "late" and self.old is not self.current:
            found.append(self.old)
        return [_stays(container) for container in found]


def is_ours(container: Found) -> bool:
    return LABELS + "spec" in container["labels"]


def is_leftover(container: Found) -> bool:
    """One that the role made and that never ran holds nothing that anybody wrote."""
    return is_ours(container) and not container["ran"]


def lives(container: Optional[Found]) -> bool:
    return container is not None and container["state"] in LIVES


def _replaces(new: Found, old: Found) -> bool:
    return is_ours(new) and new["labels"].get(REPLACES) == old["id"]


def _stays(container: Found) -> str:
    name = container["name"]
    return (
        f"{name} blocks the exchange: a container ({container['state']}) that is not known to come from a run of this "
        f"role. It stays; examine it, then docker rename {name} OTHER, or docker rm {name}"
    )
