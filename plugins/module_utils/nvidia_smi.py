# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nvidia-smi says of the GPUs: one question, a second one where a driver is too old for the first.

The first is `--query-gpu`, whose fields must all be known to the driver: those are asked for that its branch has. Where
it refuses one all the same, `-q -x` is asked, which is slower, and needs no names. MIG devices are in `-L` only.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple
from xml.etree import ElementTree

from ansible_collections.dockyard.gpu.plugins.module_utils.look import Look
from ansible_collections.dockyard.gpu.plugins.module_utils.pci import address_in

# What stands where a value should: there is none, or the driver does not give it.
_NO_VALUE = re.compile(
    r"\[.*\]|N/A|None|ERR!|Unknown Error|Not (Supported|Found)|GPU .*|Requested functionality.*|", re.S
)
_REFUSED_FIELD = re.compile(r"^Field \".*\" is not a valid field to query", re.MULTILINE)
_LISTED_GPU = re.compile(r"GPU \d+: .*\(UUID: (?P<uuid>GPU-[^)]+)\)")
_LISTED_MIG = re.compile(r"\s+MIG (?P<profile>\S+)\s+Device\s+(?P<index>\d+): \(UUID: (?P<uuid>MIG-[^)]+)\)")


def _text(value: str) -> Optional[str]:
    return None if _NO_VALUE.fullmatch(value) else value


def _whole(value: str) -> Optional[int]:
    """81559, and 81559 MiB."""
    match = re.match(r"\d{1,18}(?!\S)", value)
    return int(match.group()) if match else None


def _yes(value: str) -> Optional[bool]:
    return {"yes": True, "no": False}.get(value.lower())


def _mode(value: str) -> Optional[str]:
    return value.lower() if value in ("Enabled", "Disabled") else None


def _device_id(value: str) -> Optional[str]:
    """0x233010DE and 233010DE are 2330; clouds are known to hide it behind zeros."""
    match = re.fullmatch(r"(?:0x)?([0-9A-F]{4})10DE", value, re.IGNORECASE)
    return match.group(1).lower() if match else None


class _Field(NamedTuple):
    name: str
    convert: Callable[[str], Any]
    query: str
    # The branch that has it: nvidia-smi's changes by branch, and recorded output of 515 to 610.
    since: int
    # Where it stands in the XML; none where it does not.
    path: str


_FIELDS = (
    _Field("index", _whole, "index", 0, ""),
    _Field("uuid", _text, "uuid", 0, "uuid"),
    _Field("pci_address", address_in, "pci.bus_id", 0, "pci/pci_bus_id"),
    _Field("device_id", _device_id, "pci.device_id", 0, "pci/pci_device_id"),
    _Field("memory_total_mib", _whole, "memory.total", 0, "fb_memory_usage/total"),
    _Field("memory_used_mib", _whole, "memory.used", 0, "fb_memory_usage/used"),
    _Field("utilization_percent", _whole, "utilization.gpu", 0, "utilization/gpu_util"),
    _Field("temperature_c", _whole, "temperature.gpu", 0, "temperature/gpu_temp"),
    _Field("retirement_pending", _yes, "retired_pages.pending", 0, "retired_pages/pending_retirement"),
    _Field("mig_mode", _mode, "mig.mode.current", 450, "mig_mode/current_mig"),
    _Field("mig_pending", _mode, "mig.mode.pending", 450, "mig_mode/pending_mig"),
    _Field("remap_pending", _yes, "remapped_rows.pending", 470, "remapped_rows/remapped_row_pending"),
    _Field("remap_failed", _yes, "remapped_rows.failure", 470, "remapped_rows/remapped_row_failure"),
    _Field("compute_capability", _text, "compute_cap", 510, ""),
    _Field("fabric_state", _text, "fabric.state", 535, "fabric/state"),
    _Field("fabric_status", _text, "fabric.status", 535, "fabric/status"),
    _Field("recovery_action", _text, "gpu_recovery_action", 570, "gpu_recovery_action"),
    # Between 530 and 570; the query has no name for it that all of these know.
    _Field("reset_required", _yes, "", 0, "gpu_reset_status/reset_required"),
    _Field("drain_recommended", _yes, "", 0, "gpu_reset_status/drain_and_reset_recommended"),
    # The last: it is free text, and nvidia-smi does not quote its commas.
    _Field("name", _text, "name", 0, "product_name"),
)


class Answer(NamedTuple):
    # What was printed, for what else it says.
    text: str
    status: int
    gpus: List[Dict[str, Any]]


def queried_fields(version: Optional[str]) -> List[str]:
    """Those that this version of the driver can be asked for; all of them where it is not known."""
    match = re.match(r"\d+", version or "")
    branch = int(match.group()) if match else 10**6
    return [field.query for field in _FIELDS if field.query and field.since <= branch]


def ask(look: Look, program: str, version: Optional[str]) -> Answer:
    """Every GPU that nvidia-smi lists. A program that hangs is a problem of the look and is not asked again."""
    fields = queried_fields(version)
    status, text = _run(look, [program, "--query-gpu=" + ",".join(fields), "--format=csv,noheader,nounits"])
    found = from_csv(text, fields)
    if _REFUSED_FIELD.search(text):
        status, text = _run(look, [program, "-q", "-x"])
        found = from_xml(text)
    if any(gpu["mig_mode"] == "enabled" for gpu in found):
        _status, listed = _run(look, [program, "-L"])
        devices = mig_devices(listed)
        for gpu in found:
            gpu["mig_devices"] = devices.get(gpu["uuid"], [])
    return Answer(text, status, found)


def _run(look: Look, command: List[str]) -> Tuple[int, str]:
    return look.run(
        command,
        "nvidia_smi_timeout",
        "A GPU or its driver hangs: see `dmesg | grep -e NVRM -e Xid`. Programs that use GPUs hang alike; if nvidia-smi"
        " does not come back by itself, reboot the host.",
    )


def from_csv(text: str, fields: Sequence[str]) -> List[Dict[str, Any]]:
    """The rows of GPUs, with these fields, among whatever else was printed."""
    gpus = []
    for line in text.splitlines():
        values = [value.strip() for value in line.split(",", len(fields) - 1)]
        if len(values) == len(fields):
            by_query = dict(zip(fields, values))
            gpu = _gpu({field.name: by_query.get(field.query, "") for field in _FIELDS})
            if gpu["pci_address"]:
                gpus.append(gpu)
    return gpus


def from_xml(text: str) -> List[Dict[str, Any]]:
    """The same from `-q -x`, of any version of its DTD; what is no such document has no GPUs."""
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - the driver's own program printed it
    except (ElementTree.ParseError, ValueError):
        return []
    gpus = []
    for index, element in enumerate(root.iter("gpu")):
        values = {field.name: (element.findtext(field.path) or "").strip() for field in _FIELDS if field.path}
        # The oldest documents have the address as the element's id only.
        values["pci_address"] = values["pci_address"] or element.get("id", "")
        gpu = _gpu({**values, "index": str(index)})
        if gpu["pci_address"]:
            gpus.append(gpu)
    return gpus


def _gpu(values: Dict[str, str]) -> Dict[str, Any]:
    gpu = {field.name: field.convert(values.get(field.name, "")) for field in _FIELDS}
    return {**gpu, "mig_devices": []}


def mig_devices(text: str) -> Dict[str, List[Dict[str, Any]]]:
    """UUID of a GPU to its MIG devices, from `-L`: [{index, profile, uuid}]."""
    result: Dict[str, List[Dict[str, Any]]] = {}
    devices: List[Dict[str, Any]] = []
    for line in text.splitlines():
        gpu = _LISTED_GPU.match(line)
        if gpu:
            devices = result.setdefault(gpu.group("uuid"), [])
        mig = _LISTED_MIG.match(line)
        if mig:
            devices.append(
                {"index": int(mig.group("index")), "profile": mig.group("profile"), "uuid": mig.group("uuid")}
            )
    return result
