# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole machines, each in a state that people meet, and what is said of them."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils import _nvidia
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import driver as nvidia_driver
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import inventory, pci
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import smi as nvidia_smi
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.gpu_machine import (
    PROPRIETARY,
    Machine,
    described,
    row,
)
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.samples import others

VERSION = "580.178.04"
ADDRESS = "0000:18:00.0"
SERVED = {"pci__bus_id": "00000000:18:00.0", "uuid": "GPU-1", "index": "0", "name": "NVIDIA H100 80GB HBM3"}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


@pytest.fixture
def healthy(machine: Machine) -> Machine:
    """One H100 with an open driver, everything of one version."""
    machine.device(ADDRESS, "0x2330", "nvidia")
    machine.write(f"proc/driver/nvidia/gpus/{ADDRESS}/information")
    machine.loaded(VERSION)
    machine.installed(VERSION, signer="Someone")
    machine.libraries(VERSION)
    machine.answers(row(VERSION, **SERVED, memory__total="81559", compute_cap="9.0", gpu_recovery_action="None"))
    return machine


def codes(found: dict[str, Any]) -> list[str]:
    assert all(problem["message"] and problem["remedy"] for problem in found["problems"])
    return [problem["code"] for problem in found["problems"]]


def test_a_host_without_gpus_starts_no_program_and_loads_little(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(_nvidia, "inventory")
    monkeypatch.setitem(sys.modules, inventory.__name__, None)
    machine.installed(VERSION)
    machine.device("0000:00:1f.0", "0x1234", vendor="0x8086")
    found = described()
    assert (found["gpus"], found["nvswitches"], found["problems"]) == ([], [], [])
    assert found["driver"] == nvidia_driver.NOTHING
    assert found["platform"] == "bare_metal"
    assert machine.calls() == []


def test_gpus_without_a_driver_are_named(machine: Machine) -> None:
    machine.device("0000:af:00.0", "0x2b85", kind="0x030000", numa_node="-1")
    machine.device(ADDRESS, "0x2330", "vfio-pci", numa_node="1")
    machine.device("0000:af:00.1", "0x22e8", "snd_hda_intel", kind="0x040300")
    machine.device("0000:07:00.0", "0x22a3", kind="0x068000")
    found = described()
    nothing = {name: None for name in inventory._ANSWERED if name != "mig_devices"}
    assert found["gpus"] == [
        {
            "pci_address": ADDRESS,
            "device_id": "2330",
            "name": "H100 SXM5 80GB",
            "architecture": "hopper",
            "kernel_driver": "vfio-pci",
            "numa_node": 1,
            "mig_devices": [],
            **nothing,
        },
        {
            "pci_address": "0000:af:00.0",
            "device_id": "2b85",
            "name": "GeForce RTX 5090",
            "architecture": "blackwell",
            "kernel_driver": None,
            "numa_node": None,
            "mig_devices": [],
            **nothing,
        },
    ]
    assert found["nvswitches"] == [{"pci_address": "0000:07:00.0", "device_id": "22a3", "kernel_driver": None}]
    assert found["driver"]["state"] == "absent"
    assert found["problems"] == []


def test_a_healthy_gpu_has_no_problem(healthy: Machine) -> None:
    prober = Prober()
    found = described(prober)
    assert found["problems"] == prober.problems == []
    assert found["driver"] == {
        "state": "loaded",
        "loaded_version": VERSION,
        "loaded_modules": "open",
        "installed_version": VERSION,
        "installed_modules": "open",
        "module_kernels": [],
        "installer": False,
        "user_space_version": VERSION,
        "smi": str(healthy.bin / "nvidia-smi"),
        "answers": True,
        "nouveau_loaded": False,
        "in_use": 3,
        "secure_boot": None,
        "fabric_manager": None,
    }
    (gpu,) = found["gpus"]
    assert (gpu["index"], gpu["uuid"], gpu["memory_total_mib"], gpu["compute_capability"]) == (0, "GPU-1", 81559, "9.0")
    assert gpu["name"] == "H100 SXM5 80GB"
    assert len([call for call in healthy.calls() if call.startswith("nvidia-smi")]) == 1


def test_a_recorded_node_with_nvswitches_has_them_and_lacks_their_manager(machine: Machine) -> None:
    listing = others("10-xid119-dmesg-and-a100-nvswitch-lspci.txt").partition("##### lspci")[2].splitlines()
    for line in listing:
        address, _space, rest = line.partition(" ")
        if address.count(":") == 2 and "[" in rest:
            ids, kind = rest.rpartition("[")[2].partition("]")[0], rest.partition("[")[2][:4]
            vendor, device = ids.split(":")
            machine.device(address, f"0x{device}", "nvidia", f"0x{kind}00", f"0x{vendor}")
    machine.loaded("550.163.01", PROPRIETARY)
    machine.program("systemctl", "echo inactive; exit 3")
    found = described()
    assert [gpu["name"] for gpu in found["gpus"]] == ["A100 SXM4 80GB"] * 8
    assert [gpu["architecture"] for gpu in found["gpus"]] == ["ampere"] * 8
    assert [switch["device_id"] for switch in found["nvswitches"]] == ["1af1"] * 6
    assert (found["driver"]["loaded_modules"], found["driver"]["fabric_manager"]) == ("proprietary", False)
    assert codes(found) == ["nvidia_smi_missing", "fabric_manager_missing"]
    machine.program("systemctl", "echo active")
    assert codes(described()) == ["nvidia_smi_missing"]


@pytest.mark.parametrize(("gpu", "found"), [("0x2901", ["0000:05:00.0"]), ("0x3182", ["0000:05:00.0"]), ("0x2330", [])])
def test_the_switches_of_nvlink_5_are_behind_infiniband(machine: Machine, gpu: str, found: list[str]) -> None:
    machine.device(ADDRESS, gpu)
    for number, (address, data) in enumerate(
        (("0000:05:00.0", b"..V3 SW_MNG.."), ("0000:06:00.0", b"ConnectX-7"), ("0000:07:00.0", None))
    ):
        folder = machine.device(address, "0x1021", "mlx5_core", "0x020700", "0x15b3")
        if data:
            (folder / "vpd").write_bytes(data)
        link = machine.root / f"sys/class/infiniband/mlx5_{number}/device"
        link.parent.mkdir(parents=True)
        link.symlink_to(folder)
    switches = described()["nvswitches"]
    assert [switch["pci_address"] for switch in switches] == found
    assert all((each["device_id"], each["kernel_driver"]) == ("1021", "mlx5_core") for each in switches)


def test_a_device_id_newer_than_the_table_is_a_problem(machine: Machine) -> None:
    machine.device(ADDRESS, "0x4001")
    found = described()
    assert (found["gpus"][0]["name"], found["gpus"][0]["architecture"]) == (None, None)
    (problem,) = found["problems"]
    assert (problem["code"], problem["pci_address"]) == ("unknown_device", ADDRESS)


@pytest.mark.parametrize(("driver", "reported"), [("nouveau", "nouveau"), ("NovaCore", "nova_core")])
def test_a_gpu_that_the_kernels_own_driver_has(machine: Machine, driver: str, reported: str) -> None:
    machine.device(ADDRESS, "0x1b80", driver)
    machine.write("sys/module/nouveau/refcnt", "1")
    found = described()
    assert (found["gpus"][0]["kernel_driver"], found["driver"]["nouveau_loaded"]) == (reported, True)
    assert codes(found) == ["nouveau_bound"]


def test_a_module_that_was_replaced_under_the_loaded_one(healthy: Machine) -> None:
    healthy.installed("580.200.01", signer="Someone")
    assert codes(described()) == ["module_outdated"]
    healthy.libraries("580.200.01")
    healthy.answers(
        "Failed to initialize NVML: Driver/library version mismatch", "NVML library version: 580.200", status=18
    )
    found = described()
    assert codes(found) == ["library_mismatch"]
    assert found["driver"]["answers"] is False
    assert (found["driver"]["loaded_version"], found["driver"]["user_space_version"]) == (VERSION, "580.200.01")


def test_a_module_that_is_not_loaded(machine: Machine) -> None:
    machine.device(ADDRESS, "0x2330")
    machine.libraries(VERSION)
    assert codes(described()) == ["module_missing"]
    # Of three kernels, one has NVIDIA's module, by Debian's name; nvidiafb is another.
    machine.write("lib/modules/6.1.0/modules.dep", "kernel/drivers/video/fbdev/nvidia/nvidiafb.ko.xz: kernel/x.ko\n")
    machine.write("lib/modules/6.2.0/modules.dep", "kernel/a.ko:\nupdates/dkms/nvidia-current.ko.xz: kernel/b.ko\n")
    machine.write("lib/modules/6.3.0/modules.dep", "updates/dkms/nvidia-current-uvm.ko.xz: updates/x.ko\n")
    found = described()
    assert found["driver"]["module_kernels"] == ["6.2.0"]
    assert ("6.2.0" in str(found["problems"][0]["message"]), "Boot" in str(found["problems"][0]["remedy"])) == (
        True,
        True,
    )
    machine.installed(VERSION, "NVIDIA", name="nvidia-current")
    found = described()
    assert codes(found) == ["module_not_loaded"]
    assert (found["driver"]["state"], found["driver"]["installed_modules"]) == ("installed", "proprietary")
    machine.write("efi", b"\6\0\0\0\1")
    found = described()
    assert codes(found) == ["secure_boot_unsigned"]
    assert found["driver"]["secure_boot"] is True
    # A signature that the machine does not know is only reported by the kernel.
    machine.installed(VERSION, signer="DKMS")
    machine.program("dmesg", "echo '[ 9.1] Loading of module with unavailable key is rejected'")
    assert codes(described()) == ["module_not_loaded", "module_rejected"]
    machine.write("efi", b"\6\0\0\0\0")
    assert described()["driver"]["secure_boot"] is False


@pytest.mark.parametrize("name", ["nvidia-uninstall", "nvidia-installer"])
def test_a_driver_of_nvidias_own_installer_is_reported(healthy: Machine, name: str) -> None:
    healthy.program(name, "exit 1")
    assert described()["driver"]["installer"] is True


def test_debians_open_modules_have_a_name_of_their_own(machine: Machine) -> None:
    machine.device(ADDRESS, "0x2330")
    machine.libraries(VERSION)
    machine.write("lib/modules/6.2.0/modules.dep", "updates/dkms/nvidia-current-open.ko.xz: kernel/b.ko\n")
    machine.write("lib/modules/6.3.0/modules.dep", "updates/dkms/nvidia-current-open-uvm.ko.xz: updates/x.ko\n")
    assert described()["driver"]["module_kernels"] == ["6.2.0"]
    machine.installed(VERSION, name="nvidia-current-open")
    driver = described()["driver"]
    assert (driver["installed_version"], driver["installed_modules"]) == (VERSION, "open")


def test_a_gpu_that_the_driver_does_not_serve(healthy: Machine) -> None:
    healthy.device("0000:5e:00.0", "0x1b80")
    healthy.program("dmesg", "echo 'NVRM: GPU 0000:5e:00.0: RmInitAdapter failed!'")
    found = described()
    assert [(problem["code"], problem["pci_address"]) for problem in found["problems"]] == [
        ("gpu_not_driven", "0000:5e:00.0"),
        ("gpu_init_failed", "0000:5e:00.0"),
    ]


def test_a_gpu_that_fell_off_the_bus(healthy: Machine) -> None:
    healthy.write("proc/driver/nvidia/gpus/0000:5e:00.0/information")
    healthy.device("0000:9b:00.0", "0x2330", "nvidia")
    healthy.program("dmesg", "echo 'NVRM: Xid (PCI:0000:9b:00): 79, GPU has fallen off the bus.'")
    found = described()
    assert [(problem["code"], problem["pci_address"]) for problem in found["problems"]] == [
        ("gpu_lost", "0000:5e:00.0"),
        ("gpu_lost", "0000:9b:00.0"),
        ("xid_79", "0000:9b:00.0"),
    ]
    assert found["driver"]["answers"] is True


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"gpu_recovery_action": "Reset"}, "gpu_recovery"),
        ({"gpu_recovery_action": "Drain and Reset"}, "gpu_recovery"),
        ({"remapped_rows__pending": "Yes"}, "row_remap_pending"),
        ({"remapped_rows__failure": "Yes"}, "row_remap_failed"),
        ({"retired_pages__pending": "Yes"}, "page_retirement_pending"),
        ({"mig__mode__current": "Disabled", "mig__mode__pending": "Enabled"}, "mig_mode_pending"),
        ({"fabric__state": "In Progress"}, "fabric_not_ready"),
        ({"fabric__state": "Completed", "fabric__status": "Insufficient Resources"}, "fabric_failed"),
        ({"temperature__gpu": "[GPU requires reset]"}, "gpu_reset_required"),
        ({"utilization__gpu": "[Unknown Error]"}, "gpu_value_unreadable"),
    ],
)
def test_what_a_gpu_says_of_its_health(healthy: Machine, value: dict[str, str], code: str) -> None:
    healthy.answers(row(VERSION, **SERVED, **value))
    (problem,) = described()["problems"]
    assert (problem["code"], problem["pci_address"]) == (code, ADDRESS)
    assert "{" not in str(problem["remedy"])


def test_what_an_older_driver_says_of_a_reset(healthy: Machine) -> None:
    def document(name: str) -> str:
        status = f"<gpu_reset_status><{name}>Yes</{name}></gpu_reset_status>"
        return f'<nvidia_smi_log><gpu id="00000000:18:00.0">{status}</gpu></nvidia_smi_log>'

    for name, code in (("reset_required", "gpu_reset_required"), ("drain_and_reset_recommended", "gpu_recovery")):
        rejected = "echo 'Field \"x\" is not a valid field to query.'; exit 2"
        healthy.program("nvidia-smi", f"[ $1 = -q ] && echo '{document(name)}' && exit\n{rejected}")
        assert codes(described()) == [code]


def test_a_failure_that_no_one_knows_is_reported_as_it_is(healthy: Machine) -> None:
    healthy.answers("The moon is full", status=255)
    found = described()
    (problem,) = found["problems"]
    assert problem["code"] == "nvidia_smi_failed"
    assert "status 255 and said: The moon is full" in str(problem["message"])


def test_an_answer_that_no_one_can_read_is_reported(healthy: Machine) -> None:
    healthy.answers("1, 2, 3")
    found = described()
    assert "status 0 and said: 1, 2, 3" in str(found["problems"][0]["message"])


def test_a_hanging_nvidia_smi_costs_its_time_and_one_problem(healthy: Machine) -> None:
    healthy.program("nvidia-smi", "trap '' TERM; while :; do sleep 1; done")
    prober = Prober(timeout=0.5)
    start = time.monotonic()
    found = described(prober)
    assert time.monotonic() - start < 5
    assert [problem["code"] for problem in prober.problems] == ["nvidia_smi_timeout"]
    assert found["problems"] == []
    assert (found["driver"]["answers"], found["gpus"][0]["name"]) == (False, "H100 SXM5 80GB")
    assert len([call for call in healthy.calls() if call.startswith("nvidia-smi")]) == 1


def test_wsl2_has_the_gpus_of_its_windows(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.write("proc/sys/kernel/osrelease", "6.6.87.2-microsoft-standard-WSL2\n")
    machine.write("dev/dxg")
    machine.write("lib/libnvidia-ml.so.1")
    line = row(None, pci__bus_id="00000000:01:00.0", pci__device_id="0x268410DE", name="NVIDIA GeForce RTX 4090")
    machine.answers(line)
    smi = str(machine.bin / "nvidia-smi")
    ask = nvidia_smi.ask
    monkeypatch.setattr(nvidia_smi, "ask", lambda prober, _program, version: ask(prober, smi, version))
    smi_shown = "/usr/lib/wsl/lib/nvidia-smi"
    monkeypatch.setattr(nvidia_driver, "program", lambda name: smi_shown if name == "nvidia-smi" else None)
    found = described()
    assert found["platform"] == "wsl2"
    assert (found["driver"]["state"], found["driver"]["answers"]) == ("installed", True)
    assert [(gpu["name"], gpu["architecture"]) for gpu in found["gpus"]] == [("GeForce RTX 4090", "ada")]
    assert found["problems"] == []


def test_a_part_of_a_gpu_is_known_by_its_name_although_the_list_has_the_wholes(healthy: Machine) -> None:
    healthy.write("proc/cpuinfo", "flags\t\t: fpu hypervisor\n")
    healthy.answers(row(VERSION, **{**SERVED, "name": "NVIDIA H100-1-10C"}))
    found = described()
    assert (found["platform"], found["gpus"][0]["name"]) == ("vgpu_guest", "H100 SXM5 80GB")


@pytest.mark.parametrize(
    ("module", "name"),
    [(pci, "nvidia_devices"), (nvidia_driver, "driver"), (nvidia_smi, "ask"), (inventory, "failures_in")],
)
def test_a_probe_that_breaks_is_a_problem(
    healthy: Machine, monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> None:
    def broken(*_arguments: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(module, name, broken)
    prober = Prober()
    found = described(prober)
    assert [problem["code"] for problem in prober.problems] == ["probe_failed"]
    assert set(found) == {"gpus", "nvswitches", "driver", "platform", "problems"}
    assert set(found["driver"]) == set(nvidia_driver.NOTHING)
