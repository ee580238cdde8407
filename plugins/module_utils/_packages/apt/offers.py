# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What apt offers of some packages, for the runs in which a version is configured."""

from __future__ import annotations

import re
from typing import Dict, List, Optional, Sequence, Tuple

from ..._common.prober import Prober
from . import facts

# Of `apt-cache policy`: a package, a version with its priority, and where that is to be had.
_STANZA = r"(\S+):$"
_VERSION = r" (?:\*\*\*|   ) (\S+) -?\d+"
_ORIGIN = r" {8,}-?\d+ (\S+)"


def offered(prober: Prober, names: Sequence[str]) -> Optional[Tuple[Dict[str, List[str]], Dict[str, str]]]:
    """name -> versions that the known package indexes offer, newest first; and name -> the one that apt would install.

    The latter is decided by pins (apt_preferences(5)) too, and empty where they forbid all. Of those packages that apt
    knows; null where it did not answer, by which nothing is known of what is offered.
    """
    versions: Dict[str, List[str]] = {}
    candidates: Dict[str, str] = {}
    status, output = prober.run(["apt-cache", "policy", *names])
    if status == 124:
        return None
    name = version = ""
    for line in output.splitlines():
        stanza, row, origin = (re.match(pattern, line) for pattern in (_STANZA, _VERSION, _ORIGIN))
        if stanza:
            name, version = stanza.group(1), ""
        elif line.startswith("  Candidate: "):
            candidate = line.split()[1]
            candidates[name] = "" if candidate == "(none)" else candidate
        elif row:
            version = row.group(1)
        elif origin and version and origin.group(1) != facts.STATUS and version not in versions.get(name, []):
            versions.setdefault(name, []).append(version)
    return versions, {name: candidate for name, candidate in candidates.items() if candidate or name in versions}
