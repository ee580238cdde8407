# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`nvidia-ctk`: the configuration file, CDI specifications, and the engine's configuration."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from . import VERSION, ToolkitError, cdi, config

DAEMON_JSON = "/etc/docker/daemon.json"


def main() -> int:
    if "--version" in sys.argv[1:2] or "-v" in sys.argv[1:2]:
        print(f"NVIDIA Container Toolkit CLI version {VERSION}\ncommit: the lab's stand-in")
        return 0
    arguments = _parser().parse_args()
    try:
        {"config": _config, "cdi": _cdi, "runtime": _runtime}[arguments.command](arguments)
    except (ToolkitError, OSError) as error:
        print(f'level=error msg="{error}"', file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nvidia-ctk")
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--debug", "-d", action="store_true")
    commands = parser.add_subparsers(dest="command", required=True)
    settings = commands.add_parser("config")
    settings.add_argument("--config-file", "--config", "-c", default=str(config.PATH))
    settings.add_argument("--in-place", "-i", action="store_true")
    settings.add_argument("--output", "-o", default="")
    settings.add_argument("--set", action="append", default=[])
    verbs = commands.add_parser("cdi").add_subparsers(dest="verb", required=True)
    generate = verbs.add_parser("generate")
    generate.add_argument("--output", default=os.environ.get("NVIDIA_CTK_CDI_OUTPUT_FILE_PATH", ""))
    generate.add_argument("--format", default="yaml")
    generate.add_argument("--mode", default="auto")
    verbs.add_parser("list").add_argument("--spec-dir", action="append", default=[])
    configure = commands.add_parser("runtime").add_subparsers(dest="verb", required=True).add_parser("configure")
    configure.add_argument("--runtime", default="docker")
    configure.add_argument("--config", default=DAEMON_JSON)
    configure.add_argument("--dry-run", action="store_true")
    configure.add_argument("--nvidia-set-as-default", "--set-as-default", action="store_true")
    configure.add_argument("--cdi.enabled", "--enable-cdi", action="store_true", dest="enable_cdi")
    return parser


def _config(arguments: argparse.Namespace) -> None:
    path = Path(arguments.config_file)
    content = config.text(path)
    for setting in arguments.set:
        unknown = config.unknown(setting)
        if unknown:
            raise ToolkitError(f'invalid --set option {setting}: invalid config option: undefined field: "{unknown}"')
        content = config.with_key(content, setting)
    content = config.commented(content)
    if arguments.in_place or arguments.output:
        config.write(path if arguments.in_place else Path(arguments.output), content)
    else:
        print(content, end="")


def _cdi(arguments: argparse.Namespace) -> None:
    if arguments.verb == "list":
        known = cdi.names(tuple(arguments.spec_dir) or cdi.FOLDERS)
        print(f'level=info msg="Found {len(known)} CDI devices"', file=sys.stderr)
        print("\n".join(sorted(known)))
        return
    content = "---\n" + cdi.write(cdi.specification())
    if not arguments.output:
        print(content, end="")
        return
    config.write(Path(arguments.output), content)
    print('level=info msg="Generated CDI spec with version 0.5.0"', file=sys.stderr)


def _runtime(arguments: argparse.Namespace) -> None:
    """As the real one does it, with its faults: `features` is replaced as a whole."""
    path = Path(arguments.config)
    content = json.loads(path.read_text()) if path.exists() and path.read_text().strip() else {}
    content.setdefault("runtimes", {})["nvidia"] = {"args": [], "path": "nvidia-container-runtime"}
    if arguments.nvidia_set_as_default:
        content["default-runtime"] = "nvidia"
    if arguments.enable_cdi:
        content["features"] = {"cdi": True}
    text = json.dumps(content, indent=4, sort_keys=True) + "\n"
    if arguments.dry_run:
        print(text, end="")
    else:
        config.write(path, text)
