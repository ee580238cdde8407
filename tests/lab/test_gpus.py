# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab checks its own GPUs: `pytest tests/lab/test_gpus.py`, after `python3 tests/lab up`; a minute and a half."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from lab import gpus, hosts, repository
from lab.engine import docker
from lab.way import Container

pytestmark = pytest.mark.engine
NAME = "dockyard-lab-gpu-check"
CUDA = """Types: deb
URIs: http://packages.lab/ok/{path}
Suites: /
Signed-By: /usr/share/keyrings/lab-archive.asc
"""


class Answer(NamedTuple):
    rc: int
    text: str


class Host:
    """One lab host, made for one test."""

    def __init__(self, image: str, machine: str) -> None:
        place = ("--name", NAME, "--hostname", NAME, "--network", repository.NETWORK, "--restart", "always")
        docker("run", "--detach", *place, *hosts.RUN, f"dockyard-lab/{image}")
        self._wait()
        gpus.give(Container(NAME), machine)

    def run(self, script: str) -> Answer:
        command = ["docker", "exec", "--env", "DEBIAN_FRONTEND=noninteractive", NAME, "sh", "-c", script]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return Answer(done.returncode, done.stdout)

    def must(self, script: str) -> str:
        answer = self.run(script)
        assert answer.rc == 0, f"{script}: {answer}"
        return answer.text

    def install(self, *packages: str) -> None:
        self.must("apt-get -qq update")
        options = "--yes --no-install-recommends --allow-downgrades --allow-change-held-packages"
        self.must(f"apt-get -qq install {options} {' '.join(packages)}")

    def use_cuda(self, name: str) -> None:
        stanza = CUDA.format(path=repository.read()["drivers"][f"cuda_{name}"]["path"])
        self.must(f"echo '{stanza}' > /etc/apt/sources.list.d/cuda.sources")

    def driver_of(self, address: str) -> str:
        return self.run(f"basename $(readlink /sys/bus/pci/devices/{address}/driver)").text.strip()

    def reboot(self) -> None:
        before = docker("inspect", "--format", "{{.State.StartedAt}}", NAME)
        self.run("systemctl reboot")
        while docker("inspect", "--format", "{{.State.StartedAt}}", NAME) == before:
            time.sleep(0.1)
        self._wait()

    def _wait(self) -> None:
        for _attempt in range(150):
            if docker("exec", NAME, "systemctl", "is-system-running", check=False) in ("running", "degraded"):
                return
            state = subprocess.run(["docker", "exec", NAME, "systemctl", "is-system-running"], capture_output=True)
            if state.stdout.strip() == b"degraded":
                return
            time.sleep(0.2)
        raise AssertionError(f"{NAME} did not boot")


@pytest.fixture
def host() -> Iterator[Callable[[str, str], Host]]:
    docker("rm", "--force", "--volumes", NAME, check=False)
    yield Host
    docker("rm", "--force", "--volumes", NAME, check=False)


def test_nouveau_has_the_card_until_the_initramfs_knows_better(host: Callable[[str, str], Host]) -> None:
    lab = host("debian13", "gtx1080")
    card = "0000:01:00.0"
    lab.use_cuda("debian13")
    lab.install("nvidia-driver-pinning-580")
    assert lab.driver_of(card) == "nouveau"
    lab.install("nvidia-driver-cuda", "nvidia-kernel-dkms")
    assert "No such file" in lab.run("ls /lib/modules").text, "modules were built without headers"
    lab.install("linux-headers-$(uname -r)")
    assert lab.must("modinfo -F version nvidia").strip() == "580.178.04"
    assert "No such device" in lab.run("modprobe nvidia").text
    assert "already bound to nouveau" in lab.must("dmesg")
    lab.reboot()
    assert lab.driver_of(card) == "nouveau", "the initramfs is still the old one"
    lab.must("update-initramfs -u")
    lab.reboot()
    assert lab.driver_of(card) == "nvidia"
    assert lab.must("nvidia-smi -L").startswith("GPU 0: NVIDIA GeForce GTX 1080 (UUID: GPU-")
    # Its branch ends with 580: the next one takes the place on the disk, not the card.
    lab.install("nvidia-driver-pinning-595.71.05")
    lab.install("nvidia-driver-cuda", "nvidia-kernel-dkms")
    mismatch = lab.run("nvidia-smi")
    assert mismatch == (
        18,
        "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 595.71\n",
    )
    lab.reboot()
    assert "NVIDIA 580.xx Legacy drivers" in lab.must("journalctl -k")
    assert lab.run("nvidia-smi").rc == 9


def test_nvswitches_want_their_manager_at_the_drivers_version(host: Callable[[str, str], Host]) -> None:
    lab = host("ubuntu2404", "h100x8")
    assert lab.run("test -e /proc/driver/nvidia").rc == 1
    lab.install("ubuntu-drivers-common")
    assert "nvidia-driver-580-server-open, (kernel modules provided by" in lab.must("ubuntu-drivers list --gpgpu")
    lab.must("ubuntu-drivers install --gpgpu nvidia:580-server-open")
    assert "not found" in lab.run("nvidia-smi").text, "the utilities come on their own"
    lab.install("nvidia-utils-580-server", "nvidia-fabricmanager-580")
    assert lab.run("systemctl start nvidia-fabricmanager").rc != 0
    lab.reboot()
    assert lab.must("nvidia-smi -L").count("\n") == 8
    state = "nvidia-smi --query-gpu=fabric.state --format=csv,noheader -i 7"
    assert lab.must(state).strip() == "In Progress"
    lab.must("systemctl reset-failed nvidia-fabricmanager; systemctl start nvidia-fabricmanager")
    assert lab.must(state).strip() == "Completed"
    lab.must("systemctl stop nvidia-fabricmanager")
    listed = lab.must("dpkg-query -W -f '${db:Status-Status} ${Package}\\n' '*nvidia*'").splitlines()
    installed = [line.split()[1] for line in listed if line.startswith("installed ")]
    lab.install(*(f"{name}=580.159.03-0ubuntu0.24.04.1" for name in installed))
    assert lab.run("systemctl start nvidia-fabricmanager").rc != 0
    assert "don't match with driver version 580.173.02" in lab.must("journalctl -u nvidia-fabricmanager")


def test_blackwell_is_taken_and_then_rejected_by_proprietary_modules(host: Callable[[str, str], Host]) -> None:
    lab = host("debian12", "b200x8")
    lab.must("lab-gpus preinstall 580.178.04 && modprobe nvidia")
    assert lab.run("nvidia-smi -L") == (6, "No devices were found\n")
    assert "requires use of the NVIDIA open kernel modules" in lab.must("dmesg")
    lab.must("rmmod nvidia && lab-gpus preinstall 580.178.04 --open && modprobe nvidia")
    assert lab.must("nvidia-smi -L").count("NVIDIA B200") == 8


def test_faults_come_and_go(host: Callable[[str, str], Host]) -> None:
    lab = host("debian13", "h100x8")
    lab.must("lab-gpus preinstall 595.91.07 --open && modprobe nvidia")
    first = "0000:1b:00.0"
    lab.must(f"""lab-gpus fault fell_off '["{first}"]'""")
    listing = lab.run("nvidia-smi -L").text
    assert "Unable to determine the device handle for GPU0: 0000:1B:00.0: Unknown Error" in listing
    assert "GPU 0:" not in listing
    assert "GPU 7:" in listing
    assert "Xid (PCI:0000:1b:00): 79" in lab.must("dmesg")
    lab.must("lab-gpus fault fell_off off")
    lab.must(f"""lab-gpus fault reset_required '["{first}"]'""")
    action = "nvidia-smi --query-gpu=gpu_recovery_action --format=csv,noheader"
    assert lab.must(action).split() == ["Reset"] + ["None"] * 7
    lab.must("""lab-gpus fault smi_error '{"rc": 15, "text": "GPU is lost"}'""")
    assert lab.run("nvidia-smi") == (15, "GPU is lost\n")
    lab.must("lab-gpus fault smi_error off && lab-gpus fault smi_hangs true")
    assert lab.run("timeout 1 nvidia-smi -L").rc == 124
    lab.must("lab-gpus fault smi_hangs off && lab-gpus fault secure_boot true && modprobe -r nvidia")
    assert "Key was rejected by service" in lab.run("modprobe nvidia").text
    lab.must(f"""lab-gpus fault secure_boot off && lab-gpus fault missing '["{first}"]'""")
    lab.must("modprobe nvidia")
    assert lab.must("nvidia-smi -L").count("\n") == 7


@pytest.mark.parametrize(("machine", "lines"), [("a100x2_mig", 5), ("none", 0), ("wsl2", 1), ("rtx4090", 1)])
def test_other_machines(host: Callable[[str, str], Host], machine: str, lines: int) -> None:
    lab = host("debian13", machine)
    program = "/usr/lib/wsl/lib/nvidia-smi" if machine == "wsl2" else "nvidia-smi"
    if machine == "wsl2":
        assert "microsoft" in lab.must("cat /proc/version")
        assert lab.run("test -c /dev/dxg").rc == 0
    elif machine != "none":
        lab.must("lab-gpus preinstall 580.178.04 --open; echo blacklist nouveau > /etc/modprobe.d/n.conf")
        lab.must("update-initramfs -u")
        lab.reboot()
    listing = lab.run(f"{program} -L")
    assert listing.text.count("UUID") == lines
    assert listing.rc == (127 if machine == "none" else 0)
