# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What apt itself takes a list of sources for, in folders of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from corpus.errors import NoOracle

_FORMAT = "$(CREATED_BY)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)"
_TYPES = {"Packages": "deb", "Sources": "deb-src"}
_STATUS = (
    "Package: dpkg\nStatus: install ok installed\nMaintainer: x\nArchitecture: amd64\nVersion: 1\nDescription: x\n\n"
)


def entries(name: str, text: str) -> list[tuple[str, str, str, str]] | None:
    """(type, address, suite, component) of each; null where apt cannot read it."""
    if not shutil.which("apt-get"):
        raise NoOracle("apt is not here")
    with tempfile.TemporaryDirectory() as folder:
        for part in ("etc/apt", "var/lib/apt/lists/partial", "var/lib/dpkg", "var/cache/apt/archives/partial"):
            Path(folder, part).mkdir(parents=True)
        Path(folder, "var/lib/dpkg/status").write_text(_STATUS)
        source = Path(folder, "etc/apt", f"corpus{Path(name).suffix}")
        source.write_text(text)
        config = Path(folder, "conf")
        config.write_text(
            f'Dir "{folder}"; Dir::State::status "{folder}/var/lib/dpkg/status"; Dir::Etc::SourceList "{source}";\n'
            'Dir::Etc::SourceParts "-"; APT::Architecture "amd64"; APT::Architectures { "amd64"; };\n'
        )
        done = subprocess.run(
            ["apt-get", "indextargets", "--no-release-info", "--format", _FORMAT],
            env={**os.environ, "APT_CONFIG": str(config), "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        return None
    lines = [line.split("|") for line in done.stdout.splitlines()]
    return [
        # A repository without components leaves the variable as it is.
        (_TYPES[kind], uri, suite, "" if component == "$(COMPONENT)" else component)
        for kind, uri, suite, component in lines
        if kind in _TYPES
    ]
