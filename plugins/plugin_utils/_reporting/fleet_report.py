# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report shows of each host and of all of them, as data. What hosts say about themselves is text from here."""

from __future__ import annotations

import collections
from typing import Any, Dict, List, Mapping, Optional, Sequence

from .._planning.text import NAME, shown
from .._planning.versions import upstream
from .end_of_life import findings
from .fleet_plan import host_plan, totals

# The first that is installed is the engine's package.
_ENGINES = ("docker-ce", "docker.io", "moby-engine")
_TOOLKITS = ("nvidia-container-toolkit", "nvidia-container-toolkit-base")
_NUMBERS = ("index", "memory_total_mib", "memory_used_mib", "utilization_percent", "temperature_c")
_TEXTS = ("pci_address", "uuid", "architecture", "kernel_driver", "compute_capability", "mig_mode")


def host_report(host: Mapping[str, Any], planned: Mapping[str, Any], today: str) -> Dict[str, Any]:
    """One host's. ``host`` is the fact dockyard_host, empty without a look; ``planned`` what host_plan returns."""
    plan = {
        **{name: planned[name] for name in ("state", "message", "disrupts")},
        **{name: list(planned[name]) for name in ("errors", "notes")},
        "steps": [
            {name: shown(step[name]) for name in ("component", "step", "disrupts", "why")} for step in planned["steps"]
        ],
    }
    if planned["state"] in ("unreachable", "failed") or not host:
        return {**plan, **_UNSEEN}
    nvidia, toolkit = host["nvidia"], _toolkit(host)
    problems = [_problem(each) for each in (*host["problems"], *nvidia["problems"])]
    return {
        **plan,
        "distribution": _text(host["distribution"]["pretty_name"]),
        "kernel": _text(host["kernel"]["release"]),
        "engine": _engine(host),
        "driver": _driver(nvidia["driver"]),
        "toolkit": _text(toolkit),
        "gpus": [_gpu(gpu, problems) for gpu in nvidia["gpus"]],
        "problems": problems,
        "findings": [
            {name: shown(text) for name, text in finding.items()} for finding in findings(host, toolkit, today)
        ],
        "reboot": _reboot(host),
    }


def fleet_report(
    hostvars: Mapping[str, Any], hosts: List[str], made_at: str, left_out: Sequence[str] = ()
) -> Dict[str, Any]:
    """{made_at, totals, kinds, left_out, hosts}: ``kinds`` says of models and versions how many there are of each."""
    lost = host_report({}, host_plan({"msg": "this host did not answer in this run"}, [], [], {}), made_at)
    reports = [{"host": shown(name, NAME), **(hostvars[name].get("_dockyard_report") or lost)} for name in hosts]
    return {
        "made_at": made_at,
        "totals": {**totals(reports), **_counted(reports)},
        "kinds": {
            "gpus": _kinds(gpu["name"] for report in reports for gpu in report["gpus"]),
            **{
                f"{name}s": _kinds(report[name]["version"] for report in reports if report[name]["version"])
                for name in ("driver", "engine")
            },
            "distributions": _kinds(report["distribution"] for report in reports if report["distribution"]),
        },
        "left_out": list(left_out),
        "hosts": reports,
    }


def _text(said: Any, most: int = NAME) -> str:
    return shown(said, most) if said is not None else ""


_UNSEEN: Dict[str, Any] = {
    "distribution": "",
    "kernel": "",
    # Null is what is not known: a host that was not reached has neither 0 containers nor an engine that is down.
    "engine": {"version": "", "package": "", "runs": None, "containers": None},
    "driver": {"version": "", "modules": "", "state": "", "answers": None},
    "toolkit": "",
    "gpus": [],
    "problems": [],
    "findings": [],
    "reboot": "",
}


def _engine(host: Mapping[str, Any]) -> Dict[str, Any]:
    engine = host["engine"]
    package = next((name for name in _ENGINES if name in host["packages"]), "")
    version = engine.get("version") or (upstream(host["packages"][package]["version"]) if package else "")
    return {
        "version": _text(version),
        "package": package,
        "runs": bool(engine.get("answers")),
        "containers": engine.get("containers_running") or 0,
    }


def _driver(driver: Mapping[str, Any]) -> Dict[str, Any]:
    version = driver["loaded_version"] or driver["user_space_version"] or driver["installed_version"]
    return {
        "version": _text(version),
        "modules": _text(driver["loaded_modules"] or driver["installed_modules"]),
        "state": _text(driver["state"]),
        "answers": bool(driver["answers"]),
    }


def _toolkit(host: Mapping[str, Any]) -> str:
    """By what the look says of it, or else by its packages; empty where there is none."""
    reported = (host.get("toolkit") or {}).get("version")
    versions = [host["packages"][name]["version"] for name in _TOOLKITS if name in host["packages"]]
    return str(reported or (upstream(versions[0]) if versions else ""))


def _gpu(gpu: Mapping[str, Any], problems: List[Dict[str, str]]) -> Dict[str, Any]:
    mine = [each["message"] for each in problems if each["where"] == gpu["pci_address"]]
    return {
        "name": _text(gpu["name"] or f"device {gpu['device_id']}"),
        **{name: _number(gpu.get(name)) for name in _NUMBERS},
        **{name: _text(gpu.get(name)) for name in _TEXTS},
        "mig_devices": [_text(each.get("profile")) for each in gpu.get("mig_devices") or []],
        "problems": mine,
    }


def _number(said: Any) -> Optional[int]:
    return said if isinstance(said, int) else None


def _problem(problem: Mapping[str, Any]) -> Dict[str, str]:
    texts = {name: _text(problem.get(name), 500) for name in ("code", "message", "remedy")}
    return {**texts, "where": _text(problem.get("pci_address"))}


def _reboot(host: Mapping[str, Any]) -> str:
    if not host["reboot"]["required"]:
        return ""
    return f"for {_text(', '.join(host['reboot']['packages']), 500) or 'the distribution says so'}"


def _counted(reports: List[Dict[str, Any]]) -> Dict[str, int]:
    """GPUs, and the hosts with something that wants a look."""

    def having(kind: str) -> int:
        return sum(any(each["kind"] == kind for each in report["findings"]) for report in reports)

    gpus = [gpu for report in reports for gpu in report["gpus"]]
    return {
        "gpus": len(gpus),
        "gpus_with_problems": sum(bool(gpu["problems"]) for gpu in gpus),
        "problems": sum(bool(report["problems"]) for report in reports),
        "end_of_life": having("end_of_life"),
        "security_floor": having("security_floor"),
        "reboot_due": sum(bool(report["reboot"]) for report in reports),
    }


def _kinds(names: Any) -> List[Dict[str, Any]]:
    counted = collections.Counter(names)
    return [
        {"name": name, "count": count} for name, count in sorted(counted.items(), key=lambda each: (-each[1], each[0]))
    ]
