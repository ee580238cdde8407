# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""gpu_info as Ansible runs it, on the machine that runs the tests; what it says of others is look_gpus' to test."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import driver
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.gpu_machine import Machine, described, row
from ansible_collections.dockyard.gpu.tests.unit.plugins.modules.documented import documented

MODULE = "ansible_collections.dockyard.gpu.plugins.modules.gpu_info"
DOCUMENTED = documented("gpu_info")["RETURN"]


def run(**options: Any) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", MODULE],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode(),
        capture_output=True,
        check=False,
    )
    assert not done.stderr, done.stderr.decode()
    result: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode != 0) is result.get("failed", False)
    return result


@pytest.mark.parametrize("check_mode", [False, True])
def test_the_machine_here_is_described(check_mode: bool) -> None:
    result = run(_ansible_check_mode=check_mode)
    assert result.pop("changed") is False
    result.pop("invocation", None)
    assert set(result) == set(DOCUMENTED)
    kinds = {"dict": dict, "list": list, "str": str}
    for name, value in result.items():
        assert isinstance(value, kinds[DOCUMENTED[name]["type"]]), name
    assert all(set(problem) == set(DOCUMENTED["problems"]["contains"]) for problem in result["problems"])


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_time_limit_that_is_none_is_rejected(timeout: float) -> None:
    result = run(timeout=timeout)
    assert result["failed"]
    assert result["msg"] == f"timeout: must be a number of seconds above 0; got {timeout}"


def test_what_is_returned_is_what_is_documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(tmp_path, monkeypatch)
    machine.device("0000:18:00.0", "0x2330", "nvidia")
    machine.device("0000:07:00.0", "0x22a3", "nvidia-nvswitch", kind="0x068000")
    machine.loaded("580.178.04")
    machine.answers(row("580.178.04", pci__bus_id="00000000:18:00.0", gpu_recovery_action="Reboot"))
    found = described()
    for name in ("gpus", "nvswitches", "problems"):
        assert set(found[name][0]) == set(DOCUMENTED[name]["contains"]), name
    assert set(found["driver"]) == set(driver.NOTHING) == set(DOCUMENTED["driver"]["contains"])
