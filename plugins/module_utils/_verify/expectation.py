# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host has of GPUs and of NVIDIA's container toolkit: that with which containers are compared."""

from __future__ import annotations

import re
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from .._common import plain_files
from .._nvidia import cdi, toolkit_config, toolkit_paths
from . import gpu_fingerprint

_PROC_GPUS = "/proc/driver/nvidia/gpus"
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
    specifications: Dict[str, List[str]]  # CDI specifications of NVIDIA's GPUs, to what they take from the host
    unreadable: Dict[str, str]  # path of what is in a specification's place, to what is wrong with it
    by_environment: bool  # whether a container may choose its GPUs by NVIDIA_VISIBLE_DEVICES
    mode: str  # how the runtime gives GPUs: auto, legacy, cdi, jit-cdi or csv

    def has_toolkit(self) -> bool:
        return bool(self.programs or self.specifications)


def truth(nvidia: Dict[str, Any], specification_folders: Sequence[str] = ()) -> Truth:
    """``nvidia`` is what gpu_info found."""
    read = cdi.specifications([*toolkit_paths.CDI_FOLDERS, *specification_folders])
    # None where config.toml cannot be read, which the toolkit cannot either.
    settings, _error = toolkit_config.settings(_read(toolkit_paths.CONFIG))
    return Truth(
        gpus=[_gpu(gpu) for gpu in nvidia["gpus"] if gpu_fingerprint.is_known(gpu)],
        driver_version=nvidia["driver"]["loaded_version"] or nvidia["driver"]["user_space_version"],
        programs=gpu_fingerprint.programs(),
        specifications={each.path: each.host_paths for each in read.found},
        unreadable=read.unreadable,
        by_environment=settings.get("accept-nvidia-visible-devices-envvar-when-unprivileged", True) is not False,
        mode=str(settings.get("nvidia-container-runtime.mode") or "auto"),
    )


def _gpu(found: Dict[str, Any]) -> Gpu:
    minor = re.search(r"Device Minor:\s*(\d+)", _read(f"{_PROC_GPUS}/{found['pci_address']}/information"))
    return Gpu(
        number=found["index"],
        uuid=found["uuid"],
        node=f"/dev/nvidia{minor.group(1)}" if minor else None,
        in_parts=found["mig_mode"] == "enabled",
        parts={part["index"]: part["uuid"] for part in found["mig_devices"]},
    )


def _read(path: str) -> str:
    try:
        return (plain_files.read(path, _READ_LIMIT) or b"").decode("utf-8", "replace")
    except plain_files.FileError:
        return ""
