# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`nvidia-container-runtime`: runc, after what was asked for has been written into the container's configuration."""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import Any

from . import VERSION, ToolkitError, at_least, cdi, config, host

HOOKS = ("nvidia-container-runtime-hook", "nvidia-container-toolkit")
JIT_SINCE = (1, 18)


def main() -> int:
    words = sys.argv[1:]
    if "--version" in words or "-v" in words:
        print(f"NVIDIA Container Runtime version {VERSION}\ncommit: the lab's stand-in", flush=True)
    elif "create" in words:
        try:
            _change(Path(_bundle(words)) / "config.json")
        except (ToolkitError, OSError) as error:
            return _reject(words, f"failed to create NVIDIA Container Runtime: {error}")
    known = config.value("nvidia-container-runtime.runtimes", ["runc", "crun"])
    program = next(filter(None, map(shutil.which, known)), None)
    if not program:
        return _reject(words, f"no runtime binary found from candidate list: {known}")
    return os.execv(program, [program, *words])


def _bundle(words: list[str]) -> str:
    for place, word in enumerate(words[:-1]):
        if word in ("--bundle", "-b"):
            return words[place + 1]
    return next((word.partition("=")[2] for word in words if word.startswith("--bundle=")), ".")


def _reject(words: list[str], text: str) -> int:
    """containerd reads the reason from the runtime's log."""
    log = next((words[place + 1] for place, word in enumerate(words[:-1]) if word == "--log"), "")
    if log:
        with open(log, "a") as handle:
            handle.write(json.dumps({"level": "error", "msg": text, "time": "2026-01-01T00:00:00Z"}) + "\n")
    print(text, file=sys.stderr)
    return 1


def _change(path: Path) -> None:
    content = json.loads(path.read_text())
    wanted = _wanted(content)
    if not wanted:
        return
    mode = config.value("nvidia-container-runtime.mode", "auto")
    if mode == "legacy" or (mode == "auto" and not at_least(*JIT_SINCE)):
        hook = shutil.which(HOOKS[0]) or f"/usr/bin/{HOOKS[0]}"
        content.setdefault("hooks", {}).setdefault("prestart", []).append({"path": hook, "args": [hook, "prestart"]})
    else:
        _without_hooks(content)
        for edits in _edits(wanted):
            _apply(content, edits)
    path.write_text(json.dumps(content))


def _wanted(content: dict[str, Any]) -> list[str]:
    variables = dict(word.partition("=")[::2] for word in content["process"].get("env") or [])
    value = variables.get("NVIDIA_VISIBLE_DEVICES", "")
    if value in ("", "void"):
        return []
    allowed = config.value("accept-nvidia-visible-devices-envvar-when-unprivileged", True)
    if not allowed and not privileged(content):
        return []
    return [name for name in value.split(",") if name]


def privileged(content: dict[str, Any]) -> bool:
    return "CAP_SYS_ADMIN" in (content["process"].get("capabilities") or {}).get("bounding", [])


def _edits(wanted: list[str]) -> list[dict[str, Any]]:
    if config.value("nvidia-container-runtime.mode", "auto") == "cdi":
        # No name is special to it, "none" neither.
        kind = config.value("nvidia-container-runtime.modes.cdi.default-kind", cdi.KIND)
        wanted = [name if "=" in name else f"{kind}={name}" for name in wanted]
    if all("/" in name and "=" in name for name in wanted):
        folders = config.value("nvidia-container-runtime.modes.cdi.spec-dirs", list(cdi.FOLDERS))
        return cdi.edits_of(wanted, tuple(folders))
    plain = [name.rpartition("=")[2] for name in wanted]
    nodes = [] if plain == ["none"] else host.chosen(plain)
    return [{"deviceNodes": [{"path": node} for node in nodes]}, cdi.common()]


def _without_hooks(content: dict[str, Any]) -> None:
    """The engine's own hook would give them a second time."""
    prestart = (content.get("hooks") or {}).get("prestart") or []
    kept = [hook for hook in prestart if os.path.basename(hook["path"]) not in HOOKS]
    if prestart:
        content["hooks"]["prestart"] = kept


def _apply(content: dict[str, Any], edits: dict[str, Any]) -> None:
    content["process"].setdefault("env", []).extend(edits.get("env") or [])
    linux = content.setdefault("linux", {})
    rules = linux.setdefault("resources", {}).setdefault("devices", [])
    for node in edits.get("deviceNodes") or []:
        status = os.stat(node["path"])
        if not stat.S_ISCHR(status.st_mode):
            raise ToolkitError(f"{node['path']}: not a device node")
        number = {"type": "c", "major": os.major(status.st_rdev), "minor": os.minor(status.st_rdev)}
        place = node.get("containerPath") or node["path"]
        linux.setdefault("devices", []).append({"path": place, **number, "fileMode": 0o666, "uid": 0, "gid": 0})
        rules.append({"allow": True, **number, "access": "rwm"})
    for mount in edits.get("mounts") or []:
        entry = {"destination": mount["containerPath"], "source": mount["hostPath"], "type": "bind"}
        content.setdefault("mounts", []).append({**entry, "options": mount["options"]})
    for hook in edits.get("hooks") or []:
        entry = {"path": hook["path"], "args": hook["args"]}
        content.setdefault("hooks", {}).setdefault(hook["hookName"], []).append(entry)
