# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine that the host plays: its description, its faults, and what happened since it booted."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

# In tests of the program itself everything lies below another root.
ROOT = Path(os.environ.get("LAB_GPUS_ROOT", "/"))
DESCRIPTION = ROOT / "etc/dockyard-lab-gpus/machine.json"
# Lasts over a reboot, as what is on disk does.
FAULTS = ROOT / "var/lib/dockyard-lab-gpus/faults.json"
# Gone with a reboot, as what is in memory is.
RUN = ROOT / "run/dockyard-lab-gpus"
STATE = RUN / "state.json"
KERNEL = os.uname().release

# What a test can switch on, and what its value is.
FAULT_VALUES = {
    "smi_hangs": "true",
    "smi_error": '{"rc": 15, "text": "what nvidia-smi prints instead"}',
    "fell_off": '["0000:1b:00.0"]: fell off the bus while the driver was loaded',
    "missing": '["0000:1b:00.0"]: the bus does not show the card',
    "vfio": '["0000:1b:00.0"]: given to a virtual machine; from the next boot on',
    "reset_required": '["0000:1b:00.0"]',
    "remap_pending": '["0000:1b:00.0"]',
    "remap_failure": '["0000:1b:00.0"]',
    "secure_boot": "true: UEFI says so at once, the kernel acts on it when it loads a module",
    "unsupported": '["0000:1b:00.0"]: the driver does not know the card, from its next load on',
    "initstate": "true: the module hangs while it is loaded, from the next load on",
    "module_in_use": "true: something holds the driver, and it cannot be unloaded",
}


def description() -> dict[str, Any]:
    machine: dict[str, Any] = json.loads(DESCRIPTION.read_text())
    missing = faults().get("missing", [])
    machine["cards"] = [card for card in machine["cards"] if card["address"] not in missing]
    return machine


def faults() -> dict[str, Any]:
    return _read(FAULTS)


def set_fault(name: str, value: Any) -> None:
    wanted = {**faults(), name: value}
    _write(FAULTS, {key: setting for key, setting in wanted.items() if setting})


def state() -> dict[str, Any]:
    """`loaded`: modules by name; `bound`: the driver of each address that has one."""
    return {"loaded": {}, "bound": {}, **_read(STATE)}


def keep(new: dict[str, Any]) -> None:
    _write(STATE, new)


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text())) if path.exists() else {}


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n")
