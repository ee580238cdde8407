# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of a rollout that has begun on this host and not ended: see the role rollout."""

from __future__ import annotations

import json
from typing import Any, Dict

from .._common.prober import Prober

RECORD = "/var/lib/dockyard/rollout.json"


def rollout(prober: Prober) -> Dict[str, Any]:
    """{since, failed, problems}, and a problem that says so; empty where no rollout is unfinished."""
    text = prober.text(RECORD)
    if text is None:
        return {}
    try:
        record = json.loads(text)
        found: Dict[str, Any] = {"since": str(record["since"]), "failed": str(record["failed"])}
        if isinstance(record.get("problems"), list):
            found["problems"] = record["problems"]
    except (ValueError, KeyError, TypeError, RecursionError):
        # Half a record is one of a rollout that was interrupted.
        found = {"since": "", "failed": ""}
    prober.problem(
        "rollout_unfinished",
        "a rollout has not ended well here" + (f": {found['failed']}" if found["failed"] else ""),
        "the next rollout takes this host first; this host may still be drained",
    )
    return found
