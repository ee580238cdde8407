# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that cannot be met. What is rejected before anything happens is desired at once, each under its own name."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import pytest
from control import Run, play, shell, start_witness

ENGINE, SWARM, KUBERNETES, BARE = "errors-engine", "errors-swarm", "errors-kubernetes", "errors-bare"
UNREAD = "errors-unread"
# What stays as it is, whatever is desired.
STATE = """
cat /etc/docker/daemon.json 2>&1; ls /etc/apt/sources.list.d /etc/apt/keyrings 2>&1
dpkg-query --show --showformat '${Package} ${Version} ${Status}\n'; getent group docker
systemctl show --property=ActiveState docker.service containerd.service
docker inspect --format '{{.State.Pid}}' witness 2>&1
"""
# What stays too, unless the engine itself had to be asked.
# A change that was taken back leaves no trace there either.
UNTOUCHED = STATE + "systemctl show --property=MainPID docker.service; ls /etc/docker /var/lib/dockyard 2>&1"


class Desired(NamedTuple):
    variables: dict[str, Any]
    # What the message has to hold: variable, value, way out.
    words: tuple[str, ...]
    host: str = ENGINE


def config(**keys: Any) -> dict[str, Any]:
    return {"docker_engine_config": {key.replace("_", "-"): value for key, value in keys.items()}}


REJECTED = {
    "a storage driver that hides what is there": Desired(
        config(storage_driver="btrfs"),
        ("docker_engine_config: storage-driver", "hide 1 image", "docker_engine_hide_data"),
    ),
    "a quoted boolean": Desired(
        config(live_restore="yes"), ("docker_engine_config", "live-restore", '"yes"', "without quotes")
    ),
    "an unknown key": Desired(
        config(registry_mirors=[]), ("docker_engine_config", "registry-mirors", "'registry-mirrors'?")
    ),
    "hosts beside -H": Desired(
        config(hosts=["tcp://127.0.0.1:2375"]), ("docker_engine_config", "hosts", "-H fd://", "drop-in")
    ),
    "address pools that are none": Desired(
        config(default_address_pools=[{"base": "172.17.0.0/16", "size": 8}]),
        ("docker_engine_config", "default-address-pools", "172.17.0.0/16", "a size from that of the base on"),
    ),
    "a log driver that the engine has not": Desired(
        config(log_driver="lokal"),
        ("docker_engine_config", "log-driver", "'lokal'", "json-file", "docker plugin install"),
    ),
    "a default runtime that no one registered": Desired(
        config(default_runtime="none-such"), ("docker_engine_config", "default-runtime", "'none-such'", "runtimes")
    ),
    "an authorization plugin that the engine has not": Desired(
        config(authorization_plugins=["opa"]), ("docker_engine_config", "authorization-plugins", "'opa'")
    ),
    "an unknown user": Desired(
        {"docker_group_users": ["mallory"]}, ("docker_group_users", "mallory", "create the users")
    ),
    "a version that is not offered": Desired(
        {"docker_engine_version": "27.5"}, ("docker_engine_version", "27.5", "28.5.2", "26.1.5", "26.1.4", "25.0.5")
    ),
    "no version": Desired({"docker_engine_version": "newest"}, ("docker_engine_version", "newest", "latest", "29.7")),
    "a source that is none": Desired(
        {"docker_engine_source": "snap"}, ("docker_engine_source", "snap", "upstream, distribution")
    ),
    "a malformed address": Desired(
        {"docker_engine_repository_url": "mirror.example.org"},
        ("docker_engine_repository_url", "mirror.example.org", "http"),
    ),
    "half a fingerprint": Desired(
        {"docker_engine_repository_key_fingerprint": "0EBFCD88"},
        ("docker_engine_repository_key_fingerprint", "0EBFCD88", "40 hexadecimal"),
    ),
    "a data root that hides data": Desired(
        {"docker_engine_data_root": "/srv/docker"},
        ("docker_engine_data_root", "/srv/docker", "/var/lib/docker", "rsync"),
    ),
    "several at once": Desired(
        {
            "docker_engine_source": "snap",
            "docker_engine_version": "newest",
            "docker_engine_https_proxy": "user:secret@proxy",
            "docker_group_users": ["mallory", "trudy"],
        },
        ("docker_engine_source", "docker_engine_version", "docker_engine_https_proxy", "docker_group_users", "trudy"),
    ),
    "live-restore in a swarm": Desired(
        {"docker_engine_config": {}}, ("docker_engine_config", "live-restore", "Swarm", "null"), SWARM
    ),
    "the runtime of a Kubernetes node": Desired(
        {}, ("docker_engine_source", "upstream", "containerd, runc", "Kubernetes", "the other source"), KUBERNETES
    ),
    "a limit that no container can have": Desired(
        config(default_ulimits={"nofile": {"Name": "nofile", "Soft": 64, "Hard": 32}}),
        ("docker_engine_config", "default-ulimits.nofile", "a Soft of 64 above its Hard of 32"),
    ),
    "a daemon.json that is no JSON": Desired({}, ("/etc/docker/daemon.json", "line 1", "move it away"), BARE),
    "a list of sources that apt cannot read": Desired(
        {}, ("/etc/apt/sources.list.d/vendor.list", "E: Malformed entry 1", "could not be read", "move it away"), UNREAD
    ),
    "a version where apt cannot read its lists": Desired(
        {"docker_engine_version": "29.7"}, ("apt cannot work", "E: Malformed entry 1", "vendor.list"), UNREAD
    ),
}
# What only the engine itself finds out: with these it does not come up.
ROLLED_BACK = {
    "a seccomp profile that is not there": Desired(
        config(seccomp_profile="/etc/docker/none.json"), ("seccomp profile", "/etc/docker/none.json", "put back")
    ),
    # With these it comes up, and no `docker run` works.
    "a log driver whose server is away": Desired(
        config(log_driver="fluentd"), ("failed to initialize logging driver", "put back")
    ),
    # This it takes by a reload.
    "a default runtime without its program": Desired(
        config(default_runtime="none-such", runtimes={"none-such": {"path": "/opt/none"}}),
        ("the container does not start", "put back", "The engine says"),
    ),
}


@pytest.fixture(scope="module", autouse=True)
def _witness() -> None:
    start_witness(ENGINE)


@functools.cache
def rejected() -> tuple[dict[str, str], Run, dict[str, str]]:
    """One run in which every setting is a host."""
    hosts = sorted({desired.host for desired in REJECTED.values()})
    before = {host: shell(host, UNTOUCHED, check=False) for host in hosts}
    run = play(
        "dockyard.gpu.site",
        {
            name: {"ansible_host": desired.host, "ansible_connection": "community.docker.docker", **desired.variables}
            for name, desired in REJECTED.items()
        },
    )
    return before, run, {host: shell(host, UNTOUCHED, check=False) for host in hosts}


@pytest.mark.parametrize("name", REJECTED)
def test_is_rejected_before_anything_happens(name: str) -> None:
    desired = REJECTED[name]
    before, run, after = rejected()
    assert run.rc != 0
    assert (run.failures(name), run.changed(name)) == (1, 0)
    message = run.message(name)
    assert [word for word in desired.words if word not in message] == [], message
    assert "secret" not in message
    assert "no version of it at all" not in message
    assert after[desired.host] == before[desired.host]


@pytest.mark.parametrize("name", ROLLED_BACK)
def test_is_rolled_back(name: str) -> None:
    desired = ROLLED_BACK[name]
    before = shell(ENGINE, STATE)
    run = play("dockyard.gpu.site", {ENGINE: desired.variables})
    assert run.failures(ENGINE) == 1
    message = run.message(ENGINE)
    assert [word for word in desired.words if word not in message] == [], message
    assert shell(ENGINE, STATE) == before
