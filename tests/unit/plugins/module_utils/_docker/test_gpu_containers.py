# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which containers have GPUs, from an engine that is a stand-in."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import gpu_containers
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import EngineClient
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_engine import Answer, FakeEngine

ALL = {"Env": ["PATH=/bin", "NVIDIA_VISIBLE_DEVICES=all"]}


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    path = tmp_path / "docker.sock"
    monkeypatch.setattr(gpu_containers, "EngineClient", functools.partial(EngineClient, str(path)))
    with FakeEngine(path) as engine:
        yield engine


def run(fake: FakeEngine, containers: dict[str, dict[str, Any]]) -> None:
    """Containers by their ids, each as the engine describes it."""
    fake.instead("GET /v1.99/containers/json", (200, [{"Id": name} for name in containers]))
    for name, parts in containers.items():
        fake.instead(f"GET /v1.99/containers/{name}/json", (200, {"Id": name, "Name": f"/the-{name}", **parts}))


@pytest.mark.parametrize(
    ("host", "config", "has"),
    [
        ({}, {}, False),
        ({"DeviceRequests": None, "Devices": None, "Runtime": "runc"}, {"Env": None}, False),
        ({"DeviceRequests": [{"Driver": "", "Count": -1, "Capabilities": [["gpu"]]}]}, {}, True),
        ({"DeviceRequests": [{"Driver": "", "Capabilities": [["compute", "gpu"], ["x"]]}]}, {}, True),
        ({"DeviceRequests": [{"Driver": "nvidia", "Capabilities": None}]}, {}, True),
        ({"DeviceRequests": [{"Driver": "nvidia.cdi", "Capabilities": None}]}, {}, True),
        ({"DeviceRequests": [{"Driver": "cdi", "DeviceIDs": ["nvidia.com/gpu=0"]}]}, {}, True),
        ({"DeviceRequests": [{"Driver": "cdi", "DeviceIDs": ["intel.com/gpu=0"]}]}, {}, False),
        ({"DeviceRequests": [{"Driver": "cdi", "DeviceIDs": ["intel.com/gpu=0", "nvidia.com/gpu=all"]}]}, {}, True),
        ({"DeviceRequests": [{"Driver": "amd.cdi", "Capabilities": [["gpu"]], "Count": -1}]}, {}, False),
        ({"DeviceRequests": [{"Driver": "fpga", "Capabilities": [["fpga"]]}]}, {}, False),
        ({"Runtime": "nvidia"}, ALL, True),
        ({"Runtime": "nvidia-cdi"}, {"Env": ["NVIDIA_VISIBLE_DEVICES=nvidia.com/gpu=0"]}, True),
        ({"Runtime": "nvidia"}, {"Env": ["NVIDIA_VISIBLE_DEVICES=void"]}, False),
        ({"Runtime": "nvidia"}, {"Env": ["NVIDIA_VISIBLE_DEVICES=none"]}, False),
        ({"Runtime": "nvidia"}, {"Env": ["NVIDIA_VISIBLE_DEVICES="]}, False),
        ({"Runtime": "nvidia"}, {"Env": ["PATH=/bin"]}, False),
        ({"Runtime": "runc"}, ALL, False),
        ({"Devices": [{"PathOnHost": "/dev/fuse"}, {"PathOnHost": "/dev/nvidia0"}]}, {}, True),
        ({"Devices": [{"PathOnHost": "/dev/nvidiactl"}]}, {}, False),
    ],
)
def test_the_ways_to_give_a_container_gpus(
    fake: FakeEngine, host: dict[str, Any], config: dict[str, Any], has: bool
) -> None:
    run(fake, {"0": {}, "1": {"HostConfig": host, "Config": config}})
    prober = Prober()
    expected = [{"id": "1", "name": "the-1", "auto_remove": False, "orchestrator": ""}] if has else []
    assert gpu_containers.gpu_containers(prober) == expected
    assert prober.problems == []


def test_a_container_without_a_runtime_of_its_own_has_the_engines(fake: FakeEngine) -> None:
    run(
        fake,
        {"1": {"HostConfig": {"Runtime": ""}, "Config": ALL}, "2": {"HostConfig": {"Runtime": "runc"}, "Config": ALL}},
    )
    fake.info = {"DefaultRuntime": "nvidia"}
    found = gpu_containers.gpu_containers(Prober())
    assert [each["name"] for each in found or []] == ["the-1"]


@pytest.mark.parametrize(
    ("label", "orchestrator"),
    [
        ("com.docker.swarm.task.id", "Swarm"),
        ("io.kubernetes.pod.uid", "Kubernetes"),
        ("com.docker.compose.project", ""),
    ],
)
def test_who_would_start_another_in_its_place_is_reported(fake: FakeEngine, label: str, orchestrator: str) -> None:
    run(fake, {"1": {"HostConfig": {"Runtime": "nvidia"}, "Config": {**ALL, "Labels": {label: "x"}}}})
    (found,) = gpu_containers.gpu_containers(Prober()) or []
    assert found["orchestrator"] == orchestrator


def test_a_container_that_ends_meanwhile_has_none(fake: FakeEngine) -> None:
    run(fake, {"1": {}, "2": {"HostConfig": {"Runtime": "nvidia"}, "Config": ALL}})
    fake.instead("GET /v1.99/containers/1/json", (404, {"message": "No such container: 1"}))
    prober = Prober()
    assert gpu_containers.gpu_containers(prober) == [
        {"id": "2", "name": "the-2", "auto_remove": False, "orchestrator": ""}
    ]
    assert prober.problems == []


def unknown(prober: Prober) -> str:
    """The message of the one problem there is, with nothing reported the containers."""
    assert gpu_containers.gpu_containers(prober) is None
    (problem,) = prober.problems
    assert problem["code"] == "gpu_containers_unknown"
    return problem["message"]


def test_an_engine_in_trouble_is_a_problem(fake: FakeEngine) -> None:
    run(fake, {"1": {}})
    fake.instead("GET /v1.99/containers/1/json", (500, {"message": "layer not known"}))
    assert unknown(Prober()).endswith("layer not known")


def test_an_engine_that_hangs_costs_the_time_limit(fake: FakeEngine) -> None:
    run(fake, {"1": {}, "2": {}})
    fake.hang("GET /v1.99/containers/1/json")
    start = time.monotonic()
    assert "all within 0.3 s" in unknown(Prober(timeout=0.3))
    assert time.monotonic() - start < 3


def test_all_containers_together_have_one_time_limit(fake: FakeEngine) -> None:
    containers: dict[str, dict[str, Any]] = {str(number): {} for number in range(50)}
    run(fake, containers)

    def slowly() -> Answer:
        time.sleep(0.1)
        return 200, {"Id": "x", "Name": "x"}

    for name in containers:
        fake.instead(f"GET /v1.99/containers/{name}/json", slowly)
    start = time.monotonic()
    assert "all within 0.5 s" in unknown(Prober(timeout=0.5))
    assert time.monotonic() - start < 2


def test_more_containers_than_can_be_examined_are_a_problem(fake: FakeEngine) -> None:
    run(fake, {str(number): {} for number in range(gpu_containers._MOST + 1)})
    assert "201 containers run" in unknown(Prober())
    assert len(fake.requests) == 2, "none is examined"
