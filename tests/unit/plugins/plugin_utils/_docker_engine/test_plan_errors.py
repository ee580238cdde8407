# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings and hosts that are rejected: each message names what it is about and the way out."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import start
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine.plan import plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import PlanInvalid, errors_of
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import bare_host, package, settings, unit

DOCKER = "https://download.docker.com/linux/debian"
DATA = "/var/lib/docker"
FILES = {"Name": "nofile", "Soft": 65536, "Hard": 1048576}


def errors(host: hosts.Described, **parts: Any) -> list[str]:
    return errors_of(plan, host, settings(**parts))


@pytest.mark.parametrize(
    ("desired", "said"),
    [
        ({"source": "Upstream"}, ["docker_engine_source: must be one of upstream, distribution; got 'Upstream'"]),
        ({"service_state": "running"}, ["docker_engine_service_state: must be one of started, stopped; got 'running'"]),
        (
            {"version": "newest"},
            ["docker_engine_version: must be present, latest", "29.7.2", "quote it", "; got 'newest'"],
        ),
        ({"version": "29.7.*"}, ["docker_engine_version: must be", "; got '29.7.*'"]),
        ({"version": "29."}, ["docker_engine_version: must be", "; got '29.'"]),
        ({"version": "5:29.7.2-1~debian.13~trixie"}, ["docker_engine_version: must be", "; got '5:29.7.2"]),
        ({"version": ""}, ["docker_engine_version: must be", "; got ''"]),
        (
            {"repository_url": "ftp://mirror.example.org"},
            ["docker_engine_repository_url: must be an http(s) URL", "; got 'ftp://mirror"],
        ),
        (
            {"repository_url": "mirror.example.org"},
            ["docker_engine_repository_url: must be", "; got 'mirror.example.org'"],
        ),
        (
            {"repository_url": "https://mirror.example.org\n"},
            ["docker_engine_repository_url: must be", "; got 'https://mirror"],
        ),
        ({"repository_url": "https://mirror.example.org/a b"}, ["docker_engine_repository_url: "]),
        (
            {"repository_key_fingerprint": "0EBFCD88"},
            ["docker_engine_repository_key_fingerprint: must be", "40", "; got '0EBFCD88'"],
        ),
        ({"http_proxy": "proxy:3128"}, ["docker_engine_http_proxy: ", "http://proxy.example.org:3128"]),
        ({"https_proxy": 'http://"x"'}, ["docker_engine_https_proxy: "]),
        ({"data_root": "srv/docker"}, ["docker_engine_data_root: must be an absolute path", "; got 'srv/docker'"]),
        ({"config": {"live-restore": "yes"}}, ["docker_engine_config: 'live-restore' is \"yes\"", "true or false"]),
        ({"config": {"log-drivr": "local"}}, ["docker_engine_config: 'log-drivr'", "did you mean 'log-driver'"]),
        # A host without an engine has no plugin either.
        ({"config": {"log-driver": "loki"}}, ["docker_engine_config: 'log-driver' is 'loki'", "json-file", "plugin"]),
        ({"config": {"default-runtime": "kata"}}, ["docker_engine_config: 'default-runtime' is 'kata'", "runtimes"]),
        ({"config": {"authorization-plugins": ["opa"]}}, ["docker_engine_config: 'authorization-plugins'", "'opa'"]),
    ],
)
def test_a_bad_desired_is_rejected_by_name_with_a_way_out(desired: hosts.Described, said: list[str]) -> None:
    (message,) = errors(bare_host(), **desired)
    assert all(part in message for part in said), message


@pytest.mark.parametrize(("root", "variable"), [("/srv/docker", "docker_engine_data_root"), (DATA, "docker_engine")])
def test_a_data_root_on_a_mount_that_does_not_answer_is_an_error(root: str, variable: str) -> None:
    """Nothing of it is known; that is not the same as nothing in it."""
    roots = {DATA: hosts.holdings(), root: hosts.holdings(root, silent="/srv (nfs4, far:/export)")}
    parts = {"data_root": root} if root != DATA else {}
    (message,) = errors(bare_host(data_roots=roots), **parts)
    assert message.startswith(f"{variable}: {root} lies on the mount /srv (nfs4, far:/export), which does not answer")


PLUGINS = {"log": ["json-file", "local", "loki:latest"], "authorization": ["opa"]}


@pytest.mark.parametrize(
    ("engine", "config", "rejected"),
    [
        ({"plugins": PLUGINS}, {"log-driver": "loki"}, False),
        ({"plugins": PLUGINS}, {"log-driver": "lokal"}, True),
        ({"plugins": PLUGINS}, {"authorization-plugins": ["opa"]}, False),
        ({"plugins": PLUGINS}, {"authorization-plugins": ["opb"]}, True),
        # One that is installed, and does not answer, may have any.
        ({"running": False, "answers": False}, {"log-driver": "lokal"}, False),
    ],
)
def test_the_engine_that_runs_is_asked_for_what_it_has(
    engine: hosts.Described, config: hosts.Described, rejected: bool
) -> None:
    host = bare_host()
    host["engine"].update({"binary": "/usr/bin/dockerd", "running": True, "answers": True, "version": "28.5", **engine})
    assert bool(errors(host, config=config)) is rejected


@pytest.mark.parametrize(
    "desired",
    [
        {"repository_url": "http://mirror.example.org:8080/docker/"},
        {"repository_url": "https://[2001:db8::1]/docker"},
        {"repository_key_fingerprint": "0x" + "ab " * 20},
        {"repository_key_fingerprint": "A" * 64},
        {"http_proxy": "socks5h://proxy.example.org:1080", "https_proxy": "http://joe:p%40ss@proxy.example.org"},
        {"version": "29"},
        {"data_root": "/srv/docker"},
    ],
)
def test_good_settings_are_not_rejected(desired: hosts.Described) -> None:
    assert errors(bare_host(index={"age_s": None, "files": []}), **desired) == []


def test_bad_settings_are_reported_all_at_once() -> None:
    found = errors(
        bare_host(snap_docker=True),
        source="snap",
        version="new",
        service_state="on",
        repository_url="x",
        data_root="y",
        http_proxy="z",
        repository_key_fingerprint="f",
    )
    assert len(found) == 8
    with pytest.raises(PlanInvalid, match=r"source.*version.*snap") as caught:
        plan(bare_host(snap_docker=True), settings(source="snap", version="new"))
    assert len(caught.value.reasons) == 3


@pytest.mark.parametrize("variable", ["repository_url", "http_proxy", "https_proxy"])
def test_an_error_does_not_repeat_a_password(variable: str) -> None:
    (message,) = errors(bare_host(), **{variable: "https://joe:open sesame@mirror.example.org"})
    assert "docker_engine_" + variable in message
    assert "sesame" not in message
    (message,) = errors(bare_host(), repository_url="https://joe:opensesame@mirror.example.org")
    assert "opensesame" not in message
    assert "auth.conf.d" in message


def test_what_is_neither_debian_nor_ubuntu_is_rejected() -> None:
    for parts in (
        {"distribution": {**hosts.FEDORA, "pretty_name": "Fedora Linux 43"}, "package_manager": "dnf"},
        {"distribution": {**hosts.FEDORA, "pretty_name": "Fedora Linux 43"}},
    ):
        (message,) = errors(bare_host(**parts))
        assert "Fedora Linux 43 is not supported" in message
        assert "Debian, Ubuntu" in message
    (message,) = errors(bare_host(package_manager="unknown"))
    assert "A look-alike is not supported" in message


def test_an_engine_from_a_snap_is_rejected() -> None:
    (message,) = errors(bare_host(snap_docker=True))
    assert "snap remove docker" in message


def test_a_kubernetes_nodes_own_runtime_is_not_taken_away() -> None:
    packages = {"containerd": package("1.7"), "runc": package("1.1"), "kubelet": package("1.34")}
    (message,) = errors(bare_host(kubernetes_node=True, packages=packages))
    assert "docker_engine_source: upstream would remove containerd, runc" in message
    assert "choose the other source" in message
    assert errors(bare_host(kubernetes_node=True, packages=packages), source="distribution") == []
    assert errors(bare_host(kubernetes_node=True, packages={"docker.io": package("26.1")})) == []
    (message,) = errors(
        bare_host(kubernetes_node=True, packages={"containerd.io": package("2.2")}), source="distribution"
    )
    assert "containerd.io" in message


def test_a_version_that_is_not_offered_is_rejected_with_those_that_are() -> None:
    offered = [f"5:{version}-1~debian.13~trixie" for version in ("29.10.0", "29.9.0", "29.7.2", "28.5.2")]
    index = {"age_s": 60, "files": ["download.docker.com_linux_debian_dists_trixie_stable_binary-amd64_Packages"]}
    ours = {"content": expected_source(), "mode": "0644"}
    host = bare_host(
        index=index,
        offered=dict.fromkeys(["docker-ce", "docker-ce-cli"], offered),
        repository_keys=[hosts.key_file("/etc/apt/keyrings/docker.asc", hosts.UPSTREAM_KEY)],
        files={"/etc/apt/sources.list.d/docker.sources": ours},
    )
    found = errors(host, version="29.70")
    assert len(found) == 2
    assert "docker_engine_version: 29.70 is not offered for docker-ce;" in found[0]
    assert "29.10.0, 29.9.0, 29.7.2, 28.5.2" in found[0]
    assert errors(host, version="29.7") == []
    # An index that will be read before anything is installed may hold it.
    for age in (None, 90_000):
        assert errors({**host, "index": {**index, "age_s": age}}, version="29.70") == []
    assert errors({**host, "index": {"age_s": 60, "files": []}}, version="29.70") == []
    assert "no version of it at all" in errors({**host, "offered": {}}, version="29.7")[0]


def expected_source() -> str:
    (step,) = [each for each in plan(bare_host(), settings()) if each["step"] == "repository"]
    return str(step["to"]["content"])


def test_dockers_address_beside_another_in_one_entry_is_left_to_a_person() -> None:
    path = "/etc/apt/sources.list.d/all.sources"
    both = {**hosts.entry(path, DOCKER, "deb822"), "uris": [DOCKER, "http://deb.example.org/debian"]}
    (message,) = errors(bare_host(repositories=[both]))
    assert f"{path} names Docker's repository and another in one entry; remove its URL by hand" in message
    # Nothing is in the way of entries of their own.
    beside = [hosts.entry(path, DOCKER, "deb822"), hosts.entry(path, "http://deb.example.org/debian", "deb822")]
    assert errors(bare_host(repositories=beside)) == []


def test_live_restore_is_rejected_in_a_swarm() -> None:
    host = bare_host(engine={"binary": "/usr/bin/dockerd", "running": True, "swarm": True, "socket": None})
    (message,) = errors(host)
    assert "docker_engine_config: live-restore is not compatible with Swarm" in message
    assert "{live-restore: null}" in message
    assert errors(host, config={"live-restore": False}) == []
    assert errors(host, config={}) == []


def test_a_masked_unit_is_rejected_where_it_should_run_and_left_alone_where_not() -> None:
    services = {"docker.service": unit(False, False, masked=True), "docker.socket": unit(False, False, masked=True)}
    host = bare_host(services=services)
    (message,) = errors(host)
    assert "docker.service, docker.socket masked" in message
    assert "systemctl unmask docker.service docker.socket" in message
    assert "docker_engine_service_state: stopped" in message
    # The way out that the message names is one: nothing is tried with the masked units.
    assert "enable" not in hosts.steps(host, settings(service_state="stopped"))


def test_hosts_beside_the_units_own_flag_is_rejected() -> None:
    host = bare_host()
    host["daemon_config"]["unit_flags"] = ["-H", "fd://"]
    (message,) = errors(host, config={"hosts": ["tcp://127.0.0.1:2375"]})
    assert message.startswith("docker_engine_config: 'hosts'")


@pytest.mark.parametrize(
    ("flags", "environment"),
    [
        (["-H", "fd://", "--config-file=/srv/docker.json"], {}),
        (["--config-file", "/srv/docker.json"], {}),
        (["-H", "fd://", "$DOCKER_OPTS"], {"DOCKER_OPTS": "--mtu=1400 --config-file=/srv/docker.json"}),
    ],
)
def test_an_engine_that_reads_another_file_is_rejected_before_one_is_written(
    flags: list[str], environment: dict[str, str]
) -> None:
    host = hosts.bare_host(
        packages={name: hosts.package("5:29.7.2-1") for name in ("docker-ce", "docker-ce-cli", "containerd.io")},
        services={"docker.service": {**unit(True, True), "environment": environment}},
    )
    host["daemon_config"]["unit_flags"] = start.expanded(flags, environment)
    (message,) = errors(host)
    assert message.startswith("docker_engine_config: docker.service starts the engine with --config-file=/srv/docker.j")
    assert "remove the flag" in message
    host["daemon_config"]["unit_flags"] = ["--config-file=/etc/docker/daemon.json"]
    assert errors(host) == []


@pytest.mark.parametrize(
    ("variable", "limits", "said"),
    [
        ("config", {"memlock": {"Soft": -1, "Hard": -1}}, "'default-ulimits.memlock' has the Name \"\""),
        ("config", {"nofile": {"Hard": 1024}}, "'default-ulimits.nofile' has a Soft of 65536 above its Hard of 1024"),
        ("config", {"nofile": {"Soft": -1}}, "'default-ulimits.nofile' has a Soft of -1"),
        ("config", {"a": {"Name": "files", "Soft": 1, "Hard": 1}}, 'has the Name "files"'),
        ("config", {"nofile": {"Soft": "1"}}, "'default-ulimits.nofile.Soft' is \"1\""),
        ("config_defaults", {"nofile": {"Soft": "1"}}, "'default-ulimits.nofile.Soft' is \"1\""),
        ("config_defaults", {"nofile": {"Name": "nofile", "Soft": 2, "Hard": 1}}, "a Soft of 2 above its Hard of 1"),
        ("config_defaults", {"nofile": {"Soft": None, "Hard": 1}}, 'has the Name ""'),
    ],
)
def test_limits_with_which_no_container_starts_are_rejected(variable: str, limits: Any, said: str) -> None:
    desired = {"config_defaults": {"default-ulimits": {"nofile": FILES}}, variable: {"default-ulimits": limits}}
    (message,) = errors(bare_host(), **desired)
    assert message.startswith(f"docker_engine_{variable}: ")
    assert said in message


@pytest.mark.parametrize(
    "limits",
    [
        {"memlock": {"Name": "memlock", "Soft": -1, "Hard": -1}},
        {"core": {"name": "core", "soft": 0, "hard": -1}},
        {"nofile": {"Soft": 1024}},
        {"nofile": None},
        {"stack": {"Name": "stack", "Hard": 67108864, "Soft": 67108864}},
    ],
)
def test_limits_that_people_have_are_taken(limits: Any) -> None:
    desired = {"default-ulimits": limits}
    assert errors(bare_host(), config_defaults={"default-ulimits": {"nofile": FILES}}, config=desired) == []
    # The name is someone else's.
    theirs = bare_host()
    theirs["daemon_config"]["content"] = {"default-ulimits": {"nofile": FILES}}
    assert errors(theirs, config=desired) == []


@pytest.mark.parametrize("key", ["data-root", "group", "features", "userns-remap", "log-opts", "runtimes", "hosts"])
@pytest.mark.parametrize("value", [["a"], {"a": 1}, 1, True])
def test_a_value_that_no_engine_takes_is_no_fault_of_the_plan(key: str, value: Any) -> None:
    for packages in ({}, {"docker-ce": package("5:29.7.2-1")}):
        host = bare_host(packages=packages)
        host["daemon_config"]["content"] = {key: value}
        assert all("docker_engine" in message for message in errors(host))


def test_a_file_that_people_broke_is_not_thrown_away() -> None:
    host = bare_host()
    host["daemon_config"]["error"] = "/etc/docker/daemon.json is not JSON: x. Fix it or move it away."
    (message,) = errors(host)
    assert "/etc/docker/daemon.json is not JSON" in message
    assert "Fix it or move it away" in message


def test_another_owners_desired_is_not_overruled() -> None:
    host = bare_host()
    theirs = {"log-driver": "local"}
    host["daemon_config"].update(content=theirs, state={"owners": {"people": theirs}, "displaced": {}})
    (message,) = errors(host)
    assert message.startswith("docker_engine_config: 'log-driver'")
    assert "people" in message


OTHERS = {"of_engine": False, "listening": True}
LINK = {**OTHERS, "kind": "link", "target": "/run/podman/podman.sock", "listening": False}


@pytest.mark.parametrize(
    ("socket", "words"),
    [
        (LINK, "/run/docker.sock is a link to /run/podman/podman.sock"),
        ({**OTHERS, "kind": "folder"}, "/run/docker.sock is a folder"),
        ({**OTHERS, "kind": "file"}, "/run/docker.sock is a file"),
        (OTHERS, "/run/docker.sock is a socket at which another program"),
    ],
)
@pytest.mark.parametrize("running", [True, False])
def test_another_programs_socket_is_not_replaced(socket: hosts.Described, words: str, running: bool) -> None:
    found = {"binary": "/usr/bin/dockerd", "running": running, "answers": False}
    host = bare_host(engine={**found, "socket": hosts.engine_socket(0, **socket)})
    (message,) = errors(host)
    assert words in message
    assert "move it away" in message
    assert "docker_engine_service_state: stopped" in message
    assert errors(host, service_state="stopped") == []
    # An engine that listens elsewhere has no need of the place.
    host["engine"]["socket"]["expected"] = False
    assert errors(host) == []


def test_podmans_link_goes_with_its_package() -> None:
    host = bare_host(packages={"podman-docker": package("5.4.2+ds1-2")})
    host["engine"]["socket"] = hosts.engine_socket(0, **LINK)
    assert errors(host) == []
    assert [step["from"] for step in plan(host, settings()) if step["step"] == "conflicts"] == [["podman-docker"]]


def test_what_a_killed_engine_left_is_in_no_ones_way() -> None:
    left = hosts.engine_socket(0, of_engine=False, listening=False)
    assert (
        errors(bare_host(engine={"binary": "/usr/bin/dockerd", "running": False, "answers": False, "socket": left}))
        == []
    )
