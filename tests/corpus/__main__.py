# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make corpus CORPUS=folder`: how many files of each kind the collection reads as others do, and which it does not."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from corpus.kinds import KINDS
from corpus.measure import measure, reported

SAMPLES = Path(__file__).parent / "samples"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make corpus", description=__doc__)
    parser.add_argument(
        "folder", nargs="?", type=Path, default=SAMPLES, help="has a folder of each kind; see README.md"
    )
    folder = parser.parse_args().folder
    if not any((folder / kind).is_dir() for kind in KINDS):
        parser.error(f"{folder} has none of these folders: {', '.join(KINDS)}")
    results = measure(folder)
    print(reported(results), end="")
    return 1 if any(result.different for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
