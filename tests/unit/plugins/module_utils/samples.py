# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded output of NVIDIA's tools: ours, and that of others, which is read where it lies."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu import plugins

ROOT = Path(plugins.__path__[0]).resolve().parent
OWN = ROOT / "tests" / "unit" / "samples" / "nvidia-smi"
REAL = OWN.parent / "h100-580.159.04"
OTHERS = ROOT.parent / "shared" / "samples"


CARDS = ("a100", "b200", "h100", "l40s")
FIELDS = OWN / "query-gpu-fields.csv"


def fields_taken() -> dict[int, set[str]]:
    """Branch to what its real nvidia-smi takes for --query-gpu."""
    lines = [line for line in FIELDS.read_text().splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    return {int(branch): {row["field"] for row in rows if row[branch]} for branch in rows[0] if branch != "field"}


def others(name: str) -> str:
    path = OTHERS / name
    if not path.exists():
        pytest.skip(f"{path} is not here: recorded by others, and not handed on")
    return path.read_text()


def section(capture: str, command: str) -> tuple[str, str]:
    """A command that begins so in a capture of a whole machine, and what it printed there first."""
    match = re.search(rf"^# \$ ({re.escape(command)}.*)\n#+\n((?:(?!####).*\n)*)", capture, re.MULTILINE)
    assert match, command
    return match[1], match[2]
