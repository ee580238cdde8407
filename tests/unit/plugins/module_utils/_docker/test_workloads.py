# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine has of containers, from an engine that is a stand-in; and in which names a container has its GPUs."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import workloads as docker_workloads
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import EngineClient
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.container_gpus import gpus_of
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.workloads import Workloads
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_engine import FakeEngine, frame

GPU = "GPU-68100100-4a1e-4b02-9c11-d0c4a4d00001"
ALL = {"Env": ["PATH=/bin", "NVIDIA_VISIBLE_DEVICES=all"]}


@pytest.mark.parametrize(
    ("host", "config", "gpus"),
    [
        ({}, {}, []),
        ({"DeviceRequests": None, "Devices": None, "Runtime": "runc"}, ALL, []),
        ({"DeviceRequests": [{"Count": -1, "Capabilities": [["gpu"]]}]}, {}, ["all"]),
        ({"DeviceRequests": [{"Count": 2, "Capabilities": [["gpu"]]}]}, {}, ["0", "1"]),
        ({"DeviceRequests": [{"DeviceIDs": ["3", GPU], "Capabilities": [["gpu", "compute"]]}]}, {}, ["3", GPU]),
        ({"DeviceRequests": [{"Driver": "nvidia.cdi", "DeviceIDs": ["3"], "Capabilities": None}]}, {}, ["3"]),
        ({"DeviceRequests": [{"Driver": "cdi", "DeviceIDs": [f"nvidia.com/gpu={GPU}", "x.com/y=0"]}]}, {}, [GPU]),
        ({"DeviceRequests": [{"Driver": "cdi", "DeviceIDs": ["intel.com/gpu=0", "amd.com/gpu=all"]}]}, {}, []),
        ({"DeviceRequests": [{"Driver": "cdi", "DeviceIDs": ["runtime.nvidia.com/gpu=1"]}]}, {}, ["1"]),
        ({"DeviceRequests": [{"Driver": "cdi", "DeviceIDs": ["xnvidia.com/gpu=1", "nvidia.com/gds=all"]}]}, {}, []),
        ({"DeviceRequests": [{"Driver": "amd.cdi", "Count": -1, "Capabilities": [["gpu"]]}]}, {}, []),
        ({"DeviceRequests": [{"Driver": "nvidia", "Capabilities": [["gpu"]]}]}, {}, ["all"]),
        ({"Runtime": "nvidia"}, {"Env": ["NVIDIA_VISIBLE_DEVICES=intel.com/gpu=0"]}, []),
        ({"DeviceRequests": [{"Driver": "fpga", "DeviceIDs": ["0"], "Capabilities": [["fpga"]]}]}, {}, []),
        ({"Runtime": "nvidia"}, ALL, ["all"]),
        ({"Runtime": "nvidia-cdi"}, {"Env": ["NVIDIA_VISIBLE_DEVICES=nvidia.com/gpu=0, 2"]}, ["0", "2"]),
        ({"Runtime": "nvidia"}, {"Env": ["NVIDIA_VISIBLE_DEVICES=void"]}, []),
        ({"Runtime": "nvidia"}, {"Env": None}, []),
        ({"Devices": [{"PathOnHost": "/dev/nvidia4"}, {"PathOnHost": "/dev/nvidiactl"}]}, {}, ["4"]),
    ],
)
def test_the_names_by_which_a_container_was_given_gpus(host: Any, config: Any, gpus: list[str]) -> None:
    assert gpus_of({"HostConfig": host, "Config": config}) == gpus


def test_a_default_runtime_counts_too() -> None:
    assert gpus_of({"HostConfig": {"Runtime": ""}, "Config": ALL}, "nvidia") == ["all"]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    monkeypatch.setattr(docker_workloads, "_PATH", str(tmp_path / "bin"))
    with FakeEngine(tmp_path / "docker.sock") as engine:
        engine.instead("GET /v1.99/networks", (200, [{"Name": "host"}, {"Name": "bridge"}]))
        yield engine


def run(fake: FakeEngine, *containers: dict[str, Any]) -> None:
    """Containers as the engine describes them, in the parts that differ."""
    listed = []
    for number, parts in enumerate(containers):
        state = {"Status": "running", "ExitCode": 0, **parts.get("State", {})}
        whole = {
            "Id": f"id{number}",
            "Image": "sha256:1",
            "HostConfig": {},
            **parts,
            "Name": f"/{parts['Name']}",
            "State": state,
            "Config": {"Image": "debian:13", "Labels": {}, **parts.get("Config", {})},
        }
        labels = whole["Config"]["Labels"]
        listed.append({"Id": whole["Id"], "Names": [whole["Name"]], "Labels": labels, "State": state["Status"]})
        fake.instead(f"GET /v1.99/containers/id{number}/json", (200, whole))
    fake.instead("GET /v1.99/containers/json", (200, listed))


def gathered(fake: FakeEngine, *names: str, timeout: float = 10.0, **more: list[str]) -> dict[str, Any]:
    workloads = Workloads(Prober(timeout), EngineClient(fake.socket_path))
    return workloads.gather(list(names), more.get("images", []), more.get("paths", []))


GPUS = {"Runtime": "nvidia"}


def test_ports_are_those_in_use_or_those_that_it_would_use(fake: FakeEngine) -> None:
    everywhere = [{"HostIp": "0.0.0.0", "HostPort": "80"}, {"HostIp": "::", "HostPort": "80"}]
    used = {"8888/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8888"}], "80/tcp": everywhere, "443/tcp": None}
    run(
        fake,
        {"Name": "one", "NetworkSettings": {"Ports": used}},
        {
            "Name": "two",
            "State": {"Status": "exited"},
            "NetworkSettings": {"Ports": {}},
            "HostConfig": {"PortBindings": {"53/udp": [{"HostIp": "::1", "HostPort": ""}]}},
        },
        {"Name": "none"},
    )
    found = {each["name"]: each["ports"] for each in gathered(fake, "one", "two", "none")["containers"]}
    assert found == {"one": ["127.0.0.1:8888->8888/tcp", "80->80/tcp"], "two": ["[::1]:?->53/udp"], "none": []}


def test_the_named_those_of_ours_and_those_with_gpus_are_reported(fake: FakeEngine) -> None:
    run(
        fake,
        {"Name": "named", "State": {"Status": "exited", "ExitCode": 3, "Error": "no such device"}},
        {"Name": "named.dockyard-old"},
        {"Name": "ours", "State": {"Status": "exited"}, "Config": {"Labels": {"dockyard.gpu.spec": "{}", "x": "y"}}},
        {"Name": "with", "HostConfig": GPUS, "Config": ALL, "State": {"Error": "of a start before this one"}},
        {"Name": "ended", "State": {"Status": "exited"}, "HostConfig": GPUS, "Config": ALL},
        {"Name": "without"},
    )
    found = gathered(fake, "named")
    assert [each["name"] for each in found["containers"]] == ["named", "named.dockyard-old", "ours", "with"]
    named, _old, ours, with_gpus = found["containers"]
    assert (named["state"], named["exit_code"], named["image"], named["restart_policy"]) == (
        "exited",
        3,
        "debian:13",
        "no",
    )
    assert ours["labels"] == {"dockyard.gpu.spec": "{}"}
    assert with_gpus["gpus"] == ["all"]
    assert [each["error"] for each in found["containers"]] == ["no such device", "", "", ""]
    assert found["all_known"]
    assert found["problems"] == []


def test_an_image_that_we_built_makes_no_container_ours(fake: FakeEngine) -> None:
    """Its labels are those of each container that someone starts from it."""
    built = {"dockyard.gpu.image": "lab/jupyter:1", "dockyard.gpu.build": "{}"}
    ended = {"Status": "exited", "ExitCode": 1}
    run(
        fake,
        {"Name": "ended", "State": ended, "HostConfig": GPUS, "Config": {**ALL, "Labels": built}},
        {"Name": "named", "State": ended, "Config": {"Labels": built}},
        {"Name": "runs", "HostConfig": GPUS, "Config": {**ALL, "Labels": built}},
    )
    found = gathered(fake, "named")
    assert {each["name"]: each["labels"] for each in found["containers"]} == {"named": {}, "runs": {}}


def test_what_it_stands_on_is_reported(fake: FakeEngine, tmp_path: Path) -> None:
    networks: dict[str, Any] = {"default": {}, "front": {}}
    run(
        fake,
        {"Name": "one", "NetworkSettings": {"Networks": networks}, "HostConfig": {"RestartPolicy": {"Name": "always"}}},
    )
    fake.instead("GET /v1.99/images/r.example.org:5000/x/y:1/json", (200, {"Id": "sha256:7"}))
    found = gathered(
        fake, "one", images=["r.example.org:5000/x/y:1", "gone:1"], paths=[str(tmp_path), str(tmp_path / "gone")]
    )
    assert found["images"] == {"r.example.org:5000/x/y:1": "sha256:7", "gone:1": None}
    assert found["paths"] == {str(tmp_path): True, str(tmp_path / "gone"): False}
    assert found["networks"] == ["bridge", "host"]
    assert found["containers"][0]["networks"] == ["bridge", "front"]
    assert found["containers"][0]["restart_policy"] == "always"


def test_what_ran_once_is_reported_with_its_output(fake: FakeEngine) -> None:
    labels = {"Labels": {"dockyard.gpu.kind": "run", "dockyard.gpu.spec": "{}"}}
    run(
        fake,
        {"Name": "job", "State": {"Status": "exited", "ExitCode": 4}, "Config": labels},
        {"Name": "now", "Config": labels},
    )
    stream = frame(1, b"one\n") + frame(2, b"two\n") + frame(1, b"three\n")
    fake.instead("GET /v1.99/containers/id0/logs", (200, stream))
    assert gathered(fake)["results"] == {"job": {"exit_code": 4, "output": "one\ntwo\nthree\n"}}


YAML = f"""---
cdiVersion: 0.7.0
kind: nvidia.com/gpu
devices:
  - name: "0"
    containerEdits: {{deviceNodes: [{{path: /dev/nvidia0}}]}}
  - name: {GPU}
  - name: 1:0
  - containerEdits: {{}}
    name: all
"""


def test_the_ways_to_give_gpus(fake: FakeEngine, tmp_path: Path) -> None:
    run(fake)
    specs = tmp_path / "cdi"
    specs.mkdir()
    (specs / "nvidia.yaml").write_text(YAML)
    (specs / "other.json").write_text(json.dumps({"kind": "nvidia.com/gpu", "devices": [{"name": "7"}]}))
    (specs / "net.json").write_text(json.dumps({"kind": "example.org/net", "devices": [{"name": "9"}]}))
    info = {"ServerVersion": "28.5.2", "CDISpecDirs": [str(specs)], "Runtimes": {"runc": {}, "nvidia": {}}}
    fake.instead("GET /v1.99/info", (200, info))
    hook = tmp_path / "bin" / "nvidia-container-runtime-hook"
    hook.parent.mkdir()
    hook.touch(0o755)
    engine = gathered(fake)["engine"]
    assert (engine["answers"], engine["version"]) == (True, "28.5.2")
    assert engine["ways"] == {"cdi": ["0", "1:0", "7", GPU, "all"], "gpus": True, "runtime": True}


def test_an_engine_without_any_way(fake: FakeEngine) -> None:
    run(fake)
    assert gathered(fake)["engine"]["ways"] == {"cdi": [], "gpus": False, "runtime": False}


def test_a_container_that_ends_meanwhile_is_left_out(fake: FakeEngine) -> None:
    run(fake, {"Name": "one"}, {"Name": "two"})
    fake.instead("GET /v1.99/containers/id0/json", (404, {"message": "No such container"}))
    assert [each["name"] for each in gathered(fake, "one", "two")["containers"]] == ["two"]


def test_more_than_can_be_examined_are_a_problem(fake: FakeEngine) -> None:
    run(fake, {"Name": "one"}, *({"Name": f"x{number}"} for number in range(docker_workloads._MOST + 1)))
    found = gathered(fake, "one")
    assert [each["name"] for each in found["containers"]] == ["one"]
    assert not found["all_known"]
    assert found["problems"][0]["code"] == "gpus_of_containers_unknown"


def test_no_engine_is_reported_and_so_is_one_that_hangs(fake: FakeEngine, tmp_path: Path) -> None:
    none = Workloads(Prober(), EngineClient(str(tmp_path / "none.sock"))).gather(["one"], [], [str(tmp_path)])
    assert "there is no socket" in none["engine"]["reason"]
    assert none["paths"] == {str(tmp_path): True}
    run(fake)
    fake.hang("GET /v1.99/networks")
    begin = time.monotonic()
    found = gathered(fake, timeout=0.3)
    assert not found["engine"]["answers"]
    assert "within 0.3 s" in found["engine"]["reason"]
    assert time.monotonic() - begin < 3
