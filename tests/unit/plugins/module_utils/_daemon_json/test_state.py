# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import codecs
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import files
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import state as daemon_json_state
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json.pending import pending_after, rolled_back
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json.state import not_taken_up

ONE, OTHER = {"pid": 1, "start_ticks": 5, "boot_id": "x"}, {"pid": 1, "start_ticks": 9, "boot_id": "x"}


def state(**parts: Any) -> dict[str, Any]:
    return {"path": None, "owners": {}, "displaced": {}, "pending": None, "writing": None, **parts}


@pytest.mark.parametrize(
    ("content", "config"),
    [
        (b"", {}),
        (b" \n", {}),
        (codecs.BOM_UTF8 + b'{"a": 1}', {"a": 1}),
        ('{"a": "\u00e4"}'.encode("utf-16"), {"a": "\u00e4"}),
        (b'{"a": [1, {"b": null}]}', {"a": [1, {"b": None}]}),
    ],
)
def test_what_the_engine_reads_is_read(tmp_path: Path, content: bytes, config: Any) -> None:
    file = tmp_path / "daemon.json"
    file.write_bytes(content)
    assert daemon_json_state.read_config(str(file))[1] == config


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{\n    "a": 1\n    "b": 2\n}', "line 3, column 5"),
        (b'{\n    // a comment\n    "a": 1}', "line 2, column 5"),
        (b'{"a": NaN}', "has NaN, which is no JSON number"),
        (b"[1]", "holds no JSON object"),
        (b'{"a": "\xff"}', "is not UTF-8 text"),
        (b'{"runtimes": {}, "runtimes": {}}', "has 'runtimes' more than once"),
        (b"\xef\xbb\xbf[]", "holds no JSON object"),
        (b"null", "holds no JSON object"),
    ],
)
def test_what_is_no_json_is_reported_with_its_place(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "daemon.json"
    file.write_bytes(content)
    with pytest.raises(daemon_json_state.StateError) as error:
        daemon_json_state.read_config(str(file))
    assert words in str(error.value)
    assert str(file) in str(error.value)
    assert "Fix it or move it away" in str(error.value)


def test_no_file_is_distinguished_from_an_empty_one(tmp_path: Path) -> None:
    assert daemon_json_state.read_config(str(tmp_path / "none")) == (None, None)


def test_the_newest_five_backups_stay(tmp_path: Path) -> None:
    file = tmp_path / "daemon.json"
    foreign = tmp_path / "daemon.json.2025-01-01~"
    foreign.write_text("a person's")
    made = []
    for number in range(7):
        file.write_text(str(number))
        file.chmod(0o600)
        made.append(files.back_up(str(file)))
    assert [Path(name).read_text() for name in made if os.path.exists(name)] == ["2", "3", "4", "5", "6"]
    assert os.stat(made[-1]).st_mode & 0o777 == 0o600
    assert foreign.exists()


def test_the_state_is_for_root_only_and_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "state.json"
    assert daemon_json_state.load(str(file)) == state()
    files.save(state(path="/x", owners={"site": {"a": "\u00e4"}}), str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    files.save(daemon_json_state.load(str(file)), str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    assert daemon_json_state.load(str(file)) == state(path="/x", owners={"site": {"a": "\u00e4"}})


@pytest.mark.parametrize(
    "content",
    [
        *["", "{", "[]", "{}", '{"writing": {"sha256": null}}', '{"owners": {}, "owners": {}}'],
        json.dumps(state(owners=[])),
        json.dumps(state(owners={"site": 1})),
        json.dumps(state(displaced=None)),
        json.dumps(state(pending={})),
        json.dumps(state(pending={"before": {"owners": {}, "displaced": {}, "config": {}}, "after": {}})),
        json.dumps(state(writing={"before": {}, "after": {}, "previous": {}})),
    ],
)
def test_a_damaged_state_is_reported_with_the_way_out(tmp_path: Path, content: str) -> None:
    file = tmp_path / "state.json"
    file.write_text(content)
    with pytest.raises(daemon_json_state.StateError, match="Move it away"):
        daemon_json_state.load(str(file))


def mid_write(tmp_path: Path, before: Any, after: Any) -> tuple[Path, str, dict[str, Any], dict[str, Any]]:
    config, memory = tmp_path / "daemon.json", str(tmp_path / "state.json")
    old = state(path=str(config), owners={"site": {"mtu": 1}}, displaced={"/mtu": 0})
    new = state(path=str(config), owners={"site": {"debug": True}})
    files.save(files.announce(new, old, before, after), memory)
    return config, memory, old, new


@pytest.mark.parametrize(
    ("before", "after", "now", "made"),
    [
        ({"mtu": 1}, {"debug": True}, {"mtu": 1}, False),
        ({"mtu": 1}, {"debug": True}, {"debug": True}, True),
        # Edited since, on either side of the replacement.
        ({"mtu": 1}, {"debug": True}, {"mtu": 1, "bip": "x"}, False),
        ({"mtu": 1}, {"debug": True}, {"debug": True, "bip": "x"}, True),
        ({"mtu": 1, "bip": "y"}, {"debug": True, "bip": "x"}, {"mtu": 1, "bip": "z"}, False),
        (None, {"debug": True}, None, False),
        (None, {"debug": True}, {"debug": True}, True),
        ({"mtu": 1}, None, None, True),
        ({"mtu": 1}, None, {"mtu": 1}, False),
    ],
)
def test_an_interrupted_replacement_counts_as_the_file_says(
    tmp_path: Path, before: Any, after: Any, now: Any, made: bool
) -> None:
    config, memory, old, new = mid_write(tmp_path, before, after)
    if now is not None:
        config.write_text(json.dumps(now))
    assert daemon_json_state.load(memory) == (new if made else old)


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is called dockerd."""
    program = tmp_path / "bin" / "dockerd"
    program.parent.mkdir()
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([str(program), "60"]) as process:
        # The kernel sets the name a moment after Popen has seen the start.
        while Path(f"/proc/{process.pid}/comm").read_text() != "dockerd\n":
            time.sleep(0.01)
        yield process
        process.kill()


@pytest.fixture(autouse=True)
def _no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon_json_state, "PIDFILES", (str(tmp_path / "none"), str(tmp_path / "docker.pid")))


@pytest.mark.parametrize("named", ["docker.pid", "elsewhere.pid"])
def test_an_engine_is_known_by_its_process(tmp_path: Path, stand_in: subprocess.Popen[bytes], named: str) -> None:
    pidfile = tmp_path / named
    pidfile.write_text(str(stand_in.pid))
    config = {"pidfile": str(pidfile)} if named == "elsewhere.pid" else None
    identity = daemon_json_state.engine_identity(config)
    assert identity
    assert identity["pid"] == stand_in.pid
    assert identity["start_ticks"] > 0
    assert identity == daemon_json_state.engine_identity(config)
    stand_in.kill()
    # Dead, but not asked for by its parent: under a process 1 that reaps nothing it stays so.
    while ") Z " not in Path(f"/proc/{stand_in.pid}/stat").read_text():
        time.sleep(0.01)
    assert daemon_json_state.engine_identity(config) is None
    stand_in.wait()
    assert daemon_json_state.engine_identity(config) is None


@pytest.mark.parametrize("content", ["", "x", "0", "-1", "999999999", str(os.getpid())])
def test_a_stale_pidfile_is_no_engine(tmp_path: Path, content: str) -> None:
    (tmp_path / "docker.pid").write_text(content)
    assert daemon_json_state.engine_identity() is None


def test_a_change_is_pending_until_another_process_runs() -> None:
    pending = pending_after(state(owners={"a": {}}), {"mtu": 1}, {"mtu": 2}, ONE)
    assert pending == {
        "effect": "restart",
        "backup": None,
        "engine": ONE,
        "before": {"config": {"mtu": 1}, "owners": {"a": {}}, "displaced": {}},
        "after": {"mtu": 2},
    }
    assert not_taken_up(state(pending=pending), ONE) == "restart"
    assert not_taken_up(state(pending=pending), OTHER) is None
    assert not_taken_up(state(pending=pending), None) is None
    assert not_taken_up(state(), ONE) is None


@pytest.mark.parametrize("engine", [ONE, None])
def test_pending_is_reckoned_from_what_the_engine_runs_with(engine: Any) -> None:
    first = pending_after(state(), {"mtu": 1}, {"mtu": 2}, ONE)
    second = pending_after(state(pending=first, owners={"b": {}}), {"mtu": 2}, {"mtu": 2, "debug": True}, engine)
    assert first
    assert second == {**first, "after": {"mtu": 2, "debug": True}}
    only_reload = pending_after(state(pending=second), {"mtu": 2}, {"mtu": 1, "debug": True}, engine)
    assert only_reload
    assert only_reload["effect"] == "reload"
    assert pending_after(state(pending=second), {"mtu": 2}, {"mtu": 1}, engine) is None


def test_what_was_taken_up_is_not_pending_any_more() -> None:
    first = pending_after(state(), {"mtu": 1}, {"mtu": 2}, ONE)
    assert pending_after(state(pending=first), {"mtu": 2}, {"mtu": 2}, OTHER) is None
    later = pending_after(state(pending=first), {"mtu": 2}, {"mtu": 3}, OTHER)
    assert later
    assert later["before"]["config"] == {"mtu": 2}


@pytest.mark.parametrize("engine", [ONE, None])
def test_rolling_back_forgets_what_is_pending(engine: Any) -> None:
    pending = pending_after(state(owners={"a": {"mtu": 1}}, displaced={"/mtu": 0}), {"mtu": 1}, {"mtu": 2}, ONE)
    found = rolled_back(state(pending=pending, owners={"a": {"mtu": 2}}), {"mtu": 2}, engine)
    assert found == state(owners={"a": {"mtu": 1}}, displaced={"/mtu": 0})


def test_rolling_back_under_an_engine_that_started_since_needs_a_restart() -> None:
    pending = pending_after(state(), {"mtu": 1}, {"mtu": 2}, ONE)
    found = rolled_back(state(pending=pending), {"mtu": 2}, OTHER)
    assert not_taken_up(found, OTHER) == "restart"
