# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CDI specifications: what they say of this host, and the block YAML that they are written in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from . import ToolkitError, host

KIND = "nvidia.com/gpu"
HOOK = "/usr/bin/nvidia-cdi-hook"
FOLDERS = ("/etc/cdi", "/var/run/cdi")


def specification() -> dict[str, Any]:
    """Cards in parts go by their parts, as with the real generator."""
    named: dict[str, list[str]] = {}
    for card in host.devices():
        for device in card.parts or [card]:
            named.update(dict.fromkeys(device.names, device.nodes))
    named["all"] = host.chosen(["all"])
    return {
        "cdiVersion": "0.5.0",
        "kind": KIND,
        "devices": [
            {"name": name, "containerEdits": {"deviceNodes": [{"path": node} for node in nodes]}}
            for name, nodes in named.items()
        ],
        "containerEdits": common(),
    }


def common() -> dict[str, Any]:
    """What every container with GPUs gets."""
    libraries = host.library_files()
    options = ["ro", "nosuid", "nodev", "rbind", "rprivate"]
    folders = sorted({os.path.dirname(path) for path in libraries})
    cuda = [path for path in libraries if "/libcuda.so." in path]
    links = [f"libcuda.so.1::{os.path.dirname(path)}/libcuda.so" for path in cuda]
    return {
        "env": ["NVIDIA_VISIBLE_DEVICES=void"],
        "deviceNodes": [{"path": node} for node in host.control_nodes()],
        "hooks": [
            _hook("create-symlinks", "--link", links),
            _hook("update-ldcache", "--folder", folders),
        ],
        "mounts": [
            {"hostPath": path, "containerPath": path, "options": options} for path in (*libraries, *host.other_files())
        ],
    }


def _hook(name: str, flag: str, values: list[str]) -> dict[str, Any]:
    words = [word for value in values for word in (flag, value)]
    return {"hookName": "createContainer", "path": HOOK, "args": ["nvidia-cdi-hook", name, *words]}


def names(folders: tuple[str, ...] = FOLDERS) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Qualified name to the device and its specification; a name that two specifications have is no one's."""
    found: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    for path in [path for folder in folders for path in sorted(Path(folder).glob("*.y*ml"))]:
        parsed = read(path.read_text())
        for device in parsed.get("devices") or []:
            found[f"{parsed.get('kind')}={device['name']}"] = (device, parsed)
    return found


def edits_of(qualified: list[str], folders: tuple[str, ...]) -> list[dict[str, Any]]:
    known = names(folders)
    missing = [name for name in qualified if name not in known]
    if missing:
        raise ToolkitError(f"unresolvable CDI devices {', '.join(missing)}")
    edits = [known[name][0]["containerEdits"] for name in qualified]
    for name in qualified:
        if known[name][1]["containerEdits"] not in edits:
            edits.append(known[name][1]["containerEdits"])
    return edits


def write(content: Any, indent: str = "") -> str:
    """Block YAML, as the real generator writes it."""
    lines = ""
    if isinstance(content, dict):
        for key, value in content.items():
            nested = isinstance(value, (dict, list))
            lines += (
                f"{indent}{key}:\n{write(value, indent + '    ')}" if nested else f"{indent}{key}: {_scalar(value)}\n"
            )
        return lines
    for value in content:
        if isinstance(value, dict):
            lines += f"{indent}- " + write(value, indent + "  ")[len(indent) + 2 :]
        else:
            lines += f"{indent}- {_scalar(value)}\n"
    return lines


def _scalar(value: Any) -> str:
    text = str(value)
    return f'"{text}"' if text.isdigit() or text.replace(":", "").isdigit() else text


def read(text: str) -> dict[str, Any]:
    """The subset that is written above."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("#", "---"))]
    content, rest = _block(lines)
    if rest or not isinstance(content, dict):
        raise ToolkitError(f"failed to parse CDI specification: {rest[0] if rest else text[:40]}")
    return content


def _block(lines: list[str]) -> tuple[Any, list[str]]:
    """The value that begins with the first line, and the lines after it."""
    if not lines:
        return None, []
    indent = _indent(lines[0])
    if lines[0].lstrip().startswith("- "):
        items = []
        while lines and _indent(lines[0]) == indent and lines[0].lstrip().startswith("- "):
            first = lines[0].lstrip()[2:]
            if ": " in first or first.endswith(":"):
                value, lines = _block([" " * (indent + 2) + first, *lines[1:]])
            else:
                value, lines = first.strip('"'), lines[1:]
            items.append(value)
        return items, lines
    found: dict[str, Any] = {}
    while lines and _indent(lines[0]) == indent and not lines[0].lstrip().startswith("- "):
        key, _colon, value = lines[0].strip().partition(":")
        lines = lines[1:]
        if value.strip():
            found[key] = value.strip().strip('"')
        else:
            found[key], lines = _block(lines)
    return found, lines


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
