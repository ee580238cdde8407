# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument specs of roles and playbooks, as their documentation has them: read once in a process."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Dict

from ansible.module_utils.common.yaml import yaml_load

COLLECTION = Path(__file__).resolve().parents[3]
# Whose variables have no prefix.
PLAYBOOKS = "playbooks"


@functools.lru_cache(maxsize=None)
def options(owner: str) -> Dict[str, Dict[str, Any]]:
    """The variables of a role by name, or those of all playbooks."""
    folder = COLLECTION / (PLAYBOOKS if owner == PLAYBOOKS else f"roles/{owner}")
    specs = yaml_load((folder / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    return {name: option for spec in specs.values() for name, option in spec["options"].items()}


def short(owner: str, name: str) -> str:
    """A variable's name without that of its role."""
    return name if owner == PLAYBOOKS else name[len(owner) + 1 :]
