# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What apt says where it cannot work, and what is at fault: apart, since apt works on nearly all hosts."""

from __future__ import annotations

import re
from typing import List

from ..._common.prober import Prober
from . import errors

# What apt says at the end of other errors, and is none by itself.
_ENDS = ("The list of sources could not be read.", "The package cache file is corrupted")
_UNMET = r"(?m)^ ([^\s:]+(?::\w+)?) : .*$"


def understood(prober: Prober, words: str) -> errors.Errors:
    lines = [line.strip() for line in dict.fromkeys(words.splitlines()) if line.startswith(("E: ", "Error: "))]
    own = [line for line in lines if not line.endswith(_ENDS)] or lines
    ends = [line for line in lines if line not in own]
    paths = [
        *errors.files(*errors.SOURCES),
        *errors.files(*errors.PREFERENCES),
        *errors.files(*errors.SETTINGS),
        errors.STATUS,
    ]
    unmet = re.findall(_UNMET, words)
    found = []
    for line in own:
        # The longest: one path can be the beginning of another.
        path = max((path for path in paths if re.search(rf"{re.escape(path)}(?![\w.-])", line)), key=len, default="")
        if not path and "pin" in line:
            path = _pins_at_fault(prober)
        packages = re.findall(errors.REINSTALLED, line)
        text = " ".join([line, *ends])
        if not path and not packages and unmet:
            packages = unmet
            text = " ".join([line, *(match.group().strip() for match in re.finditer(_UNMET, words))])
        found.append({"path": path, "packages": packages, "words": text, "remedy": _remedy(path, packages)})
    return found


def _remedy(path: str, packages: List[str]) -> str:
    if path:
        return f"Fix {path}, or move it away; `apt-get check` shows whether apt can work then."
    if packages:
        return "`apt-get --fix-broken install` or `apt-get install --reinstall PACKAGE` fixes that, as the case may be."
    return "Fix what it names; `apt-get check` shows whether apt can work then."


def _pins_at_fault(prober: Prober) -> str:
    """apt does not name the file of some: it is asked about each that looks odd by itself."""
    for path in errors.files(*errors.PREFERENCES):
        alone = ["-o", f"Dir::Etc::Preferences={path}", "-o", "Dir::Etc::PreferencesParts=-"]
        if errors.odd_pins(prober.text(path) or "") and prober.run([*errors.CHECK, *errors.BARE, *alone])[0] == 100:
            return path
    return ""
