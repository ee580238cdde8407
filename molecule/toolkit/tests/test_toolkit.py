# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The toolkit on two hosts: GPUs, driver and toolkit are stand-ins, engines, systemd, apt and containers are real."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from control import play, shell

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
    assert any("too old for CDI" in note for note in notes)


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
    for host in (H100, OLD):
        shown = shell(host, f"dpkg-query --show --showformat '${{Version}} ${{Status}}\\n' {' '.join(PACKAGES)}")
        assert set(shown.splitlines()) == {"1.20.0-1 hold ok installed"}


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
    assert {"packages", "hold", "config", "units", "cdi_by_hand", "cdi", "daemon_config", "engine"} <= set(plan)
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
def test_versions_that_cannot_be_are_refused(version: str, words: tuple[str, ...]) -> None:
    run = play("dockyard.gpu.site", {H100: {"nvidia_container_toolkit_version": version}})
    assert run.changed(H100) == 0
    assert all(word in run.message(H100) for word in ("nvidia_container_toolkit_version", *words)), run.message(H100)


def test_a_stale_specification_is_made_anew_where_its_unit_does_not_run() -> None:
    specification, modules = "/var/run/cdi/nvidia.yaml", "/lib/modules/$(uname -r)/modules.dep"
    shell(OLD, f"sed -i.kept /nvidia/d {modules}; sed -i s/nvidia0/nvidia9/ {specification}")
    run = play(ALONE, {OLD: {}})
    made = shell(OLD, f"cat {specification}; mv {modules}.kept {modules}")
    assert run.failures(OLD) == 0, run.message(OLD)
    assert "/dev/nvidia0" in made
    assert "/dev/nvidia9" not in made


def test_it_goes_but_not_under_a_container_that_has_gpus() -> None:
    wish = {OLD: {"nvidia_container_toolkit_state": "absent"}}
    assert "witness" in play(ALONE, wish).message(OLD)
    shell(OLD, "docker rm --force witness")
    run = play(ALONE, wish)
    assert run.failures(OLD) == 0, run.message(OLD)
    states = "dpkg-query --show --showformat '${db:Status-Status} ' " + " ".join(PACKAGES)
    assert "installed" not in shell(OLD, states, check=False).split()
    assert daemon_json(OLD) == {"runtimes": {"kata": {"path": "/opt/kata"}}, "log-opts": {"max-size": "9m"}}
    shell(OLD, "test ! -e /etc/apt/sources.list.d/nvidia-container-toolkit.sources")
    assert play(ALONE, wish).changes(OLD) == []
