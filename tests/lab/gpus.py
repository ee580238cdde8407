# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give a running lab host the GPUs of a described machine, and the archives that such a host has its packages from."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from . import repository
from .engine import LabError, docker
from .way import Way

MACHINES = Path(__file__).parent / "machines"
GUEST = Path(__file__).parent / "guest"
KEY = "/usr/share/keyrings/lab-archive.asc"
SOURCES = "/etc/apt/sources.list.d/lab-archive.sources"
HOME = "/usr/local/lib/dockyard-lab-gpus"


def names() -> list[str]:
    return sorted(path.stem for path in MACHINES.glob("*.json"))


def give(host: Way, machine: str) -> None:
    """The program and its unit, enabled and started; images stay as they are."""
    if machine not in names():
        raise LabError(f"there is no machine {machine}: the lab knows {', '.join(names())}")
    with tempfile.TemporaryDirectory(prefix="dockyard-lab-") as folder:
        program = Path(folder) / "program"
        shutil.copytree(GUEST, program, ignore=shutil.ignore_patterns("__pycache__"))
        program.chmod(0o755)
        docker("cp", f"{repository.CONTAINER}:{repository.NATIVE}", str(program / "native"))
        host.run("mkdir", "-p", HOME, "/etc/dockyard-lab-gpus")
        host.copy(program, HOME)
    _write(host, "/etc/dockyard-lab-gpus/machine.json", (MACHINES / f"{machine}.json").read_text())
    _archive(host)
    host.run("sh", f"{HOME}/install")


def _archive(host: Way) -> None:
    """What the host's distribution would have in its own archive, and the lab's mirror has not."""
    codename = host.run("sh", "-c", '. /etc/os-release && echo "$VERSION_CODENAME"')
    facts = repository.read()
    path = facts["drivers"][f"archive_{codename}"]["path"]
    suites = f"{codename} {codename}-updates" if codename == "noble" else codename
    stanza = f"Types: deb\nURIs: {facts['site']}/ok/{path}\nSuites: {suites}\nComponents: main\nSigned-By: {KEY}\n"
    _write(host, SOURCES, stanza)
    _write(host, KEY, repository.get(f"{facts['address']}/ok/{path}/gpg"))


def _write(host: Way, path: str, content: str) -> None:
    host.run("sh", "-c", f"cat > {path}", stdin=content)
