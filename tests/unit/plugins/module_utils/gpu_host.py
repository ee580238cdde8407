# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host on paper with GPUs, an engine and NVIDIA's toolkit, and the verification on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.signals import Interruption
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import EngineClient
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import gpus, toolkit_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._verify import (
    diagnosis,
    expectation,
    gpu_fingerprint,
    injection,
)
from ansible_collections.dockyard.gpu.plugins.module_utils._verify.checks import Broken, Checks
from ansible_collections.dockyard.gpu.plugins.module_utils._verify.engine import Verification
from ansible_collections.dockyard.gpu.plugins.module_utils._verify.gpus import GpuVerification
from ansible_collections.dockyard.gpu.plugins.module_utils._verify.sandbox import Bench
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_gpu_engine import (
    SPECIFICATION,
    FakeGpuEngine,
    by_cdi,
    gpu,
    nvidia,
)

Described = dict[str, Any]
UNKNOWN = "Failed to initialize NVML: Unknown Error"


class Host:
    """A host on paper, and the verification on it."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch, engine: FakeGpuEngine) -> None:
        self.root, self.engine = root, engine
        self.found = nvidia(*engine.gpus)
        self.checks: list[Described] = []
        monkeypatch.setattr(gpus, "gpus", lambda _look: self.found)
        monkeypatch.setattr(gpu_fingerprint, "FOLDERS", (str(root / "bin"),))
        monkeypatch.setattr(toolkit_paths, "CONFIG", str(root / "config.toml"))
        monkeypatch.setattr(toolkit_paths, "CDI_FOLDERS", (str(root / "cdi"),))
        monkeypatch.setattr(expectation, "_PROC_GPUS", str(root / "proc"))
        for folder in ("bin", "cdi"):
            (root / folder).mkdir()
        for program in gpu_fingerprint.PROGRAMS:
            (root / "bin" / program).write_text("#!/bin/sh\n")
            (root / "bin" / program).chmod(0o755)
        (root / "cdi/nvidia.yaml").write_text(SPECIFICATION)

    def knows_nodes(self) -> None:
        """The driver tells which node belongs to which GPU."""
        for each in self.engine.gpus:
            folder = self.root / "proc" / each["pci_address"]
            folder.mkdir(parents=True)
            (folder / "information").write_text(f"Model: H100\nDevice Minor: \t {each['index']}\n")

    def verify(self, **options: Any) -> Described:
        result, failure = self.attempt(**options)
        assert failure == ""
        assert result["verified"] is True
        return result

    def break_(self, **options: Any) -> Described:
        result, failure = self.attempt(**options)
        assert failure, "the verification held"
        assert result["verified"] is False
        assert f"{diagnosis.FAILED[result['link']]}: {result['message']}" in failure
        assert result["remedy"] in failure
        return result

    def attempt(self, **options: Any) -> tuple[Described, str]:
        wanted = {"gpus": "required", "gpu_ways": injection.WAYS, "cuda": False, "daemon_reload": False, "timeout": 60}
        bench = Bench(EngineClient(self.engine.socket_path), 60, Interruption(60))
        checks = Checks()
        verification = GpuVerification(bench, checks, {**wanted, **options})
        failure = ""
        try:
            Verification(bench, checks, "bridge", verification).run()
        except Broken as broken:
            failure = str(broken)
        bench.remove()
        assert (self.engine.containers, self.engine.images, bench.warnings) == ({}, {}, [])
        self.checks = checks.made
        return verification.result, failure


def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """One with two GPUs, for a fixture."""
    (tmp_path / "host").mkdir()
    with FakeGpuEngine(tmp_path / "docker.sock", [gpu(0), gpu(1)]) as fake:
        yield Host(tmp_path / "host", monkeypatch, fake)


def asked(result: Described, **those: Any) -> list[tuple[str, str]]:
    entries = [entry for entry in result["ways"] if all(entry[name] == value for name, value in those.items())]
    return [(entry["way"], entry["devices"]) for entry in entries]


def flag(container: Described) -> bool:
    requests = container["HostConfig"].get("DeviceRequests") or []
    return bool(requests) and requests[0]["Driver"] == "" and "Runtime" not in container["HostConfig"]


def device(container: Described) -> bool:
    return bool(container["HostConfig"].get("DeviceRequests")) and by_cdi(container)


def runtime(container: Described) -> bool:
    return "Runtime" in container["HostConfig"]


def saying(text: str, status: int, nodes: str = "node /dev/nvidia0\nnode /dev/nvidia1\n") -> str:
    return f"visible all\n{nodes}smi /usr/bin/nvidia-smi\nsays\n{text}\nstatus {status}\n"
