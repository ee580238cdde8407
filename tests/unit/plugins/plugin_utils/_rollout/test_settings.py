# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a rollout is found before any host changes; and which problems of GPUs came with a change."""

from __future__ import annotations

from ansible_collections.dockyard.gpu.plugins.plugin_utils._rollout.gpu_problems import compared
from ansible_collections.dockyard.gpu.plugins.plugin_utils._rollout.settings import errors
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts


def test_all_errors_come_at_once() -> None:
    desired = hosts.wanted("rollout", first=["gpu1", "gpu9"], before="drain.yml")
    first, before = errors(desired, ["gpu1", "gpu2"], {"before": "drain.yml"})
    assert first.startswith("rollout_first: gpu9 is no host of this run")
    assert before.startswith("rollout_before: drain.yml is not a file on the control node")
    assert errors(desired, ["gpu1", "gpu9"], {}) == []


SICK = {"kind": "xid", "gpu": "GPU-1", "message": "Xid 79 with 580", "remedy": "reboot"}


def nvidia(*problems: dict[str, str], state: str = "loaded") -> dict[str, object]:
    return {"problems": list(problems), "driver": {"state": state}}


def test_a_problem_from_before_is_no_fault_of_the_change() -> None:
    before = compared(nvidia(SICK))["kinds"]
    again = {**SICK, "message": "Xid 79 with 595"}
    other = {**SICK, "gpu": "GPU-2"}
    assert compared(nvidia(again), before)["new"] == []
    assert compared(nvidia(again, other), before)["new"] == ["Xid 79 with 595", "Xid 79 with 580"]
    assert compared(nvidia(other, state="absent"), before)["new"] == []
    assert compared(nvidia(), before)["new"] == []
