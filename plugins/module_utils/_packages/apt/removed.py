# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages that were removed and not purged."""

from __future__ import annotations

import re
from typing import List

from ..._common.prober import Prober
from . import facts


def configurations(prober: Prober) -> List[str]:
    """Someone may come back to what they left."""
    names = (
        stanza[9 : stanza.find("\n")].strip()
        for stanza in (prober.text(facts.STATUS) or "").split("\n\n")
        if stanza.startswith("Package: ") and re.search("^Status: .* config-files$", stanza, re.MULTILINE)
    )
    return sorted({name for name in names if facts.RELEVANT.search(name)})
