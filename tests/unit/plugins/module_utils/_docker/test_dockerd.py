# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import config_file, dockerd, start

Stub = Callable[[str], str]
ERROR = "unable to configure the Docker daemon with file $file: "


@pytest.fixture
def stub(tmp_path: Path) -> Stub:
    """A program in dockerd's place, with the path of the configuration it was given in $file."""

    def make(body: str) -> str:
        program = tmp_path / "dockerd"
        arguments = "for word; do case $word in --config-file=*) file=${word#*=};; esac; done"
        program.write_text(f"#!/bin/sh\n{arguments}\n{body}\n")
        program.chmod(0o755)
        return str(program)

    return make


def ask(program: str, tmp_path: Path, text: str = "{}", flags: tuple[str, ...] = ()) -> dockerd.Verdict:
    return dockerd.validate(program, text, "/etc/docker/daemon.json", flags, str(tmp_path))


def test_the_engine_sees_the_text_and_the_flags(stub: Stub, tmp_path: Path) -> None:
    program = stub(f'cat "$file" > {tmp_path}/seen; echo "$@" >> {tmp_path}/seen; echo configuration OK >&2')
    assert ask(program, tmp_path, '{"debug": true}', ("-H", "fd://")).accepted is True
    seen = (tmp_path / "seen").read_text()
    assert seen.startswith('{"debug": true}--validate --config-file=')
    assert seen.endswith(" -H fd://\n")
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith("daemon.json")] == []


@pytest.mark.parametrize(
    "flags",
    [
        ("--config-file=/etc/docker/daemon.json", "--mtu=1400"),
        ("--config-file", "/etc/docker/other.json", "--mtu=1400"),
    ],
)
def test_the_text_is_validated_and_not_the_file_of_the_unit(stub: Stub, tmp_path: Path, flags: tuple[str, ...]) -> None:
    # As dockerd reads its flags, the last --config-file counts.
    program = stub(f'cat "$file" > {tmp_path}/seen; echo "$@" >> {tmp_path}/seen')
    ask(program, tmp_path, '{"debug": true}', flags)
    seen = (tmp_path / "seen").read_text()
    assert seen.startswith('{"debug": true}--validate')
    assert seen.endswith(" --mtu=1400\n")


@pytest.mark.parametrize(
    ("flags", "other"),
    [
        ((), ""),
        (("-H", "fd://", "--mtu=1400"), ""),
        (("--config-file=/etc/docker/daemon.json",), ""),
        (("--config-file", "/etc//docker/daemon.json"), ""),
        (("--config-file=/etc/docker/a.json", "--config-file=/etc/docker/daemon.json"), ""),
        (("--config-file=/srv/docker.json", "-H", "fd://"), "/srv/docker.json"),
        (("-H", "fd://", "--config-file", "/srv/docker.json"), "/srv/docker.json"),
    ],
)
def test_an_engine_that_reads_another_file_is_noticed(flags: tuple[str, ...], other: str) -> None:
    found = config_file.other_file(flags, "/etc/docker/daemon.json")
    assert (f"--config-file={other}," in found) if other else found == ""


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        ("the following directives don't match any configuration option: b2, bogus", ["b2", "bogus"]),
        ("json: cannot unmarshal string into Go struct field Config.live-restore of type bool", ["live-restore"]),
        (
            "json: cannot unmarshal number into Go struct field Config.CommonConfig.LogConfig.log-opts of type string",
            ["log-opts"],
        ),
        (
            "the following directives are specified both as a flag and in the configuration file:"
            " data-root: (from flag: /y, from file: /x), hosts: (from flag: [fd://], from file: [tcp://1.2.3.4])",
            ["data-root", "hosts"],
        ),
        ("invalid IP address: abc", []),
    ],
)
def test_an_error_is_reported_in_the_engines_words(stub: Stub, tmp_path: Path, words: str, keys: list[str]) -> None:
    verdict = ask(stub(f'echo "{ERROR}{words}" >&2; exit 1'), tmp_path)
    assert verdict.accepted is False
    assert verdict.words == f"unable to configure the Docker daemon with file /etc/docker/daemon.json: {words}"
    assert verdict.keys == keys


OLD = 'case "$*" in *--validate*) echo "Status: unknown flag: --validate"; exit 125;; esac\n'


@pytest.mark.skipif(os.geteuid() != 0, reason="takes root, to become someone else")
@pytest.mark.parametrize(
    ("words", "accepted"),
    [
        ("dockerd needs to be started with root privileges.", True),
        (ERROR + "bogus", False),
        ("Status: unknown flag: --unit-flag", False),
        ("something else", None),
    ],
)
def test_an_engine_without_validate_is_asked_as_no_one(
    stub: Stub, tmp_path: Path, words: str, accepted: bool | None
) -> None:
    # No one may look into the folders of the tests.
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    program = stub(OLD + f'[ "$(id -u)" = 65534 ] && grep -q debug "$file" && echo "{words}"; exit 1')
    verdict = ask(program, tmp_path, '{"debug": true}')
    assert verdict.accepted is accepted
    assert (words.replace("$file", "/etc/docker/daemon.json") in verdict.words) is (accepted is not True)


def test_without_root_an_engine_without_validate_cannot_be_asked(
    stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    verdict = ask(stub(OLD), tmp_path)
    assert verdict.accepted is None
    assert "takes root" in verdict.words


def test_an_engine_that_hangs_is_not_waited_for(stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dockerd, "TIMEOUT", 0.2)
    verdict = ask(stub("exec sleep 60"), tmp_path)
    assert verdict.accepted is None
    assert "did not answer within" in verdict.words


def test_a_program_that_cannot_be_run_gives_no_verdict(tmp_path: Path) -> None:
    program = tmp_path / "dockerd"
    program.write_text("")
    assert ask(str(program), tmp_path).accepted is None


SHOWN = (
    "ExecStart={ path=/usr/bin/dockerd ; argv[]=/usr/bin/dockerd %s ; ignore_errors=no ; start_time=[n/a] ; pid=0 }\n"
)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (SHOWN % "-H fd:// --containerd=/run/c.sock", ["-H", "fd://", "--containerd=/run/c.sock"]),
        (SHOWN % '--label "a=b c" $DOCKER_OPTS', ["--label", "a=b c"]),
        ("Environment=DOCKER_OPTS=-D\n" + SHOWN % "-H fd:// $DOCKER_OPTS", ["-H", "fd://", "-D"]),
        (SHOWN % "--label it's", ["--label", "it's"]),
        ("\n", []),
    ],
)
def test_the_units_flags_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: str, expected: list[str]
) -> None:
    systemctl = tmp_path / "systemctl"
    systemctl.write_text(f"#!/usr/bin/python3\nprint({json.dumps(shown)}, end='')\n")
    systemctl.chmod(0o755)
    monkeypatch.setattr(dockerd, "_ENVIRONMENT", {"PATH": str(tmp_path)})
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os.path, "isdir", lambda path: path == "/run/systemd/system")
    assert dockerd.unit_flags() == expected


def test_without_systemd_the_flags_are_those_of_the_file_of_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os.path, "isdir", lambda path: False)
    monkeypatch.setattr(start, "OPTIONS_FILE", str(tmp_path / "docker"))
    assert dockerd.unit_flags() == []
    (tmp_path / "docker").write_text('DOCKER_OPTS="--log-driver=journald"\n')
    assert dockerd.unit_flags() == ["--log-driver=journald"]


def test_a_real_engine_agrees(tmp_path: Path) -> None:
    program = next((path for path in ("/usr/bin/dockerd", "/usr/sbin/dockerd") if os.path.exists(path)), None)
    if program is None or os.geteuid() != 0:
        pytest.skip("there is no dockerd here, or no root to ask it")
    assert ask(program, tmp_path, '{"debug": true}').accepted is True
    assert ask(program, tmp_path, '{"live-restore": "yes"}').keys == ["live-restore"]
    assert ask(program, tmp_path, '{"bogus": 1}').keys == ["bogus"]
    assert ask(program, tmp_path, '{"hosts": ["tcp://127.0.0.1:1"]}', ("-H", "fd://")).keys == ["hosts"]
