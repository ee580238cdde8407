"""`python tests/vm`: see README.md."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

# Run as a folder, Python puts the folder itself on the path; the packages need the one above.
sys.path[0] = str(Path(__file__).resolve().parent.parent)
sys.exit(importlib.import_module("vm.cli").main())
