# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role's tasks do for one image: its description, its steps, and what they hand to modules."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping

from .queries import questions

_ODD = re.compile(r"[^a-zA-Z0-9.-]+")
# A name of a file has 255 bytes, and a name of an image can have more.
_LONGEST = 200


def job(wanted: Mapping[str, Any], steps: List[Dict[str, Any]], ref: str) -> Dict[str, Any]:
    item: Dict[str, Any] = questions(wanted["list"], wanted["builds"])["settings"][ref]
    own = [step for step in steps if isinstance(step["to"], dict) and step["to"].get("ref") == ref]
    todo = {step["step"]: step for step in reversed(own)}
    build = todo.get("build", {}).get("to") or {}
    return {
        **item,
        "todo": todo,
        "pulls": [step["to"] for step in own if step["step"] == "pull"],
        "pruned": [number for step in own if step["step"] == "prune" for number in step["to"]["ids"]],
        "on_its_host": item["context_on"] == "host" and bool(item["context"]),
        "builder": build.get("builder", ""),
        "log": f"{wanted['log_dir']}/{_ODD.sub('_', ref)[-_LONGEST:]}.log",
        "labels": {**item["labels"], "dockyard.gpu.build": build.get("label", ""), "dockyard.gpu.image": ref},
    }
