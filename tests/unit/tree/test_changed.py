# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task that says that it changes nothing says why."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
FILES = sorted(path for place in ("roles", "playbooks", "examples") for path in (ROOT / place).rglob("*.yml"))
NEVER = re.compile(r"\s*changed_when:\s*(false|no|False)\s*(#.*)?$")


def test_what_never_counts_as_a_change_has_its_reason_in_the_line_above() -> None:
    found, bare = 0, []
    for path in FILES:
        lines = path.read_text().splitlines()
        for above, line in zip(["", *lines], lines, strict=False):
            if NEVER.match(line):
                found += 1
                bare += [] if above.lstrip().startswith("# ") else [f"{path.relative_to(ROOT)}: {line.strip()}"]
    assert found
    assert bare == []
