# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the driver's plan refuses: each with the variable, the value and the way out."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils.driver_plan import refusals
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.driver_stand_in import DriverMachine
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.machines import host, wishes


@pytest.mark.parametrize(
    ("wish", "distribution", "words"),
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
        ({"repository_url": "http://me:secret@a"}, "Debian 13", ("nvidia_driver_repository_url", "what was given")),
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
def test_bad_wishes_are_refused(wish: dict[str, Any], distribution: str, words: tuple[str, ...]) -> None:
    (refusal,) = refusals(host("rtx4090", distribution), wishes(**wish))
    assert [word for word in words if word not in refusal] == [], refusal


def test_bad_wishes_are_refused_all_at_once_and_on_every_host() -> None:
    assert len(refusals(host("none"), wishes(source="snap", branch="new", reboot="maybe"))) == 3


def test_another_distribution_is_refused_only_where_there_are_gpus() -> None:
    named = {
        "id": "rocky",
        "id_like": ["rhel", "centos", "fedora"],
        "version_id": "9.6",
        "pretty_name": "Rocky Linux 9.6",
    }
    rocky: dict[str, Any] = {"package_manager": "dnf", "distribution": named}
    (refusal,) = refusals({**host("rtx4090"), **rocky}, wishes())
    assert ("Rocky Linux 9.6 is not supported yet" in refusal, "preinstalled" in refusal) == (True, True)
    assert refusals({**host("none"), **rocky}, wishes()) == []


def test_a_driver_of_nvidias_own_installer_is_not_overwritten() -> None:
    made = DriverMachine(host("rtx4090"))
    made.host["nvidia"]["driver"].update(state="loaded", loaded_version="580.1", installer=True)
    for name in ("nvidia-container-toolkit", "nvidia-modprobe", "libcuda1:i386"):
        made.install(name, "1.0")
    (refusal,) = refusals(made.host, wishes())
    assert [
        word for word in ("nvidia_driver_source", "`nvidia-uninstall`", "preinstalled") if word not in refusal
    ] == []
    assert refusals(made.host, wishes(source="preinstalled")) == []
    # What it left behind says nothing once the driver is one of packages.
    made.install("libcuda1", "580.1-1")
    assert refusals(made.host, wishes()) == []
