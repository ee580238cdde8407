# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docker's program gets of a build's arguments: no value on its command line, which everybody can read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from ansible.plugins.filter.core import FilterModule
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import wanted
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROLE = Path(__file__).parents[3] / "roles/container_image"
# It keeps what it was called with, and what of its environment the test asks for. The path of this Python may have
# blanks; a shell would drop variables whose names it cannot have.
DOCKER = """\
#!/usr/bin/env -S "{python}"
import json, os, sys
reported = {{name.decode("utf-8", "surrogateescape"): value.hex() for name, value in os.environb.items()}}
json.dump({{"argv": sys.argv[1:], "environment": reported}}, open("{record}", "w"))
print("a step of the build")
sys.exit(int(os.environ.get("ENDS") or 0))
"""
BUILD = ["buildx", "build", "--progress", "plain", "--tag", "lab/x:1", "--label", "a=build", "--", "/srv/context"]


class Wrapper:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.record = folder / "record.json"
        (folder / "bin").mkdir()
        self._write("bin/docker", DOCKER.format(python=sys.executable, record=self.record))

    def _write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o700)
        return path

    def call(self, arguments: dict[str, str], *command: str, python: str = sys.executable, **more: str) -> Any:
        """As the module of community.docker calls it; what docker's program got."""
        environment = jinja2.Environment(keep_trailing_newline=True)
        environment.filters.update(FilterModule().filters())
        text = environment.from_string((ROLE / "templates/docker.j2").read_text()).render(
            ansible_facts={"dockyard_host": {"python": {"path": python}}},
            _container_image_job={"args": arguments, "log": f"{self.folder}/the log.txt"},
        )
        self.record.unlink(missing_ok=True)
        path = {"PATH": f"{self.folder}/bin:/usr/bin:/bin", "HOME": "/root", **more}
        done = subprocess.run([self._write("docker", text), *command], env=path, capture_output=True, check=False)
        seen = json.loads(self.record.read_text()) if self.record.exists() else {"argv": [], "environment": {}}
        return done, seen["argv"], {name: bytes.fromhex(value) for name, value in seen["environment"].items()}


@pytest.fixture(scope="module")
def wrapper(tmp_path_factory: pytest.TempPathFactory) -> Wrapper:
    return Wrapper(tmp_path_factory.mktemp("a wrapper"))


NAMES = st.one_of(
    st.sampled_from(
        (
            "DOCKER_TOKEN",
            "GOOGLE_API_KEY",
            "LD_SDK_KEY",
            "OTEL_HEADERS",
            "PYTHON_TOKEN",
            "SSL_CERT_PASSWORD",
            "TOKEN",
            "HTTP_PROXY",
            "https_proxy",
            "PPID",
            "IFS",
            "ENV",
            "BASH_ENV",
            "_",
            "build",
            "buildx",
            "A_B",
        )
    ),
    st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,10}\Z"),
)
VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(NAMES, VALUES.map(lambda value: f"s3cret{value}"), min_size=1, max_size=4))
def test_no_value_is_on_the_command_line_and_each_comes_to_the_build(
    wrapper: Wrapper, arguments: dict[str, str]
) -> None:
    own = {"PATH", "HOME", "USER", "TMPDIR", "NO_COLOR", "CLICOLOR", "TERM", "LANG", "TZ", "GOGC"}
    arguments = {name: value for name, value in arguments.items() if name not in own}
    done, argv, environment = wrapper.call(arguments, *BUILD)
    assert done.returncode == 0, done.stderr
    assert "s3cret" not in " ".join(argv)
    names = [argv[at + 1] for at, word in enumerate(argv) if word == "--build-arg"]
    assert sorted(names) == sorted(arguments)
    assert {name: environment[name].decode() for name in arguments} == arguments
    assert [word for word in argv if word not in ("--build-arg", *names)] == [
        word for word in BUILD if word not in names
    ]


@pytest.mark.parametrize("name", ["PATH", "HOME", "DOCKER_HOST", "BUILDX_BUILDER", "LD_PRELOAD", "DOCKER_CONFIG"])
def test_what_would_steer_docker_itself_stays_an_argument(wrapper: Wrapper, name: str) -> None:
    done, argv, environment = wrapper.call({name: "/nowhere", "TOKEN": "s3cret"}, *BUILD)
    assert done.returncode == 0, done.stderr
    assert f"{name}=/nowhere" in argv
    assert environment.get(name) != b"/nowhere"
    assert environment["TOKEN"] == b"s3cret"


def test_what_is_no_build_is_passed_on_as_it_is(wrapper: Wrapper) -> None:
    done, argv, environment = wrapper.call({"TOKEN": "s3cret"}, "info", "--format", "{{ json . }}")
    assert argv == ["info", "--format", "{{ json . }}"]
    assert "TOKEN" not in environment
    assert done.stdout == b"a step of the build\n"


def test_what_the_build_says_is_in_its_log_for_root_alone_and_how_it_ends_is_reported(wrapper: Wrapper) -> None:
    log = wrapper.folder / "the log.txt"
    log.unlink(missing_ok=True)
    done, _argv, _environment = wrapper.call({}, *BUILD, ENDS="7")
    assert (done.returncode, done.stdout, done.stderr) == (7, b"", b"a step of the build\n")
    assert log.read_bytes() == done.stderr
    assert log.stat().st_mode & 0o077 == 0


def test_a_python_in_an_odd_place_is_found(wrapper: Wrapper) -> None:
    odd = wrapper.folder / "an 'odd' $place"
    odd.mkdir(exist_ok=True)
    python = odd / "python3"
    python.unlink(missing_ok=True)
    os.symlink(sys.executable, python)
    done, argv, _environment = wrapper.call({"A": "b"}, *BUILD, python=str(python))
    assert done.returncode == 0, done.stderr
    assert "--build-arg" in argv


def test_the_role_hands_the_modules_no_argument_for_the_command_line() -> None:
    """Where docker's program is called; the classic builder gets its arguments over the engine's socket."""
    tasks = yaml.safe_load((ROLE / "tasks/buildx.yml").read_text())
    (build,) = [
        task["community.docker.docker_image_build"] for task in tasks if "community.docker.docker_image_build" in task
    ]
    assert "args" not in build
    (template,) = [task for task in tasks if "ansible.builtin.template" in task]
    assert "no_log" in template
    (option,) = [secret for secret in [build["secrets"]] if "'type': 'file'" in secret]
    assert "value" not in option


def test_names_that_no_variable_can_have_are_an_error_beforehand() -> None:
    image = {"name": "lab/x", "context": "/srv", "args": {"A=B": "x"}}
    assert any("A=B" in error for error in wanted("container_image", list=[image])["errors"])
