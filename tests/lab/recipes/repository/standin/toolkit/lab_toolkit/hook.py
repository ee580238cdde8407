# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`nvidia-container-runtime-hook`: what an engine runs before a container starts that was asked for with `--gpus`."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

from . import VERSION, config
from .runtime import privileged


def main() -> int:
    if "--version" in sys.argv or "-version" in sys.argv:
        print(f"NVIDIA Container Runtime Hook version {VERSION}")
        return 0
    if sys.argv[1:] != ["prestart"]:
        # Nothing is to be done at the other times that an engine knows.
        return 0 if sys.argv[1:] in (["poststart"], ["poststop"]) else 2
    state = json.load(sys.stdin)
    bundle = Path(state["bundle"])
    content = json.loads((bundle / "config.json").read_text())
    variables = dict(word.partition("=")[::2] for word in content["process"].get("env") or [])
    wanted = variables.get("NVIDIA_VISIBLE_DEVICES", "")
    if wanted in ("", "void"):
        return 0
    if config.value("nvidia-container-runtime.mode", "auto") in ("cdi", "csv"):
        print(
            "invoking the NVIDIA Container Runtime Hook directly (e.g. specifying the docker --gpus flag) is not "
            "supported. Please use the NVIDIA Container Runtime (e.g. specify the --runtime=nvidia flag) instead.",
            file=sys.stderr,
        )
        return 1
    if not config.value("accept-nvidia-visible-devices-envvar-when-unprivileged", True) and not privileged(content):
        print("insufficient privileges to read device list from NVIDIA_VISIBLE_DEVICES envvar", file=sys.stderr)
        return 1
    named = config.value("nvidia-container-cli.path", "") or shutil.which("nvidia-container-cli")
    program = named or "/usr/bin/nvidia-container-cli"
    words = ["--load-kmods", "configure", f"--device={wanted}", f"--pid={state['pid']}"]
    if config.value("nvidia-container-cli.no-cgroups", False):
        words.append("--no-cgroups")
    os.chdir(bundle)
    return os.execv(program, [program, *words, str(bundle / content["root"]["path"])])
