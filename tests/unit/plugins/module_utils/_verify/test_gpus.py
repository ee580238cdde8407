# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._verify import diagnosis, gpu_fingerprint
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_engine import Answer
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_gpu_engine import (
    by_cdi,
    environment,
    gpu,
    nvidia,
)
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.gpu_host import (
    UNKNOWN,
    Described,
    Host,
    asked,
    device,
    flag,
    hosts,
    runtime,
    saying,
)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    yield from hosts(tmp_path, monkeypatch)


def test_every_way_shows_what_was_given(host: Host) -> None:
    result = host.verify()
    assert asked(result, ok=True) == [
        ("none", "none"),
        ("gpus", "all"),
        ("gpus", "1"),
        ("gpus", "GPU-0"),
        ("runtime_gpus", "all"),
        ("runtime", "all"),
        ("runtime", "GPU-0"),
        ("runtime", "none"),
        ("runtime_cdi", "all"),
        ("cdi", "all"),
        ("cdi", "1"),
    ]
    assert result["expected"] == ["GPU-0", "GPU-1"]
    assert {entry["way"]: entry["used"] for entry in result["ways"] if entry["devices"] == "all"} == {
        "gpus": "hook",
        "runtime_gpus": "hook",
        "runtime": "hook",
        "runtime_cdi": "cdi",
        "cdi": "cdi",
    }
    assert host.checks[-1]["name"] == "gpus"
    assert host.checks[-1]["found"].startswith("2 GPUs in 11 containers: gpus (by hook)")


def test_the_engine_is_asked_as_the_docker_command_asks(host: Host) -> None:
    host.verify()
    requests = [
        (
            each["HostConfig"].get("Runtime"),
            *(each["HostConfig"].get("DeviceRequests") or [None]),
            environment(each),
        )
        for each in host.engine.asked[1:]
    ]
    flag = {"Driver": "", "Capabilities": [["gpu"]]}
    assert requests == [
        (None, {**flag, "Count": -1}, ""),
        (None, {**flag, "DeviceIDs": ["1"]}, ""),
        (None, {**flag, "DeviceIDs": ["GPU-0"]}, ""),
        ("nvidia", {**flag, "Count": -1}, ""),
        ("nvidia", None, "all"),
        ("nvidia", None, "GPU-0"),
        ("nvidia", None, "none"),
        ("nvidia", None, "nvidia.com/gpu=all"),
        (None, {"Driver": "cdi", "DeviceIDs": ["nvidia.com/gpu=all"]}, ""),
        (None, {"Driver": "cdi", "DeviceIDs": ["nvidia.com/gpu=1"]}, ""),
    ]


def test_parts_of_a_gpu_are_given_one_by_one(host: Host) -> None:
    host.engine.gpus[:] = [gpu(0, parts=2), gpu(1)]
    host.found = nvidia(*host.engine.gpus)
    result = host.verify()
    assert result["expected"] == ["GPU-1", "MIG-0-0", "MIG-0-1"]
    assert {("gpus", "MIG-0-1"), ("runtime", "MIG-0-1"), ("cdi", "0:1")} <= set(asked(result, ok=True))
    # No GPU that is cut is asked for as a whole.
    assert ("gpus", "GPU-0") not in asked(result)


def test_a_host_with_nothing_but_parts_is_verified(host: Host) -> None:
    host.engine.gpus[:] = [gpu(0, parts=1)]
    host.found = nvidia(*host.engine.gpus)
    result = host.verify()
    assert [entry["seen"] for entry in result["ways"] if entry["devices"] == "0:0"] == [["GPU-0", "MIG-0-0"]]


def test_an_engine_without_cdi_goes_the_other_ways(host: Host) -> None:
    host.engine.version = "20.10.24"
    del host.engine.info["CDISpecDirs"]
    (host.root / "cdi/nvidia.yaml").unlink()
    result = host.verify()
    assert {(entry["way"], entry["why"]) for entry in result["ways"] if not entry["supported"]} == {
        ("cdi", "the engine 20.10.24 knows no CDI, which came with 25.0"),
        ("runtime_cdi", "there is no CDI specification of nvidia.com/gpu"),
    }


def test_an_engine_whose_cdi_is_off_says_how_it_is_turned_on(host: Host) -> None:
    host.engine.version, host.engine.info["CDISpecDirs"] = "26.1.5", []
    (entry,) = [entry for entry in host.verify()["ways"] if not entry["supported"]]
    assert entry["why"] == "CDI is off in the engine 26.1.5; features.cdi turns it on, and is the default since 28.2"


def test_the_flag_needs_no_hook_where_the_engine_gives_gpus_by_cdi(host: Host) -> None:
    (host.root / "bin" / gpu_fingerprint.HOOK).unlink()
    assert ("gpus", "all") in asked(host.verify(), ok=True)
    host.engine.version = "29.1.0"
    entries = [entry for entry in host.verify()["ways"] if entry["way"] == "gpus"]
    assert [entry["why"] for entry in entries] == [
        "there is no nvidia-container-runtime-hook, and the engine 29.1.0 has no --gpus by CDI, which came with 29.2"
    ]


def test_a_configuration_that_forbids_the_variable_is_no_broken_link(host: Host) -> None:
    host.engine.version = "26.1.5"
    (host.root / "config.toml").write_text(
        "#accept-nvidia-visible-devices-envvar-when-unprivileged = true\n"
        "accept-nvidia-visible-devices-envvar-when-unprivileged = false\n"
    )
    assert {way for way, _devices in asked(host.verify(), supported=False)} == {
        "gpus",
        "runtime_gpus",
        "runtime",
        "runtime_cdi",
    }


def test_a_hook_that_gives_nothing_is_not_asked(host: Host) -> None:
    host.engine.version = "26.1.5"
    (host.root / "config.toml").write_text('[nvidia-container-runtime]\nmode = "cdi"\n')
    (entry,) = [entry for entry in host.verify()["ways"] if not entry["supported"]]
    assert (entry["way"], entry["why"]) == (
        "gpus",
        "the toolkit's config.toml sets the mode cdi, in which its hook gives nothing",
    )


def test_ways_that_no_one_wants_are_not_gone(host: Host) -> None:
    assert {entry["way"] for entry in host.verify(gpu_ways=["cdi"])["ways"]} == {"none", "cdi"}


NO_LIBRARY = {"code": "library_missing", "message": "libnvidia-ml is missing", "remedy": "Install it."}
HANGS = {"code": "nvidia_smi_timeout", "message": "nvidia-smi gave no answer", "remedy": "Reboot."}


@pytest.mark.parametrize(
    ("found", "link", "message"),
    [
        (nvidia(answers=False), "driver", "no NVIDIA GPU is here"),
        (nvidia(gpu(0), answers=False), "driver", "the driver does not answer"),
        (nvidia(gpu(0), answers=False, problems=(NO_LIBRARY,)), "library", "libnvidia-ml is missing"),
        (nvidia(gpu(0), answers=False, problems=(HANGS,)), "driver", "nvidia-smi gave no answer"),
    ],
)
def test_a_host_that_has_nothing_to_give_says_so(host: Host, found: Described, link: str, message: str) -> None:
    host.found = found
    result, failure = host.attempt(gpus="auto")
    assert (failure, result["verified"], result["skipped"], result["link"]) == ("", False, message, None)
    assert "gpus" not in [check["name"] for check in host.checks]
    result = host.break_(gpus="required")
    assert (result["message"], result["link"]) == (message, link)


def test_a_host_without_the_toolkit_says_so(host: Host) -> None:
    for path in (*(host.root / "bin").iterdir(), *(host.root / "cdi").iterdir()):
        path.unlink()
    assert host.attempt(gpus="auto")[0]["skipped"] == "NVIDIA's container toolkit is not installed"
    assert host.break_()["link"] == "runtime"


def test_no_one_is_asked_about_gpus_by_default(host: Host) -> None:
    host.found = {}  # would break
    result, failure = host.attempt(gpus="never")
    assert (failure, result["skipped"], result["ways"]) == ("", "not asked for", [])


@pytest.mark.parametrize(("visible", "link"), [("all", "hook"), ("void", "cdi_specification")])
def test_a_node_that_was_left_out_is_reported_with_who_had_to_bring_it(
    host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, visible: str, link: str
) -> None:
    node = tmp_path / "nvidiactl"
    node.touch()
    monkeypatch.setattr(diagnosis, "CONTROL", str(node))
    host.engine.words = lambda container: (
        saying(UNKNOWN, 255).replace("visible all", f"visible {visible}") if flag(container) else None
    )
    result = host.break_()
    assert result["link"] == link
    assert result["message"].startswith(f"{node} was not brought into the container; nvidia-smi says: {UNKNOWN}")


@pytest.mark.parametrize(("whom", "link"), [(flag, "hook"), (device, "cdi_specification"), (runtime, "runtime")])
def test_what_broke_for_one_way_leaves_no_other_untried(
    host: Host, whom: Callable[[Described], bool], link: str
) -> None:
    host.engine.reject = lambda container: "words that no one has heard" if whom(container) else None
    result = host.break_()
    assert (result["link"], result["message"]) == (link, "words that no one has heard")
    assert len(asked(result, ok=True) + asked(result, ok=False)) == 11


# As nvidia-smi 580.159.04 says it with the library of CUDA 13 that programs are built with.
STUB = (
    "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!\n\nWARNING:\n\nYou should always run with libnvidia-ml.so that is installed\n"
    "with your NVIDIA Display Driver. By default it's installed in /usr/lib and /usr/lib64.\n"
    "libnvidia-ml.so in GDK package is a stub library that is attached"
)
NOT_LOADED = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."


@pytest.mark.parametrize(
    ("said", "closed", "link", "message"),
    [
        ("visible all\nsays\nstatus 0\n", "", "hook", "nvidia-smi was not brought into the container"),
        (
            saying("NVIDIA-SMI couldn't find libnvidia-ml.so library in your system.", 12),
            "",
            "library",
            "couldn't find libnvidia-ml.so",
        ),
        (saying("nvidia-smi: error while loading shared libraries: libdl.so.2", 127), "", "library", "libdl.so.2"),
        (saying("Failed to initialize NVML: Driver/library version mismatch", 18), "", "library", "version mismatch"),
        (
            saying(UNKNOWN, 255),
            "sh: 1: cannot open /dev/nvidiactl: Operation not permitted\n",
            "cgroup",
            "forbids /dev/nvidiactl",
        ),
        # As another shell says it, and beside a node that only lacks a driver.
        (
            saying("No devices were found", 6),
            "sh: /dev/nvidia0: Operation not permitted\nsh: /dev/nvidia1: No such device or address\n",
            "cgroup",
            "forbids /dev/nvidia0; nvidia-smi says: No devices were found",
        ),
        (saying(UNKNOWN, 255), "sh: 1: cannot open /dev/nvidia1: Permission denied\n", "device_node", "/dev/nvidia1"),
        (saying(UNKNOWN, 255), "", "driver", "ended with status 255 and says: Failed to initialize NVML"),
        (saying(NOT_LOADED, 9), "", "driver", "ended with status 9"),
        (saying(STUB, 9), "", "library", "a stub of libnvidia-ml.so.1 was brought into the container: WARNING: You"),
        ("garbage", "", "hook", "not brought into the container"),
    ],
)
def test_what_a_container_says_names_the_link(host: Host, said: str, closed: str, link: str, message: str) -> None:
    host.engine.words = lambda container: said if flag(container) else None
    host.engine.closed = closed
    result = host.break_()
    assert result["link"] == link
    assert message in result["message"]


@pytest.mark.parametrize(("whom", "link"), [(flag, "hook"), (device, "cdi_specification"), (runtime, "runtime")])
@pytest.mark.parametrize("seen", [["GPU-0"], ["GPU-0", "GPU-1", "GPU-2"], []])
def test_other_gpus_than_those_given_are_found_out(
    host: Host, whom: Callable[[Described], bool], link: str, seen: list[str]
) -> None:
    host.engine.gpus.append(gpu(2))
    host.found = nvidia(*host.engine.gpus[:2])

    def lie(container: Described, given: list[str]) -> list[str]:
        wrong = whom(container) and len(given) > 1 and by_cdi(container) == (link == "cdi_specification")
        return seen if wrong else [uuid for uuid in given if uuid != "GPU-2"]

    host.engine.lie = lie
    result = host.break_()
    assert result["link"] == link
    assert f"expected GPU-0, GPU-1, found {', '.join(seen) or 'none'}" in result["message"]


def test_a_node_that_the_host_lacks_is_named(host: Host) -> None:
    for index in (40, 41):
        host.engine.gpus[index - 40].update(index=index)
    host.found = nvidia(*host.engine.gpus)
    host.knows_nodes()
    host.engine.lie = lambda container, given: given[:1]
    result = host.break_()
    assert result["link"] == "device_node"
    assert "the host has no /dev/nvidia41" in result["message"]


def test_a_container_that_asked_for_nothing_and_sees_a_gpu_is_a_failure(host: Host) -> None:
    host.engine.default_sees = ["/dev/nvidia0"]
    result = host.break_()
    assert (result["link"], result["message"]) == (
        "runtime",
        "a container that asked for no GPU sees /dev/nvidia0",
    )


def test_nothing_means_nothing_to_the_runtime_as_well(host: Host) -> None:
    host.engine.lie = lambda container, given: given or ["GPU-1"]
    assert "asked for no GPU sees /dev/nvidia1, GPU-1" in host.break_()["message"]


@pytest.mark.parametrize(("mode", "word"), [("auto", "none"), ("cdi", "void"), ("legacy", "none")])
def test_nothing_is_asked_for_by_the_word_that_the_runtime_knows(host: Host, mode: str, word: str) -> None:
    (host.root / "config.toml").write_text(f'[nvidia-container-runtime]\nmode = "{mode}"\n')

    def reject(container: Described) -> str | None:
        wanted = [each.partition("=")[2] for each in container["Env"] if each.startswith("NVIDIA_VISIBLE_DEVICES=")]
        return "unresolvable CDI devices nvidia.com/gpu=none" if mode == "cdi" and wanted == ["none"] else None

    host.engine.reject = reject
    ways = host.verify()["ways"]
    assert {each["devices"] for each in ways if each["way"] == "runtime" and not each["expected"]} == {word}
    assert all(each["ok"] is not False for each in ways)


def test_a_program_that_hangs_costs_its_time_once(host: Host) -> None:
    def hang() -> Answer | None:
        if len(host.engine.asked) > 1:
            host.engine.released.wait()
        return None

    host.engine.instead(".*/wait", hang)
    result = host.break_(timeout=1)
    assert (result["link"], result["message"]) == (
        "driver",
        "nvidia-smi in a container with --gpus all gave no answer within 0.5 s",
    )
    assert [entry["why"] for entry in result["ways"] if entry["ok"] is None] == [
        "not tried, since an earlier container hangs"
    ] * 9
    assert len(host.engine.asked) == 2
