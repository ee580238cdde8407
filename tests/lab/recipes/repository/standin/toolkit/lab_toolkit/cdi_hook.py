# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`nvidia-cdi-hook`: run in a container's namespaces before its root is switched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def main() -> int:
    if len(sys.argv) < 2 or sys.argv[1] in ("--version", "-v"):
        from . import VERSION

        print(f"NVIDIA CDI Hook version {VERSION}")
        return 0
    words = sys.argv[2:]
    values = [words[place + 1] for place, word in enumerate(words[:-1]) if word in ("--folder", "--link")]
    root = _root()
    if sys.argv[1] == "update-ldcache":
        return update_ldcache(root, values)
    if sys.argv[1] == "create-symlinks":
        for value in values:
            goal, _colons, place = value.partition("::")
            link = root / place.lstrip("/")
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(goal)
        return 0
    print(f"nvidia-cdi-hook: no such hook: {sys.argv[1]}", file=sys.stderr)
    return 1


def _root() -> Path:
    """The container's root, by the state that a runtime writes to a hook's input."""
    bundle = Path(json.load(sys.stdin)["bundle"])
    return bundle / json.loads((bundle / "config.json").read_text())["root"]["path"]


def update_ldcache(root: Path, folders: list[str]) -> int:
    """The libraries' links and the loader's cache, with the host's ldconfig."""
    names = root / "etc/ld.so.conf.d/00-nvcr-lab.conf"
    names.parent.mkdir(parents=True, exist_ok=True)
    names.write_text("".join(f"{folder}\n" for folder in folders))
    whole = root / "etc/ld.so.conf"
    if not whole.exists():
        whole.write_text("include /etc/ld.so.conf.d/*.conf\n")
    program = next(path for path in ("/sbin/ldconfig.real", "/sbin/ldconfig") if os.path.exists(path))
    return subprocess.run([program, "-r", str(root)], stderr=subprocess.DEVNULL).returncode
