"""Brings community.docker into the environment that runs this, out of the package `ansible`, and nothing else of it.

From where ansible-core came from too: Galaxy may be out of reach where a mirror of PyPI is not. The whole package is a
hundred collections. The argument is the file with the package's version.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

# The second is what the first depends on.
WANTED = ("ansible_collections/community/docker/", "ansible_collections/community/library_inventory_filtering_v1/")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        done = subprocess.run([*pip, "--only-binary=:all:", "--dest", folder, "-r", sys.argv[1]], check=False)
        if done.returncode:
            return 1
        [wheel] = Path(folder).glob("ansible-*.whl")
        with zipfile.ZipFile(wheel) as package:
            package.extractall(
                sysconfig.get_path("purelib"), [name for name in package.namelist() if name.startswith(WANTED)]
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
