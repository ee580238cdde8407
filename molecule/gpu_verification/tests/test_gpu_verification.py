# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What containers see of the lab's GPUs: those, the driver and the toolkit are stand-ins, the engines are real."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from control import play, shell

H100, MIG = "gpu-verification-h100", "gpu-verification-mig"
VERIFICATION = Path(__file__).parent.parent / "verification.yml"
ENGINE = VERIFICATION.with_name("engine.yml")
LIBRARY = "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1"
SPECIFICATION = "/var/run/cdi/nvidia.yaml"
DAEMON_JSON = "/etc/docker/daemon.json"
EDIT = f'import json; p = "{DAEMON_JSON}"; c = json.load(open(p)); del c["runtimes"]; json.dump(c, open(p, "w"))'


def verify(host: str, **options: Any) -> dict[str, Any]:
    """What runtime_check returns, and whether host_info took the last verification for one of what is there now."""
    run = play(VERIFICATION, {host: options})
    looked = run.result("Gather facts", host)["ansible_facts"]["dockyard_host"]
    return {**run.result("Containers see the GPUs that they are given", host), "recorded": looked["verified"]}


def seen(result: dict[str, Any]) -> dict[tuple[str, str], list[str]]:
    return {(entry["way"], entry["devices"]): entry["seen"] for entry in result["gpus"]["ways"] if entry["supported"]}


def nothing_stays(host: str) -> bool:
    return not shell(host, "docker ps --all --quiet; docker images --quiet dockyard-gpu-verification")


def test_every_way_agrees_with_the_host_and_cuda_starts() -> None:
    uuids = shell(H100, "nvidia-smi --query-gpu=uuid --format=csv,noheader").split()
    result = verify(H100, cuda=True, daemon_reload=True)
    assert result["verified"], result.get("msg")
    assert result["recorded"], "the engine's role has not verified the GPUs"
    assert seen(result) == {
        ("none", "none"): [],
        ("gpus", "all"): uuids,
        ("gpus", "7"): uuids[7:],
        ("gpus", uuids[0]): uuids[:1],
        ("runtime_gpus", "all"): uuids,
        ("runtime", "all"): uuids,
        ("runtime", uuids[0]): uuids[:1],
        ("runtime", "none"): [],
        ("runtime_cdi", "all"): uuids,
        ("cdi", "all"): uuids,
        ("cdi", "7"): uuids[7:],
    }
    assert result["gpus"]["cuda"] == {"ok": True, "command": "--gpus all", "code": 0, "devices": 8}
    assert result["gpus"]["daemon_reload"]["ok"]
    assert nothing_stays(H100)


def test_an_engine_without_cdi_gives_parts_of_a_gpu() -> None:
    result = verify(MIG)
    assert result["verified"], result.get("msg")
    listed = shell(MIG, "nvidia-smi -L | sed 's/.*UUID: //; s/)//'").split()
    part, whole = listed[3], listed[4]
    found = seen(result)
    assert found["gpus", "all"] == found["runtime", "all"] == sorted(listed)
    assert found["gpus", "1"] == found["runtime", whole] == [whole]
    assert found["gpus", part] == found["runtime", part] == sorted([listed[0], part])
    assert [(entry["way"], entry["why"]) for entry in result["gpus"]["ways"] if not entry["supported"]] == [
        ("cdi", f"the engine {result['engine']['version']} knows no CDI, which came with 25.0")
    ]
    assert nothing_stays(MIG)


class Break(NamedTuple):
    command: str
    mended: str
    ways: list[str]
    link: str
    words: str
    # Whether the record of the last verification is void, so that the next run verifies and fails unasked.
    noticed: bool


EDITED = f"cp {SPECIFICATION} /root/kept; sed -i '%s' {SPECIFICATION}"
KEPT = f"cp /root/kept {SPECIFICATION}"
BREAKS = {
    "device node removed": Break(
        "rm /dev/nvidia3", "mknod --mode=0666 /dev/nvidia3 c 195 3", ["gpus"], "device_node", "/dev/nvidia3", False
    ),
    "library hidden": Break(
        f"mv {LIBRARY} /root", f"mv /root/libnvidia-ml.so.1 {LIBRARY}", [], "library", "libnvidia-ml", True
    ),
    "hook not executable": Break(
        "chmod 0644 /usr/bin/nvidia-container-runtime-hook",
        "chmod 0755 /usr/bin/nvidia-container-runtime-hook",
        ["gpus"],
        "hook",
        "nvidia-container-runtime-hook cannot be run",
        True,
    ),
    "hook of CDI not executable": Break(
        "chmod 0644 /usr/bin/nvidia-cdi-hook",
        "chmod 0755 /usr/bin/nvidia-cdi-hook",
        ["cdi"],
        "hook",
        "nvidia-cdi-hook",
        True,
    ),
    "specification names another card": Break(
        EDITED % "s,/dev/nvidia7,/dev/nvidia6,",
        KEPT,
        ["cdi"],
        "cdi_specification",
        "other GPUs than it was given",
        True,
    ),
    "specification of another driver": Break(
        EDITED % "s,libnvidia-ml.so.580[0-9.]*,libnvidia-ml.so.570.9.1,",
        KEPT,
        ["cdi"],
        "cdi_specification",
        "libnvidia-ml.so.570.9.1, but the driver is 580.178.04",
        True,
    ),
    # By a restart: an engine that reloads keeps runtimes that its file does not name any more.
    "runtime dropped": Break(
        f"cp --preserve {DAEMON_JSON} /root/kept.json; python3 -c '{EDIT}'; systemctl restart docker",
        f"cp --preserve /root/kept.json {DAEMON_JSON}; systemctl restart docker",
        ["runtime"],
        "runtime",
        "runtime",
        True,
    ),
}


@contextlib.contextmanager
def broken(link: Break) -> Iterator[None]:
    shell(H100, link.command)
    try:
        yield
    finally:
        shell(H100, link.mended)


@pytest.mark.parametrize("name", BREAKS)
def test_the_broken_link_is_named(name: str) -> None:
    link = BREAKS[name]
    with broken(link):
        result = verify(H100, ways=link.ways or ["gpus"])
    assert not result["verified"]
    assert (result["gpus"]["link"], link.words in result["gpus"]["message"]) == (link.link, True), result["msg"]
    assert result["recorded"] is not link.noticed
    assert f": {result['gpus']['message']}. Next: {result['gpus']['remedy']}" in result["msg"]
    assert nothing_stays(H100)


def test_a_broken_gpu_takes_no_change_of_the_engine_back() -> None:
    config = {"features": {"cdi": True}, "runtimes": {"nvidia": {"path": "nvidia-container-runtime", "args": []}}}
    # The scenario's own host variables would win over others of an inventory.
    desired = json.dumps({"docker_engine_config": {**config, "log-level": "warn"}})
    pid = "systemctl show --property=MainPID --value docker.service"
    before = shell(H100, pid)
    with broken(BREAKS["device node removed"]):
        first = play(ENGINE, {H100: {}}, "--extra-vars", desired).message(H100)
        assert "a device node is at fault" in first
        assert "put back" not in first
        assert "The engine says" not in first
        assert '"log-level": "warn"' in shell(H100, f"cat {DAEMON_JSON}")
        after = shell(H100, pid)
        assert after != before
        # The next run, an hour later, tells of it again, and takes the engine from no one.
        assert "a device node is at fault" in play(ENGINE, {H100: {}}, "--extra-vars", desired).message(H100)
        assert shell(H100, pid) == after
    mended = play(ENGINE, {H100: {}}, "--extra-vars", desired)
    assert mended.failures(H100) == 0, mended.message(H100)
    assert shell(H100, pid) == after
