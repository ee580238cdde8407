# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is documented of a module: beside it, so that it does not travel to hosts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

MODULES = Path(__file__).parents[4] / "plugins" / "modules"


def documented(module: str) -> dict[str, Any]:
    """DOCUMENTATION, EXAMPLES and RETURN."""
    found: dict[str, Any] = yaml.safe_load((MODULES / f"{module}.yml").read_text())
    return found
