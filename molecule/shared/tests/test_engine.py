# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the source, the distribution and the init system: containers run here, and nothing lies about."""

from __future__ import annotations

import functools
import json

from kept import step
from testinfra.host import Host

FILES = "/bin/sh $(ldd /bin/sh | grep --only-matching '/[^ ]*')"
SHELL_IMAGE = f"tar --create --dereference {FILES} 2>/dev/null | docker import - ours"


def test_runs_a_container_of_ours(host: Host) -> None:
    host.check_output(SHELL_IMAGE)
    assert (
        host.check_output("docker run --rm ours /bin/sh -c 'echo from inside; ulimit -n'").split("\n")[0]
        == "from inside"
    )
    host.check_output("docker image rm ours")


def test_verification_left_nothing(host: Host) -> None:
    assert host.check_output("docker ps --all --quiet") == ""
    assert host.check_output("docker images --quiet") == ""
    assert host.file("/var/lib/dockyard/docker_engine.verified").mode == 0o644


def test_configuration_is_the_desired_one(host: Host) -> None:
    content = json.loads(host.file("/etc/docker/daemon.json").content_string)
    assert content["log-opts"] == {"max-size": "50m", "max-file": "5"}
    for path, value in step("preview", host, "config")["to"].items():
        # A key of a map is named with it: log-opts.max-size.
        assert functools.reduce(dict.__getitem__, path.split("."), content) == value, path
    assert json.loads(host.check_output("docker info --format '{{json .LiveRestoreEnabled}}'")) is True


def test_socket_belongs_to_the_group(host: Host) -> None:
    assert host.group("docker").exists
    socket = host.file("/run/docker.sock")
    assert (socket.group, socket.mode) == ("docker", 0o660)
