# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every recorded file, as a host would answer with it: healthy ones give no problem, and none is left unread."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import smi
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia.error_lines import failures_in
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.gpu_machine import PROPRIETARY, Machine, described
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.samples import (
    CARDS,
    FIELDS,
    OTHERS,
    OWN,
    REAL,
    others,
    section,
)

CAPTURES = {
    "01-h100-mig-590.48.01-full-capture.txt": ("590.48.01", ["0000:00:09.0"], 4),
    "03-h200-590.48.01-full-capture.txt": ("590.48.01", ["0000:83:00.0"], 0),
    "05-rtx2080super-610.57.04-full-capture.txt": ("610.57.04", ["0000:0c:00.0"], 0),
}
DOCUMENTS = {
    "06-a100-sxm4-mig-v12.xml": "535.54.03",
    "08-a10g-passthrough-515-v11.xml": "515.105.01",
    "11-gtx1070ti-old-v10.xml": "384.111",
}
# Whose errors test_gpu_error_texts.py and test_look_gpus.py read.
ERRORS = {"09-error-states-gpud-525-535.txt", "10-xid119-dmesg-and-a100-nvswitch-lspci.txt"}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_no_recorded_file_is_left_unread() -> None:
    printed = {f"{card}{kind}" for card in CARDS for kind in (".txt", ".L.txt", ".csv")}
    assert {path.name for path in OWN.iterdir()} == {*printed, FIELDS.name}


def test_what_is_read_of_others_is_there() -> None:
    """More may lie there: what is not ours changes without us."""
    if not OTHERS.exists():
        pytest.skip(f"{OTHERS} is not here: recorded by others, and not handed on")
    assert {*CAPTURES, *DOCUMENTS, *ERRORS} <= {path.name for path in OTHERS.iterdir()}


@pytest.mark.parametrize("path", sorted({*OWN.iterdir()} - {FIELDS}), ids=lambda path: path.name)
def test_our_own_tables_lists_and_rows_have_no_error(path: Path) -> None:
    assert failures_in(path.read_text()) == []


def test_our_own_machine_is_healthy_by_the_query_and_by_the_document(machine: Machine) -> None:
    """A module that is built into a kernel, with the driver's files in a folder of the machine's own."""
    version, address = "580.159.04", "0000:00:06.0"
    machine.device(address, "0x2330", "nvidia", numa_node="-1")
    machine.write("proc/driver/nvidia/version", (REAL / "proc-version.txt").read_text())
    machine.write("sys/module/nvidia/version", version + "\n")
    machine.write(f"proc/driver/nvidia/gpus/{address}/information", (REAL / "proc-information.txt").read_text())
    machine.libraries(version)
    machine.answers((REAL / "query.csv").read_text().strip())
    prober = Prober()
    found = described(prober)
    assert found["problems"] == prober.problems == []
    assert (found["driver"]["loaded_version"], found["driver"]["loaded_modules"]) == (version, "open")
    assert (found["driver"]["in_use"], found["driver"]["installed_version"]) == (None, None)
    (gpu,) = found["gpus"]
    assert (gpu["name"], gpu["memory_total_mib"], gpu["compute_capability"]) == ("H100 SXM5 80GB", 81559, "9.0")
    assert gpu["uuid"] in smi.mig_devices((REAL / "L.txt").read_text())
    (by_query,) = smi.from_csv((REAL / "query.csv").read_text(), smi.queried_fields(version))
    (by_document,) = smi.from_xml((REAL / "q.xml").read_text())
    # What only one of them says, and the temperature of another minute.
    other = {"compute_capability", "temperature_c", "reset_required", "drain_recommended", "ecc_mode"}
    assert {name for name in by_query if by_query[name] != by_document[name]} <= other
    assert [failures_in(path.read_text()) for path in sorted(REAL.iterdir())] == [[]] * 6


@pytest.mark.parametrize("name", CAPTURES)
def test_a_captured_machine_is_healthy(name: str, machine: Machine) -> None:
    version, addresses, mig = CAPTURES[name]
    text = others(name)
    command, printed = section(text, "nvidia-smi --query-gpu=")
    fields = command.split("--query-gpu=")[1].split()[0].split(",")
    rows = [[value.strip() for value in line.split(",")] for line in printed.splitlines()[1:] if line.strip()]
    answers = [dict(zip(fields, values, strict=True)) for values in rows]
    asked = smi.queried_fields(version)
    lines = "\n".join(", ".join(re.sub(r"^(\d+) (MiB|%)$", r"\1", row[field]) for field in asked) for row in answers)
    _command, listed = section(text, "nvidia-smi -L")
    for row, address in zip(answers, addresses, strict=True):
        machine.device(address, row["pci.device_id"][:6].lower(), "nvidia")
    machine.loaded(version)
    machine.installed(version)
    machine.libraries(version)
    machine.program("nvidia-smi", f"[ $1 = -L ] && cat <<'END' && exit\n{listed}END\ncat <<'END'\n{lines}\nEND")
    prober = Prober()
    found = described(prober)
    assert found["problems"] == prober.problems == []
    assert [gpu["pci_address"] for gpu in found["gpus"]] == addresses
    assert [len(gpu["mig_devices"]) for gpu in found["gpus"]] == [mig]
    assert all(gpu["memory_total_mib"] and gpu["compute_capability"] and gpu["uuid"] for gpu in found["gpus"])
    # Whatever else these programs print of a healthy machine.
    assert failures_in(text) == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_recorded_document_is_of_a_healthy_machine(name: str, machine: Machine) -> None:
    version, text = DOCUMENTS[name], others(name)
    listed = smi.from_xml(text)
    assert len(listed) == len(list(ElementTree.fromstring(text).iter("gpu"))) > 0
    for gpu in listed:
        machine.device(gpu["pci_address"], f"0x{gpu['device_id'] or '20b0'}", "nvidia")
    machine.loaded(version, PROPRIETARY)
    machine.libraries(version)
    machine.write("document.xml", text)
    rejected = "echo 'Field \"x\" is not a valid field to query.'; exit 2"
    machine.program(
        "nvidia-smi", f"[ $1 = -q ] && cat {machine.root}/document.xml && exit\n[ $1 = -L ] && exit\n{rejected}"
    )
    prober = Prober()
    found = described(prober)
    assert found["problems"] == prober.problems == []
    assert [gpu["uuid"] for gpu in found["gpus"]] == [gpu["uuid"] for gpu in listed]
