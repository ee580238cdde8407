# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a build's output is kept while it goes on, by the program that the role container_image writes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._container_image.build_errors import failure
from ansible_collections.dockyard.gpu.plugins.plugin_utils._container_image.job import job
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts
from ansible_collections.dockyard.gpu.tests.unit.roles.test_build_arguments import BUILD, Wrapper


@pytest.fixture
def wrapper(tmp_path: Path) -> Wrapper:
    return Wrapper(tmp_path)


def log_of(wrapper: Wrapper) -> Path:
    return wrapper.folder / "the log.txt"


def test_what_a_build_says_is_for_root_alone_also_in_a_file_that_was_there(wrapper: Wrapper) -> None:
    log = log_of(wrapper)
    log.write_text("of an earlier build")
    log.chmod(0o644)
    done, _argv, _environment = wrapper.call({}, *BUILD, ENDS="3")
    assert (done.returncode, done.stderr) == (3, b"a step of the build\n")
    assert log.read_bytes() == done.stderr
    assert log.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("odd", ["pipe", "folder", "device", "link to a pipe", "broken link"])
def test_what_is_no_file_in_the_log_s_place_is_an_error_and_not_waited_for(wrapper: Wrapper, odd: str) -> None:
    log, pipe = log_of(wrapper), wrapper.folder / "pipe"
    os.mkfifo(pipe)
    made: dict[str, Callable[[], None]] = {
        "pipe": lambda: os.mkfifo(log),
        "folder": log.mkdir,
        "device": lambda: log.symlink_to("/dev/null"),
        "link to a pipe": lambda: log.symlink_to(pipe),
        "broken link": lambda: log.symlink_to("nothing"),
    }
    made[odd]()
    done, argv, _environment = wrapper.call({}, *BUILD)
    assert (done.returncode, argv) == (1, [])
    words = failure({"stderr": done.stderr.decode()})
    assert words == f"ERROR: {log} is no file, and the build's output would go there. Move it away."


@pytest.mark.parametrize(
    "ref", ["registry.example:5000/team/app:1.0", f"registry.example/{'long/' * 40}app:{'1' * 128}"]
)
def test_the_log_of_any_image_has_a_name_that_a_file_can_have(ref: str) -> None:
    name, _colon, tag = ref.rpartition(":")
    desired = {**hosts.wanted("container_image", list=[{"name": name, "tag": tag}]), "builds": {}}
    desired["log_dir"] = "/var/log/dockyard"
    log = Path(job(desired, [], ref)["log"]).name
    assert len(log.encode()) <= 255
    assert log.endswith(f"app_{tag}.log")
