"""A clean copy of the checkout: what git has, and what it does not ignore."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from steps import ROOT


def copy_to(target: Path) -> None:
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    shutil.rmtree(target, ignore_errors=True)
    for name in filter(None, names):
        source = ROOT / name
        # Deleted, but not yet so in git.
        if not source.exists() and not source.is_symlink():
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target / name, follow_symlinks=False)
