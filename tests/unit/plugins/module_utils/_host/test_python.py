# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs on hosts runs with their Python: 3.8 and later."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu import plugins

PLUGINS = Path(plugins.__path__[0])
ON_HOSTS = sorted([*(PLUGINS / "modules").glob("*.py"), *(PLUGINS / "module_utils").rglob("*.py")])
OLDEST = (3, 8)


def interpreter(version: str) -> str | None:
    """One of pyenv's, or one on the path."""
    if shutil.which("pyenv"):
        root = subprocess.run(["pyenv", "root"], capture_output=True, text=True, check=False).stdout.strip()
        for found in sorted(Path(root, "versions").glob(f"{version}.*/bin/python")):
            return str(found)
    return shutil.which(f"python{version}")


@pytest.mark.parametrize("path", ON_HOSTS, ids=lambda path: str(path.relative_to(PLUGINS)))
def test_the_syntax_is_that_of_the_oldest_python(path: Path) -> None:
    ast.parse(path.read_text(), feature_version=OLDEST)


@pytest.mark.parametrize("version", ["3.8", "3.9"])
def test_module_utils_are_imported_by_an_old_python(version: str, tmp_path: Path) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} is here")
    collection = tmp_path / "ansible_collections" / "dockyard" / "gpu"
    (collection / "plugins").mkdir(parents=True)
    shutil.copytree(PLUGINS / "module_utils", collection / "plugins" / "module_utils")
    found = [path.relative_to(PLUGINS) for path in ON_HOSTS if path.parent.name != "modules"]
    names = [".".join(path.with_suffix("").parts) for path in found]
    # As on a host: the standard library, and no Ansible but what a module carries along.
    lines = [f"import ansible_collections.dockyard.gpu.plugins.{name}" for name in names]
    done = subprocess.run(
        [python, "-W", "error", "-c", "\n".join(lines)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert names
