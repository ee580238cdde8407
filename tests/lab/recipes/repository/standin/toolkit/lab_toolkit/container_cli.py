# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`nvidia-container-cli`: device nodes, cgroup rules and libraries for a container that is being made."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from . import VERSION, ToolkitError, cdi_hook, device_rules, host


def main() -> int:
    if "--version" in sys.argv or "-V" in sys.argv:
        print(f"cli-version: {VERSION}\nlib-version: {VERSION}\nbuild revision: the lab's stand-in")
        return 0
    parser = argparse.ArgumentParser(prog="nvidia-container-cli")
    parser.add_argument("--load-kmods", "-k", action="store_true")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("info")
    verbs.add_parser("list")
    configure = verbs.add_parser("configure")
    configure.add_argument("--device", default="")
    configure.add_argument("--pid", type=int, required=True)
    configure.add_argument("--no-cgroups", action="store_true")
    configure.add_argument("root")
    arguments = parser.parse_args()
    try:
        {"info": _info, "list": _list, "configure": _configure}[arguments.verb](arguments)
    except (ToolkitError, OSError, subprocess.CalledProcessError) as error:
        print(f"nvidia-container-cli: initialization error: {error}", file=sys.stderr)
        return 1
    return 0


def _info(arguments: argparse.Namespace) -> None:
    print(f"NVRM version:   {host.driver_version()}\nCUDA version:   13.0\n")
    for card in host.devices():
        print(f"Device Index:   {card.names[0]}\nGPU UUID:       {card.names[1]}\n")


def _list(arguments: argparse.Namespace) -> None:
    print("\n".join([*host.control_nodes(), *host.chosen(["all"]), *host.library_files(), *host.other_files()]))


def _configure(arguments: argparse.Namespace) -> None:
    wanted = [name for name in arguments.device.split(",") if name and name != "none"]
    nodes = [*host.control_nodes(), *(host.chosen(wanted) if wanted else [])]
    if not arguments.no_cgroups:
        device_rules.allow(arguments.pid, nodes, _configured(arguments))
    libraries = host.library_files()
    for node in nodes:
        _bind(arguments.pid, node, arguments.root, "nosuid,noexec")
    for path in (*libraries, *host.other_files()):
        _bind(arguments.pid, path, arguments.root, "ro,nosuid,nodev")
    cdi_hook.update_ldcache(_entered(arguments), sorted({os.path.dirname(path) for path in libraries}))


def _configured(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """The device rules that the container was made with: its configuration lies where the hook stood."""
    path = Path("config.json")
    content = json.loads(path.read_text()) if path.exists() else {}
    return content.get("linux", {}).get("resources", {}).get("devices") or []


def _entered(arguments: argparse.Namespace) -> Path:
    """The container's root as its own mounts show it, from out here."""
    return Path(f"/proc/{arguments.pid}/root{os.path.realpath(arguments.root)}")


def _bind(pid: int, path: str, root: str, options: str) -> None:
    """In the container's mounts, as the real one does: nothing of it is seen outside."""
    target = f"{root}{path}"
    script = 'mkdir -p "$(dirname "$2")" && : > "$2" && mount --bind "$1" "$2" && mount -o "remount,bind,$3" "$2"'
    command = ["nsenter", f"--mount=/proc/{pid}/ns/mnt", "sh", "-c", script, "sh", path, target, options]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise ToolkitError(f"mount error: {path}: {done.stderr.strip()}")
