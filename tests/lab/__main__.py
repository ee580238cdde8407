# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python3 tests/lab VERB` works from anywhere, with no installation."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

# Run as a folder, Python puts the folder itself on the path; the package needs the one above.
sys.path[0] = str(Path(__file__).resolve().parent.parent)
sys.exit(importlib.import_module("lab.cli").main())
