# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The toolkit's `config.toml`: its defaults, what it says, and how a key is set."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PATH = Path("/etc/nvidia-container-runtime/config.toml")
DEFAULT = """#accept-nvidia-visible-devices-as-volume-mounts = false
#accept-nvidia-visible-devices-envvar-when-unprivileged = true
disable-require = false
supported-driver-capabilities = "compat32,compute,display,graphics,ngx,utility,video"
#swarm-resource = "DOCKER_RESOURCE_GPU"

[nvidia-container-cli]
#debug = "/var/log/nvidia-container-toolkit.log"
environment = []
#ldcache = "/etc/ld.so.cache"
ldconfig = "@/sbin/ldconfig"
load-kmods = true
#no-cgroups = false
#path = "/usr/bin/nvidia-container-cli"
#root = "/run/nvidia/driver"
#user = "root:video"

[nvidia-container-runtime]
#debug = "/var/log/nvidia-container-runtime.log"
log-level = "info"
mode = "auto"
runtimes = ["runc", "crun"]

[nvidia-container-runtime.modes]

[nvidia-container-runtime.modes.cdi]
annotation-prefixes = ["cdi.k8s.io/"]
default-kind = "nvidia.com/gpu"
spec-dirs = ["/etc/cdi", "/var/run/cdi"]

[nvidia-container-runtime.modes.csv]
mount-spec-path = "/etc/nvidia-container-runtime/host-files-for-container.d"

[nvidia-container-runtime.modes.legacy]
cuda-compat-mode = "ldconfig"

[nvidia-container-runtime-hook]
path = "nvidia-container-runtime-hook"
skip-mode-detection = false

[nvidia-ctk]
path = "nvidia-ctk"
"""


def text(path: Path = PATH) -> str:
    return path.read_text() if path.exists() else DEFAULT


def value(key: str, otherwise: Any) -> Any:
    """The setting under a dotted key; the last word of it is the key itself."""
    here: Any = tomllib.loads(text())
    for word in key.split("."):
        if not isinstance(here, dict) or word not in here:
            return otherwise
        here = here[word]
    return here


def unknown(setting: str) -> str:
    """The word of a key that no version knows; empty where all are known."""
    words = setting.partition("=")[0].split(".")
    known = {key for mark in ("", "#") for key, _value in _entries(DEFAULT, mark)} | {"nvidia-container-cli.no-pivot"}
    if ".".join(words) in known or words[0] == "features":
        return ""
    tables = {key.rpartition(".")[0] for key in known}
    return next(
        (word for place, word in enumerate(words[:-1]) if ".".join(words[: place + 1]) not in tables), words[-1]
    )


def with_key(content: str, setting: str) -> str:
    """The file's text with `KEY=VALUE` set, or `KEY` alone to switch it on, in its own section."""
    dotted, equals, wanted = setting.partition("=")
    section, _dot, key = dotted.rpartition(".")
    rendered = wanted if re.fullmatch(r"true|false|\d+|\[.*\]", wanted) else f'"{wanted}"' if equals else "true"
    lines, here, last = content.splitlines(), "", 0 if not section else None
    for number, line in enumerate(lines):
        header = re.fullmatch(r"\[(.+)\]", line.strip())
        here = header.group(1) if header else here
        if here == section:
            if re.match(rf"#?\s*{re.escape(key)}\s*=", line):
                lines[number] = f"{key} = {rendered}"
                return "\n".join(lines) + "\n"
            last = number + 1 if line.strip() else last
    if last is None:
        return content + f"\n[{section}]\n{key} = {rendered}\n"
    lines.insert(last, f"{key} = {rendered}")
    return "\n".join(lines) + "\n"


def commented(content: str) -> str:
    """As the real one writes it: what is empty, or as it is by default, is a comment that names the default."""
    defaults = dict(_entries(DEFAULT, "#"))
    lines, section = content.splitlines(), ""
    for number, line in enumerate(lines):
        header = re.fullmatch(r"\[(.+)\]", line.strip())
        section = header.group(1) + "." if header else section
        for key, value in _entries(line, ""):
            default = defaults.get(section + key)
            if default is not None and value in (default, '""'):
                lines[number] = f"#{key} = {default}"
    return "\n".join(lines) + "\n"


def _entries(content: str, mark: str) -> Iterator[tuple[str, str]]:
    """The dotted keys of the lines that begin so, and their values as they are written."""
    section = ""
    for line in content.splitlines():
        header = re.fullmatch(r"\[(.+)\]", line.strip())
        section = header.group(1) + "." if header else section
        entry = re.fullmatch(rf"{mark}([\w-]+)\s*=\s*(.*)", line.strip())
        if entry:
            yield section + entry.group(1), entry.group(2)


def write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_text(content)
    os.replace(beside, path)
