"""A role looks for itself each time it is called, whatever caches and earlier tasks say."""

from __future__ import annotations

import json
from pathlib import Path

from control import play, shell
from testinfra.host import Host

HOST = "someones-nofacts"


def test_member_may_use_the_engine(host: Host) -> None:
    assert host.group("docker").members == ["www-data"]
    assert host.service("docker.service").is_running


def test_a_role_called_twice_looks_twice_and_forgets_the_first_desired() -> None:
    run = play(Path(__file__).parents[1] / "twice.yml", {HOST: {}})
    assert run.message(HOST) == ""
    assert shell(HOST, "systemctl is-active docker.service docker.socket").split() == ["active", "active"]
    content = json.loads(shell(HOST, "cat /etc/docker/daemon.json"))
    assert "labels" not in content
    assert content["shutdown-timeout"] == 20
    assert shell(HOST, "docker info --format '{{json .Labels}}'") == "[]"
