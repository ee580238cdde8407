# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every error text that was recorded, and those that are known besides, says what it means and what to do."""

from __future__ import annotations

import re

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import error_lines, error_texts
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.samples import others
from hypothesis import given
from hypothesis import strategies as st


def problems_in(text: str, headings: bool = True) -> list[error_texts.Problem]:
    return error_texts.explained(error_lines.failures_in(text, headings))


def reported(text: str, headings: bool = True) -> set[tuple[str | None, str | None]]:
    problems = problems_in(text, headings)
    assert all(problem["message"] and problem["remedy"] for problem in problems)
    return {(problem["code"], problem["pci_address"]) for problem in problems}


def test_recorded_error_states_are_reported_and_of_their_gpus() -> None:
    text = others("09-error-states-gpud-525-535.txt")
    table, value, garbled = text.split("##### next:")
    assert reported(table) == {("gpu_value_unreadable", "0000:01:00.0")}
    # The heading of the sample itself names the error too.
    assert reported(value.split("\n", 1)[1]) == {("gpu_value_unreadable", "0000:01:00.0")}
    assert reported(garbled.split("\n", 1)[1]) == {("nvidia_smi_garbled", "0000:53:00.0")}
    errors = [line for line in text.splitlines() if re.search(r"ERR!|Unknown Error$|^ +Invalid", line)]
    assert len(errors) == 5
    assert all(problems_in(line) for line in errors)


def test_a_recorded_kernel_log_is_reported() -> None:
    log = others("10-xid119-dmesg-and-a100-nvswitch-lspci.txt").split("#####")[0]
    assert reported(log, headings=False) == {("xid_119", "0000:9b:00.0"), ("gpu_reset_required", "0000:9b:00.0")}
    lines = [line for line in log.splitlines() if "Xid" in line or "needs to be reset" in line]
    assert len(lines) == 6
    assert all(problems_in(line) for line in lines)
    (xid,) = [problem for problem in problems_in(log, headings=False) if problem["code"] == "xid_119"]
    assert "GSP" in str(xid["message"])
    assert "--gpu-reset -i 0000:9b:00.0" in str(xid["remedy"])


@pytest.mark.parametrize(
    ("text", "code", "address"),
    [
        (
            "Unable to determine the device handle for GPU 0000:41:00.0: GPU is lost.  Reboot the system to recover",
            "gpu_lost",
            "0000:41:00.0",
        ),
        ("Unable to determine the device handle for GPU0000:1A:00.0: Unknown Error", "gpu_unreachable", "0000:1a:00.0"),
        ("0, GPU-1, [GPU requires reset], 00000000:41:00.0", "gpu_reset_required", "0000:41:00.0"),
        ("0, GPU-1, [Unknown Error], 00000000:41:00.0", "gpu_value_unreadable", "0000:41:00.0"),
        (
            "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 580.95",
            "library_mismatch",
            None,
        ),
        (
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest"
            " NVIDIA driver is installed and running.",
            "driver_not_answering",
            None,
        ),
        ("NVIDIA-SMI couldn't find libnvidia-ml.so library in your system.", "library_missing", None),
        ("No devices were found", "no_devices", None),
        ("Failed to initialize NVML: Unknown Error", "nvml_failed", None),
        ("Failed to initialize NVML: Insufficient Permissions", "insufficient_permissions", None),
        ("WARNING: infoROM is corrupted at gpu 0000:01:00.0", "inforom_corrupted", "0000:01:00.0"),
        ("NVRM: GPU 0000:18:00.0: GPU has fallen off the bus.", "gpu_lost", "0000:18:00.0"),
        (
            "NVRM: Xid (PCI:0000:18:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off",
            "xid_79",
            "0000:18:00.0",
        ),
        ("NVRM: Xid (PCI:0000:18:00.0): 154, GPU recovery action changed", "xid_154", "0000:18:00.0"),
        ("NVRM: API mismatch: the client has the version 580.1, but", "library_mismatch", None),
        ("NVRM: GPU 0000:18:00.0: RmInitAdapter failed! (0x26:0x56:1474)", "gpu_init_failed", "0000:18:00.0"),
        ("Loading of module with unavailable key is rejected", "module_rejected", None),
        ("modprobe: ERROR: could not insert 'nvidia': Key was rejected by service", "module_rejected", None),
        ("nvidia: version magic '6.1.0-1' should be '6.1.0-2'", "module_wrong_kernel", None),
        ("NVRM: BAR1 is 0M @ 0x0 (PCI:0000:18:00.0)", "bar_unassigned", "0000:18:00.0"),
    ],
)
def test_known_texts(text: str, code: str, address: str | None) -> None:
    assert reported(text) == {(code, address)}


@pytest.mark.parametrize(
    ("rest", "code"),
    [
        ("is not supported by the\nNVRM: NVIDIA 595.45.04 driver release.", "unsupported_device"),
        (
            "is not supported by open\nNVRM: nvidia.ko because it does not include the required GPU",
            "unsupported_device",
        ),
        ("is\nNVRM: supported through the NVIDIA 470.xx Legacy drivers.", "unsupported_device"),
        ("requires use of the NVIDIA open kernel modules.", "open_modules_required"),
    ],
)
def test_the_kernels_sentences_go_over_lines(rest: str, code: str) -> None:
    log = f"NVRM: The NVIDIA GPU 0000:18:00.0 (PCI ID: 10de:1b80)\nNVRM: installed in this system {rest}\nusb 1-1: x"
    assert (code, "0000:18:00.0") in reported(log, headings=False)
    assert {found for found, _address in reported(log, headings=False)} == {code}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0, GPU-1, NVIDIA H100, 00000000:18:00.0, [N/A], [Not Supported], None",
        "NVRM: Xid (PCI:0000:18:00): 13, pid=1, Graphics Exception",
        "NVRM: Xid (PCI:0000:18:00): 31, pid=1, MMU Fault",
        "nvidia: module license 'NVIDIA' taints kernel.",
        "nvidia: module verification failed: signature and/or required key missing - tainting kernel",
    ],
)
def test_what_is_no_error_is_no_problem(text: str) -> None:
    assert problems_in(text) == []


def test_a_gpu_is_reported_once_of_each_kind() -> None:
    assert len(problems_in("NVRM: Xid (PCI:0000:18:00): 79, a\n" * 3)) == 1


@given(st.text() | st.text(alphabet="NVRM: Xid(PCI0)1\n,[]GPUislotr"))
def test_no_text_is_too_strange(text: str) -> None:
    problems_in(text)
    problems_in(text, headings=False)


def test_each_code_has_a_meaning() -> None:
    assert {code for code, _pattern in error_lines._PATTERNS} <= set(error_texts._MEANINGS)
