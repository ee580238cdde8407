# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mounts that do not answer: whoever asks for a file in one whose server is gone waits for ever, and cannot be stopped.

Prober.silent takes a path of people's choice to here before anything else asks for it.
"""

from __future__ import annotations

import os
from typing import Dict

from . import mounts
from .prober import REMOTE, Prober

_MOST_LINKS = 40


class SilentMounts:
    """Each mount is asked once, by a program with a time limit."""

    def __init__(self, prober: Prober, text: bytes) -> None:
        """``text`` is what mountinfo reads."""
        self._prober = prober
        self._words: Dict[str, str] = {}
        # Of several on one folder the last one counts.
        last = {mount.path: (mount, line) for mount, line in zip(mounts.all_of(text), text.splitlines())}
        self._remote = {os.fsdecode(path): mount for path, (mount, line) in last.items() if REMOTE.search(line)}

    def on_the_way(self, path: str) -> str:
        """The mount that does not answer, and through which the path leads, links followed; or an empty text."""
        parts, place, links = path.split("/") if self._remote else [], "/", 0
        while parts:
            part = parts.pop(0)
            if part in ("", "."):
                continue
            if part == "..":
                place = os.path.dirname(place)
                continue
            place = os.path.join(place, part)
            if self._silent(place):
                return self._silent(place)
            try:
                target = os.readlink(place)
            except (OSError, ValueError):
                continue
            links += 1
            if links > _MOST_LINKS:
                break
            parts = target.split("/") + parts
            place = "/" if target.startswith("/") else os.path.dirname(place)
        return ""

    def _silent(self, place: str) -> str:
        if place not in self._remote:
            return ""
        if place not in self._words:
            self._words[place] = self._asked(self._remote[place], place)
        return self._words[place]

    def _asked(self, mount: mounts.Mount, place: str) -> str:
        # The dot leads into the mount, also of an automounter.
        own = Prober(self._prober.timeout)
        if own.run(["stat", "-f", "-c", "%T", os.path.join(place, ".")])[0] != 124:
            return ""
        words = f"{place} ({mount.type}, {mount.source})"
        self._prober.problem(
            "mount_silent",
            f"the mount {words} gave no answer within {self._prober.timeout:g} s, and nothing in it was examined",
            f"See what it waits for (`dmesg`, and whether its server answers), or unmount it: `umount -f -l {place}`.",
        )
        return words
