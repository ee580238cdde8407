# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one HTML page that loads nothing: what its template shows. All text is escaped there."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from .._site.components import sentence

_TEMPLATES = Path(__file__).parent / "templates"
# Before the first line is drawn, so that nothing is shown and then closed.
_EARLY = 'document.documentElement.className = "js";'
# What a host's state looks like, and how it is said.
_STATES = {
    "converged": ("good", "converged"),
    "drift": ("busy", ""),
    "invalid": ("bad", "invalid settings"),
    "unreachable": ("gone", "unreachable"),
    "failed": ("bad", "facts missing"),
}
_DISRUPTS = {"none": "calm", "reload": "busy", "restart": "warn", "reboot": "bad"}
# Buttons that show only some hosts: the flag, its total, what it says, how loud it is.
_TILES = (
    ("", "hosts", "hosts", "calm"),
    ("converged", "converged", "converged", "good"),
    ("drift", "drift", "with drift", "busy"),
    ("invalid", "invalid", "with invalid settings", "bad"),
    ("unreachable", "unreachable", "unreachable", "gone"),
    ("failed", "failed", "without facts", "bad"),
    ("problems", "problems", "with problems", "bad"),
    ("end_of_life", "end_of_life", "past end of life", "warn"),
    ("security_floor", "security_floor", "with known vulnerabilities", "bad"),
    ("reboot_due", "reboot_due", "waiting for a reboot", "warn"),
)
_COLUMNS = (
    *(
        "Host",
        "State",
        "Distribution",
        "Engine",
        "Driver",
        "Toolkit",
        "GPUs",
        "Memory in use",
        "Utilization",
        "Disrupts",
    ),
    "Problems",
)
_GPU_COLUMNS = ("#", "GPU", "Address", "Memory in use", "Utilization", "Temperature", "Kernel driver", "Health")
_KINDS = {"gpus": "GPUs", "drivers": "Drivers", "engines": "Engines", "distributions": "Distributions"}
_FINDINGS = {
    "end_of_life": {"style": "warn", "words": "end of life"},
    "security_floor": {"style": "bad", "words": "vulnerable"},
}
# Which column a finding's tag stands in, by how its subject begins.
_SUBJECTS = {
    "distribution": ("debian", "ubuntu"),
    "engine": ("docker",),
    "driver": ("driver",),
    "toolkit": ("container toolkit",),
}


def report_page(report: Mapping[str, Any]) -> str:
    environment = Environment(
        loader=FileSystemLoader(str(_TEMPLATES)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html.j2").render(view(report))


def view(report: Mapping[str, Any]) -> Dict[str, Any]:
    style, script = ((_TEMPLATES / name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    totals = report["totals"]
    return {
        "policy": _policy(_EARLY, script),
        # Ours, as they are.
        "style": Markup(style),  # noqa: S704
        "early": Markup(_EARLY),  # noqa: S704
        "script": Markup(script),  # noqa: S704
        "made_at": report["made_at"],
        "moment": report["made_at"].replace("T", " ").replace("Z", " UTC"),
        "summary": f"{_count(totals['hosts'], 'host')} with {_count(totals['gpus'], 'GPU')}",
        "left_out": sentence(report.get("left_out") or []),
        # Those that would show nothing are left out.
        "tiles": [
            {"flag": flag, "count": f"{totals[total]:,}", "words": words, "style": style}
            for flag, total, words, style in _TILES
            if totals[total] or not flag
        ],
        "kinds": [
            {"title": title, "found": list(_shares(report["kinds"][name]))}
            for name, title in _KINDS.items()
            if report["kinds"][name]
        ],
        "columns": _COLUMNS,
        "gpu_columns": _GPU_COLUMNS,
        "disruptions": _DISRUPTS,
        "findings": _FINDINGS,
        "hosts": [_host(host) for host in report["hosts"]],
    }


def _policy(*scripts: str) -> str:
    """Only these scripts, and nothing from anywhere."""
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{each}'" for each in hashes)
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src {allowed}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _percent(share: float) -> int:
    return max(0, min(100, round(100 * share)))


def _shares(found: List[Dict[str, Any]]) -> Iterator[Dict[str, Any]]:
    most = found[0]["count"]
    for each in found:
        yield {"name": each["name"], "count": f"{each['count']:,}", "percent": _percent(each["count"] / most)}


def _host(host: Mapping[str, Any]) -> Dict[str, Any]:
    steps = len(host["steps"])
    style, words = _STATES[host["state"]]
    driver = host["driver"]
    notes = [*host["notes"]]
    notes += [f"a reboot is due {host['reboot']}"] if host["reboot"] else []
    notes += [f"kernel {host['kernel']}"] if host["kernel"] else []
    return {
        **{name: host[name] for name in ("distribution", "engine", "toolkit", "disrupts", "problems", "message")},
        **{name: host[name] for name in ("findings", "steps")},
        "name": host["host"],
        "flags": " ".join(_flags(host)),
        "state": {"style": style, "words": words or _count(steps, "step")},
        "order": {
            "state": f"{list(_STATES).index(host['state'])} {steps:04}",
            "disrupts": list(_DISRUPTS).index(host["disrupts"]),
        },
        "tags": {column: _tags(host, subjects) for column, subjects in _SUBJECTS.items()},
        "driver": {
            **driver,
            "silent": bool(host["gpus"]) and driver["state"] not in ("", "absent") and not driver["answers"],
        },
        "models": _models(host["gpus"]),
        "memory": _memory(host["gpus"]),
        "utilization": _utilization(host["gpus"]),
        "gpus": [
            {**gpu, "memory": _memory([gpu]), "utilization": _utilization([gpu]), "health": _health(gpu)}
            for gpu in host["gpus"]
        ],
        "errors": host["errors"],
        "notes": notes,
    }


def _flags(host: Mapping[str, Any]) -> Iterable[str]:
    yield host["state"]
    yield from dict.fromkeys(finding["kind"] for finding in host["findings"])
    if host["problems"]:
        yield "problems"
    if host["reboot"]:
        yield "reboot_due"


def _tags(host: Mapping[str, Any], subjects: Sequence[str]) -> List[str]:
    found = [finding["kind"] for finding in host["findings"] if finding["subject"].startswith(tuple(subjects))]
    return list(dict.fromkeys(found))


def _models(gpus: List[Dict[str, Any]]) -> str:
    names = [gpu["name"] for gpu in gpus]
    return ", ".join(f"{names.count(name)} \u00d7 {name}" for name in dict.fromkeys(names))


def _memory(gpus: List[Dict[str, Any]]) -> Optional[Dict[str, Any]]:
    known = [gpu for gpu in gpus if gpu["memory_total_mib"] and gpu["memory_used_mib"] is not None]
    if not known:
        return None
    used, total = (sum(gpu[name] for gpu in known) for name in ("memory_used_mib", "memory_total_mib"))
    return {"percent": _percent(used / total), "words": f"{_gib(used)} of {_gib(total)} GiB"}


def _utilization(gpus: List[Dict[str, Any]]) -> Optional[int]:
    known = [gpu["utilization_percent"] for gpu in gpus if gpu["utilization_percent"] is not None]
    return _percent(sum(known) / len(known) / 100) if known else None


def _gib(mib: int) -> str:
    return f"{mib / 1024:,.0f}" if mib >= 10240 or not mib else f"{mib / 1024:,.1f}"


def _health(gpu: Mapping[str, Any]) -> Dict[str, str]:
    if gpu["problems"]:
        return {"style": "bad", "words": "; ".join(gpu["problems"])}
    # Without a driver that answers, no one can tell.
    return {"style": "good", "words": "OK"} if gpu["index"] is not None else {"style": "calm", "words": "unknown"}
