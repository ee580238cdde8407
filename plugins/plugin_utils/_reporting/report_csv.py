# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as CSV: a line a host, and a line a GPU."""

from __future__ import annotations

import csv
import io
from typing import Any, Dict, Iterable, Mapping, Sequence

_HOST = (
    *("host", "state", "distribution", "kernel", "engine", "engine_package", "engine_runs", "containers"),
    *(
        "driver",
        "driver_modules",
        "driver_answers",
        "toolkit",
        "gpus",
        "gpu_models",
        "memory_total_mib",
        "memory_used_mib",
    ),
    *("steps", "disrupts", "plan", "errors", "problems", "end_of_life", "security_floor", "reboot_due", "message"),
)
_GPU = (
    *("host", "index", "name", "pci_address", "uuid", "architecture", "compute_capability", "kernel_driver"),
    *(
        "memory_total_mib",
        "memory_used_mib",
        "utilization_percent",
        "temperature_c",
        "mig_mode",
        "mig_devices",
        "problems",
    ),
)
# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def hosts_csv(report: Mapping[str, Any]) -> str:
    return _table(_HOST, (_host(each) for each in report["hosts"]))


def gpus_csv(report: Mapping[str, Any]) -> str:
    return _table(_GPU, ({"host": each["host"], **gpu} for each in report["hosts"] for gpu in each["gpus"]))


def _host(host: Mapping[str, Any]) -> Dict[str, Any]:
    engine, driver, gpus = host["engine"], host["driver"], host["gpus"]
    counted = {
        kind: [each for each in host["findings"] if each["kind"] == kind] for kind in ("end_of_life", "security_floor")
    }
    return {
        **{name: host[name] for name in ("host", "state", "distribution", "kernel", "toolkit", "disrupts", "message")},
        "engine": engine["version"],
        "engine_package": engine["package"],
        "engine_runs": engine["runs"],
        "containers": engine["containers"],
        "driver": driver["version"],
        "driver_modules": driver["modules"],
        "driver_answers": driver["answers"],
        "gpu_models": list(dict.fromkeys(gpu["name"] for gpu in gpus)),
        **_numbers(host),
        "plan": [f"{step['component']} {step['step']}" for step in host["steps"]],
        "errors": host["errors"],
        "problems": [f"{each['message']} ({each['remedy']})" for each in host["problems"]],
        **{kind: [f"{each['subject']}: {each['message']}" for each in found] for kind, found in counted.items()},
        "reboot_due": host["reboot"],
    }


def _numbers(host: Mapping[str, Any]) -> Dict[str, Any]:
    """Empty where the host was not seen: 0 would be an answer."""
    gpus, seen = host["gpus"], host["state"] not in ("unreachable", "failed")
    counted = {
        **{name: sum(gpu[name] or 0 for gpu in gpus) for name in ("memory_total_mib", "memory_used_mib")},
        "gpus": len(gpus),
        "steps": len(host["steps"]),
    }
    return {name: number if seen else None for name, number in counted.items()}


def _table(names: Sequence[str], rows: Iterable[Dict[str, Any]]) -> str:
    text = io.StringIO()
    # Quoted, since where people write numbers with a comma, spreadsheets part cells at semicolons too.
    table = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    table.writerow(names)
    table.writerows([_cell(row[name]) for name in names] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, int):
        return value
    text = " | ".join(value) if isinstance(value, list) else str(value)
    # The sign that spreadsheets take for "this is text".
    return f"'{text}" if text.startswith(_FORMULA) else text
