# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every package that a plan can name is one that the facts can see: else its step would never be done."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import packages
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import toolkit_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.apt import facts
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine import sources as engine_sources
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_container_toolkit import sources as toolkit_sources
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver import packages as driver_packages
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver import sources
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning import python_dependencies

DISTRIBUTIONS = [
    {"id": "debian", "id_like": [], "version_id": "12", "codename": "bookworm", "architecture": "amd64"},
    {"id": "debian", "id_like": [], "version_id": "13", "codename": "trixie", "architecture": "amd64"},
    {"id": "debian", "id_like": [], "version_id": "", "codename": "forky", "architecture": "arm64"},
    {"id": "ubuntu", "id_like": ["debian"], "version_id": "22.04", "codename": "jammy", "architecture": "amd64"},
    {"id": "ubuntu", "id_like": ["debian"], "version_id": "24.04", "codename": "noble", "architecture": "arm64"},
]
SWITCHES = [[], [{"kernel_driver": "nvidia-nvswitch"}], [{"kernel_driver": "mlx5_core"}]]
BRANCHES = ("535", "570", "580", "580.178.04", "590", "595", "610", "615", "620")
# What holds the driver together with the kernel, and what its headers are called elsewhere.
KERNELS = (
    *(
        "linux-generic",
        "linux-virtual",
        "linux-aws",
        "linux-azure-lts-24.04",
        "linux-gcp",
        "linux-oracle",
        "linux-nvidia",
    ),
    *("linux-lowlatency", "linux-image-generic", "linux-headers-generic-hwe-24.04", "linux-image-6.8.0-40-generic"),
    *(
        "linux-image-amd64",
        "linux-headers-cloud-amd64",
        "linux-headers-6.12.48+deb13-amd64",
        "linux-nvidia-64k-hwe-24.04",
    ),
    *("proxmox-headers-6.8.12-4-pve", "proxmox-default-headers", "pve-headers", "raspberrypi-kernel-headers"),
)


def names() -> list[str]:
    found = [
        *packages.OF_DISTRIBUTIONS,
        *packages.OF_UPSTREAM,
        *packages.OF_MICROSOFT,
        *engine_sources.COMPANIONS,
    ]
    found += [name for conflicts in engine_sources.CONFLICTS.values() for name in conflicts]
    found += [*engine_sources.ENGINE, *engine_sources.KUBERNETES_RUNTIMES]
    found += [*toolkit_paths.PACKAGES, *toolkit_sources.OLD_PACKAGES, python_dependencies.PACKAGE, *KERNELS]
    for source, distribution in itertools.product(engine_sources.CONFLICTS, DISTRIBUTIONS):
        found += [name for part in engine_sources.packages(source, distribution) for name in part]
    for source, distribution, branch, modules, headless, switches in itertools.product(
        sources.SOURCES, DISTRIBUTIONS, BRANCHES, ("open", "proprietary"), (True, False), SWITCHES
    ):
        wanted = sources.wanted(source, distribution, branch, modules, headless, switches)
        found += [*wanted.first, *wanted.names]
    return sorted(set(found))


@pytest.fixture
def everything_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stanzas = [
        f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n"
        for name in (*names(), "vim", "linux-libc-dev", "linux-base", "my-kernel-source")
    ]
    (tmp_path / "status").write_text("\n".join(stanzas))
    monkeypatch.setattr(facts, "STATUS", str(tmp_path / "status"))


@pytest.mark.usefixtures("everything_installed")
def test_the_facts_see_every_package_that_a_plan_can_name() -> None:
    assert len(names()) > 60
    assert [name for name in names() if name not in facts.installed(Prober())] == []


@pytest.mark.usefixtures("everything_installed")
def test_what_no_plan_names_stays_out_unless_it_is_asked_for() -> None:
    assert not {"vim", "linux-libc-dev", "linux-base", "my-kernel-source"} & set(facts.installed(Prober()))
    assert "my-kernel-source" in facts.installed(Prober(), ["my-kernel-source"])


def test_what_is_held_with_the_driver_is_seen_too() -> None:
    """The regular expressions of the plan that say what is a driver's or a kernel's package."""
    unseen = [
        name
        for name in (*names(), "libnvsdm1", "firmware-nvidia-graphics", "xserver-xorg-video-nvidia-580")
        if (driver_packages.is_driver_package(name) or driver_packages.is_kernel(name))
        and not facts.RELEVANT.search(name)
    ]
    assert unseen == []
