# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which branch and which kernel modules serve all GPUs of a host. An error names the GPU that rules a choice out."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from .._planning.text import NAME, shown
from .._planning.versions import numbers
from .branches import ARCHITECTURES, AUTO, BRANCHES, OPEN_ONLY_FROM, TOO_OLD, UNKNOWN, Needs


class Choice(NamedTuple):
    """``branch`` is 0 and ``modules`` empty where nothing can be chosen; then there are errors."""

    branch: int
    modules: str
    errors: List[str]
    warnings: List[str]


Gpu = Dict[str, Any]


def choose(gpus: List[Gpu], branch: str, modules: str, fixed: Optional[int], today: str) -> Choice:
    """``branch`` and ``modules`` as configured (auto, or 580, 580.178.04; auto, open, proprietary).

    ``fixed`` is the one branch that the source has, if it has but one; ``today`` a month such as 2026-11.
    """
    needs = [(gpu, ARCHITECTURES.get(gpu["architecture"] or "", UNKNOWN)) for gpu in gpus]
    errors = [_too_old(gpu) for gpu in gpus if gpu["architecture"] in TOO_OLD]
    errors += _impossible_mix(needs)
    if errors:
        return Choice(0, "", errors, [])
    number = _branch(needs, branch, fixed)
    chosen = _modules(needs, modules)
    errors = _unserved(needs, number, "nvidia_driver_branch" if branch != "auto" else "nvidia_driver_source")
    errors += _wrong_modules(needs, chosen, number)
    warnings = _warnings(number, branch, today)
    warnings += [
        f"{described(gpu)}: its device id is newer than this collection's tables; it gets open modules, and possibly a "
        f"branch that is too old"
        for gpu in gpus
        if gpu["architecture"] is None
    ]
    return Choice(number, chosen, errors, warnings)


def described(gpu: Gpu) -> str:
    # A name that never ends would hide the way out, which comes after it.
    return f"{shown(gpu['name'] or 'device ' + str(gpu['device_id']), NAME)} ({gpu['pci_address']})"


def _too_old(gpu: Gpu) -> str:
    return (
        f"nvidia_driver_branch: {described(gpu)} is supported by no maintained branch (its last was "
        f"{TOO_OLD[gpu['architecture']]}, past its end of life); remove the GPU, or set nvidia_driver_source: "
        f"preinstalled and manage its driver by hand"
    )


def _impossible_mix(needs: List[Tuple[Gpu, Needs]]) -> List[str]:
    closed = [gpu for gpu, need in needs if need.modules == "proprietary"]
    opened = [gpu for gpu, need in needs if need.modules == "open"]
    if not closed or not opened:
        return []
    return [
        f"nvidia_driver_kernel_modules: no driver supports both {_list(closed)}, which need proprietary modules, and "
        f"{_list(opened)}, which need open ones; remove one of them, or bind it to vfio-pci"
    ]


def _list(gpus: List[Gpu]) -> str:
    return ", ".join(described(gpu) for gpu in gpus)


def _serves(number: int, needs: List[Tuple[Gpu, Needs]]) -> bool:
    return all(need.first <= number and (need.last is None or number <= need.last) for _gpu, need in needs)


def _branch(needs: List[Tuple[Gpu, Needs]], desired: str, fixed: Optional[int]) -> int:
    if desired != "auto":
        return numbers(desired)[0]
    return fixed or next((number for number in AUTO if _serves(number, needs)), AUTO[-1])


def _modules(needs: List[Tuple[Gpu, Needs]], desired: str) -> str:
    if desired != "auto":
        return desired
    return "proprietary" if any(need.modules == "proprietary" for _gpu, need in needs) else "open"


def _unserved(needs: List[Tuple[Gpu, Needs]], number: int, variable: str) -> List[str]:
    errors = []
    for gpu, need in needs:
        if number < need.first:
            reason, way = f"needs {need.first} or later", f"{need.first} or a later branch"
        elif need.last is not None and number > need.last:
            reason, way = f"was dropped after {need.last}", str(need.last)
        else:
            continue
        hint = f"set nvidia_driver_branch: {way}" if variable == "nvidia_driver_branch" else "choose another source"
        errors.append(f"{variable}: branch {number} does not support {described(gpu)}, which {reason}; {hint}, or auto")
    return errors


def _wrong_modules(needs: List[Tuple[Gpu, Needs]], modules: str, number: int) -> List[str]:
    errors = [
        f"nvidia_driver_kernel_modules: {modules} modules do not support {described(gpu)}, which needs {need.modules} "
        "ones; set auto"
        for gpu, need in needs
        if need.modules not in ("any", modules)
    ]
    if modules == "proprietary" and number >= OPEN_ONLY_FROM and not errors:
        errors.append(
            f"nvidia_driver_kernel_modules: branch {number} has no proprietary modules, as none has from "
            f"{OPEN_ONLY_FROM} on; set open or auto"
        )
    return errors


def _warnings(number: int, desired: str, today: str) -> List[str]:
    known = BRANCHES.get(number)
    if not known:
        return [f"unknown branch {number}; known: {', '.join(map(str, BRANCHES))}"]
    warnings = []
    if known.end_of_life and today > known.end_of_life:
        warnings.append(f"branch {number} reached its end of life in {known.end_of_life}: it gets no security fixes")
    if "." in desired:
        warnings += below_floor(desired)
    return warnings


def below_floor(version: str) -> List[str]:
    """A warning where a version has known vulnerabilities."""
    known = BRANCHES.get(numbers(version)[0]) if numbers(version) else None
    if known and known.floor and numbers(version) < numbers(known.floor):
        return [f"driver {version} has known vulnerabilities, which {known.floor} fixes"]
    return []
