# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NVIDIA's driver branches, and which of them serve which architecture.

Sources, read in November 2026: docs.nvidia.com/datacenter/tesla/drivers (kinds and ends of life), the release notes of
615.71.09 and the driver installation guide 620 (no proprietary modules any more), NVIDIA's product security bulletins
5821 and 5861 (floors), supported-gpus.json of 580 (its last architectures), the README of open-gpu-kernel-modules.
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional


class Branch(NamedTuple):
    """``end_of_life`` is the last month, empty where none is known; ``floor`` the oldest version without known
    vulnerabilities."""

    kind: str
    end_of_life: str
    floor: str


BRANCHES: Dict[int, Branch] = {
    535: Branch("long-term", "2026-06", "535.309.01"),
    550: Branch("production", "2025-06", ""),
    570: Branch("production", "2026-02", "570.211.01"),
    580: Branch("long-term", "2028-06", "580.178.04"),
    590: Branch("new feature", "2026-05", "590.48.01"),
    595: Branch("production", "2027-03", "595.91.07"),
    610: Branch("new feature", "2026-08", ""),
    615: Branch("new feature", "", "615.71.09"),
    # Its versions were not published yet, so it is used only where it is configured, or nothing else supports the GPUs.
    620: Branch("long-term", "2029-09", ""),
}
# Those before and between, by NVIDIA's archive of Unix drivers; mirrors still have packages of some.
EARLIER = (470, 495, 510, 515, 520, 525, 530, 545, 555, 560, 565, 575)
# The long-term branches that auto may choose, the first one that serves all GPUs.
AUTO = (580, 620)
# The first branch without proprietary modules.
OPEN_ONLY_FROM = 615


class Needs(NamedTuple):
    """What an architecture takes: branches from ``first`` to ``last``, and which modules."""

    first: int
    last: Optional[int]
    modules: str


ARCHITECTURES: Dict[str, Needs] = {
    "maxwell": Needs(0, 580, "proprietary"),
    "pascal": Needs(0, 580, "proprietary"),
    "volta": Needs(0, 580, "proprietary"),
    "turing": Needs(0, None, "any"),
    "ampere": Needs(0, None, "any"),
    "ada": Needs(0, None, "any"),
    "hopper": Needs(0, None, "any"),
    "blackwell": Needs(570, None, "open"),
    "rubin": Needs(620, None, "open"),
}
# The last branches of what no supported branch serves.
TOO_OLD = {"kepler": "470", "legacy": "390 or older"}
# A device id newer than the tables: what is new wants open modules, and no one knows since which branch.
UNKNOWN = Needs(0, None, "open")
