# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this host could give to a container: cards and their parts, device nodes, libraries, programs.

NVML would tell. The lab's kernel writes what it knows into a firmware file; a real driver tells of cards in /proc.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from . import ToolkitError

FIRMWARE = Path("/lib/firmware/nvidia")
REAL_CARDS = Path("/proc/driver/nvidia/gpus")
# The last is where machines have it that bring the driver as one folder.
LIBRARY_FOLDERS = (
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/local/nvidia/lib64",
)
LIBRARIES = ("libnvidia-ml.so", "libcuda.so")
PROGRAMS = ("nvidia-smi", "nvidia-persistenced")
CONTROL = ("/dev/nvidia-modeset", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidiactl")
SOCKETS = ("/run/nvidia-persistenced/socket",)
REAL_FIRMWARE = b"\x7fELF"


@dataclass
class Device:
    """A card, or a part of one: the names that it goes by, and its device nodes."""

    names: list[str]
    nodes: list[str]
    parts: list[Device] = field(default_factory=list)


def devices() -> list[Device]:
    """The cards in their order, each with its parts."""
    table = FIRMWARE / driver_version() / "gsp_ga10x.bin"
    content = table.read_bytes() if table.exists() else REAL_FIRMWARE
    found = _real_cards() if content.startswith(REAL_FIRMWARE) else _cards(content.decode())
    if not found:
        raise ToolkitError("failed to initialize NVML: ERROR_DRIVER_NOT_LOADED")
    return found


def _real_cards() -> list[Device]:
    """Of a real driver. Parts of cards are not known here."""
    cards: list[Device] = []
    for path in sorted(REAL_CARDS.glob("*/information")):
        reported = dict(re.findall(r"^([\w ]+):\s*(\S+)", path.read_text(), re.MULTILINE))
        cards.append(Device([str(len(cards)), reported["GPU UUID"]], [f"/dev/nvidia{reported['Device Minor']}"]))
    return cards


def _cards(table: str) -> list[Device]:
    cards: dict[str, Device] = {}
    for line in table.splitlines():
        kind, minor, *rest = line.split()
        if kind == "gpu":
            cards[minor] = Device([str(len(cards)), rest[0]], [f"/dev/nvidia{minor}"])
        elif kind == "mig":
            card, capabilities = cards[minor], [f"/dev/nvidia-caps/nvidia-cap{number}" for number in rest[:2]]
            names = [f"{card.names[0]}:{len(card.parts)}", rest[2]]
            card.parts.append(Device(names, [*card.nodes, *capabilities]))
    return list(cards.values())


def driver_version() -> str:
    for folder in LIBRARY_FOLDERS:
        found = re.search(r"\.so\.(\d[\d.]+)$", os.path.realpath(f"{folder}/libnvidia-ml.so.1"))
        if found:
            return found.group(1)
    raise ToolkitError("failed to initialize NVML: ERROR_LIBRARY_NOT_FOUND")


def chosen(wanted: list[str]) -> list[str]:
    """The device nodes of what was asked for by index, UUID or `CARD:PART`; of everything with `all`."""
    known = devices()
    if wanted == ["all"]:
        return _nodes([node for card in known for node in _whole(card)])
    nodes = []
    for name in wanted:
        found = [_whole(card) for card in known if name in card.names]
        found += [part.nodes for card in known for part in card.parts if name in part.names]
        if not found:
            raise ToolkitError(f"device error: {name}: unknown device")
        nodes += found[0]
    return _nodes(nodes)


def _whole(card: Device) -> list[str]:
    return [*card.nodes, *(node for part in card.parts for node in part.nodes)]


def _nodes(nodes: list[str]) -> list[str]:
    return list(dict.fromkeys(nodes))


def control_nodes() -> list[str]:
    return [node for node in CONTROL if os.path.exists(node)]


def library_files() -> list[str]:
    version = driver_version()
    paths = (f"{folder}/{name}.{version}" for folder in LIBRARY_FOLDERS for name in LIBRARIES)
    return [path for path in paths if os.path.exists(path)]


def other_files() -> list[str]:
    """Programs, firmware and sockets."""
    programs = [f"/usr/bin/{name}" for name in PROGRAMS]
    firmware = [str(path) for path in sorted((FIRMWARE / driver_version()).glob("gsp*.bin"))]
    return [path for path in (*programs, *firmware, *SOCKETS) if os.path.exists(path)]
