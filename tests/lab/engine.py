# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The docker engine that carries the lab, spoken to through its command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any


class LabError(Exception):
    """What the user reads, in one sentence."""


def require() -> None:
    """Fail early when the lab cannot work here."""
    if os.geteuid() != 0:
        raise LabError("the lab needs root: run it as root or with sudo")
    if shutil.which("docker") is None:
        raise LabError("the lab needs the docker command: install docker.io or docker-ce first")
    answer = subprocess.run(["docker", "version", "--format", "{{json .Server}}"], capture_output=True, text=True)
    if answer.returncode != 0:
        raise LabError(f"the lab needs a running docker engine, and none answers: {answer.stderr.strip()}")
    # Podman as the command docker knows of no server.
    if "podman" in answer.stdout.lower() or answer.stdout.strip() == "null":
        raise LabError("the lab needs a docker engine, and Podman answers to the docker command")


def docker(*args: str, check: bool = True, stdin: str = "") -> str:
    """Run one docker command and return what it printed; its own words become the error."""
    done = subprocess.run(["docker", *args], capture_output=True, input=stdin.encode())
    if check and done.returncode != 0:
        words = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise LabError(f"docker {' '.join(args[:2])} failed: {words}")
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else ""


def inspect(kind: str, name: str) -> dict[str, Any] | None:
    """What the engine says of one image, container or network; None when there is none."""
    text = docker(kind, "inspect", name, check=False)
    return json.loads(text)[0] if text else None


def build(tag: str, context: Path, labels: dict[str, str], args: dict[str, str]) -> None:
    """Build with the classic builder: buildx is not everywhere."""
    command = ["docker", "build", "--quiet", "--force-rm", "--tag", tag]
    for flag, pairs in (("--label", labels), ("--build-arg", args)):
        command += [word for key, value in pairs.items() for word in (flag, f"{key}={value}")]
    done = subprocess.run(
        [*command, str(context)], env={**os.environ, "DOCKER_BUILDKIT": "0"}, capture_output=True, text=True
    )
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-25:])
        raise LabError(f"building {tag} failed:\n{tail}")
