# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils import daemon_state, engine_paths, proven


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a proof is recorded, on a host with an engine and a configuration of their own."""
    monkeypatch.setattr(proven, "_PROGRAMS", (str(tmp_path / "dockerd"), str(tmp_path / "runc")))
    monkeypatch.setattr(proven, "_FILES", (str(tmp_path / "daemon.json"), str(tmp_path / "proxy.env")))
    monkeypatch.setattr(engine_paths, "DAEMON_JSON", str(tmp_path / "daemon.json"))
    monkeypatch.setattr(daemon_state, "STATE_PATH", str(tmp_path / "state.json"))
    monkeypatch.setattr(daemon_state.load, "__defaults__", (str(tmp_path / "state.json"),))
    monkeypatch.setattr(daemon_state.save, "__defaults__", (str(tmp_path / "state.json"),))
    monkeypatch.setattr(daemon_state, "PIDFILES", ())
    (tmp_path / "dockerd").write_text("a program")
    (tmp_path / "daemon.json").write_text('{"mtu": 1450}')
    return tmp_path / "lib" / "proven"


def test_a_proof_is_recorded_once(record: Path) -> None:
    assert not proven.is_recorded(str(record))
    assert proven.record(str(record)) is True
    assert proven.is_recorded(str(record))
    assert proven.record(str(record)) is False
    assert [path.name for path in record.parent.iterdir()] == ["proven"]


@pytest.mark.parametrize("name", ["dockerd", "runc", "daemon.json", "proxy.env"])
def test_what_changes_or_comes_is_not_proven(record: Path, name: str) -> None:
    proven.record(str(record))
    path = record.parent.parent / name
    path.write_text("a progrom")
    os.utime(path, (1, 1))
    assert not proven.is_recorded(str(record))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"0" * 64])
def test_a_damaged_record_proves_nothing(record: Path, content: bytes) -> None:
    proven.record(str(record))
    record.write_bytes(content)
    assert not proven.is_recorded(str(record))


def test_what_is_proven_is_not_rolled_back_any_more(record: Path) -> None:
    pending = {"effect": "restart", "engine": None, "backup": None, "before": {}, "after": {"mtu": 1450}}
    state: dict[str, Any] = {
        "path": engine_paths.DAEMON_JSON,
        "owners": {"a": {}},
        "displaced": {},
        "pending": pending,
        "writing": None,
    }
    daemon_state.save(state)
    proven.record(str(record))
    assert json.loads(Path(daemon_state.STATE_PATH).read_text()) == {**state, "pending": None}
