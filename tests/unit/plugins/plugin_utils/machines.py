# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's machines as a look would describe them, before any driver is there."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import gpus
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_gpu.architectures import architecture
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_gpu.names import NAMES
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described, bare_host, wanted

FOLDER = Path(__file__).parents[4] / "tests" / "lab" / "machines"
MACHINES = sorted(path.stem for path in FOLDER.glob("*.json"))
UNKNOWN = {
    "Kali": {"id": "kali", "id_like": ["debian"], "version_id": "2026.3", "codename": "kali-rolling"},
    "Ubuntu 26.10": {"id": "ubuntu", "id_like": ["debian"], "version_id": "26.10", "codename": "stonking"},
}
DISTRIBUTIONS = {
    "Debian 12": {"id": "debian", "id_like": [], "version_id": "12", "codename": "bookworm"},
    "Debian 13": {"id": "debian", "id_like": [], "version_id": "13", "codename": "trixie"},
    "Ubuntu 22.04": {"id": "ubuntu", "id_like": ["debian"], "version_id": "22.04", "codename": "jammy"},
    "Ubuntu 24.04": {"id": "ubuntu", "id_like": ["debian"], "version_id": "24.04", "codename": "noble"},
    "Ubuntu 26.04": {"id": "ubuntu", "id_like": ["debian"], "version_id": "26.04", "codename": "resolute"},
}


def gpu(device_id: str, address: str = "0000:01:00.0", driver: str | None = None) -> Described:
    return {
        "pci_address": address,
        "device_id": device_id,
        "name": NAMES.get(device_id),
        "architecture": architecture(device_id),
        "kernel_driver": driver,
        "uuid": None,
    }


def nvidia(machine: str) -> Described:
    described = json.loads((FOLDER / f"{machine}.json").read_text())
    found: Described = copy.deepcopy(gpus.NOTHING)
    found["platform"] = described["platform"]
    found["gpus"] = (
        [] if machine == "wsl2" else [gpu(card["device"][2:], card["address"]) for card in described["cards"]]
    )
    found["nvswitches"] = [{"pci_address": each["address"], "kernel_driver": None} for each in described["switches"]]
    return found


def host(machine: str, distribution: str = "Debian 13", **parts: Any) -> Described:
    named = {**{**DISTRIBUTIONS, **UNKNOWN}[distribution], "pretty_name": distribution}
    found = bare_host(distribution=named, nvidia=nvidia(machine))
    found["kernel"] = {"release": "6.12.1", "machine": "x86_64"}
    return {**found, **copy.deepcopy(parts)}


def settings(**parts: Any) -> Described:
    """The role's defaults, but for the variables that are named."""
    made = wanted("nvidia_driver", **parts)
    assert not set(parts) - set(made), parts
    return {**made, "today": "2026-11"}
