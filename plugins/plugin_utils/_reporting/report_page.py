# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one HTML page that loads nothing. Texts go through ``_text``, attributes through ``_mark``."""

from __future__ import annotations

import base64
import hashlib
import html
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from .._site.components import sentence
from .report_script import EARLY, SCRIPT
from .report_style import STYLE

# What a host's state looks like, and how it is said.
_STATES = {
    "converged": ("good", "as wished"),
    "drift": ("busy", ""),
    "refused": ("bad", "refused"),
    "unreachable": ("gone", "unreachable"),
    "failed": ("bad", "not looked at"),
}
_DISRUPTS = {"none": "calm", "reload": "busy", "restart": "warn", "reboot": "bad"}
# Buttons that show only some hosts: the flag, its total, what it says, how loud it is.
_TILES = (
    ("", "hosts", "hosts", "calm"),
    ("converged", "converged", "as wished", "good"),
    ("drift", "drift", "with steps to do", "busy"),
    ("refused", "refused", "refused", "bad"),
    ("unreachable", "unreachable", "unreachable", "gone"),
    ("failed", "failed", "not looked at", "bad"),
    ("problems", "problems", "with problems", "bad"),
    ("end_of_life", "end_of_life", "past an end of life", "warn"),
    ("security_floor", "security_floor", "below a security floor", "bad"),
    ("reboot_due", "reboot_due", "waiting for a reboot", "warn"),
)
_COLUMNS = (
    *("Host", "State", "Distribution", "Engine", "Driver", "Toolkit", "GPUs", "Memory in use", "Busy", "Disrupts"),
    "Problems",
)
_KINDS = {"gpus": "GPUs", "drivers": "Drivers", "engines": "Engines", "distributions": "Distributions"}
_FINDINGS = {"end_of_life": ("warn", "end of life"), "security_floor": ("bad", "known holes")}


def report_page(report: Mapping[str, Any]) -> str:
    hosts = "".join(_host(number, host) for number, host in enumerate(report["hosts"]))
    heads = "".join(f'<th scope="col" aria-sort="none"><button>{_text(name)}</button></th>' for name in _COLUMNS)
    made = _text(report["made_at"])
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">\n'
        f"<title>Fleet report, {made}</title>\n<style>{STYLE}</style>\n<script>{EARLY}</script>\n</head><body>\n"
        f"<header><h1>Fleet report</h1><p>{_summary(report['totals'])}, looked at on "
        f'<time datetime="{_mark(report["made_at"])}">{_text(_moment(report["made_at"]))}</time>{_left_out(report)}</p>'
        f'<button id="theme" class="control" title="Light or dark">Light / dark</button></header>\n'
        f'<section class="tiles" role="group" aria-label="Show only">{_tiles(report["totals"])}</section>\n'
        f'<section class="kinds">{_all_kinds(report["kinds"])}</section>\n'
        f'<div class="controls"><label for="filter">Filter</label><input id="filter" type="search" '
        f'placeholder="name, model, version, problem, step" autocomplete="off" spellcheck="false">'
        f'<output id="count" for="filter" aria-live="polite"></output>'
        f'<button id="open" class="control" aria-pressed="false">Open all</button></div>\n'
        f'<main><table id="hosts"><thead><tr>{heads}</tr></thead>\n{hosts}</table></main>\n'
        f"<footer>{_text(_SOURCES)}</footer>\n<script>{SCRIPT}</script>\n</body></html>\n"
    )


_SOURCES = (
    "Ends of life and security floors come with their source in each host's details. Press / to filter, Escape to "
    "clear, and a column's head to sort."
)


def _text(said: Any) -> str:
    return html.escape(str(said), quote=False)


def _mark(said: Any) -> str:
    return html.escape(str(said), quote=True)


def _policy() -> str:
    """Only these scripts, and nothing from anywhere."""
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in (EARLY, SCRIPT)]
    scripts = " ".join(f"'sha256-{each}'" for each in hashes)
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src {scripts}"


def _moment(made_at: str) -> str:
    return made_at.replace("T", " ").replace("Z", " UTC")


def _summary(totals: Mapping[str, int]) -> str:
    return f"{_count(totals['hosts'], 'host')} with {_count(totals['gpus'], 'GPU')}"


def _left_out(report: Mapping[str, Any]) -> str:
    missing = sentence(report.get("left_out") or [])
    return f"; {_text(missing)}" if missing else ""


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _tiles(totals: Mapping[str, int]) -> str:
    """Those that would show nothing are left out."""
    return "".join(
        f'<button class="tile {loud}" data-only="{flag}" aria-pressed="{"false" if flag else "true"}">'
        f"<b>{totals[total]:,}</b> <span>{said}</span></button>"
        for flag, total, said, loud in _TILES
        if totals[total] or not flag
    )


def _all_kinds(kinds: Mapping[str, List[Dict[str, Any]]]) -> str:
    return "".join(_kind(title, kinds[name]) for name, title in _KINDS.items() if kinds[name])


def _kind(title: str, found: List[Dict[str, Any]]) -> str:
    most = found[0]["count"]
    rows = "".join(
        f'<li><button data-find="{_mark(each["name"])}" title="{_mark(each["name"])}">{_text(each["name"])}</button>'
        f"{_bar(100 * each['count'] / most)}<b>{each['count']:,}</b></li>"
        for each in found
    )
    return f"<div><h2>{title}</h2><ul>{rows}</ul></div>"


def _bar(percent: float) -> str:
    return f'<span class="bar"><i style="width:{max(0, min(100, round(percent)))}%"></i></span>'


def _badge(kind: str, said: str) -> str:
    return f'<span class="badge {kind}">{_text(said)}</span>'


def _host(number: int, host: Mapping[str, Any]) -> str:
    cells = "".join(f'<td data-by="{_mark(key)}">{content}</td>' for key, content in _cells(host))
    opener = (
        f'<th scope="row" data-by="{_mark(host["host"])}"><button aria-expanded="false" aria-controls="more-{number}">'
        f"{_text(host['host'])}</button></th>"
    )
    return (
        f'<tbody data-flags="{_mark(" ".join(_flags(host)))}"><tr class="host">{opener}{cells}</tr>'
        f'<tr class="more" id="more-{number}"><td colspan="{len(_COLUMNS)}">{_more(host)}</td></tr></tbody>\n'
    )


def _flags(host: Mapping[str, Any]) -> Iterable[str]:
    yield host["state"]
    yield from dict.fromkeys(finding["kind"] for finding in host["findings"])
    if host["problems"]:
        yield "problems"
    if host["reboot"]:
        yield "reboot_due"


def _cells(host: Mapping[str, Any]) -> List[Tuple[Any, str]]:
    """What each column sorts by, and what it shows."""
    steps = len(host["steps"])
    kind, said = _STATES[host["state"]]
    return [
        (f"{list(_STATES).index(host['state'])} {steps:04}", _badge(kind, said or _count(steps, "step"))),
        (host["distribution"], _text(host["distribution"]) + _tags(host, "debian", "ubuntu")),
        (host["engine"]["version"], _engine(host["engine"]) + _tags(host, "docker")),
        (host["driver"]["version"], _driver(host) + _tags(host, "driver")),
        (host["toolkit"], _text(host["toolkit"]) + _tags(host, "container toolkit")),
        (len(host["gpus"]), _text(_models(host["gpus"]))),
        *(_memory(host["gpus"]), _busy(host["gpus"])),
        (list(_DISRUPTS).index(host["disrupts"]), _disrupts(host["disrupts"])),
        (len(host["problems"]), _badge("bad", str(len(host["problems"]))) if host["problems"] else ""),
    ]


def _tags(host: Mapping[str, Any], *subjects: str) -> str:
    found = [finding["kind"] for finding in host["findings"] if finding["subject"].startswith(subjects)]
    return "".join(" " + _badge(*_FINDINGS[kind]) for kind in dict.fromkeys(found))


def _engine(engine: Mapping[str, Any]) -> str:
    if not engine["version"]:
        return ""
    stopped = "" if engine["runs"] else " " + _badge("warn", "does not run")
    return f"{_text(engine['version'])} <small>{_text(engine['package'])}</small>{stopped}"


def _driver(host: Mapping[str, Any]) -> str:
    driver = host["driver"]
    silent = bool(host["gpus"]) and driver["state"] not in ("", "absent") and not driver["answers"]
    trouble = " " + _badge("bad", "no answer") if silent else ""
    return f"{_text(driver['version'])} <small>{_text(driver['modules'])}</small>{trouble}"


def _models(gpus: List[Dict[str, Any]]) -> str:
    names = [gpu["name"] for gpu in gpus]
    return ", ".join(f"{names.count(name)} \u00d7 {name}" for name in dict.fromkeys(names))


def _memory(gpus: List[Dict[str, Any]]) -> Tuple[Any, str]:
    known = [gpu for gpu in gpus if gpu["memory_total_mib"] and gpu["memory_used_mib"] is not None]
    if not known:
        return "", ""
    used, total = (sum(gpu[name] for gpu in known) for name in ("memory_used_mib", "memory_total_mib"))
    return used / total, f"{_bar(100 * used / total)}<small>{_gib(used)} of {_gib(total)} GiB</small>"


def _busy(gpus: List[Dict[str, Any]]) -> Tuple[Any, str]:
    known = [gpu["utilization_percent"] for gpu in gpus if gpu["utilization_percent"] is not None]
    if not known:
        return "", ""
    share = sum(known) / len(known)
    return share, f"{_bar(share)}<small>{share:.0f} %</small>"


def _gib(mib: int) -> str:
    return f"{mib / 1024:,.0f}" if mib >= 10240 or not mib else f"{mib / 1024:,.1f}"


def _disrupts(kind: str) -> str:
    return _badge(_DISRUPTS[kind], kind) if kind != "none" else ""


def _more(host: Mapping[str, Any]) -> str:
    """The details of a host, in the order in which somebody wants them who has to act."""
    message = [f"<li>{_text(host['message'])}</li>"] if host["message"] else []
    problems = [
        f"<li><b>{_text(each['message'])}</b>{_where(each['where'])}<br>{_text(each['remedy'])}</li>"
        for each in host["problems"]
    ]
    refused = [f"<li>{_text(reason)}</li>" for reason in host["refused"]]
    findings = [
        f"<li><b>{_text(each['subject'])}</b>: {_text(each['message'])} <small>{_text(each['source'])}</small></li>"
        for each in host["findings"]
    ]
    steps = [
        f"<li><b>{_text(step['component'])} {_text(step['step'])}</b> {_disrupts(step['disrupts'])} "
        f"{_text(step['why'])}</li>"
        for step in host["steps"]
    ]
    notes = [f"<li>{_text(note)}</li>" for note in host["notes"]]
    notes += [f"<li>a reboot is due {_text(host['reboot'])}</li>"] if host["reboot"] else []
    notes += [f"<li>kernel {_text(host['kernel'])}</li>"] if host["kernel"] else []
    sections = (
        ("Why there is no look", message),
        ("Problems", problems),
        ("Refused wishes", refused),
        ("Ends of life and security", findings),
        ("What a run would do", steps),
        ("Notes", notes),
    )
    lists = "".join(
        f"<section><h3>{title}</h3><ul>{''.join(items)}</ul></section>" for title, items in sections if items
    )
    return _gpus(host["gpus"]) + f'<div class="lists">{lists}</div>'


def _where(address: str) -> str:
    return f" <small>{_text(address)}</small>" if address else ""


def _gpus(gpus: List[Dict[str, Any]]) -> str:
    if not gpus:
        return ""
    heads = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("#", "GPU", "Address", "Memory in use", "Busy", "Heat", "Driven by", "Health")
    )
    return f'<table class="gpus"><thead><tr>{heads}</tr></thead><tbody>{"".join(map(_gpu, gpus))}</tbody></table>'


def _gpu(gpu: Dict[str, Any]) -> str:
    mig = f" <small>MIG: {_text(', '.join(gpu['mig_devices']))}</small>" if gpu["mig_devices"] else ""
    health = _badge("bad", "; ".join(gpu["problems"])) if gpu["problems"] else _badge("good", "well")
    cells = (
        _text(_known(gpu["index"])),
        f'<span title="{_mark(gpu["uuid"])}">{_text(gpu["name"])}</span>{mig}',
        f"<code>{_text(gpu['pci_address'])}</code>",
        _memory([gpu])[1],
        _busy([gpu])[1],
        f"{gpu['temperature_c']} \u00b0C" if gpu["temperature_c"] is not None else "",
        _text(gpu["kernel_driver"] or "nothing"),
        health if gpu["problems"] or gpu["index"] is not None else _badge("calm", "nobody asks it"),
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _known(number: Optional[int]) -> str:
    return "" if number is None else str(number)
