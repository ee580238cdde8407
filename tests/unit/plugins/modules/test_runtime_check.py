# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import EngineClient, EngineError
from ansible_collections.dockyard.gpu.plugins.module_utils._verify import engine as verify_engine
from ansible_collections.dockyard.gpu.plugins.module_utils._verify import sandbox
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_engine import Answer, FakeEngine

MODULE = "ansible_collections.dockyard.gpu.plugins.modules.runtime_check"
STEPS = ["engine", "image", "container", "output", "exit_code", "network"]
Check = Callable[..., dict[str, Any]]


def arguments(options: dict[str, Any]) -> bytes:
    return json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode()


@contextlib.contextmanager
def started(**options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """The module as Ansible runs it: a process of its own, arguments on standard input."""
    with tempfile.TemporaryFile() as stdin:
        stdin.write(arguments(options))
        stdin.seek(0)
        command = [sys.executable, "-m", MODULE]
        with subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            yield process


def run(**options: Any) -> dict[str, Any]:
    with started(**options) as process:
        output, errors = process.communicate()
    assert not errors, errors.decode()
    result: dict[str, Any] = json.loads(output)
    assert (process.returncode != 0) is result.get("failed", False)
    assert result.get("changed", False) is False
    return result


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeEngine]:
    with FakeEngine(tmp_path / "docker.sock") as engine:
        yield engine


@pytest.fixture
def check(fake: FakeEngine) -> Check:
    return lambda **options: run(socket=fake.socket_path, **options)


def outcome(result: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(each["name"], each["ok"]) for each in result["checks"]]


def test_an_engine_that_works_is_verified_and_nothing_stays(fake: FakeEngine, check: Check) -> None:
    result = check()
    assert result["verified"] is True
    assert outcome(result) == [(step, True) for step in STEPS]
    assert result["engine"] == {
        "version": "99.1",
        "api_version": "1.99",
        "storage_driver": "overlay2",
        "cgroup_driver": "systemd",
        "cgroup_version": "2",
        "default_runtime": "runc",
    }
    assert result["duration_ms"] > 0
    assert (fake.containers, fake.images) == ({}, {})


def test_the_container_asks_for_nothing_and_gets_all_that_a_plain_one_gets(fake: FakeEngine, check: Check) -> None:
    made: list[dict[str, Any]] = []
    fake.instead("POST .*/start", lambda: made.extend(fake.containers.values()))
    check()
    (container,) = made
    assert set(container) == {"Cmd", "Env", "HostConfig", "Image", "Labels"}
    assert container["HostConfig"] == {"RestartPolicy": {"Name": "no"}}


@pytest.mark.parametrize(
    ("network", "has_bridge", "interfaces", "verified"),
    [
        ("bridge", True, ["lo", "eth0"], True),
        ("bridge", True, ["lo"], False),
        ("none", True, ["lo"], True),
        ("none", True, ["eth0"], False),
        ("bridge", False, ["lo"], True),
    ],
)
def test_the_network_that_a_container_got_by_default_is_what_it_must_find(
    fake: FakeEngine, check: Check, network: str, has_bridge: bool, interfaces: list[str], verified: bool
) -> None:
    fake.network, fake.has_bridge, fake.interfaces = network, has_bridge, interfaces
    assert check()["verified"] is verified


OCI = "OCI runtime create failed: runc did not terminate successfully: exit status 1"


@pytest.mark.parametrize(
    ("request_", "answer", "step", "message"),
    [
        ("GET .*/info", (500, {"message": "daemon is sad"}), "engine", "the engine does not answer: daemon is sad"),
        ("POST .*/images/create", (500, {"message": "disk full"}), "image", "no image can be imported: disk full"),
        ("POST .*/images/create", (200, b'{"error":"bad tar"}'), "image", "no image can be imported: bad tar"),
        ("POST .*/containers/create", (409, {"message": "taken"}), "container", "no container can be made: taken"),
        ("POST .*/start", (400, {"message": OCI}), "container", f"the container does not start: {OCI}"),
        ("POST .*/attach", (409, {"message": "no"}), "container", "the container does not start: no"),
        ("GET .*/containers/[^/]+/json", (500, {"message": "gone"}), "network", "cannot be asked about: gone"),
    ],
)
def test_an_error_names_the_link_in_the_engines_words(
    fake: FakeEngine, check: Check, request_: str, answer: Answer, step: str, message: str
) -> None:
    fake.instead(request_, answer)
    result = check()
    assert result["verified"] is False
    assert outcome(result)[-1] == (step, False)
    assert message in result["msg"]
    assert "Next: journalctl -u docker -n 50" in result["msg"]
    assert (fake.containers, fake.images) == ({}, {})


@pytest.mark.parametrize(
    ("lies", "options", "step", "message"),
    [
        ({"output": "sh: libc.so.6: cannot open\n"}, {}, "output", "output is wrong: .* found sh: libc.so.6: cannot"),
        ({"output": ""}, {}, "output", "found nothing"),
        ({"exit_code": 0}, {}, "exit_code", r"exit code is wrong: expected [1-9]\d*, found 0\."),
        ({"interfaces": ["lo"]}, {}, "network", "not 'bridge': expected an interface of its own besides lo, found lo"),
        ({"interfaces": []}, {}, "network", "found none"),
        ({"interfaces": ["lo", "ens3", "docker0"]}, {}, "network", "found docker0, ens3, lo"),
        ({"interfaces": ["lo", "eth0"]}, {"network": "none"}, "network", "expected no interface but lo, found eth0"),
        ({"interfaces": ["eth77"]}, {"network": "host"}, "network", "expected the host's interfaces .*, found eth77"),
    ],
)
def test_a_wrong_answer_names_what_was_expected(
    fake: FakeEngine, check: Check, lies: dict[str, Any], options: dict[str, str], step: str, message: str
) -> None:
    vars(fake).update(lies)
    result = check(**options)
    assert outcome(result) == [(each, True) for each in STEPS[: STEPS.index(step)]] + [(step, False)]
    assert re.search(message, result["msg"])
    assert (fake.containers, fake.images) == ({}, {})


@pytest.mark.parametrize(
    ("request_", "step"),
    [
        ("GET /version", "engine"),
        ("POST .*/images/create", "image"),
        ("POST .*/start", "container"),
        ("POST .*/wait", "container"),
        ("POST .*/attach", "container"),
    ],
)
def test_a_hanging_engine_costs_the_time_limit_and_no_more(
    fake: FakeEngine, check: Check, request_: str, step: str
) -> None:
    fake.hang(request_)
    result = check(timeout=1)
    # Without the limit it would hang for ever; a machine that is busy needs longer than the limit itself.
    assert 1000 <= result["duration_ms"] < 30000
    assert outcome(result)[-1] == (step, False)
    assert f"cut short at its check '{step}': it did not finish within 1 s. Next: journalctl" in result["msg"]
    assert (fake.containers, fake.images) == ({}, {})


def test_an_engine_that_hangs_while_cleaning_up_is_given_five_seconds(fake: FakeEngine, check: Check) -> None:
    fake.hang("DELETE .*")
    result = check(timeout=20)
    assert result["verified"] is True
    assert 5000 <= result["duration_ms"] < 8000
    (warning,) = result["warnings"]
    assert re.search("could not be removed, a later run will try again: no answer .* within 5 s", str(warning))


@pytest.mark.parametrize("request_", ["POST .*/images/create", "POST .*/containers/create", "POST .*/start"])
def test_what_the_engine_is_making_when_a_signal_comes_is_removed(fake: FakeEngine, request_: str) -> None:
    with started(socket=fake.socket_path) as process:

        def signal_first() -> None:
            process.send_signal(signal.SIGTERM)
            time.sleep(0.3)  # the engine goes on; the thing exists only afterwards

        fake.instead(request_, signal_first)
        output, _ = process.communicate()
    assert "it was interrupted by SIGTERM" in json.loads(output)["msg"]
    assert (fake.containers, fake.images) == ({}, {})


def test_only_expired_leftovers_of_our_own_are_swept(fake: FakeEngine, check: Check) -> None:
    now = int(time.time())
    for held in (fake.containers, fake.images):
        held["expired"] = {
            "Labels": {"dockyard.gpu.verification": "a", "dockyard.gpu.verification.expires": str(now - 1)}
        }
        held["running"] = {
            "Labels": {"dockyard.gpu.verification": "b", "dockyard.gpu.verification.expires": str(now + 60)}
        }
        held["foreign"] = {"Labels": {"dockyard.gpu.verification.expires": str(now - 1)}}
    assert check()["verified"] is True
    assert set(fake.containers) == set(fake.images) == {"running", "foreign"}


def test_a_leftover_that_cannot_be_removed_is_a_warning(fake: FakeEngine, check: Check) -> None:
    fake.containers["old"] = {"Labels": {"dockyard.gpu.verification": "a", "dockyard.gpu.verification.expires": "1"}}
    fake.instead("DELETE .*/old", (500, {"message": "device busy"}))
    result = check()
    assert result["verified"] is True
    assert "what an earlier run left could not be removed: device busy" in str(result["warnings"])


def test_no_engine_fails_and_says_how_to_start_it(tmp_path: Path) -> None:
    result = run(socket=str(tmp_path / "gone"))
    assert (result["failed"], result["verified"], result["engine"]) == (True, False, {})
    assert re.search(r"there is no socket .*/gone\. Next: systemctl start docker", result["msg"])


def test_a_bare_host_is_skipped_in_check_mode(tmp_path: Path) -> None:
    result = run(socket=str(tmp_path / "gone"), _ansible_check_mode=True)
    assert (result["skipped"], result["verified"]) == (True, False)
    assert "there is no socket" in result["msg"]


def test_check_mode_verifies_as_well(check: Check) -> None:
    assert check(_ansible_check_mode=True)["verified"] is True


def test_an_engine_that_goes_away_is_a_failure_in_check_mode_too(fake: FakeEngine, check: Check) -> None:
    fake.instead("POST .*/start", lambda: os.unlink(fake.socket_path))
    result = check(_ansible_check_mode=True)
    assert result["failed"] is True
    assert outcome(result)[-1] == ("container", False)


@pytest.mark.parametrize("timeout", [0, -5])
def test_a_senseless_time_limit_is_rejected(check: Check, timeout: int) -> None:
    assert check(timeout=timeout)["msg"] == f"timeout: must be a number of seconds of at least 1; got {timeout}"


@pytest.mark.parametrize("shell", [path for name in ("sh", "bash", "dash") if (path := shutil.which(name))])
def test_the_script_means_the_same_to_every_shell(shell: str) -> None:
    done = subprocess.run(
        [shell, "-c", verify_engine.SCRIPT, "verification", "abc", "42"], env={}, capture_output=True, check=False
    )
    nonce, *interfaces = done.stdout.decode().splitlines()
    assert (nonce, done.stderr, done.returncode) == ("nonce abc", b"", 42)
    seen = {line.split()[1] for line in interfaces if line.startswith("interface ")}
    assert {name for name in seen if not name.startswith("veth")} == verify_engine._host_interfaces()


def engine_version() -> str | None:
    try:
        version: str = EngineClient(timeout=5).version()["Version"]
    except EngineError:
        return None
    return version


def verifications_left() -> list[str]:
    client = EngineClient()
    query = {"all": "1", "filters": json.dumps({"label": [sandbox.LABEL]})}
    return [each["Id"] for kind in ("containers", "images") for each in client.get_json(f"/{kind}/json", query)]


def nothing_stays(patience: float = 5) -> bool:
    """Others may verify the same engine at this moment: what is theirs goes away by itself."""
    end = time.monotonic() + patience
    while verifications_left() and time.monotonic() < end:
        time.sleep(0.2)
    return not verifications_left()


def moments() -> Iterator[float]:
    """Random moments of a run, after Python has started; as many as it takes on a busy machine, within reason."""
    begin = time.monotonic()
    run()
    wall = time.monotonic() - begin
    for _ in range(40):
        yield random.uniform(0.3 * wall, wall)


@pytest.mark.engine
@pytest.mark.skipif(engine_version() is None, reason="no Docker engine answers on /var/run/docker.sock")
class TestRealEngine:
    @pytest.mark.parametrize("network", ["default", "bridge", "none", "host"])
    def test_it_is_verified(self, network: str) -> None:
        result = run(network=network)
        assert outcome(result) == [(step, True) for step in STEPS]
        assert result["engine"]["version"] == engine_version()
        assert nothing_stays()

    def test_the_runtimes_own_words_come_through(self) -> None:
        code = (
            "from ansible_collections.dockyard.gpu.plugins.module_utils._verify import image as smallest\n"
            "image = smallest.VerificationImage(smallest._pack({'/bin/other': '/bin/sh'}), '/lib')\n"
            "smallest.build = lambda also: image\n"
            f"from {MODULE} import main; main()"
        )
        done = subprocess.run([sys.executable, "-c", code], input=arguments({}), capture_output=True, check=False)
        result = json.loads(done.stdout)
        assert outcome(result)[-1] == ("container", False)
        assert re.search("the container does not start: .*/bin/sh.*no such file", result["msg"])
        assert nothing_stays()

    def test_interrupted_at_any_moment_nothing_stays(self) -> None:
        reported = 0
        for number, moment in zip(itertools.cycle([signal.SIGTERM, signal.SIGINT, signal.SIGHUP]), moments()):
            with started() as process:
                time.sleep(moment)
                process.send_signal(number)
                output, _ = process.communicate()
            reported += b"it was interrupted by" in output
            if reported == 9:
                break
        assert reported, "every signal came before or after the verification: nothing was shown"
        assert nothing_stays()

    def test_killed_outright_the_next_run_after_the_time_limit_sweeps(self) -> None:
        left: set[str] = set()
        for moment in moments():
            with started(timeout=1) as process:
                time.sleep(moment)
                process.kill()
            left = set(verifications_left())
            if len(left) > 4:
                break
        assert left, "every kill came before or after the verification: nothing was shown"
        time.sleep(1 + sandbox.CLEANUP_SECONDS + 1)
        assert run()["verified"] is True
        assert left.isdisjoint(verifications_left())
        assert nothing_stays()
