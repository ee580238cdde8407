# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nvidia-smi's answers, as real machines gave them, as broken ones give them, and as no one ever would."""

from __future__ import annotations

import re
import runpy
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import smi as nvidia_smi
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.samples import (
    OWN,
    fields_taken,
    others,
    section,
)
from hypothesis import given
from hypothesis import strategies as st

OWN_FIELDS = re.findall(r"`(index,[^`]*)`", (OWN.parent / "README.md").read_text())[0].split(",")
CAPTURES = (
    "01-h100-mig-590.48.01-full-capture.txt",
    "03-h200-590.48.01-full-capture.txt",
    "05-rtx2080super-610.57.04-full-capture.txt",
)


@pytest.mark.parametrize(
    ("name", "first", "memory", "capability", "temperature"),
    [
        ("a100", "0000:07:00.0", 40960, "8.0", 33),
        ("b200", "0000:1a:00.0", 196608, "10.0", 35),
        ("h100", "0000:1a:00.0", 81920, "9.0", 34),
        ("l40s", "0000:17:00.0", 49152, "8.9", 32),
    ],
)
def test_eight_gpus_are_read(name: str, first: str, memory: int, capability: str, temperature: int) -> None:
    gpus = nvidia_smi.from_csv((OWN / f"{name}.csv").read_text(), OWN_FIELDS)
    listed = nvidia_smi.mig_devices((OWN / f"{name}.L.txt").read_text())
    assert [gpu["index"] for gpu in gpus] == list(range(8))
    assert {gpu["uuid"]: [] for gpu in gpus} == listed
    assert len({gpu["pci_address"] for gpu in gpus}) == 8
    assert gpus[0]["pci_address"] == first
    assert {gpu["memory_total_mib"] for gpu in gpus} == {memory}
    assert {gpu["memory_used_mib"] for gpu in gpus} == {0}
    assert {gpu["compute_capability"] for gpu in gpus} == {capability}
    assert gpus[0]["temperature_c"] == temperature
    assert all(0 <= gpu["utilization_percent"] <= 100 for gpu in gpus)


def captured(name: str) -> list[dict[str, Any]]:
    command, printed = section(others(name), "nvidia-smi --query-gpu=")
    fields = command.split("--query-gpu=")[1].split()[0].split(",")
    assert set(nvidia_smi.queried_fields(None)) <= set(fields), "a field is asked for that this driver does not know"
    return nvidia_smi.from_csv(printed, fields)


def test_a_real_h100_with_mig() -> None:
    (gpu,) = captured(CAPTURES[0])
    assert gpu == {
        "index": 0,
        "uuid": "GPU-00000000-0000-0000-0000-000000000000",
        "name": "NVIDIA H100 80GB HBM3",
        "pci_address": "0000:00:09.0",
        "device_id": "2330",
        "memory_total_mib": 81559,
        "memory_used_mib": 59,
        "utilization_percent": None,
        "temperature_c": 42,
        "retirement_pending": None,
        "mig_mode": "enabled",
        "mig_pending": "enabled",
        "ecc_mode": "enabled",
        "remap_pending": None,
        "remap_failed": None,
        "compute_capability": "9.0",
        "fabric_state": "Completed",
        "fabric_status": "Success",
        "recovery_action": None,
        "reset_required": None,
        "drain_recommended": None,
        "mig_devices": [],
    }
    _command, listed = section(others(CAPTURES[0]), "nvidia-smi -L")
    profiles = [(device["index"], device["profile"]) for device in nvidia_smi.mig_devices(listed)[gpu["uuid"]]]
    assert profiles == [(0, "3g.40gb"), (1, "2g.20gb"), (2, "1g.10gb"), (3, "1g.10gb")]


@pytest.mark.parametrize(
    ("name", "gpu_name", "device_id", "mig", "capability"),
    [
        (CAPTURES[1], "NVIDIA H200", "2335", "disabled", "9.0"),
        (CAPTURES[2], "NVIDIA GeForce RTX 2080 SUPER", "1e81", None, "7.5"),
    ],
)
def test_other_real_cards(name: str, gpu_name: str, device_id: str, mig: str | None, capability: str) -> None:
    (gpu,) = captured(name)
    assert (gpu["name"], gpu["device_id"], gpu["mig_mode"]) == (gpu_name, device_id, mig)
    assert (gpu["compute_capability"], gpu["recovery_action"], gpu["reset_required"]) == (capability, None, None)
    assert gpu["memory_total_mib"] > 8000


def test_the_xml_of_a_real_a100_with_mig() -> None:
    gpus = nvidia_smi.from_xml(others("06-a100-sxm4-mig-v12.xml"))
    assert gpus[0]["name"] == "NVIDIA A100-SXM4-80GB"
    assert (gpus[0]["pci_address"], gpus[0]["device_id"]) == ("0000:01:00.0", "20b2")
    assert (gpus[0]["mig_mode"], gpus[0]["mig_pending"]) == ("enabled", "enabled")
    assert (gpus[0]["reset_required"], gpus[0]["drain_recommended"], gpus[0]["remap_failed"]) == (False, False, None)
    assert gpus[0]["memory_total_mib"] == 81920
    assert [gpu["index"] for gpu in gpus] == list(range(len(gpus)))


def test_the_xml_of_a_real_a10g_whose_cloud_hides_its_id() -> None:
    (gpu,) = nvidia_smi.from_xml(others("08-a10g-passthrough-515-v11.xml"))
    assert (gpu["name"], gpu["pci_address"], gpu["device_id"]) == ("NVIDIA A10G", "0000:00:1e.0", None)
    assert (gpu["memory_total_mib"], gpu["memory_used_mib"], gpu["temperature_c"]) == (23028, 22, 17)
    assert (gpu["remap_pending"], gpu["retirement_pending"], gpu["mig_mode"]) == (False, None, None)


def test_the_oldest_xml() -> None:
    (gpu,) = nvidia_smi.from_xml(others("11-gtx1070ti-old-v10.xml"))
    assert (gpu["name"], gpu["pci_address"]) == ("GeForce GTX 1070 Ti", "0000:01:00.0")
    assert (gpu["memory_total_mib"], gpu["temperature_c"], gpu["utilization_percent"]) == (4096, 39, 0)
    assert (gpu["recovery_action"], gpu["fabric_state"], gpu["device_id"]) == (None, None, None)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "N/A",
        "[N/A]",
        "[Not Supported]",
        "[Unknown Error]",
        "Unknown Error",
        "[Insufficient Permissions]",
        "[GPU is lost]",
        "[GPU requires reset]",
        "ERR!",
        "Not Found",
        "None",
        "Requested functionality has been deprecated",
        "[Requested functionality has been deprecated]",
    ],
)
def test_what_is_no_value_is_null(value: str) -> None:
    fields = nvidia_smi.queried_fields(None)
    row = ", ".join("00000000:18:00.0" if field == "pci.bus_id" else value for field in fields)
    (gpu,) = nvidia_smi.from_csv(row, fields)
    assert gpu.pop("pci_address") == "0000:18:00.0"
    assert gpu.pop("mig_devices") == []
    assert set(gpu.values()) == {None}


@pytest.mark.parametrize(
    ("version", "lacks"),
    [
        (
            "390.157",
            {"mig.mode.current", "remapped_rows.pending", "compute_cap", "fabric.state", "gpu_recovery_action"},
        ),
        ("470.256.02", {"compute_cap", "fabric.state", "gpu_recovery_action", "remapped_rows.failure"}),
        ("550.163.01", {"gpu_recovery_action", "remapped_rows.pending", "remapped_rows.failure"}),
        ("580.178.04", set()),
        (None, set()),
        ("nonsense", set()),
    ],
)
def test_a_driver_is_asked_for_what_its_branch_has(version: str | None, lacks: set[str]) -> None:
    fields = nvidia_smi.queried_fields(version)
    assert not lacks & set(fields)
    assert lacks <= set(nvidia_smi.queried_fields(None))
    assert [fields[0], fields[-1]] == ["index", "name"]


TAKEN = fields_taken()


def test_the_table_is_of_whole_branches() -> None:
    assert sorted(TAKEN) == [470, 525, 535, 550]
    assert all(len(fields) > 100 for fields in TAKEN.values())


@pytest.mark.parametrize("branch", TAKEN)
def test_a_branch_is_asked_only_for_fields_that_it_takes(branch: int) -> None:
    assert set(nvidia_smi.queried_fields(f"{branch}.99.01")) - TAKEN[branch] == set()


@pytest.mark.parametrize("branch", [495, 510, 515, 520, 530, 545, 555])
def test_a_branch_between_two_of_the_table_is_asked_only_for_what_both_take_or_is_known(branch: int) -> None:
    """555.58.02 has the same as 550; compute_cap came with 510."""
    known = [TAKEN[max(each for each in TAKEN if each <= branch)]]
    known += [TAKEN[each] for each in sorted(TAKEN) if each > branch][:1]
    both = set.intersection(*known) | ({"compute_cap"} if branch >= 510 else set())
    assert set(nvidia_smi.queried_fields(f"{branch}.10")) - both == set()


@pytest.mark.parametrize("branch", [560, 565, 570, 575])
def test_a_branch_after_the_table_is_asked_only_for_what_is_known_on_both_sides_of_it(branch: int) -> None:
    assert set(nvidia_smi.queried_fields(f"{branch}.10")) - TAKEN[550] == set()
    assert (
        set(nvidia_smi.queried_fields(f"{branch}.10"))
        - {"ecc.mode.current"}
        - set(nvidia_smi.queried_fields("580.159.04"))
        == set()
    )


@pytest.mark.parametrize("version", ["615.71", "900.1", None, "nonsense"])
def test_what_is_newer_than_all_or_not_known_is_asked_for_what_the_newest_takes(version: str | None) -> None:
    assert nvidia_smi.queried_fields(version) == nvidia_smi.queried_fields("580.159.04")


@pytest.mark.parametrize("branch", TAKEN)
def test_the_labs_program_takes_no_field_that_the_real_one_rejects(branch: int) -> None:
    lab = runpy.run_path(str(OWN.parents[2] / "lab/guest/nvidia-smi"))
    taken = {name for name in lab["FIELDS"] if lab["taken"](name, branch)}
    assert taken - TAKEN[branch] == set()
    assert set(nvidia_smi.queried_fields(f"{branch}.99")) - taken == set()


def program(folder: Path, script: str) -> tuple[str, Path]:
    """A stand-in, and the file in which it notes how it was called."""
    calls = folder / "calls"
    path = folder / "nvidia-smi"
    path.write_text(f'#!/bin/sh\necho "$1" >> {calls}\n{script}\n')
    path.chmod(0o755)
    return str(path), calls


def row(**values: str) -> str:
    named = {"pci.bus_id": "00000000:18:00.0", "uuid": "GPU-1", **{k.replace("__", "."): v for k, v in values.items()}}
    return ", ".join(named.get(field, "[N/A]") for field in nvidia_smi.queried_fields(None))


def test_one_question_is_enough(tmp_path: Path) -> None:
    smi, calls = program(tmp_path, f"echo '{row(index='3', compute_cap='9.0')}'")
    answer = nvidia_smi.ask(Prober(), smi, "580.178.04")
    assert answer.status == 0
    assert [(gpu["index"], gpu["compute_capability"]) for gpu in answer.gpus] == [(3, "9.0")]
    assert len(calls.read_text().splitlines()) == 1


def test_a_name_may_have_commas(tmp_path: Path) -> None:
    """nvidia-smi does not quote them."""
    name = "Grid, the second, of 2"
    smi, _calls = program(tmp_path, f"echo '{row(index='3', name=name)}'")
    (gpu,) = nvidia_smi.ask(Prober(), smi, "580.178.04").gpus
    assert (gpu["index"], gpu["uuid"], gpu["name"]) == (3, "GPU-1", name)


def test_a_rejected_field_is_asked_for_in_xml(tmp_path: Path) -> None:
    xml = '<nvidia_smi_log><gpu id="00000000:18:00.0"><uuid>GPU-1</uuid></gpu></nvidia_smi_log>'
    rejected = "echo 'Field \"compute_cap\" is not a valid field to query.'; exit 2"
    smi, calls = program(tmp_path, f"[ \"$1\" = -q ] && echo '{xml}' && exit\n{rejected}")
    answer = nvidia_smi.ask(Prober(), smi, "580.178.04")
    assert answer.status == 0
    assert [(gpu["index"], gpu["uuid"]) for gpu in answer.gpus] == [(0, "GPU-1")]
    assert [call[:4] for call in calls.read_text().splitlines()] == ["--qu", "-q"]


REJECTING = """
[ "$1" = -q ] && exec cat FOLDER/document
asked=$(echo "${1#--query-gpu=}" | tr , ' ')
for field in $asked; do
  grep -qxF "$field" FOLDER/taken || { echo "Field \\"$field\\" is not a valid field to query."; exit 2; }
done
for field in $asked; do
  { grep "^$field=" FOLDER/values || echo "=[N/A]"; } | cut -d= -f2
done | paste -sd, | sed 's/,/, /g'
"""
DOCUMENT = """<nvidia_smi_log><gpu id="00000000:18:00.0"><uuid>GPU-1</uuid><product_name>A</product_name>
<remapped_rows><remapped_row_pending>Yes</remapped_row_pending></remapped_rows>
<gpu_reset_status><reset_required>No</reset_required></gpu_reset_status></gpu></nvidia_smi_log>"""


def real(folder: Path, taken: set[str], **values: str) -> tuple[str, Path]:
    """One that rejects what a real one rejects."""
    named = {"pci.bus_id": "00000000:18:00.0", "uuid": "GPU-1", "name": "A"}
    named.update({name.replace("__", "."): value for name, value in values.items()})
    (folder / "taken").write_text("".join(f"{field}\n" for field in taken))
    (folder / "values").write_text("".join(f"{field}={value}\n" for field, value in named.items()))
    (folder / "document").write_text(DOCUMENT)
    return program(folder, REJECTING.replace("FOLDER", str(folder)))


@pytest.mark.parametrize("branch", TAKEN)
def test_one_question_is_enough_for_every_branch_and_brings_the_capability_where_it_is(
    branch: int, tmp_path: Path
) -> None:
    smi, calls = real(tmp_path, TAKEN[branch], compute_cap="8.9", ecc__mode__current="Disabled")
    (gpu,) = nvidia_smi.ask(Prober(), smi, f"{branch}.99.01").gpus
    assert gpu["compute_capability"] == ("8.9" if "compute_cap" in TAKEN[branch] else None)
    assert (gpu["uuid"], gpu["name"]) == ("GPU-1", "A")
    assert len(calls.read_text().splitlines()) == 1


@pytest.mark.parametrize("branch", TAKEN)
def test_rows_to_remap_come_from_the_document_where_the_query_has_no_name_for_them(branch: int, tmp_path: Path) -> None:
    smi, calls = real(tmp_path, TAKEN[branch], compute_cap="8.0", ecc__mode__current="Enabled")
    (gpu,) = nvidia_smi.ask(Prober(), smi, f"{branch}.99.01").gpus
    assert (gpu["remap_pending"], gpu["reset_required"]) == (True, False)
    assert gpu["compute_capability"] == ("8.0" if "compute_cap" in TAKEN[branch] else None)
    assert [call[:4] for call in calls.read_text().splitlines()] == ["--qu", "-q"]


def test_gpus_that_retire_pages_have_no_rows_to_ask_about(tmp_path: Path) -> None:
    smi, calls = real(tmp_path, TAKEN[550], ecc__mode__current="Enabled", retired_pages__pending="No")
    (gpu,) = nvidia_smi.ask(Prober(), smi, "550.163.01").gpus
    assert (gpu["remap_pending"], gpu["retirement_pending"]) == (None, False)
    assert len(calls.read_text().splitlines()) == 1


@pytest.mark.parametrize("version", [None, "580.1", "999.1"])
def test_a_driver_that_rejects_a_field_all_the_same_still_says_its_capability(
    version: str | None, tmp_path: Path
) -> None:
    smi, _calls = real(tmp_path, TAKEN[550], compute_cap="9.0")
    answer = nvidia_smi.ask(Prober(), smi, version)
    assert [(gpu["remap_pending"], gpu["compute_capability"]) for gpu in answer.gpus] == [(True, "9.0")]
    assert answer.status == 0


def test_mig_devices_are_asked_for_where_there_are_some(tmp_path: Path) -> None:
    mig = "GPU 0: A (UUID: GPU-1)\n  MIG 1g.10gb+me  Device  0: (UUID: MIG-2)"
    smi, calls = program(tmp_path, f"[ $1 = -L ] && echo '{mig}' && exit\necho '{row(mig__mode__current='Enabled')}'")
    (gpu,) = nvidia_smi.ask(Prober(), smi, "580.178.04").gpus
    assert gpu["mig_devices"] == [{"index": 0, "profile": "1g.10gb+me", "uuid": "MIG-2"}]
    assert len(calls.read_text().splitlines()) == 2


def test_a_program_that_hangs_is_one_problem_and_asked_once(tmp_path: Path) -> None:
    smi, calls = program(tmp_path, "trap '' TERM; while :; do sleep 1; done")
    prober = Prober(timeout=0.3)
    start = time.monotonic()
    assert nvidia_smi.ask(prober, smi, None).gpus == []
    assert time.monotonic() - start < 3
    assert len(calls.read_text().splitlines()) == 1
    (problem,) = prober.problems
    assert problem["code"] == "nvidia_smi_timeout"
    assert "reboot" in problem["remedy"]


@given(st.text() | st.text(alphabet='<>gpu/ \n,:"=0[]'))
def test_no_text_is_too_strange(text: str) -> None:
    fields = nvidia_smi.queried_fields(None)
    nvidia_smi.from_csv(text, fields)
    nvidia_smi.from_xml(text)
    nvidia_smi.mig_devices(text)


@given(st.lists(st.text(alphabet="0123456789abcdefGPUMiB:. []-²", max_size=20), min_size=2, max_size=2))
def test_no_value_is_too_strange(values: list[str]) -> None:
    gpus = nvidia_smi.from_csv(
        f"0000:00:01.0, {values[0]}, {values[1]}", ["pci.bus_id", "memory.total", "pci.device_id"]
    )
    assert all(isinstance(gpu["memory_total_mib"], (int, type(None))) for gpu in gpus)
