# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rollout that has not ended is known to every later look."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._host import rollout


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "rollout.json"
    monkeypatch.setattr(rollout, "RECORD", str(path))
    return path


def test_no_record_is_no_rollout(record: Path) -> None:
    prober = Prober()
    assert rollout.rollout(prober) == {}
    assert prober.problems == []


def test_a_failure_is_reported_in_its_own_words(record: Path) -> None:
    record.write_text('{"since": "2026-11-25T19:00:00+00:00", "failed": "no container runs"}')
    prober = Prober()
    assert rollout.rollout(prober) == {"since": "2026-11-25T19:00:00+00:00", "failed": "no container runs"}
    assert [problem["code"] for problem in prober.problems] == ["rollout_unfinished"]
    assert "no container runs" in prober.problems[0]["message"]


def test_what_was_wrong_before_it_is_kept(record: Path) -> None:
    problem = {"code": "ecc_pending", "subject": "0000:01:00.0"}
    record.write_text(json.dumps({"since": "", "failed": "", "problems": [problem]}))
    assert rollout.rollout(Prober())["problems"] == [problem]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"since": 1}'])
def test_half_a_record_counts_as_one(record: Path, text: str) -> None:
    record.write_text(text)
    prober = Prober()
    assert rollout.rollout(prober) == {"since": "", "failed": ""}
    assert len(prober.problems) == 1
