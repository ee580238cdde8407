# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What containers see of GPUs: the scripts that they run, and how their words are read."""

from __future__ import annotations

import re
import socket
from typing import Any, Callable, Dict, FrozenSet, List, NamedTuple, Optional, Tuple, TypeVar

from .._docker.api import EngineError
from .._nvidia import smi as nvidia_smi
from . import image as verify_image
from .injection import Request
from .sandbox import Bench

# Where the toolkit puts the driver's libraries: no cache of the loader's has to know them.
_LIBRARIES = ("/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib/wsl/lib", "/usr/lib")
_DEBIANS = ("/usr/lib/x86_64-linux-gnu/nvidia/current", "/usr/lib/aarch64-linux-gnu/nvidia/current")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/wsl/lib"
# Seconds that a container has to answer; a driver may have to wake eight GPUs first.
ANSWER = 60.0

# Built-ins of the shell, and what the toolkit brings.
LIST = r"""
echo "visible ${NVIDIA_VISIBLE_DEVICES-}"
for node in /dev/nvidia[0-9]*; do
  [ ! -e "$node" ] || echo "node $node"
done
[ ! -e /dev/nvidiactl ] || echo "control"
smi=$(command -v nvidia-smi) && echo "smi $smi"
echo "says"
[ -z "$smi" ] || nvidia-smi -L 2>&1
echo "status $?"
"""
# What it is that cannot be opened, for reading and writing as the driver's libraries do. Only asked for once something
# is wrong, since opening may wake a GPU.
OPEN = r"""
for node in /dev/nvidiactl /dev/nvidia-uvm /dev/nvidia[0-9]*; do
  [ ! -e "$node" ] || ( : <> "$node" ) 2>&1
done
echo "tried"
"""
# The standard input of such a container is never written to, and never ends.
STAY = "read -r _"
_Answer = TypeVar("_Answer")


class Seen(NamedTuple):
    """What a container said."""

    smi: Optional[str]  # where nvidia-smi is in it
    status: int
    text: str
    uuids: FrozenSet[str]
    nodes: FrozenSet[str]  # those of GPUs
    control: bool  # /dev/nvidiactl, which every program of NVIDIA opens first
    by_cdi: bool


class Silent(Exception):
    """A container did not answer in time."""


class Sight:
    """Containers of one verification, each with a request."""

    def __init__(self, bench: Bench, image: verify_image.VerificationImage, seconds: float) -> None:
        self.seconds = seconds
        self._bench = bench
        folders = [*image.library_path.split(":"), *_LIBRARIES, *_DEBIANS]
        self._environment = ["LD_LIBRARY_PATH=" + ":".join(dict.fromkeys(folders)), f"PATH={_PATH}"]
        self._count = 0

    def said(self, request: Request, script: str) -> str:
        """What a container of its own says; it is gone again when it has said it."""
        name = self._made(request, script)
        _in_time(lambda: self._bench.wait(name, self.seconds))
        output, errors = _in_time(lambda: self._bench.output(name))
        self._bench.drop(name)
        return output + errors

    def closed(self, request: Request) -> Dict[str, str]:
        """The same request again, to see which nodes cannot be opened; nothing is known where that fails, too."""
        try:
            return closed_in(self.said(request, OPEN))
        except (EngineError, Silent):
            return {}

    def staying(self, request: Request) -> str:
        """The name of a container that goes on."""
        return self._made(request, STAY, listening=False, OpenStdin=True)

    def gone(self, name: str) -> None:
        self._bench.drop(name)

    def said_inside(self, name: str, script: str) -> str:
        command = [verify_image.SHELL, "-c", script]
        return _in_time(lambda: self._bench.execute(name, command, self.seconds))

    def _made(self, request: Request, script: str, listening: bool = True, **more: Any) -> str:
        self._count += 1
        made = {**request.container, "Env": [*self._environment, *request.container["Env"]], **more}
        # Whatever network the host's engine has, this needs none.
        made["HostConfig"] = {"NetworkMode": "none", **request.container["HostConfig"]}
        name = f"{self._bench.name}-{self._count}"
        self._bench.create([verify_image.SHELL, "-c", script], made, name)
        self._bench.start(name, listening)
        return name


def _in_time(ask: Callable[[], _Answer]) -> _Answer:
    try:
        return ask()
    except EngineError as exc:
        if isinstance(exc.__cause__, socket.timeout):
            raise Silent from exc
        raise


def seen_in(said: str) -> Seen:
    """From what LIST prints."""
    head, _says, tail = said.partition("says\n")
    found = dict(line.split(" ", 1) for line in head.splitlines() if line.startswith(("visible ", "smi ")))
    nodes = frozenset(line.split()[1] for line in head.splitlines() if line.startswith("node "))
    text, _marker, status = tail.rpartition("status ")
    parts = nvidia_smi.mig_devices(text)
    uuids = frozenset(parts) | {part["uuid"] for each in parts.values() for part in each}
    number = status.strip()
    return Seen(
        smi=found.get("smi"),
        status=int(number) if number.isdigit() else 255,
        text=text.strip() if number.isdigit() else said.strip(),
        uuids=uuids,
        nodes=nodes,
        control="control" in head.splitlines(),
        # CDI specifications of GPUs say so, lest a hook gives other ones on top.
        by_cdi=found.get("visible", "").strip() == "void",
    )


def closed_in(said: str) -> Dict[str, str]:
    """From what OPEN prints. A node without a driver behind it can be opened as far as the container is concerned."""
    found: List[Tuple[str, str]] = re.findall(r"(/dev/nvidia[\w-]*): (.+)", said)
    return {node: why for node, why in found if "no such device" not in why.lower()}


def fulfilled(request: Request, seen: Seen) -> bool:
    if not request.needed:
        return not seen.uuids and not seen.nodes
    return seen.status == 0 and request.needed <= seen.uuids <= request.allowed
