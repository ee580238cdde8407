# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia.host_platform import platform
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.gpu_machine import Machine

WHOLE = {"pci_address": "0000:18:00.0", "name": "NVIDIA A100-SXM4-40GB"}
PART = bytes(
    {0x06: 0x10, 0x34: 0x40, 0x40: 0x09, 0x42: 0x1B, 0x43: ord("V"), 0x44: ord("F")}.get(offset, 0)
    for offset in range(256)
)
PHYSICAL = {"proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu vme\n", "sys/class/dmi/id/sys_vendor": "Dell Inc.\n"}
VIRTUAL = {"proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu hypervisor vme\n"}
ARM = {"proc/cpuinfo": "processor\t: 0\nFeatures\t: fp asimd\n"}
AMAZON = {**ARM, "sys/class/dmi/id/sys_vendor": "Amazon EC2\n"}


@pytest.mark.parametrize(
    ("files", "gpus", "expected"),
    [
        (PHYSICAL, [WHOLE], "bare_metal"),
        ({}, [], "bare_metal"),
        (VIRTUAL, [WHOLE], "passthrough"),
        (VIRTUAL, [], "virtual_machine"),
        ({**AMAZON, "sys/class/dmi/id/product_name": "g5g.xlarge\n"}, [WHOLE], "passthrough"),
        ({**AMAZON, "sys/class/dmi/id/product_name": "g5g.metal\n"}, [WHOLE], "bare_metal"),
        # The processor of a cloud's bare machine knows better than its vendor's name.
        ({**PHYSICAL, "sys/class/dmi/id/sys_vendor": "Amazon EC2\n"}, [WHOLE], "bare_metal"),
        ({**VIRTUAL, "sys/bus/pci/devices/0000:18:00.0/config": PART}, [WHOLE], "vgpu_guest"),
        ({**PHYSICAL, "sys/bus/pci/devices/0000:18:00.0/config": PART}, [WHOLE], "bare_metal"),
        (VIRTUAL, [{**WHOLE, "name": "NVIDIA A10-24Q"}], "vgpu_guest"),
        (VIRTUAL, [{**WHOLE, "name": "NVIDIA H100-1-10C"}], "vgpu_guest"),
        (VIRTUAL, [{**WHOLE, "name": "GRID T4-16Q"}], "vgpu_guest"),
        ({**PHYSICAL, "sys/module/nvidia_vgpu_vfio/refcnt": ""}, [WHOLE], "vgpu_host"),
        ({**PHYSICAL, "sys/class/mdev_bus/0000:18:00.0": ""}, [WHOLE], "vgpu_host"),
        ({**ARM, "etc/nv_tegra_release": "# R36"}, [], "jetson"),
        ({**ARM, "proc/device-tree/compatible": "nvidia,p3737\0nvidia,tegra234\0"}, [], "jetson"),
        ({**VIRTUAL, ".dockerenv": ""}, [WHOLE], "container"),
        ({"run/.containerenv": ""}, [], "container"),
        ({"run/systemd/container": "lxc"}, [], "container"),
        ({"proc/1/environ": "PATH=/bin\0container=lxc\0"}, [], "container"),
        ({"proc/1/environ": "PATH=/bin\0other_container=lxc\0"}, [], "bare_metal"),
        ({**VIRTUAL, "proc/sys/kernel/osrelease": "6.6-microsoft-standard-WSL2", "dev/dxg": ""}, [], "wsl2"),
        (
            {"proc/sys/kernel/osrelease": "6.6-microsoft-WSL2", "dev/dxg": "", "run/systemd/container": "wsl"},
            [],
            "wsl2",
        ),
        # A guest of Azure runs Microsoft's kernel and is no WSL.
        ({**VIRTUAL, "proc/sys/kernel/osrelease": "6.6.1-microsoft"}, [WHOLE], "passthrough"),
    ],
)
def test_a_machine_is_known_by_its_signs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    files: dict[str, str | bytes],
    gpus: list[dict[str, Any]],
    expected: str,
) -> None:
    machine = Machine(tmp_path, monkeypatch)
    for path, content in files.items():
        machine.write(path, content)
    assert platform(Prober(), gpus) == expected
