# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which packages are held, by whom, and what a role's variable ROLE_hold makes of that.

``auto``, the default: what the role pins is held, and released once it is pinned no more, if the record says that this
collection held it. A hold that is not in the record is an administrator's: it is not released, and what it is on is
neither exchanged nor removed but by a variable that asks for it. With true or false, all holds are the role's.
"""

from __future__ import annotations

from typing import Any, Collection, Dict, Iterable, List, Mapping, Sequence, Tuple, Union

from .auto import said
from .step import step


class Holds:
    def __init__(self, host: Mapping[str, Any], role: str, setting: Union[bool, str]) -> None:
        self.role = role
        self.setting = said(setting)
        self.held = {name for name, package in host["packages"].items() if package["held"]}
        recorded: Dict[str, Any] = host["installed"]["holds"]
        self._recorded = sorted(name for name, entry in recorded.items() if entry["by"] == role)
        self._others = self.held - set(recorded) if self.setting is None else set()

    def of_others(self, names: Iterable[str]) -> List[str]:
        """Those that an administrator holds, in their order."""
        return [name for name in names if name in self._others]

    def error(self, variable: str, does: str, names: Sequence[str], way_out: str) -> str:
        return (
            f"{variable} would {does} {', '.join(names)}, held on this host, but not by this collection; {way_out}, "
            f"`apt-mark unhold {' '.join(names)}`, or set {self.role}_hold to true (then the role manages all holds) "
            "or false (then it releases them)"
        )

    def steps(
        self, pinned: Sequence[str], known: Sequence[str], exchanged: Collection[str], why: str
    ) -> List[Dict[str, Any]]:
        """``pinned`` is what is to be held unless that is false, ``known`` what false releases, ``exchanged`` what apt
        forgets the hold of."""
        hold, release = self._hold_and_release(pinned, known, exchanged)
        found = []
        if hold:
            found.append(step(self.role, "hold", why, hold, True))
        if release:
            reason = (
                f"{self.role}_hold is false"
                if self.setting is False
                else "this role held them, and they need no hold any more"
            )
            found.append(step(self.role, "unhold", reason, release, False))
        return found

    def _hold_and_release(
        self, pinned: Sequence[str], known: Sequence[str], exchanged: Collection[str]
    ) -> Tuple[List[str], List[str]]:
        # Also of what is held no more, the record goes: it could be an administrator who holds it next.
        if self.setting is False:
            release = [name for name in known if name in self.held]
            return [], release + [name for name in self._recorded if name not in release]
        hold = [name for name in pinned if name not in self.held or name in exchanged]
        # apt forgets the hold of what it exchanges, whoever's it is.
        hold += [name for name in exchanged if name in self.held and name not in pinned and name not in self._recorded]
        return hold, [name for name in self._recorded if name not in pinned]
