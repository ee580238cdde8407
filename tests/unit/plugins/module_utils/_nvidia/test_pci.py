# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is a GPU on the PCI bus, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import pci
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.gpu_machine import Machine


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("kind", "vendor", "expected"),
    [
        ("0x030000", "0x10de", (1, 0)),
        ("0x030200", "0x10de", (1, 0)),
        ("0x068000", "0x10de", (0, 1)),
        ("0x060400", "0x10de", (0, 0)),
        ("0x040300", "0x10de", (0, 0)),
        ("0x0c0330", "0x10de", (0, 0)),
        ("0x0c8000", "0x10de", (0, 0)),
        ("0x030000", "0x1002", (0, 0)),
        ("", "0x10de", (0, 0)),
    ],
)
def test_vendor_and_class_tell(machine: Machine, kind: str, vendor: str, expected: tuple[int, int]) -> None:
    machine.device("0000:18:00.0", "0x2330", kind=kind, vendor=vendor)
    gpus, switches = pci.nvidia_devices(Prober())
    assert (len(gpus), len(switches)) == expected


def test_devices_are_sorted_and_a_virtual_function_of_the_host_is_none(machine: Machine) -> None:
    for address in ("0000:af:00.0", "0000:18:00.0", "0000:18:00.4"):
        machine.device(address, "0x20B0")
    (machine.root / "sys/bus/pci/devices/0000:18:00.4/physfn").symlink_to("../0000:18:00.0")
    gpus, _switches = pci.nvidia_devices(Prober())
    assert [(gpu["pci_address"], gpu["device_id"]) for gpu in gpus] == [
        ("0000:18:00.0", "20b0"),
        ("0000:af:00.0", "20b0"),
    ]


def test_no_bus_is_no_problem(machine: Machine) -> None:
    prober = Prober()
    assert pci.nvidia_devices(prober) == ([], [])
    assert prober.problems == []


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("00000000:1B:00.0", "0000:1b:00.0"),
        ("00010000:01:00.0", "10000:01:00.0"),
        ("NVRM: Xid (PCI:0000:9b:00): 119", "0000:9b:00.0"),
        ("GPU0000:1A:00.0: x", "0000:1a:00.0"),
        ("[Sun Feb 23 16:24:18 2025] NVRM", None),
        ("0, 1, 2", None),
        ("", None),
    ],
)
def test_an_address_is_spelt_as_in_sysfs(text: str, address: str | None) -> None:
    assert pci.address_in(text) == address
