# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host has of GPUs and of NVIDIA's container toolkit: that with which containers are compared."""

from __future__ import annotations

import os
import re
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Set

from ansible_collections.dockyard.gpu.plugins.module_utils import plain_files
from ansible_collections.dockyard.gpu.plugins.module_utils.look import entries

# As the toolkit calls its programs; the engine and the runtimes find them on their PATH.
RUNTIME = "nvidia-container-runtime"
HOOK = "nvidia-container-runtime-hook"
CDI_HOOK = "nvidia-cdi-hook"
PROGRAMS = (RUNTIME, HOOK, CDI_HOOK, "nvidia-ctk", "nvidia-container-cli")
FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
CONFIG = "/etc/nvidia-container-runtime/config.toml"
SPECIFICATION_FOLDERS = ("/etc/cdi", "/var/run/cdi")
KIND = "nvidia.com/gpu"
_PROC_GPUS = "/proc/driver/nvidia/gpus"
# "kind: nvidia.com/gpu" in YAML, and the same in JSON.
_OF_GPUS = re.compile(r"""["']?kind["']?\s*:\s*["']?nvidia\.com/gpu["']?\s*(?:[,}\n]|$)""")
_READ_LIMIT = 4 * 1024 * 1024


class Gpu(NamedTuple):
    number: int  # as nvidia-smi counts
    uuid: str
    node: Optional[str]  # /dev/nvidia0; None where the driver does not tell its number
    in_parts: bool  # in MIG mode: what containers get are its parts
    parts: Dict[int, str]  # index of a MIG device to its UUID


class Truth(NamedTuple):
    gpus: List[Gpu]
    driver_version: Optional[str]
    programs: Dict[str, str]  # the toolkit's, by name, whether they can be run or not
    specifications: Dict[str, str]  # path to content of the CDI specifications of NVIDIA's GPUs
    by_environment: bool  # whether a container may choose its GPUs by NVIDIA_VISIBLE_DEVICES
    mode: str  # how the runtime gives GPUs: auto, legacy, cdi, jit-cdi or csv

    def has_toolkit(self) -> bool:
        return bool(self.programs or self.specifications)


def truth(nvidia: Dict[str, Any], specification_folders: Sequence[str] = ()) -> Truth:
    """``nvidia`` is what gpu_info found."""
    return Truth(
        gpus=[_gpu(gpu) for gpu in nvidia["gpus"] if _is_known(gpu)],
        driver_version=nvidia["driver"]["loaded_version"] or nvidia["driver"]["user_space_version"],
        programs=programs(),
        specifications=specifications([*SPECIFICATION_FOLDERS, *specification_folders]),
        by_environment=_setting("accept-nvidia-visible-devices-envvar-when-unprivileged", "true") == "true",
        mode=_setting("mode", "auto"),
    )


def provable(nvidia: Dict[str, Any]) -> bool:
    """Whether a proof that comes to a host finds GPUs that containers can be given."""
    answers = nvidia["driver"]["answers"] and any(map(_is_known, nvidia["gpus"]))
    return bool(answers and (programs() or specifications(SPECIFICATION_FOLDERS)))


def programs() -> Dict[str, str]:
    """Not by shutil.which: a program that nobody may run is there all the same, and a broken link."""
    found = {}
    for name in PROGRAMS:
        paths = [os.path.join(folder, name) for folder in FOLDERS]
        path = next((path for path in paths if os.path.isfile(path)), None)
        if path:
            found[name] = path
    return found


def specifications(folders: Sequence[str]) -> Dict[str, str]:
    found = {}
    for path in (path for folder in folders for path in entries(folder)):
        if path.endswith((".json", ".yaml", ".yml")):
            content = _read(path)
            if _OF_GPUS.search(content):
                found[path] = content
    return found


def named_paths(specification: str) -> Set[str]:
    """What a CDI specification takes from the host: nodes, files and hooks."""
    # A device node's path is the container's, and the host's unless a hostPath is named.
    named = re.findall(r"""["']?(?:hostPath|path)["']?\s*:\s*["']?(/[^\s"',}]+)""", specification)
    return set(named)


def _is_known(gpu: Dict[str, Any]) -> bool:
    return bool(gpu["uuid"]) and gpu["index"] is not None


def _gpu(found: Dict[str, Any]) -> Gpu:
    minor = re.search(r"Device Minor:\s*(\d+)", _read(f"{_PROC_GPUS}/{found['pci_address']}/information"))
    return Gpu(
        number=found["index"],
        uuid=found["uuid"],
        node=f"/dev/nvidia{minor.group(1)}" if minor else None,
        in_parts=found["mig_mode"] == "enabled",
        parts={part["index"]: part["uuid"] for part in found["mig_devices"]},
    )


def _setting(name: str, otherwise: str) -> str:
    """Of the toolkit's config.toml, in which these names stand once; what is commented out does not count."""
    match = re.search(rf"""^\s*{re.escape(name)}\s*=\s*["']?([\w-]+)""", _read(CONFIG), re.M)
    return match.group(1) if match else otherwise


def _read(path: str) -> str:
    try:
        return (plain_files.read(path, _READ_LIMIT) or b"").decode("utf-8", "replace")
    except plain_files.FileError:
        return ""
