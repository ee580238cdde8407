# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's packages, DKMS, compiler and headers are real, and so is the module; the card and nouveau are stand-ins.

No kernel here can load it: that of the machine is not Debian's.
"""

from __future__ import annotations

import subprocess
import time

from control import play, shell

HOST = "debian-dkms"
# The modinfo of a lab host knows stand-ins only; kmod is the real one, by the name that it is called with.
MODINFO = "mkdir -p /root/real; ln -sf $(command -v kmod) /root/real/modinfo; /root/real/modinfo"
NAMES = "nvidia-kernel-dkms nvidia-smi nvidia-persistenced libcuda1"


def version_of(package: str) -> str:
    return shell(HOST, f"dpkg-query --show --showformat '${{Version}}' {package}").split("-")[0]


def reported() -> str:
    """What the plan has to say of a driver that it has nothing to do for."""
    run = play("dockyard.gpu.plan", {HOST: {}})
    assert run.failures(HOST) == 0, run.message(HOST)
    planned = run.planned(HOST)
    assert planned["errors"] == []
    # The engine has a plan, which this scenario leaves alone, and the toolkit too.
    assert [step for step in planned["steps"] if step["component"] == "nvidia_driver"] == []
    return "\n".join(planned["notes"])


def test_debians_own_packages_are_installed_and_held() -> None:
    shown = shell(HOST, f"dpkg-query --show --showformat '${{db:Status-Abbrev}} ' {NAMES}")
    assert set(shown.split()) == {"hi"}
    assert "http://packages.lab" not in shell(HOST, "cat /etc/apt/sources.list.d/nvidia-driver.sources")


def test_the_module_was_built_for_debians_kernel() -> None:
    (path,) = shell(HOST, "ls /lib/modules/*/updates/dkms/nvidia-current.ko*").split()
    assert shell(HOST, f"{MODINFO} -F version {path}") == version_of("nvidia-kernel-dkms")
    assert path.split("/")[3] in shell(HOST, f"{MODINFO} -F vermagic {path}")
    assert "installed" in shell(HOST, "dkms status")
    # And it is a real one, of a real compiler.
    assert shell(HOST, f"{MODINFO} -F license {path}") == "NVIDIA"
    assert int(shell(HOST, f"stat --format %s {path}")) > 1_000_000


def test_the_real_nvidia_smi_says_that_there_is_no_driver() -> None:
    assert "couldn't communicate with the NVIDIA driver" in shell(HOST, "nvidia-smi", check=False)


def test_what_waits_for_a_reboot_is_reported_and_looked_at_anew() -> None:
    assert "nouveau" in reported()
    before = subprocess.check_output(["docker", "inspect", "--format", "{{.State.StartedAt}}", HOST])
    shell(HOST, "systemctl reboot", check=False)
    deadline = time.monotonic() + 120
    while subprocess.check_output(["docker", "inspect", "--format", "{{.State.StartedAt}}", HOST]) == before:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    shell(HOST, "until systemctl is-system-running | grep -Eq 'running|degraded'; do sleep 0.2; done")
    kernel = shell(HOST, "ls /lib/modules/*/updates/dkms/nvidia-current.ko*").split("/")[3]
    assert f"the driver has a module for the kernel {kernel}, and {shell(HOST, 'uname -r')} runs" in reported()
