# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a task failed, from the result that Ansible keeps of it, whatever module it was."""

from __future__ import annotations

from typing import Any, List, Mapping

# What modules say where they know nothing better: of an item that failed, or of a program.
_EMPTY = (
    "One or more items failed",
    "All items completed",
    "non-zero return code",
    # As ansible-core 2.21 has it.
    "The command exited with a non-zero return code",
    "MODULE FAILURE",
)
# The last lines of a program say more than its first ones.
_MOST = 400


def reason(result: Mapping[str, Any]) -> str:
    """In a line. Of a loop, that of each item that failed; of a program, its own words beside those of the module."""
    # What no_log has censored has no words of its own.
    items = [each for each in result.get("results") or [] if isinstance(each, Mapping) and each.get("failed")]
    words = [reason(each) for each in items] if items else _words(result)
    return "; ".join(dict.fromkeys(word for word in words if word)) or "it failed without a message"


def _words(result: Mapping[str, Any]) -> List[str]:
    said = [_line(result.get(name)) for name in ("msg", "reason", "censored")]
    known = [each for each in said if each and not each.startswith(_EMPTY)]
    program = [_end(_line(result.get(name))) for name in ("stderr", "module_stderr")]
    if not any(program):
        program = [_end(_line(result.get(name))) for name in ("stdout", "module_stdout")] if not known else []
    status = [f"it ended with {result['rc']}"] if result.get("rc") and not known and not any(program) else []
    return [*known, *(each for each in program if each and each not in known), *status] or [
        each for each in said if each
    ]


def _line(said: Any) -> str:
    parts = said if isinstance(said, (list, tuple)) else [said]
    return " ".join(" ".join(str(each).split()) for each in parts if each is not None and each is not False)


def _end(text: str) -> str:
    return text if len(text) <= _MOST else f"… {text[-_MOST:]}"
