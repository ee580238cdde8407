# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role's tasks hand to modules, by the plan that they follow."""

from __future__ import annotations

import itertools
from typing import Any, Dict, List, Mapping

from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import driver_paths

from .._planning import arguments as common
from . import sources

# Of these one at most is in a plan, and each has a file of tasks.
_LOADING = ("load", "reload", "reboot")
_PINNING = "nvidia-driver-pinning-"
_WITH_OWN_VERSIONS = ("nvlsm",)


def arguments(host: Dict[str, Any], wanted: Dict[str, Any], plan: Mapping[str, Any]) -> Dict[str, Any]:
    todo, status = plan["todo"], plan["status"]
    packages = todo.get("packages", {}).get("to") or {"names": [], "drivers": "", "released": []}
    others: List[str] = todo.get("others", {}).get("from") or []
    desired = sources.repository(host, wanted, status["source"])
    problems = host["nvidia"]["problems"]
    return {
        "repository": common.repository(
            "nvidia_driver", desired, driver_paths.REPOSITORY_FILE, driver_paths.REPOSITORY_KEY, todo
        ),
        "packages": [_versioned(name, status) for name in packages["names"]],
        # By ubuntu-drivers, which knows which modules were built and signed for which kernel.
        "drivers": packages["drivers"],
        "others": [name for name in others if not name.startswith(_PINNING)],
        "other_pinnings": [name for name in others if name.startswith(_PINNING)],
        # They are held again once they are exchanged.
        "released": packages["released"],
        "released_to_go": common.held(host, others),
        "holds": common.holds(todo, others),
        "held_by_others": [
            name for name in common.held(host, host["packages"]) if name not in host["installed"]["holds"]
        ],
        "loading": next((name for name in _LOADING if name in todo), ""),
        # What takes GPUs away from running containers; where that was not allowed, the plan was an error.
        "containers": [each["id"] for each in host["gpu_containers"] or []] if _disrupts(plan) else [],
        "stopped_file": driver_paths.STOPPED_FILE,
        "rebooted_file": driver_paths.REBOOTED_FILE,
        "rebooting_file": driver_paths.REBOOTING_FILE,
        "persistence_file": driver_paths.PERSISTENCE_DROP_IN,
        "problems": " ".join(itertools.chain.from_iterable((each["message"], each["remedy"]) for each in problems)),
        # Where a phase is left out by its tag, what is missing may be its.
        "must_answer": not wanted.get("left_out") and not host["nvidia"]["driver"]["answers"],
        # Containers come back after the verification, and whatever it says.
        "left": [step for step in plan["steps"] if step["step"] != "containers"],
        "ways_out": {
            "repository": f"Check nvidia_driver_repository_url ({wanted['repository_url'] or 'the vendor'}), the "
            "network and the proxy of this host, and run again.",
            "packages": f"Does nvidia_driver_source ({status['source']}) have branch {status['branch']}?",
            "headers": "Repositories keep those of their newest kernels: where this host runs an older one "
            f"({host['kernel']['release']} runs), upgrade the kernel, reboot, and run again. Other packages can be "
            f"named in nvidia_driver_headers ({', '.join(wanted['headers']) or 'those of the kernels'}).",
        },
    }


def _versioned(name: str, status: Mapping[str, Any]) -> str:
    """A package of the desired branch, where its name does not say which: NVIDIA's since 590, and all of Debian's."""
    if status["source"] != "cuda_repository" or name in _WITH_OWN_VERSIONS:
        return name
    return f"{name}={status['branch']}*"


def _disrupts(plan: Mapping[str, Any]) -> bool:
    return any(step["disrupts"] != "none" for step in plan["steps"])
