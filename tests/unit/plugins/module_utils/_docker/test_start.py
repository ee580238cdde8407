# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""With which arguments the engine is started: units with their variables, and the file that is read without systemd."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import start


def test_variables_of_a_unit_stand_for_their_words() -> None:
    environment = {"DOCKER_OPTS": "--storage-driver vfs --label 'a=b c'", "ROOT": "/srv/my docker"}
    found = start.expanded(["-H", "fd://", "$DOCKER_OPTS"], environment)
    assert found == ["-H", "fd://", "--storage-driver", "vfs", "--label", "a=b c"]
    assert start.expanded(["--data-root", "${ROOT}", "$NONE"], environment) == ["--data-root", "/srv/my docker"]
    assert start.expanded(["--data-root=${ROOT}/a", "a$ROOT"], environment) == [
        "--data-root=/srv/my docker/a",
        "a$ROOT",
    ]


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (
            "{ path=/d ; argv[]=/d -H fd:// --label owner=joe's ; ignore_errors=no ; }",
            ["-H", "fd://", "--label", "owner=joe's"],
        ),
        ('{ path=/d ; argv[]=/d --label "a=b c" ; ignore_errors=no ; }', ["--label", "a=b c"]),
        ("{ path=/d ; argv[]=/d ; ignore_errors=no ; }", []),
        ("", []),
    ],
)
def test_arguments_are_those_that_systemctl_shows(shown: str, expected: list[str]) -> None:
    assert start.arguments(shown) == expected


def test_environment_files_may_be_many_and_have_long_lines(tmp_path: Path) -> None:
    (tmp_path / "docker-1.conf").write_text("A=1\nB=1\n# C=1\n")
    (tmp_path / "docker-2.conf").write_text('B="2 \\\n --debug"\n')
    shown = f"Environment=A=0 C=0\nEnvironmentFiles={tmp_path}/docker-*.conf (ignore_errors=yes)\n"
    read = {str(path): path.read_text() for path in tmp_path.iterdir()}.get
    found = start.environment(shown, ["$A", "--b=${B}", "${C}"], read)
    assert {name: value.split() for name, value in found.items()} == {"A": ["1"], "B": ["2", "--debug"], "C": ["0"]}


FILES = [
    ("", []),
    ("DOCKER_OPTS=--debug\n", ["--debug"]),
    ('# DOCKER_OPTS="--debug"\n', []),
    ('DOCKER_OPTS="--log-driver=journald --dns 10.0.0.1"\n', ["--log-driver=journald", "--dns", "10.0.0.1"]),
    ("export DOCKER_OPTS='-H fd://' # comment\n", ["-H", "fd://"]),
    ('DOCKER_OPTS="-D"\nDOCKER_OPTS="$DOCKER_OPTS --mtu=1400"\n', ["-D", "--mtu=1400"]),
    ('DOCKER_OPTS="-D"\nDOCKER_OPTS="${DOCKER_OPTS} -l warn"\n', ["-D", "-l", "warn"]),
    ('DOCKER_OPTS="-D \\\n  --mtu=1400"\n', ["-D", "--mtu=1400"]),
    ('export http_proxy="http://p"\n  DOCKER_OPTS="-D"\n', ["-D"]),
    ('DOCKER_OPTS="a"\nDOCKER_OPTS="b"\n', ["b"]),
]


@pytest.mark.parametrize(("text", "expected"), FILES)
def test_without_systemd_the_options_are_those_that_a_shell_would_have(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    assert start.options_without_init({start.OPTIONS_FILE: text}.get) == expected
    (tmp_path / "docker").write_text(text)
    script = f'DOCKER_OPTS=; . {tmp_path}/docker; for word in $DOCKER_OPTS; do echo "$word"; done'
    real = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert real.stdout.splitlines() == expected


def test_no_file_has_no_options() -> None:
    assert start.options_without_init(lambda _path: None) == []
