# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a host of the lab is reached: a container by the engine that carries it, a virtual machine by ssh."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .engine import LabError, docker


class Way(Protocol):
    def run(self, *command: str, stdin: str = "") -> str:
        """What the command printed; a command that fails is a LabError."""

    def copy(self, folder: Path, target: str) -> None:
        """What lies in the folder, into one of the host that is there already."""


@dataclass(frozen=True)
class Container:
    name: str

    def run(self, *command: str, stdin: str = "") -> str:
        return docker("exec", "--interactive", self.name, *command, stdin=stdin)

    def copy(self, folder: Path, target: str) -> None:
        docker("cp", f"{folder}/.", f"{self.name}:{target}")


@dataclass(frozen=True)
class Ssh:
    """`options` are those of an ssh configuration."""

    address: str
    port: int
    options: dict[str, str]

    def run(self, *command: str, stdin: str = "") -> str:
        return self._run(stdin.encode(), *command)

    def copy(self, folder: Path, target: str) -> None:
        packed = subprocess.run(
            ["tar", "--create", "--owner=root", "--group=root", f"--directory={folder}", "."],
            capture_output=True,
            check=True,
        )
        self._run(packed.stdout, "tar", "--extract", f"--directory={target}")

    def _run(self, stdin: bytes, *command: str) -> str:
        options = [f"-o{key}={value}" for key, value in self.options.items()]
        done = subprocess.run(
            ["ssh", f"-p{self.port}", *options, self.address, shlex.join(command)], input=stdin, capture_output=True
        )
        if done.returncode != 0:
            words = (done.stderr or done.stdout).decode(errors="replace").strip()
            raise LabError(f"{shlex.join(command[:2])} on {self.address}:{self.port} failed: {words}")
        return done.stdout.decode(errors="replace").strip()
