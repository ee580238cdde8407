# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a build that failed said, down to the step that failed."""

from __future__ import annotations

import ast
import re
from typing import Any, Dict, List

from ansible_collections.dockyard.gpu.plugins.module_utils._common.redaction import mask

# More is in the log.
_MOST_LINES = 30
_RULE = re.compile(r"^-{3,}$")


def failure(result: Dict[str, Any]) -> str:
    """The failing step and its output, from a failed result of docker_image_build or docker_image."""
    lines = _buildkit(str(result.get("stderr") or "")) or _classic(str(result.get("msg") or ""))
    text = [line.rstrip() for line in lines or [str(result.get("msg") or "")]]
    # The Dockerfile's lines and what programs say can hold secrets, and the task's own result is not shown.
    return str(mask("\n".join(line for line in text[-_MOST_LINES:] if line)))


def _buildkit(output: str) -> List[str]:
    """From the last `> [n/m] STEP:` between two rules on: the step's last output, the Dockerfile's lines, the error."""
    lines = output.splitlines()
    begins = [number for number, line in enumerate(lines) if line.startswith(" > ")]
    if begins:
        return [line for line in lines[begins[-1] :] if not _RULE.match(line)]
    return [line for line in lines if line.startswith(("ERROR", "error"))]


def _classic(message: str) -> List[str]:
    """From the last `Step n/m` on, of the log that the module puts behind its message as Python writes a list."""
    words, found, log = message.partition(", logs: ")
    if not found:
        return []
    try:
        lines = [str(line) for line in ast.literal_eval(log)]
    except (ValueError, SyntaxError):
        return [words, log]
    output = "".join(line if line.endswith("\n") else f"{line}\n" for line in lines).splitlines()
    begins = [number for number, line in enumerate(output) if re.match(r"Step \d+/\d+ :", line)]
    return [*output[begins[-1] if begins else 0 :], words]
