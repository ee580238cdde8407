# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nvidia-smi says of the GPUs: one question, a second one where a driver's query has no name for something.

The first is `--query-gpu`, which takes no row at all where one field is unknown to it: those are asked for that the
driver's branch is known to take. A branch between two known ones is asked for what both take, one that is newer than
all, or not known, for what the newest takes. The document, `-q -x`, needs no names but is slower, and lacks the compute
capability. It is asked of GPUs with rows to remap where the query has no name for them, and of a driver that rejects a
field all the same. MIG devices are in `-L` only.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple
from xml.etree import ElementTree

from .._common.prober import Prober
from .pci import address_in

# What stands where a value should: there is none, or the driver does not give it.
_NO_VALUE = re.compile(
    r"\[.*\]|N/A|None|ERR!|Unknown Error|Not (Supported|Found)|GPU .*|Requested functionality.*|", re.S
)
_REJECTED_FIELD = re.compile(r"^Field \"(?P<name>.*)\" is not a valid field to query", re.MULTILINE)
# The address is what the answers of several questions have in common.
_ADDRESS, _CAPABILITY = "pci.bus_id", "compute_cap"
_ROWS_SINCE = 580
_NEWER_THAN_ALL = 10**6
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
    # The first branch that takes it in a query, and the first one that does not any more, as far as it was recorded:
    # tests/unit/samples, with the table query-gpu-fields.csv for 470 to 550, and output of 580, 590 and 610.
    since: int
    # Where it stands in the XML; none where it does not.
    path: str
    until: int = _NEWER_THAN_ALL


_FIELDS = (
    _Field("index", _whole, "index", 0, ""),
    _Field("uuid", _text, "uuid", 0, "uuid"),
    _Field("pci_address", address_in, _ADDRESS, 0, "pci/pci_bus_id"),
    _Field("device_id", _device_id, "pci.device_id", 0, "pci/pci_device_id"),
    _Field("memory_total_mib", _whole, "memory.total", 0, "fb_memory_usage/total"),
    _Field("memory_used_mib", _whole, "memory.used", 0, "fb_memory_usage/used"),
    _Field("utilization_percent", _whole, "utilization.gpu", 0, "utilization/gpu_util"),
    _Field("temperature_c", _whole, "temperature.gpu", 0, "temperature/gpu_temp"),
    _Field("retirement_pending", _yes, "retired_pages.pending", 0, "retired_pages/pending_retirement"),
    _Field("mig_mode", _mode, "mig.mode.current", 450, "mig_mode/current_mig"),
    _Field("mig_pending", _mode, "mig.mode.pending", 450, "mig_mode/pending_mig"),
    # Whose memory has rows to remap: the query has names for these only later.
    _Field("ecc_mode", _mode, "ecc.mode.current", 0, "ecc_mode/current_ecc", until=_ROWS_SINCE),
    _Field("remap_pending", _yes, "remapped_rows.pending", _ROWS_SINCE, "remapped_rows/remapped_row_pending"),
    _Field("remap_failed", _yes, "remapped_rows.failure", _ROWS_SINCE, "remapped_rows/remapped_row_failure"),
    _Field("compute_capability", _text, _CAPABILITY, 510, ""),
    _Field("fabric_state", _text, "fabric.state", 525, "fabric/state"),
    _Field("fabric_status", _text, "fabric.status", 525, "fabric/status"),
    _Field("recovery_action", _text, "gpu_recovery_action", _ROWS_SINCE, "gpu_recovery_action"),
    _Field("reset_required", _yes, "reset_status.reset_required", 535, "gpu_reset_status/reset_required", until=556),
    _Field(
        "drain_recommended",
        _yes,
        "reset_status.drain_and_reset_recommended",
        535,
        "gpu_reset_status/drain_and_reset_recommended",
        until=556,
    ),
    # The last: it is free text, and nvidia-smi does not quote its commas.
    _Field("name", _text, "name", 0, "product_name"),
)


class Answer(NamedTuple):
    # What was printed, for what else it says.
    text: str
    status: int
    gpus: List[Dict[str, Any]]


def _branch(version: Optional[str]) -> int:
    match = re.match(r"\d{1,6}", version or "")
    return int(match.group()) if match else _NEWER_THAN_ALL - 1


def queried_fields(version: Optional[str]) -> List[str]:
    """Those that this version of the driver can be asked for; what the newest takes where it is not known."""
    branch = _branch(version)
    return [field.query for field in _FIELDS if field.since <= branch < field.until]


def ask(prober: Prober, program: str, version: Optional[str]) -> Answer:
    """Every GPU that nvidia-smi lists. A program that hangs is one of the problems and is not asked again."""
    fields = queried_fields(version)
    status, text = _query(prober, program, fields)
    found = from_csv(text, fields)
    rejected = _REJECTED_FIELD.search(text)
    if rejected:
        status, text = _run(prober, [program, "-q", "-x"])
        found = from_xml(text)
        if found and _CAPABILITY in fields and rejected.group("name") != _CAPABILITY:
            _status, said = _query(prober, program, [_ADDRESS, _CAPABILITY])
            _complete(found, from_csv(said, [_ADDRESS, _CAPABILITY]))
    elif _branch(version) < _ROWS_SINCE and any(_has_rows(gpu) for gpu in found):
        _status, said = _run(prober, [program, "-q", "-x"])
        _complete(found, from_xml(said))
        text += said
    if any(gpu["mig_mode"] == "enabled" for gpu in found):
        _status, listed = _run(prober, [program, "-L"])
        devices = mig_devices(listed)
        for gpu in found:
            gpu["mig_devices"] = devices.get(gpu["uuid"], [])
    return Answer(text, status, found)


def _has_rows(gpu: Dict[str, Any]) -> bool:
    """Rows are remapped in the memory with ECC of Ampere and later, which retires no pages."""
    return gpu["ecc_mode"] == "enabled" and gpu["retirement_pending"] is None


def _complete(gpus: List[Dict[str, Any]], others: List[Dict[str, Any]]) -> None:
    """What is not known of a GPU, from another answer about it."""
    by_address = {other["pci_address"]: other for other in others}
    for gpu in gpus:
        other = by_address.get(gpu["pci_address"], {})
        gpu.update({name: value for name, value in other.items() if gpu[name] is None})


def _query(prober: Prober, program: str, fields: Sequence[str]) -> Tuple[int, str]:
    return _run(prober, [program, "--query-gpu=" + ",".join(fields), "--format=csv,noheader,nounits"])


def _run(prober: Prober, command: List[str]) -> Tuple[int, str]:
    return prober.run(
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
