# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._verify import daemon_reload, diagnosis
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_gpu_engine import by_cdi
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.gpu_host import UNKNOWN, Host, hosts, saying


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    yield from hosts(tmp_path, monkeypatch)


def test_cuda_is_started_by_the_python_that_runs_the_module(host: Host) -> None:
    result = host.verify(cuda=True)
    assert result["cuda"] == {"ok": True, "command": "--gpus all", "code": 0, "devices": 2}
    assert (host.checks[-1]["name"], host.checks[-1]["found"]) == ("cuda", "cuInit succeeded, 2 devices")


@pytest.mark.parametrize(
    ("said", "link", "message"),
    [
        ("cuda 100 0", "driver", "cuInit answers 100: no device"),
        ("cuda 802 0", "driver", "cuInit answers 802: the system is not ready: nvidia-fabricmanager"),
        ("cuda 719 0", "driver", "cuInit answers 719: see CUresult"),
        # As 580.159.04 answers with a library of 580.95.05, and with the stub that programs are built with.
        ("cuda 803 0", "library", "cuInit answers 803: the driver and the library differ"),
        ("cuda 34 0", "library", "cuInit answers 34: a stub"),
        ("library libcuda.so.1: cannot open shared object file", "library", "libcuda.so.1: cannot open shared object"),
        ("", "library", "libcuda.so.1 cannot be used: nothing"),
    ],
)
def test_cuda_that_does_not_start_names_the_link(host: Host, said: str, link: str, message: str) -> None:
    host.engine.cuda = f"visible all\nmemory\nsays\n{said}"
    result = host.break_(cuda=True)
    assert (result["link"], result["cuda"]["ok"]) == (link, False)
    assert message in result["message"]


@pytest.mark.parametrize(
    ("on_host", "visible", "link", "message"),
    [
        (True, "all", "hook", "was not brought into the container; cuInit answers 999: unknown"),
        (True, "void", "cdi_specification", "was not brought into the container; cuInit answers 999: unknown"),
        (False, "all", "device_node", "the host has no /"),
    ],
)
def test_cuda_without_its_node_is_reported_who_had_to_bring_it(
    host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, on_host: bool, visible: str, link: str, message: str
) -> None:
    node = tmp_path / "nvidia-uvm"
    if on_host:
        node.touch()
    monkeypatch.setattr(diagnosis, "UVM", str(node))
    host.engine.cuda = f"visible {visible}\nsays\ncuda 999 0"
    result = host.break_(cuda=True)
    assert (result["link"], result["cuda"]["code"]) == (link, 999)
    assert message in result["message"]


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What systemctl was asked for, on a host that has systemd and no other containers."""
    calls = tmp_path / "calls"
    calls.write_text("")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "systemctl").write_text(f'#!/bin/sh\necho "$@" >> {calls}\n')
    (programs / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    monkeypatch.setattr(daemon_reload, "SYSTEMD", str(tmp_path))
    monkeypatch.setattr(
        daemon_reload, "gpu_containers", lambda _look: [{"id": "1", "name": "dockyard-gpu-verification-x"}]
    )
    return calls


def test_a_running_container_keeps_its_gpus(host: Host, systemd: Path) -> None:
    result = host.verify(daemon_reload=True)
    assert result["daemon_reload"] == {"ok": True, "skipped": None, "ways": ["gpus", "runtime", "cdi"]}
    assert systemd.read_text().splitlines()[0] == "daemon-reload"
    assert host.checks[-1]["name"] == "daemon_reload"


def test_a_container_that_loses_its_gpus_names_the_cgroup(host: Host, systemd: Path) -> None:
    host.engine.closed = "sh: 1: cannot open /dev/nvidia0: Operation not permitted\n"
    host.engine.words = lambda container: (
        saying(UNKNOWN, 255) if systemd.read_text() and not by_cdi(container) else None
    )
    result = host.break_(daemon_reload=True)
    assert (result["link"], result["daemon_reload"]["ok"]) == ("cgroup", False)
    assert "with --gpus all has lost its GPUs after `systemctl daemon-reload`" in result["message"]
    assert "CDI" in result["remedy"]


def test_other_peoples_containers_are_not_risked(host: Host, systemd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for others, reason in (
        ([{"id": "1", "name": "trainer"}], "and could lose them: trainer"),
        (None, "it is not known"),
    ):
        monkeypatch.setattr(daemon_reload, "gpu_containers", lambda _look, others=others: others)
        skipped = host.verify(daemon_reload=True)["daemon_reload"]["skipped"]
        assert reason in skipped
    monkeypatch.setattr(daemon_reload, "SYSTEMD", "/nowhere")
    assert "systemd" in host.verify(daemon_reload=True)["daemon_reload"]["skipped"]
    assert systemd.read_text() == ""
