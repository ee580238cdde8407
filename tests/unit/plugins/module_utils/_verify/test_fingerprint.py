# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common import atomic_files, engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import files
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import state as daemon_json_state
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import gpus, toolkit_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._verify import fingerprint, gpu_fingerprint
from ansible_collections.dockyard.gpu.plugins.module_utils._verify import record as verify_record
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_gpu_engine import SPECIFICATION, gpu, nvidia

NO_GPUS = gpus.NOTHING
GPUS = nvidia(gpu(0), gpu(1))


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a verification is recorded, on a host with an engine and a configuration of their own."""
    monkeypatch.setattr(fingerprint, "_PROGRAMS", (str(tmp_path / "dockerd"), str(tmp_path / "runc")))
    monkeypatch.setattr(fingerprint, "_FILES", (str(tmp_path / "daemon.json"), str(tmp_path / "proxy.env")))
    monkeypatch.setattr(engine_paths, "DAEMON_JSON", str(tmp_path / "daemon.json"))
    monkeypatch.setattr(atomic_files, "LOCKS", str(tmp_path / "{}.lock"))
    monkeypatch.setattr(daemon_json_state, "STATE_PATH", str(tmp_path / "state.json"))
    monkeypatch.setattr(daemon_json_state.load, "__defaults__", (str(tmp_path / "state.json"),))
    monkeypatch.setattr(files.save, "__defaults__", (str(tmp_path / "state.json"),))
    monkeypatch.setattr(daemon_json_state, "PIDFILES", ())
    monkeypatch.setattr(gpu_fingerprint, "FOLDERS", (str(tmp_path),))
    monkeypatch.setattr(toolkit_paths, "CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setattr(toolkit_paths, "CDI_FOLDERS", (str(tmp_path / "cdi"),))
    (tmp_path / "dockerd").write_text("a program")
    (tmp_path / "daemon.json").write_text('{"mtu": 1450}')
    return tmp_path / "lib" / "verified"


def test_a_verification_is_recorded_once(record: Path) -> None:
    assert not fingerprint.is_recorded(NO_GPUS, str(record))
    assert verify_record.record(str(record), NO_GPUS, False) is True
    assert fingerprint.is_recorded(NO_GPUS, str(record))
    assert verify_record.record(str(record), NO_GPUS, False) is False
    assert [path.name for path in record.parent.iterdir()] == ["verified"]


@pytest.mark.parametrize("name", ["dockerd", "runc", "daemon.json", "proxy.env"])
def test_what_changes_or_comes_is_not_verified(record: Path, name: str) -> None:
    verify_record.record(str(record), NO_GPUS, False)
    path = record.parent.parent / name
    path.write_text("a progrom")
    os.utime(path, (1, 1))
    assert not fingerprint.is_recorded(NO_GPUS, str(record))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"0" * 64])
def test_a_damaged_record_verifies_nothing(record: Path, content: bytes) -> None:
    verify_record.record(str(record), NO_GPUS, False)
    record.write_bytes(content)
    assert not fingerprint.is_recorded(NO_GPUS, str(record))


@pytest.mark.parametrize("effect", ["restart", "none"])
def test_what_is_verified_is_not_rolled_back_any_more(record: Path, effect: str) -> None:
    """Whether the engine was restarted with it, or has taken it up by a reload."""
    before: dict[str, Any] = {"config": None, "owners": {}, "displaced": {}}
    pending = {"effect": effect, "engine": None, "backup": None, "before": before, "after": {"mtu": 1450}}
    state: dict[str, Any] = {
        "path": engine_paths.DAEMON_JSON,
        "owners": {"a": {}},
        "displaced": {},
        "pending": pending,
        "writing": None,
    }
    files.save(state)
    verify_record.record(str(record), NO_GPUS, False)
    assert json.loads(Path(daemon_json_state.STATE_PATH).read_text()) == {**state, "pending": None}


def test_what_another_owner_of_daemon_json_is_changing_is_not_written_over(
    record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic_files.locked.__wrapped__, "__defaults__", (0.1,))  # type: ignore[attr-defined]
    with atomic_files.locked("daemon_json", "daemon_config for site"), pytest.raises(atomic_files.Busy, match="site"):
        verify_record.record(str(record), NO_GPUS, False)
    assert not record.exists()
    assert verify_record.record(str(record), NO_GPUS, False) is True


def with_toolkit(record: Path) -> Path:
    """The folder of a host whose GPUs were verified."""
    folder = record.parent.parent
    (folder / gpu_fingerprint.RUNTIME).write_text("a program")
    (folder / "config.toml").write_text("")
    (folder / "cdi").mkdir()
    (folder / "cdi/nvidia.yaml").write_text(SPECIFICATION)
    assert verify_record.record(str(record), GPUS, True) is True
    assert fingerprint.is_recorded(GPUS, str(record))
    return folder


@pytest.mark.parametrize(
    "name", [gpu_fingerprint.RUNTIME, gpu_fingerprint.HOOK, "config.toml", "cdi/nvidia.yaml", "cdi/other.json"]
)
def test_another_toolkit_is_not_verified(record: Path, name: str) -> None:
    folder = with_toolkit(record)
    (folder / name).write_text(SPECIFICATION + "# another\n")
    assert not fingerprint.is_recorded(GPUS, str(record))


def test_a_program_that_no_one_may_run_any_more_is_not_verified(record: Path) -> None:
    folder = with_toolkit(record)
    (folder / gpu_fingerprint.RUNTIME).chmod(0o600)
    assert not fingerprint.is_recorded(GPUS, str(record))


def test_what_other_vendors_write_does_not_matter(record: Path) -> None:
    folder = with_toolkit(record)
    (folder / "cdi/nic.yaml").write_text("kind: example.org/nic\n")
    assert fingerprint.is_recorded(GPUS, str(record))


@pytest.mark.parametrize(
    "now",
    [
        nvidia(gpu(0)),
        nvidia(gpu(0), gpu(1), gpu(2)),
        nvidia(gpu(0), gpu(1, parts=2)),
        nvidia(gpu(0), gpu(1), answers=False),
        {**GPUS, "driver": {**GPUS["driver"], "loaded_version": "595.1"}},
        {**GPUS, "driver": {**GPUS["driver"], "user_space_version": "595.1"}},
    ],
)
def test_other_gpus_and_another_driver_are_not_verified(record: Path, now: dict[str, Any]) -> None:
    with_toolkit(record)
    assert not fingerprint.is_recorded(now, str(record))


def test_a_verification_without_gpus_is_enough_only_while_they_cannot_be_given(record: Path) -> None:
    verify_record.record(str(record), GPUS, False)
    assert fingerprint.is_recorded(GPUS, str(record)), "there is no toolkit"
    with_toolkit(record)
    verify_record.record(str(record), GPUS, False)
    assert not fingerprint.is_recorded(GPUS, str(record))
    silent = nvidia(gpu(0), answers=False)
    verify_record.record(str(record), silent, False)
    assert fingerprint.is_recorded(silent, str(record)), "the driver does not answer"
