# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of the file and of the memory of its owners."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common import atomic_files
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import state
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.killing import killed_at_each_step
from ansible_collections.dockyard.gpu.tests.unit.plugins.modules.daemon_config.conftest import Host, Run


def test_configuration_before_the_first_start(host: Host, run: Run) -> None:
    result = run({"log-driver": "local"})
    assert host.read() == {"log-driver": "local"}
    assert host.file.stat().st_mode & 0o7777 == 0o644
    assert result["changed"] is True
    assert result["effect"] == "restart"
    assert result["restart_required"] is False
    assert result["reloaded"] is False
    assert result["validated"] is False
    assert result["validation_note"] == "there is no dockerd on this host yet"
    assert result["owners"] == ["site"]
    assert result["config"] == {"log-driver": "local"}
    assert result["changes"] == [{"key": "log-driver", "from": None, "to": "local"}]
    assert "backup_file" not in result


def test_nothing_to_do_touches_nothing(host: Host, run: Run) -> None:
    host.write('{"mtu": 9000}')
    run({"debug": True})
    before = host.snapshot()
    moment = host.file.stat().st_mtime_ns, host.memory.stat().st_mtime_ns
    result = run({"debug": True})
    assert result["changed"] is False
    assert result["effect"] == "none"
    assert result["changes"] == []
    assert host.snapshot() == before
    assert (host.file.stat().st_mtime_ns, host.memory.stat().st_mtime_ns) == moment


def test_without_a_desired_no_file_is_made(host: Host, run: Run) -> None:
    assert run({})["changed"] is False
    assert run(state="absent")["changed"] is False
    assert host.snapshot() == {}


def test_two_owners_and_a_person_share_the_file(host: Host, run: Run) -> None:
    host.write('{\n  "mtu": 9000,\n  "log-opts": {"tag": "x"}\n}')
    run({"log-opts": {"max-size": "50m"}}, owner="docker_engine")
    run({"runtimes": {"nvidia": {"path": "n", "args": []}}, "mtu": 1450}, owner="toolkit")
    assert host.read() == {
        "mtu": 1450,
        "log-opts": {"tag": "x", "max-size": "50m"},
        "runtimes": {"nvidia": {"path": "n", "args": []}},
    }
    run(owner="docker_engine", state="absent")
    result = run(owner="toolkit", state="absent")
    assert host.read() == {"mtu": 9000, "log-opts": {"tag": "x"}}
    assert result["owners"] == []


def test_a_backup_is_the_file_from_before(host: Host, run: Run) -> None:
    text = '{"debug": false}\n\n'
    host.write(text)
    backup = Path(run({"debug": True})["backup_file"])
    assert backup.read_text() == text
    assert backup.parent == host.file.parent
    assert backup.name.startswith("daemon.json.dockyard-")
    assert backup.name.endswith("~")
    assert "backup_file" not in run({"debug": False}, backup=False)


@pytest.mark.parametrize(
    ("desired", "words"),
    [
        ({"live-restore": "yes"}, ["'live-restore'", "without quotes"]),
        ({"liverestore": True}, ["did you mean 'live-restore'?"]),
        ({"hosts": ["tcp://127.0.0.1"]}, ["'-H fd://'", "drop-in"]),
        ({"live-restore": "yes", "bogus": 1}, ["'live-restore'", "'bogus'"]),
    ],
)
def test_a_broken_desired_changes_nothing(host: Host, run: Run, desired: Any, words: list[str]) -> None:
    host.write('{"mtu": 9000}')
    run({"debug": True})
    before = host.snapshot()
    result = run(desired, flags=["-H", "fd://"])
    assert result["failed"] is True
    assert [word for word in words if word not in result["msg"]] == []
    assert len(result["problems"]) == len(desired)
    assert host.snapshot() == before


def test_a_conflict_names_the_other_owner(host: Host, run: Run) -> None:
    run({"mtu": 1450}, owner="docker_engine")
    result = run({"mtu": 1500})
    assert result["failed"] is True
    assert "'mtu' to 1450 by docker_engine" in result["msg"]


@pytest.mark.parametrize("check", [True, False])
def test_what_the_engine_rejects_changes_nothing(host: Host, run: Run, check: bool) -> None:
    words = "json: cannot unmarshal x into Go struct field Config.debug of type y"
    host.validator(f"echo '{words}' >&2; exit 1")
    host.write('{"mtu": 9000}')
    before = host.snapshot()
    result = run({"debug": True}, check=check)
    assert result["failed"] is True
    assert words in result["msg"]
    assert "(key: debug)" in result["msg"]
    assert host.snapshot() == before


def test_the_engine_validates_with_the_flags(host: Host, run: Run) -> None:
    host.validator(f'echo "$@" > {host.folder}/seen')
    result = run({"debug": True}, flags=["-H", "fd://"])
    assert (result["validated"], result["validation_note"]) == (True, "")
    assert (host.folder / "seen").read_text().endswith(" -H fd://\n")


@pytest.mark.parametrize("desired", [{"debug": True}, {}])
def test_a_file_that_the_engine_does_not_read_is_not_written(host: Host, run: Run, desired: Any) -> None:
    result = run(desired, flags=["--config-file=/srv/docker.json"])
    assert bool(result.get("failed")) is bool(desired)
    assert not desired or "--config-file=/srv/docker.json" in result["msg"]
    assert not host.file.exists()


def test_validation_can_be_left_out(host: Host, run: Run) -> None:
    host.validator("exit 1")
    result = run({"debug": True}, validate=False)
    assert (result["changed"], result["validated"]) == (True, False)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"a": 1,}', "line 1, column"),
        ("[]", "holds no JSON object"),
        ("# none", "is not JSON"),
        # Go merges the two, and the engine runs with both.
        ('{"runtimes": {"a": {"path": "a"}}, "runtimes": {"b": {"path": "b"}}}', "has 'runtimes' more than once"),
        ('{"log-opts": {"max-size": "1m", "max-size": "2m"}}', "has 'log-opts.max-size' more than once"),
        ('{"runtimes": {"a": {"path": "a", "PATH": "b"}}}', "'runtimes.a.path' and 'runtimes.a.PATH' are one key"),
        ('{"mtu": 1e999}', "a number that is too large"),
        ('{"bip": "\\ud800"}', "half a character"),
        ("[" * 5000, "levels deep"),
    ],
)
def test_a_file_that_is_no_json_is_left_alone(host: Host, run: Run, content: str, words: str) -> None:
    host.write(content)
    result = run({"debug": True})
    assert result["failed"] is True
    assert words in result["msg"]
    assert host.file.read_text() == content


def test_what_this_module_does_not_write_keeps_its_form(host: Host, run: Run) -> None:
    """The engine takes 1e3 for no whole number: what it makes of a file must not depend on who wrote it last."""
    numbers = ["1e3", "1.50", "123456789012345678901234567890", "-0.0"]
    entries = [f'    "key-{index}": {number}' for index, number in enumerate(numbers)]
    host.write("{\n" + ",\n".join([*entries, '    "text": "\\u00e4 \\/"']) + "\n}\n")
    result = run({"debug": True})
    assert result["changes"] == [{"key": "debug", "from": None, "to": True}]
    text = host.file.read_text()
    assert [entry for entry in entries if entry not in text] == []
    assert '"text": "\u00e4 /"' in text
    run({})
    assert [entry for entry in entries if entry not in host.file.read_text()] == []


def test_what_no_json_holds_is_reported(host: Host, run: Run) -> None:
    result = run({"log-opts": {"tag": float("inf")}})
    assert result["failed"] is True
    assert "The configuration that site sets is rejected: the configuration h" in result["msg"]
    assert not host.file.exists()


def test_check_mode_on_a_bare_host(host: Host, run: Run) -> None:
    result = run({"debug": True}, check=True)
    assert result["changed"] is True
    assert result["diff"]["before"] == ""
    assert result["diff"]["after"] == '{\n    "debug": true\n}\n'
    assert not host.file.parent.exists()


def test_no_output_holds_credentials(host: Host, run: Run) -> None:
    host.write({"registry-mirrors": ["http://joe:hidden@mirror"]})
    desired = {
        "proxies": {"http-proxy": "http://joe:p@ss/w0rd@proxy"},
        "log-driver": "splunk",
        "log-opts": {"splunk-token": "0123-4567"},
    }
    results = [
        run(desired, check=True),
        run(desired),
        run({**desired, "bogus": 1}),
        run({"proxies": "http://joe:secret@proxy"}),
    ]
    host.validator('cat "${2#*=}" >&2; exit 1')
    results.append(run({**desired, "debug": True}))
    assert [result.get("failed", False) for result in results] == [False, False, True, True, True]
    for word in ("ss/w0rd", "secret", "hidden", "0123-4567"):
        assert word not in json.dumps(results)
    assert host.read()["proxies"]["http-proxy"] == "http://joe:p@ss/w0rd@proxy"


def test_a_secret_that_changes_is_a_change_that_is_reported_without_it(host: Host, run: Run) -> None:
    run({"log-driver": "splunk", "log-opts": {"splunk-token": "first-one", "tag": "x"}})
    result = run({"log-driver": "splunk", "log-opts": {"splunk-token": "second-one", "tag": "x"}})
    assert result["changes"] == [{"key": "log-opts.splunk-token", "from": "***", "to": "*** (another one)"}]
    assert result["config"] == {"log-driver": "splunk", "log-opts": {"splunk-token": "***", "tag": "x"}}
    assert '"splunk-token": "***"' in result["diff"]["before"]
    assert '"splunk-token": "*** (another one)"' in result["diff"]["after"]
    # ansible-core returns it up to 2.20.
    assert result.get("invocation", {"module_args": result})["module_args"]["config"] == result["config"]
    assert run({"log-driver": "splunk", "log-opts": {"splunk-token": "second-one", "tag": "x"}})["changed"] is False


TOKEN = {"log-driver": "splunk", "log-opts": {"splunk-token": "0123-4567"}}


@pytest.mark.parametrize(
    ("before", "mode", "config", "after"),
    [
        (None, None, TOKEN, 0o600),
        (None, None, {"proxies": {"http-proxy": "http://joe:secret@proxy"}}, 0o600),
        (None, None, {"debug": True}, 0o644),
        # The usual mode, which no one chose for a secret.
        ({"mtu": 1400}, 0o644, TOKEN, 0o600),
        ({"mtu": 1400}, 0o644, {"debug": True}, 0o644),
        # Modes that an administrator chose, and secrets that others may read already.
        ({"mtu": 1400}, 0o640, TOKEN, 0o640),
        ({"mtu": 1400}, 0o600, {"debug": True}, 0o600),
        ({"log-driver": "splunk", "log-opts": {"splunk-token": "theirs"}}, 0o644, {"debug": True}, 0o644),
        ({"log-driver": "splunk", "log-opts": {"splunk-token": "theirs"}}, 0o644, TOKEN, 0o644),
    ],
)
def test_a_file_is_for_root_alone_as_soon_as_this_module_writes_a_secret_into_it(
    host: Host, run: Run, before: Any, mode: int | None, config: Any, after: int
) -> None:
    if mode is not None:
        host.write(before)
        host.file.chmod(mode)
    result = run(config)
    assert host.file.stat().st_mode & 0o777 == after
    assert host.memory.stat().st_mode & 0o777 == 0o600
    if mode is not None:
        assert os.stat(result["backup_file"]).st_mode & 0o777 == mode
        # What is taken back is as it was.
        run(state="rolled_back")
        assert (host.read(), host.file.stat().st_mode & 0o777) == (before, mode)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_changes_nothing(host: Host, run: Run, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    host.write('{"mtu": 9000}')
    run({"debug": True}, owner="docker_engine")
    before = host.file.read_text(), state.load(str(host.memory))

    def full(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        result = run({"mtu": 1450})
    assert result["failed"] is True
    assert "no space is left on its file system. Make room." in result["msg"]
    assert (host.file.read_text(), state.load(str(host.memory))) == before
    assert run({"mtu": 1450})["changed"] is True


@pytest.mark.parametrize("edited", [False, True])
def test_killed_at_any_step_the_file_is_whole_and_its_owners_are_known(host: Host, run: Run, edited: bool) -> None:
    """``edited`` says that a person adds a key before the next run."""

    def prepare() -> None:
        shutil.rmtree(host.file.parent, ignore_errors=True)
        host.memory.unlink(missing_ok=True)
        host.write('{"mtu": 9000}')
        run({"mtu": 1450, "debug": True})

    before, after = {"mtu": 1450, "debug": True}, {"mtu": 9000, "icc": False}
    seen = []
    for _step in killed_at_each_step(lambda: run({"icc": False}), prepare):
        assert host.read() in (before, after)
        seen.append(host.read())
        person = {"bip": "10.1.2.3/24"} if edited else {}
        host.write({**host.read(), **person})
        # What the killed run dropped, or did not yet, has not become someone else's.
        run({})
        assert host.read() == {"mtu": 9000, **person}
        assert {path.name for path in host.file.parent.iterdir() if not path.name.endswith("~")} == {"daemon.json"}
    assert before in seen
    assert after in seen
    assert len(seen) > 20


def test_what_a_person_writes_during_the_run_stays(host: Host, run: Run) -> None:
    host.write('{"mtu": 9000}')
    host.validator(f"echo '{{\"mtu\": 1300}}' > {host.file}")
    result = run({"debug": True})
    assert result["failed"] is True
    assert f"{host.file} was changed by another process during this run, and was left as it is." in result["msg"]
    assert host.read() == {"mtu": 1300}
    host.validator("exit 0")
    assert run({"debug": True})["changed"] is True
    assert host.read() == {"mtu": 1300, "debug": True}


def test_each_file_has_its_own_memory(host: Host, run: Run) -> None:
    run({"debug": True})
    result = run({"debug": True}, path=str(host.folder / "other.json"))
    assert result["failed"] is True
    assert "state_path" in result["msg"]


@pytest.mark.parametrize("owner", ["", "Site", "-x", "a b", "../x"])
def test_a_name_that_is_none_is_rejected(run: Run, owner: str) -> None:
    result = run({"debug": True}, owner=owner)
    assert result["failed"] is True
    assert f"owner: {owner!r} is no name" in result["msg"]


def test_a_damaged_memory_is_reported(host: Host, run: Run) -> None:
    host.memory.write_text("{")
    result = run({"debug": True})
    assert result["failed"] is True
    assert "Move it away" in result["msg"]
    assert not host.file.exists()


RECORDING = """
import sys
from ansible_collections.dockyard.gpu.plugins.module_utils._common import atomic_files, engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import files, state
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import gpus
from ansible_collections.dockyard.gpu.plugins.module_utils._verify import record
atomic_files.LOCKS, engine_paths.DAEMON_JSON, memory, place = sys.argv[1:]
state.load.__defaults__ = files.save.__defaults__ = (memory,)
while True:
    record.record(place, gpus.NOTHING, False)
    print("recorded", flush=True)
"""
CONFIGURING = """
import sys
from ansible_collections.dockyard.gpu.plugins.module_utils._common import atomic_files
from ansible_collections.dockyard.gpu.plugins.modules import daemon_config
atomic_files.LOCKS = sys.argv.pop()
daemon_config.main()
"""


def test_runs_at_once_take_turns(host: Host, run: Run) -> None:
    """All begin with the same file: without turns, a later one would write the others' settings or memory away."""
    arguments = {"path": str(host.file), "state_path": str(host.memory), "validate": False}
    owners = [f"owner-{number}" for number in range(6)]
    processes = []
    places = [atomic_files.LOCKS, str(host.file), str(host.memory), str(host.folder / "verified")]
    command = [sys.executable, "-c", RECORDING, *places]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as recording:
        assert recording.stdout
        assert recording.stdout.readline()
        for number, owner in enumerate(owners):
            options = {"owner": owner, "config": {"log-opts": {owner: str(number)}}, **arguments}
            command = [sys.executable, "-c", CONFIGURING, atomic_files.LOCKS]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            assert process.stdin
            process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode())
            processes.append(process)
        for process in processes:
            process.communicate()
            assert process.returncode == 0
        assert recording.poll() is None
        recording.kill()
    assert sorted(host.read()["log-opts"]) == owners
    assert run({}, owner="another")["owners"] == owners


def test_a_run_that_waits_too_long_says_for_whom(host: Host, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic_files.locked.__wrapped__, "__defaults__", (0.2,))  # type: ignore[attr-defined]
    with atomic_files.locked("daemon_json", "runtime_check"):
        result = run({"debug": True})
        assert run({"debug": True}, check=True)["changed"] is True
    assert result["failed"] is True
    assert f"daemon_config for site waited 0.2 s for process {os.getpid()} (runtime_check)" in result["msg"]


def test_options_that_the_log_driver_does_not_take_are_an_error(host: Host, run: Run) -> None:
    """dockerd --validate takes them, and the engine ends at its start."""
    host.write({"log-opts": {"max-size": "1g"}})
    result = run({"log-driver": "journald"})
    assert result["failed"]
    for word in ("journald", "max-size", str(host.file)):
        assert word in result["msg"]
    assert host.read() == {"log-opts": {"max-size": "1g"}}
    assert run({"log-driver": "local"})["changed"]
    # Other owners' calls are not about it, and a flag counts as the file.
    host.write({"log-driver": "journald", "log-opts": {"max-size": "1g"}})
    assert not run({"debug": True}, owner="people").get("failed")
    host.write({})
    assert "max-size" in run({"log-opts": {"max-size": "1g"}}, flags=["--log-driver=journald"])["msg"]
