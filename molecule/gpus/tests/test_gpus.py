# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver on the lab's machines: GPUs, kernel and drivers are stand-ins, systemd, apt and the engine are real."""

from __future__ import annotations

import json

import pytest
from control import Run, play, reboot, reboots, shell, start_witness

H100, GTX1080, NONE, WSL2 = "gpus-h100", "gpus-gtx1080", "gpus-none", "gpus-wsl2"
OLD, NEW = "580.159.03", "580.178.04"
FABRIC_MANAGER, PERSISTENCED = "nvidia-fabricmanager.service", "nvidia-persistenced.service"


def one_run_then_nothing(host: str, **settings: object) -> Run:
    run = play("dockyard.gpu.site", {host: settings})
    assert run.failures(host) == 0, run.message(host)
    again = play("dockyard.gpu.site", {host: settings})
    assert (again.failures(host), again.changes(host)) == (0, [])
    return run


@pytest.mark.parametrize(
    ("host", "cards", "modules", "rebooted"),
    [(H100, 8, "Open Kernel Module", 0), (GTX1080, 1, "UNIX x86_64 Kernel Module", 1)],
)
def test_one_run_and_at_most_one_reboot_bring_the_driver(host: str, cards: int, modules: str, rebooted: int) -> None:
    assert len(shell(host, "nvidia-smi -L").splitlines()) == cards
    assert modules in shell(host, "cat /proc/driver/nvidia/version")
    assert reboots(host) == rebooted


@pytest.mark.parametrize("host", [NONE, WSL2])
def test_a_host_without_gpus_of_its_own_is_untouched(host: str) -> None:
    assert shell(host, "dpkg-query --list '*nvidia*' 2>/dev/null | grep ^[hi]i; ls /etc/modprobe.d", check=False) == ""
    assert "Windows" in play("dockyard.gpu.plan", {WSL2: {}}).planned(WSL2)["notes"][0]


def test_a_run_with_nothing_to_do_costs_no_more_where_gpus_are() -> None:
    everywhere: dict[str, dict[str, object]] = {host: {} for host in (H100, GTX1080, NONE, WSL2)}
    since = shell(H100, "date +%s.%N")
    run = play("dockyard.gpu.site", everywhere)
    asked = {}
    for host in everywhere:
        assert (run.failures(host), run.changes(host)) == (0, []), run.message(host)
        lines = shell(host, f"journalctl --output=json --no-pager --since=@{since}").splitlines()
        entries = [json.loads(line) for line in lines]
        asked[host] = [
            each["SYSLOG_IDENTIFIER"] for each in entries if str(each["MESSAGE"]).startswith("Invoked with ")
        ]
    assert asked == {host: ["ansible-dockyard.gpu.host_info"] for host in everywhere}


@pytest.mark.parametrize("playbook", ["plan", "verify"])
def test_hosts_of_every_kind_end_well_in_one_play(playbook: str) -> None:
    everywhere: dict[str, dict[str, object]] = {host: {} for host in (H100, GTX1080, NONE, WSL2)}
    run = play(f"dockyard.gpu.{playbook}", everywhere)
    assert {host: run.message(host) for host in everywhere} == dict.fromkeys(everywhere, "")
    if playbook == "plan":
        assert [run.plan(host) for host in everywhere] == [[]] * 4


def test_the_fabric_manager_is_only_where_nvswitches_are() -> None:
    assert shell(H100, f"systemctl is-active {FABRIC_MANAGER}") == "active"
    assert shell(GTX1080, "dpkg-query --list '*fabricmanager*' 2>/dev/null | grep ^.i", check=False) == ""


@pytest.mark.parametrize("host", [H100, GTX1080])
def test_persistence_is_on_though_ubuntus_unit_has_it_off(host: str) -> None:
    assert shell(host, f"systemctl is-enabled {PERSISTENCED}") == "enabled"
    assert set(shell(host, "nvidia-smi --query-gpu=persistence_mode --format=csv,noheader").split()) == {"Enabled"}


@pytest.mark.parametrize("host", [H100, GTX1080])
def test_all_of_the_driver_is_held(host: str) -> None:
    installed = shell(host, "dpkg-query --show --showformat '${db:Status-Abbrev} ${Package}\n' '*nvidia*' | grep '^.i'")
    assert {line.split()[0] for line in installed.splitlines()} == {"hi"}


# What NVIDIA's cuda-keyring leaves: apt rejects one repository that is signed by two keys.
CUDA_LIST = "/etc/apt/sources.list.d/cuda.list"
OTHER_KEY = "/usr/share/keyrings/cuda-archive-keyring.asc"
OTHER_LIST = f"deb [signed-by={OTHER_KEY}] http://packages.lab/ok/compute/cuda/repos/debian13/x86_64/ /"
# Which of them a host has loaded depends on its packages.
MODULES = "nvidia-drm nvidia-modeset nvidia-uvm nvidia"
UNLOAD = f"for each in {MODULES}; do modprobe -r $each || :; done; ! test -e /sys/module/nvidia"
TAMPERINGS = {
    "hold": (H100, "apt-mark unhold nvidia-driver-cuda"),
    "services": (H100, f"systemctl disable --now {PERSISTENCED}"),
    "nouveau": (GTX1080, "rm /etc/modprobe.d/dockyard-nouveau.conf"),
    # What a run leaves that is killed between the file that keeps nouveau away and the rebuild.
    # A newer kernel waits for its reboot, and update-initramfs minds only that one unless asked.
    "initramfs": (H100, "touch --date=2020-01-01 /boot/initrd.img-$(uname -r); touch /boot/initrd.img-99.0"),
    "persistence_mode": (GTX1080, "rm /etc/systemd/system/nvidia-persistenced.service.d/dockyard.conf"),
    "repository_key": (H100, "rm /etc/apt/keyrings/nvidia-driver.asc"),
    "pinning": (H100, "apt-get -qq remove --yes --allow-change-held-packages nvidia-driver-pinning-580.159.03"),
    "foreign_repository": (H100, f"cp /etc/apt/keyrings/docker.asc {OTHER_KEY}; echo '{OTHER_LIST}' >{CUDA_LIST}"),
    "load": (H100, f"systemctl stop {FABRIC_MANAGER}; {UNLOAD}"),
    # Last: apt does not work from here on.
    "dpkg": (H100, "touch /var/lib/dpkg/updates/0001"),
}


def nouveau_comes_back(host: str) -> None:
    """What a boot does once nothing keeps it away."""
    # Ubuntu's packages keep it away too.
    files = "$(grep -rl 'blacklist nouveau' /etc/modprobe.d /usr/lib/modprobe.d)"
    shell(host, f"rm --force {files}; update-initramfs -u")
    reboot(host)
    assert shell(host, "readlink /sys/bus/pci/devices/*/driver").endswith("/nouveau")


def test_tampering_is_named_and_heals() -> None:
    for host, command in TAMPERINGS.values():
        shell(host, command)
    nouveau_comes_back(GTX1080)
    plan = play("dockyard.gpu.plan", {H100: {}, GTX1080: {}})
    for step, (host, _command) in TAMPERINGS.items():
        assert step in plan.plan(host)
    assert "reboot" in plan.plan(GTX1080)
    run = play("dockyard.gpu.site", {H100: {}, GTX1080: {}})
    assert [run.message(host) for host in (H100, GTX1080)] == ["", ""]
    assert shell(GTX1080, "nvidia-smi -L").startswith("GPU 0:")
    again = play("dockyard.gpu.site", {H100: {}, GTX1080: {}})
    assert [again.changes(host) for host in (H100, GTX1080)] == [[], []]


def test_a_user_space_upgraded_under_the_module_heals() -> None:
    """What unattended upgrades do to those who hold nothing."""
    upgrade = "apt-get -qq install --yes --allow-change-held-packages --allow-downgrades"
    shell(H100, f"mv /etc/apt/preferences.d /root; {upgrade} libnvidia-compute={NEW}-1 nvidia-driver-cuda={NEW}-1 "
                f"nvidia-persistenced={NEW}-1 nvidia-kernel-open-dkms={NEW}-1 nvidia-kernel-support={NEW}-1; "
                "mv /root/preferences.d /etc/apt")  # fmt: skip
    assert "mismatch" in shell(H100, "nvidia-smi 2>&1", check=False)
    one_run_then_nothing(H100)
    assert shell(H100, "nvidia-smi --query-gpu=driver_version --format=csv,noheader").split() == [OLD] * 8


def test_what_cannot_be_is_rejected_with_the_card_that_rules_it_out() -> None:
    desired = {"nvidia_driver_branch": "595"}
    run = play("dockyard.gpu.site", {GTX1080: desired})
    assert (run.failures(GTX1080), run.changed(GTX1080)) == (1, 0)
    assert "GTX 1080" in run.message(GTX1080)


def test_an_upgrade_stops_only_the_containers_that_it_may() -> None:
    start_witness(H100)
    shell(H100, "docker rm --force witness")
    ways = {"trainer": "--device /dev/nvidia0", "cdi": "--device nvidia.com/gpu=1", "gpus": "--gpus '\"device=2\"'"}
    for name, words in ways.items():
        shell(H100, f"docker run --detach --name {name} {words} witness sleep 3600")
    desired = {"nvidia_driver_branch": NEW}
    run = play("dockyard.gpu.site", {H100: desired})
    assert (run.failures(H100), run.changed(H100)) == (1, 0)
    assert all(name in run.message(H100) for name in ways)
    one_run_then_nothing(H100, nvidia_driver_stop_gpu_containers=True, **desired)
    assert set(shell(H100, "docker ps --format '{{.Names}}'").split()) == set(ways)
    # The image has a shell and no ls.
    assert shell(H100, "docker exec cdi sh -c 'echo /dev/nvidia[0-9]*'") == "/dev/nvidia1"
    assert NEW in shell(H100, "cat /proc/driver/nvidia/version")
    assert reboots(H100) == 0
    assert shell(H100, f"systemctl is-active {FABRIC_MANAGER}") == "active"
