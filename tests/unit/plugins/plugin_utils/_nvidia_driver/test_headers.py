# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which headers a driver that is built on the host wants: a kernel without them starts without it."""

from __future__ import annotations

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver.plan import plan
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.driver_stand_in import DriverMachine
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.machines import host, settings


@pytest.mark.parametrize(
    ("image", "more"),
    [
        ("linux-image-amd64", ["linux-headers-amd64"]),
        ("linux-image-cloud-amd64", ["linux-headers-cloud-amd64"]),
        ("linux-image-generic-hwe-24.04", ["linux-headers-generic-hwe-24.04"]),
        ("linux-image-kvm", ["linux-headers-kvm"]),
        ("linux-image-oem-24.04d", ["linux-headers-oem-24.04d"]),
        ("linux-image-gcp-6.14", ["linux-headers-gcp-6.14"]),
        ("linux-image-generic-64k", ["linux-headers-generic-64k"]),
        ("linux-image-nvidia-64k-hwe-24.04", ["linux-headers-nvidia-64k-hwe-24.04"]),
        ("linux-image-6.12.1", []),
        ("linux-image-unsigned-6.8.0-31-generic", []),
        ("linux-image-amd64:arm64", []),
        ("linux-image-amd64-dbg", []),
        ("linux-image-of-someone", []),
    ],
)
def test_headers_of_kernels_to_come_are_installed_too(image: str, more: list[str]) -> None:
    made = DriverMachine(host("rtx4090"))
    made.install(image, "6.12.1-1")
    found = {step["step"]: step["to"] for step in plan(made.host, settings())}
    assert found["headers"] == ["linux-headers-6.12.1", *more]
    desired = {step["step"]: step["to"] for step in plan(made.host, settings(headers=["linux-headers-mine"]))}
    assert desired["headers"] == ["linux-headers-mine"]
