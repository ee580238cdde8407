# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collections that this one depends on, as far as the control node lacks them: Galaxy brings them, git does not."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any, Dict, List, Optional

from ansible.module_utils.common.yaml import yaml_load

from .variable_specs import COLLECTION
from .versions import numbers


def missing(collection: Path = COLLECTION) -> List[str]:
    """A sentence for each, with the command that installs it."""
    found = []
    for name, asked in (_described(collection).get("dependencies") or {}).items():
        version = _version(name)
        oldest = asked[2:] if asked.startswith(">=") else ""
        state = ""
        if version is None:
            state = "is not installed on the control node"
        elif version and oldest and numbers(version) < numbers(oldest):
            state = f"{version} on the control node is too old"
        if state:
            found.append(
                f"the collection {name} {state}, and images and containers need it; "
                f"`ansible-galaxy collection install --upgrade '{name}:{asked}'`, and run again"
            )
    return found


def _version(name: str) -> Optional[str]:
    """Empty where it does not say, as in a checkout of its own; None where it is not there."""
    try:
        spec = importlib.util.find_spec(f"ansible_collections.{name}")
    except ModuleNotFoundError:
        return None
    places = list(spec.submodule_search_locations or []) if spec else []
    return str(_described(Path(places[0])).get("version") or "") if places else None


def _described(folder: Path) -> Dict[str, Any]:
    """What is installed has a manifest, a checkout has galaxy.yml."""
    manifest, galaxy = folder / "MANIFEST.json", folder / "galaxy.yml"
    if manifest.is_file():
        return dict(json.loads(manifest.read_text(encoding="utf-8"))["collection_info"])
    return dict(yaml_load(galaxy.read_text(encoding="utf-8"))) if galaxy.is_file() else {}
