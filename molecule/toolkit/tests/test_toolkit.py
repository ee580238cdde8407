# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The toolkit on two hosts: GPUs, driver and toolkit are stand-ins, engines, systemd, apt and containers are real."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from control import play, reboot, shell

H100, OLD = "toolkit-h100", "toolkit-2021"
ALONE = Path(__file__).parents[1] / "toolkit_alone.yml"
ENGINE_STARTED = "journalctl --output=cat MESSAGE_ID=39f53479d3a045ac8e11786248231fbf UNIT=docker.service"
IMAGE = Path(__file__).parents[1] / "image.sh"
PACKAGES = (
    *("libnvidia-container1", "libnvidia-container-tools"),
    *("nvidia-container-toolkit-base", "nvidia-container-toolkit"),
)


def daemon_json(host: str) -> dict[str, Any]:
    return dict(json.loads(shell(host, "cat /etc/docker/daemon.json")))


def seen(host: str, words: str) -> list[str]:
    """The UUIDs that a container sees; none where it has no nvidia-smi, or finds no device."""
    shell(host, IMAGE.read_text())
    smi = "nvidia-smi --query-gpu=uuid --format=csv,noheader"
    lines = shell(host, f"docker run --rm {words} small /bin/sh -c '{smi}' 2>&1", check=False).splitlines()
    return [line for line in lines if line.startswith("GPU-")]


def cards(host: str) -> list[str]:
    return shell(host, "nvidia-smi --query-gpu=uuid --format=csv,noheader").splitlines()


def test_the_engine_of_a_bare_host_was_started_once_by_both_runs() -> None:
    assert len(shell(H100, ENGINE_STARTED).splitlines()) == 1


def test_the_host_of_2021_is_clean_and_neither_its_engine_nor_its_container_was_stopped() -> None:
    # When the package came, and when the person had written daemon.json.
    assert len(shell(OLD, ENGINE_STARTED).splitlines()) == 2
    assert shell(OLD, "docker inspect --format '{{.State.Running}}' witness") == "true"
    shell(OLD, "test ! -e /etc/apt/sources.list.d/nvidia-docker.list; test ! -e /var/lib/dpkg/info/nvidia-docker2.list")
    # dpkg knows by name what others only mention, too.
    states = "dpkg-query --show --showformat '${db:Status-Status} ' nvidia-docker2 nvidia-container-runtime 2>/dev/null"
    assert set(shell(OLD, states, check=False).split()) <= {"not-installed"}
    assert shell(OLD, "apt-get update 2>&1 >/dev/null") == ""
    assert shell(OLD, "test -s /etc/apt/trusted.gpg && echo there", check=False) == ""
    assert daemon_json(OLD) == {
        "runtimes": {"nvidia": {"path": "nvidia-container-runtime"}, "kata": {"path": "/opt/kata"}},
        "log-opts": {"max-size": "9m"},
    }
    notes = play("dockyard.gpu.plan", {OLD: {}}).planned(OLD)["notes"]
    assert any("does not support CDI" in note for note in notes)


@pytest.mark.parametrize(
    ("host", "words", "which"),
    [
        (H100, "--gpus '\"device=1\"'", [1]),
        (H100, "--gpus all", range(8)),
        (H100, "--device nvidia.com/gpu=3", [3]),
        (H100, "--runtime=nvidia --env NVIDIA_VISIBLE_DEVICES=2,5", [2, 5]),
        (H100, "--runtime=nvidia --env NVIDIA_VISIBLE_DEVICES=none", []),
        (H100, "", []),
        (OLD, "--gpus all", [0]),
        (OLD, "--runtime=nvidia --env NVIDIA_VISIBLE_DEVICES=0", [0]),
        (OLD, "", []),
    ],
)  # fmt: skip
def test_containers_see_what_they_were_given(host: str, words: str, which: list[int]) -> None:
    assert seen(host, words) == [cards(host)[index] for index in which]


def test_other_peoples_keys_of_daemon_json_are_kept() -> None:
    content = daemon_json(H100)
    assert content["features"] == {"containerd-snapshotter": False, "cdi": True}
    assert content["runtimes"] == {"kata": {"path": "/opt/kata"}, "nvidia": {"path": "nvidia-container-runtime"}}
    assert content["log-opts"]["tag"] == "x"


def test_the_four_packages_are_of_one_version_and_held() -> None:
    for host, version in ((H100, "1.20.0"), (OLD, "1.19.1")):
        shown = shell(host, f"dpkg-query --show --showformat '${{Version}} ${{Status}}\\n' {' '.join(PACKAGES)}")
        assert set(shown.splitlines()) == {f"{version}-1 hold ok installed"}


# Each ends when it is asked to; the shell of an image without an init passes signals over.
STAYS = "/bin/sh -c 'trap exit TERM; while sleep 1; do :; done'"
WORKLOADS = {
    "cdi-always": "--restart always --device nvidia.com/gpu=1",
    "cdi-unless-stopped": "--restart unless-stopped --device nvidia.com/gpu=2",
    "gpus": "--restart unless-stopped --gpus '\"device=3\"'",
    "runtime": "--restart unless-stopped --runtime nvidia --env NVIDIA_VISIBLE_DEVICES=4",
    "plain": "--restart unless-stopped",
}
RUNNING = "docker ps --format '{{.Names}}' | sort"
CYCLES = "systemd-analyze verify default.target docker.service 2>&1 | grep --ignore-case cycle"
REFRESH_DROP_INS = "/etc/systemd/system/nvidia-cdi-refresh.service.d"
# What an engine says of a device that is not there when it starts.
TOO_EARLY = "journalctl --boot --unit docker.service | grep --ignore-case 'failed to start container'"


def wait_for(host: str, running: set[str], seconds: int = 60) -> None:
    deadline = time.monotonic() + seconds
    while set(shell(host, RUNNING).split()) != running:
        assert time.monotonic() < deadline, shell(host, "docker ps --all")
        time.sleep(1)


@pytest.fixture(scope="module")
def workloads() -> Iterator[set[str]]:
    shell(H100, IMAGE.read_text())
    for name, words in WORKLOADS.items():
        shell(H100, f"docker run --detach --name {name} {words} small {STAYS}")
    yield set(WORKLOADS)
    shell(H100, f"docker rm --force {' '.join(WORKLOADS)}")


def test_containers_with_gpus_of_every_kind_are_back_after_a_reboot(workloads: set[str]) -> None:
    reboot(H100)
    wait_for(H100, workloads)
    # The engine had no need of a second start.
    assert shell(H100, TOO_EARLY, check=False) == ""
    assert shell(H100, CYCLES, check=False) == ""
    # The specification of another boot may be another, which is verified anew.
    assert set(play("dockyard.gpu.plan", {H100: {}}).plan(H100)) <= {"verify"}
    assert play("dockyard.gpu.site", {H100: {}}).failures(H100) == 0
    again = play("dockyard.gpu.site", {H100: {}})
    assert (again.failures(H100), again.changes(H100)) == (0, [])


@pytest.mark.thorough
def test_a_gpu_that_hangs_at_boot_keeps_no_engine_down_and_its_containers_come_late(workloads: set[str]) -> None:
    assert shell(H100, "systemctl show --property=TimeoutStartUSec --value nvidia-cdi-refresh.service") == "1min 30s"
    shell(H100, f"printf '[Service]\\nTimeoutStartSec=3s\\n' > {REFRESH_DROP_INS}/soon.conf")
    shell(H100, "lab-gpus fault smi_hangs true")
    reboot(H100)
    by_cdi = {name for name in workloads if name.startswith("cdi")}
    wait_for(H100, workloads - by_cdi)
    assert "timed out" in shell(H100, "journalctl --boot --unit nvidia-cdi-refresh.service")
    shell(H100, f"lab-gpus fault smi_hangs off; rm {REFRESH_DROP_INS}/soon.conf")
    wait_for(H100, workloads)


@pytest.mark.thorough
def test_a_refresh_that_someone_ordered_after_the_engine_is_not_waited_for(workloads: set[str]) -> None:
    order = f"{REFRESH_DROP_INS}/order.conf"
    shell(H100, f"printf '[Unit]\\nAfter=multi-user.target\\n' > {order}; systemctl daemon-reload")
    assert "docker.service" in shell(H100, CYCLES)
    plan = play("dockyard.gpu.plan", {H100: {}})
    assert plan.plan(H100) == ["boot"]
    assert any("ordered after docker.service" in note for note in plan.planned(H100)["notes"])
    assert play("dockyard.gpu.site", {H100: {}}).failures(H100) == 0
    assert shell(H100, CYCLES, check=False) == ""
    reboot(H100)
    # Too early, and once more when the specification is there.
    wait_for(H100, workloads)
    shell(H100, f"rm {order}; systemctl daemon-reload")
    assert play("dockyard.gpu.site", {H100: {}}).changes(H100)
    assert "nvidia-cdi-refresh.service" in shell(H100, "systemctl show --property=After --value docker.service")


@pytest.mark.thorough
def test_containers_that_made_way_for_a_driver_start_when_all_that_they_need_is_there(workloads: set[str]) -> None:
    """As a run leaves them that was killed: recorded, stopped, and the specification is of the driver before."""
    there, gone, later = "cdi-always", "gpus", "runtime"
    record = "/var/lib/dockyard/nvidia-driver-stopped"
    ids = f"docker inspect --format '{{{{.Id}}}}' {there} {gone}"
    shell(H100, f"docker stop {later}; docker stop {there} {gone}; {ids} > {record}")
    ended = "{{.Id}} {{.State.FinishedAt}} {{.Name}}"
    shell(H100, f"docker inspect --format '{ended}' {later} | tr --delete / >> {record}")
    shell(H100, f"docker rm {gone}; docker start {later}; docker stop {later}")
    shell(H100, "sed -i 's/libcuda.so.580/libcuda.so.570/' /var/run/cdi/nvidia.yaml")
    assert {"cdi", "containers"} <= set(play("dockyard.gpu.plan", {H100: {}}).plan(H100))
    run = play("dockyard.gpu.site", {H100: {}})
    assert run.failures(H100) == 0, run.message(H100)
    # Neither what was removed meanwhile, nor what someone stopped on purpose.
    assert set(shell(H100, RUNNING).split()) == workloads - {gone, later}
    shell(H100, f"test ! -e {record}; docker start {later}")
    assert play("dockyard.gpu.site", {H100: {}}).changes(H100) == []


@pytest.mark.thorough
def test_a_run_that_was_cut_off_leaves_daemon_json_to_the_next_one_and_newer_edits_count() -> None:
    before = daemon_json(OLD)
    shell(OLD, "mv /etc/docker/daemon.json /etc/docker/daemon.json.kept")
    run = play(ALONE, {OLD: {}})
    assert run.failures(OLD) == 0, run.message(OLD)
    assert daemon_json(OLD) == before
    # What was there of an earlier one is older than the file, and is not lost either.
    assert "1300" in shell(OLD, "cat /etc/docker/daemon.json.kept*")
    again = play(ALONE, {OLD: {}})
    assert (again.failures(OLD), again.changes(OLD)) == (0, [])


TAMPER = """
rm /etc/systemd/system/docker.service.d/dockyard-gpus.conf
sed -i 's/"nvidia-container-runtime"/"elsewhere"/' /etc/docker/daemon.json
systemctl --quiet disable nvidia-cdi-refresh.service
apt-mark -qq unhold libnvidia-container1
apt-get -qq remove --yes --allow-change-held-packages nvidia-container-toolkit >/dev/null
mkdir -p /etc/cdi; cp /var/run/cdi/nvidia.yaml /etc/cdi/nvidia.yaml
sed -i 's/nvidia7/nvidia9/' /var/run/cdi/nvidia.yaml
nvidia-ctk --quiet config --in-place --set nvidia-container-cli.no-cgroups=true
"""


def test_what_people_do_to_it_is_named_and_healed_with_one_restart() -> None:
    shell(H100, TAMPER)
    plan = play("dockyard.gpu.plan", {H100: {}}).plan(H100)
    assert {"packages", "hold", "config", "units", "cdi_by_hand", "cdi", "boot", "daemon_config", "engine"} <= set(plan)
    before = len(shell(H100, ENGINE_STARTED).splitlines())
    run = play("dockyard.gpu.site", {H100: {}})
    assert run.failures(H100) == 0, run.message(H100)
    assert len(shell(H100, ENGINE_STARTED).splitlines()) == before + 1
    again = play("dockyard.gpu.site", {H100: {}})
    assert (again.failures(H100), again.changes(H100)) == (0, [])
    assert seen(H100, "--gpus '\"device=7\"'") == [cards(H100)[7]]
    assert seen(H100, "--device nvidia.com/gpu=7") == [cards(H100)[7]]


@pytest.mark.parametrize(
    ("version", "words"), [("1.18.2", ("1.19.1", "allow_insecure")), ("9.9", ("9.9", "1.20.0, 1.19.1, 1.18.2"))]
)
@pytest.mark.thorough
def test_versions_that_cannot_be_are_rejected(version: str, words: tuple[str, ...]) -> None:
    run = play("dockyard.gpu.site", {H100: {"nvidia_container_toolkit_version": version}})
    assert run.changed(H100) == 0
    assert all(word in run.message(H100) for word in ("nvidia_container_toolkit_version", *words)), run.message(H100)


@pytest.mark.thorough
def test_a_stale_specification_is_made_anew_where_its_unit_does_not_run() -> None:
    specification, modules = "/var/run/cdi/nvidia.yaml", "/lib/modules/$(uname -r)/modules.dep"
    shell(OLD, f"sed -i.kept /nvidia/d {modules}; sed -i s/nvidia0/nvidia9/ {specification}")
    run = play(ALONE, {OLD: {}})
    made = shell(OLD, f"cat {specification}; mv {modules}.kept {modules}")
    assert run.failures(OLD) == 0, run.message(OLD)
    assert "/dev/nvidia0" in made
    assert "/dev/nvidia9" not in made


def test_it_goes_but_not_under_a_container_that_has_gpus() -> None:
    desired = {OLD: {"nvidia_container_toolkit_state": "absent"}}
    assert "witness" in play(ALONE, desired).message(OLD)
    shell(OLD, "docker rm --force witness")
    run = play(ALONE, desired)
    assert run.failures(OLD) == 0, run.message(OLD)
    states = "dpkg-query --show --showformat '${db:Status-Status} ' " + " ".join(PACKAGES)
    assert "installed" not in shell(OLD, states, check=False).split()
    assert daemon_json(OLD) == {"runtimes": {"kata": {"path": "/opt/kata"}}, "log-opts": {"max-size": "9m"}}
    shell(OLD, "test ! -e /etc/apt/sources.list.d/nvidia-container-toolkit.sources")
    assert shell(OLD, "grep --recursive --files-with-matches dockyard.gpu /etc/systemd", check=False) == ""
    for unit in ("nvidia-cdi-refresh.path", "nvidia-cdi-refresh.service"):
        assert shell(OLD, f"systemctl is-active {unit}", check=False) == "inactive"
        # Its file stays as long as the package is not purged.
        assert shell(OLD, f"systemctl is-enabled {unit}", check=False) != "enabled"
    assert play(ALONE, desired).changes(OLD) == []
