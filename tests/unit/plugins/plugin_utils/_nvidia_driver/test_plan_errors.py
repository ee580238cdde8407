# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the driver's plan rejects: each with the variable, the value and the way out."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver.plan import errors, plan
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.driver_stand_in import DriverMachine
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.machines import host, settings


@pytest.mark.parametrize(
    ("desired", "distribution", "words"),
    [
        ({"source": "snap"}, "Debian 13", ("nvidia_driver_source", "snap", "cuda_repository")),
        ({"source": "ubuntu"}, "Debian 13", ("nvidia_driver_source", "ubuntu", "Ubuntu only")),
        ({"source": "distribution"}, "Ubuntu 24.04", ("nvidia_driver_source", "Debian", "set ubuntu")),
        ({"source": "distribution", "branch": "580"}, "Debian 13", ("nvidia_driver_branch", "580", "550", "auto")),
        ({"source": "cuda_repository"}, "Ubuntu 26.04", ("repository_key_fingerprint", "Ubuntu 26.04")),
        ({}, "Kali", ("nvidia_driver_source", "cuda_repository has nothing for Kali", "set distribution")),
        (
            {"source": "cuda_repository"},
            "Ubuntu 26.10",
            ("nvidia_driver_source", "nothing for Ubuntu 26.10", "set ubuntu"),
        ),
        ({"source": "graphics_drivers_ppa"}, "Ubuntu 26.10", ("nvidia_driver_source", "stonking", "preinstalled")),
        ({"branch": "newest"}, "Debian 13", ("nvidia_driver_branch", "newest", "580.178.04")),
        ({"branch": "580.178.04"}, "Debian 13", ("nvidia_driver_branch", "cuda_repository", "set 580")),
        ({"kernel_modules": "both"}, "Debian 13", ("nvidia_driver_kernel_modules", "both", "proprietary")),
        ({"reboot": "yes"}, "Debian 13", ("nvidia_driver_reboot", "yes", "if_needed")),
        ({"repository_url": "mirror"}, "Debian 13", ("nvidia_driver_repository_url", "mirror")),
        ({"repository_url": "http://a b"}, "Debian 13", ("nvidia_driver_repository_url", "http://a b")),
        (
            {"repository_url": "http://me:secret@a"},
            "Debian 13",
            ("nvidia_driver_repository_url", "may hold credentials"),
        ),
        ({"repository_key_url": "file:///etc/shadow"}, "Debian 13", ("nvidia_driver_repository_key_url", "file:")),
        ({"headers": {"amd64": True}}, "Debian 13", ("nvidia_driver_headers", "list")),
        ({"branch": "999"}, "Debian 13", ("nvidia_driver_branch", "999", "620", "set auto")),
        ({"headers": ["x; rm -r /"]}, "Debian 13", ("nvidia_driver_headers", "rm -r", "linux-headers-amd64")),
        ({"headers": ["-oDir=/"]}, "Debian 13", ("nvidia_driver_headers", "-oDir=/")),
        ({"index_max_age": "a day"}, "Debian 13", ("nvidia_driver_index_max_age", "a day")),
        ({"branch": "580\n"}, "Debian 13", ("nvidia_driver_branch", "such as 580")),
        ({"branch": "\uff15\uff18\uff10"}, "Debian 13", ("nvidia_driver_branch", "such as 580")),
        ({"branch": "580; reboot"}, "Debian 13", ("nvidia_driver_branch", "580; reboot")),
        ({"branch": ""}, "Debian 13", ("nvidia_driver_branch", "auto")),
        ({"repository_key_fingerprint": "3BF863CC"}, "Debian 13", ("fingerprint", "3BF863CC", "40 hexadecimal digits")),
    ],
)
def test_bad_settings_are_rejected(desired: dict[str, Any], distribution: str, words: tuple[str, ...]) -> None:
    (error,) = errors(host("rtx4090", distribution), settings(**desired))
    assert [word for word in words if word not in error] == [], error


def test_bad_settings_are_rejected_all_at_once_and_on_every_host() -> None:
    assert len(errors(host("none"), settings(source="snap", branch="new", reboot="maybe"))) == 3


def test_another_distribution_is_rejected_only_where_there_are_gpus() -> None:
    named = {
        "id": "rocky",
        "id_like": ["rhel", "centos", "fedora"],
        "version_id": "9.6",
        "pretty_name": "Rocky Linux 9.6",
    }
    rocky: dict[str, Any] = {"package_manager": "dnf", "distribution": named}
    (error,) = errors({**host("rtx4090"), **rocky}, settings())
    assert ("Rocky Linux 9.6 is not supported yet" in error, "preinstalled" in error) == (True, True)
    assert errors({**host("none"), **rocky}, settings()) == []


def test_a_driver_of_nvidias_own_installer_is_not_overwritten() -> None:
    made = DriverMachine(host("rtx4090"))
    made.host["nvidia"]["driver"].update(state="loaded", loaded_version="580.1", installer=True)
    for name in ("nvidia-container-toolkit", "nvidia-modprobe", "libcuda1:i386"):
        made.install(name, "1.0")
    (error,) = errors(made.host, settings())
    assert [word for word in ("nvidia_driver_source", "`nvidia-uninstall`", "preinstalled") if word not in error] == []
    assert errors(made.host, settings(source="preinstalled")) == []


# What tools that only read GPUs draw in, and what is left of a driver that was there before.
STRAY: dict[str, dict[str, str]] = {
    "a monitoring tool's library": {"libnvidia-compute-535": "535.183.01-0ubuntu1"},
    "the same version": {"libnvidia-compute-580-server": "580.1-0ubuntu1"},
    "Debian's": {"libnvidia-ml1": "550.163.01-2", "libcuda1": "550.163.01-2"},
    "a tool": {"nvidia-utils-580-server": "580.1-0ubuntu1", "nvidia-smi": "580.1-1"},
    "firmware": {"nvidia-firmware-535": "535.1-0ubuntu1", "firmware-nvidia-gsp": "550.163.01-1"},
    "a daemon": {"nvidia-persistenced": "580.1-1", "nvidia-kernel-common-580": "580.1-0ubuntu1"},
    "for GPUDirect": {"nvidia-fs-dkms": "2.26.6-1"},
    "the whole driver of another branch": {
        "nvidia-dkms-470": "470.256.02-0ubuntu1",
        "nvidia-utils-470": "470.256.02-0",
    },
    "prebuilt modules of another branch": {
        "linux-modules-nvidia-535-server-6.8.0-50-generic": "6.8.0-50.51",
        "nvidia-utils-535-server": "535.183.01-0ubuntu1",
    },
}


@pytest.mark.parametrize("version", ["loaded_version", "installed_version", "user_space_version"])
@pytest.mark.parametrize("stray", STRAY)
def test_a_stray_package_makes_no_packaged_driver_of_it(stray: str, version: str) -> None:
    made = DriverMachine(host("rtx4090", "Ubuntu 24.04"))
    made.host["nvidia"]["driver"].update({"state": "loaded", "installer": True, version: "580.1"})
    for name, number in STRAY[stray].items():
        made.install(name, number)
    (error,) = errors(made.host, settings())
    assert ".run file" in error
    assert [name for name in STRAY[stray] if name not in error and name != "nvidia-fs-dkms"] == []
    assert errors(made.host, settings(source="preinstalled")) == []


@pytest.mark.parametrize("state", ["config-files", "half-installed", "unpacked"])
def test_a_driver_that_was_removed_or_never_configured_makes_no_packaged_one_of_it(state: str) -> None:
    made = DriverMachine(host("rtx4090"))
    made.host["nvidia"]["driver"].update(state="loaded", loaded_version="580.1", installer=True)
    made.install("nvidia-kernel-dkms", "580.1-1")
    made.host["packages"]["nvidia-kernel-dkms"]["state"] = state
    assert ".run file" in errors(made.host, settings())[0]


@pytest.mark.parametrize("distribution", ["Debian 13", "Ubuntu 24.04"])
@pytest.mark.parametrize("source", ["auto", "distribution", "ubuntu", "cuda_repository"])
def test_what_an_installer_left_behind_says_nothing_once_the_driver_is_one_of_packages(
    distribution: str, source: str
) -> None:
    """Whatever a source's modules are called."""
    made = DriverMachine(host("rtx4090", distribution))
    if errors(made.host, settings(source=source)):
        pytest.skip(f"{source} is not for {distribution}")
    made.converge(settings(source=source))
    made.host["nvidia"]["driver"]["installer"] = True
    assert plan(made.host, settings(source=source)) == []
    # Nor where a new kernel has no module yet.
    made.host["nvidia"]["driver"].update(installed_version=None, loaded_version=None, loaded_modules=None)
    assert errors(made.host, settings(source=source)) == []
