# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json.keys import faults, parse_version

UNIT = ["-H", "fd://", "--containerd=/run/containerd/containerd.sock"]


@pytest.mark.parametrize(
    ("desired", "words"),
    [
        ({"live-restore": "yes"}, ["'live-restore'", '"yes"', "true or false, without quotes"]),
        ({"live-restore": 1}, ["'live-restore'", "true or false"]),
        ({"mtu": "1500"}, ["'mtu'", '"1500"', "a whole number, without quotes"]),
        ({"mtu": True}, ["'mtu'", "a whole number"]),
        ({"dns": "1.1.1.1"}, ["'dns'", "a list of strings"]),
        ({"log-opts": {"max-file": 5}}, ["'log-opts'", '{"max-file": 5}', "put numbers and true/false in quotes"]),
        ({"features": {"cdi": "true"}}, ["'features'", "without quotes"]),
        ({"runtimes": ["nvidia"]}, ["'runtimes'", "a mapping of names to mappings"]),
        ({"runtimes": {"nvidia": {"path": 1}}}, ["'runtimes.nvidia.path' is 1", "a string"]),
        ({"runtimes": {"kata": {"runtimeArgs": "--debug"}}}, ["'runtimes.kata.runtimeArgs'", "a list of strings"]),
        ({"default-ulimits": {"nofile": 65536}}, ["'default-ulimits'", "a mapping of names to mappings"]),
        ({"default-ulimits": {"nofile": {"Soft": "65536"}}}, ["'default-ulimits.nofile.Soft'", "without quotes"]),
        ({"default-ulimits": {"nofile": {"hard": True}}}, ["'default-ulimits.nofile.hard' is true", "a whole number"]),
        ({"default-ulimits": {"nofile": {"Name": 7}}}, ["'default-ulimits.nofile.Name' is 7", "a string"]),
        (
            {"default-network-opts": {"bridge": {"com.docker.network.driver.mtu": 1400}}},
            ["'default-network-opts.bridge.com.docker.network.driver.mtu' is 1400", "put numbers"],
        ),
        ({"default-address-pools": {"base": "10.0.0.0/8"}}, ["a list of mappings"]),
        ({"bip": "10.0.0.1"}, ["'bip' is '10.0.0.1'", "172.17.0.1/24"]),
        ({"bip": "10.0.0.256/24"}, ["'bip'", "one such as"]),
        ({"bip": "fd00::1/64"}, ["'bip'", "172.17.0.1/24"]),
        ({"fixed-cidr": "10.0.0.0/33"}, ["'fixed-cidr'", "one such as"]),
        ({"fixed-cidr-v6": "10.0.0.0/24"}, ["'fixed-cidr-v6'", "fd00:"]),
        ({"default-address-pools": [{"base": "10.0.0.0/16", "size": 8}]}, ["'default-address-pools' holds", "a size"]),
        ({"default-address-pools": [{"base": "10.0.0.0", "size": 24}]}, ["a base such as"]),
        ({"default-address-pools": [{"base": "10.0.0.0/16", "size": "24"}]}, ['"24"', "a size"]),
        ({"liverestore": True}, ["'liverestore' is not a key", "did you mean 'live-restore'?"]),
        ({"qwertz": 1}, ["'qwertz' is not a key", "remove it"]),
        ({"graph": "/srv/docker"}, ["'graph' is not a key", "it is 'data-root' there"]),
        ({"insecure-registry": ["a"]}, ["it is 'insecure-registries' there"]),
        ({"host-gateway-ip": "10.0.0.1", "host-gateway-ips": ["10.0.0.1"]}, ["exclude each other"]),
        ({"bridge": "br0", "bip": "10.0.0.1/24"}, ["'bridge' and 'bip' exclude each other"]),
        ({"iptables": False, "icc": False}, ["'icc' is false by rules of iptables"]),
        ({"containerd-plugins-namespace": "moby"}, ['both "moby"', "give each"]),
        ({"http-proxy": "http://p"}, ["only inside 'proxies'", "proxies: {http-proxy: ...}"]),
        ({"proxies": {"http_proxy": "http://p"}}, ["'proxies.http_proxy'", "http-proxy, https-proxy, no-proxy"]),
        ({"proxies": "http://joe:secret@p"}, ["'proxies'", "***", "a mapping"]),
        ({"oom-score-adjust": -500}, ["was removed in Docker Engine 26.0"]),
        ({"hosts": ["tcp://0.0.0.0"]}, ["'hosts'", "'-H fd://'", "drop-in with an empty ExecStart="]),
        ({"containerd": "/x"}, ["'containerd'", "'--containerd=/run/containerd/containerd.sock'", "or the flag"]),
    ],
)
def test_a_bad_desired_is_reported(desired: dict[str, Any], words: list[str]) -> None:
    (message,) = faults(desired, UNIT)
    for word in words:
        assert word in message
    assert "secret" not in message


NOWHERE = [
    *("tcp:0.0.0.0", "unix:/run/docker.sock", "/run/docker.sock", "unix://tcp://x", "npipe:////./pipe/x", "ssh://h"),
    *("tcp://0.0.0.0:0", "tcp://0.0.0.0:99999", "tcp://h:abc", "tcp://h:1/path", "tcp://::1:2375", "tcp://[::1"),
    *("h:1:2", "tcp://[1.2.3.4.5]:1", "http://h:1", "tcp://a b", "unix:///" + "x" * 120, "tcp://0.0.0.0:2375,fd://"),
]
SOMEWHERE = [
    *("fd://", "fd://3", "unix://", "unix:///run/docker.sock", "unix://run/x", "tcp://", "tcp://:2375", ":2375", ""),
    *("0.0.0.0:2375", "tcp://0.0.0.0", "tcp://[::1]:2376", "tcp://[fe80::1%eth0]:1", "gpu-1.example.org", " fd:// "),
]


@pytest.mark.parametrize("host", NOWHERE)
def test_where_no_engine_can_listen_is_reported(host: str) -> None:
    (message,) = faults({"hosts": ["fd://", host]})
    assert "'hosts' holds" in message
    assert "tcp://192.0.2.1:2376" in message


@pytest.mark.parametrize("host", SOMEWHERE)
def test_where_an_engine_can_listen_is_no_error(host: str) -> None:
    assert faults({"hosts": [host]}) == []


def test_all_that_is_wrong_is_reported_at_once() -> None:
    assert len(faults({"live-restore": "yes", "bogus": 1, "hosts": ["fd://"], "no-proxy": "x"}, UNIT)) == 4


def test_what_the_engine_takes_and_ignores_is_no_error() -> None:
    assert faults({"allow-nondistributable-artifacts": ["registry.example.org"], "deprecated-key-path": "/k"}) == []


def test_a_good_desired_passes() -> None:
    desired = {
        "live-restore": True,
        "log-driver": "json-file",
        "log-opts": {"max-size": "50m", "max-file": "5", "tag": None},
        "default-address-pools": [{"base": "10.200.0.0/16", "size": 24}, {"base": "fd00::/8", "size": 64}],
        "bip": "10.201.0.1/24",
        "fixed-cidr": "10.201.0.128/25",
        "default-ulimits": {"nofile": {"Name": "nofile", "Soft": 65536, "Hard": 1048576}},
        "default-shm-size": "1g",
        "runtimes": {"nvidia": {"path": "nvidia-container-runtime", "args": []}},
        "features": {"cdi": True},
        "proxies": {"http-proxy": "http://p", "no-proxy": "localhost"},
        "debug": None,
        "mtu": 1450,
    }
    assert faults(desired, UNIT, "29.7.2") == []


@pytest.mark.parametrize(
    ("key", "version", "rejected"),
    [
        ("proxies", "20.10.24+dfsg1", True),
        ("proxies", "23.0.1", False),
        ("cdi-spec-dirs", "5:24.0.9-1~debian.12~bookworm", True),
        ("cdi-spec-dirs", "26.1.5+dfsg1", False),
        ("nri-opts", "29.1.3", True),
        ("nri-opts", "29.2", False),
        ("oom-score-adjust", "20.10.24", False),
        ("oom-score-adjust", "29.1", True),
        ("proxies", None, False),
    ],
)
def test_keys_have_their_versions(key: str, version: str | None, rejected: bool) -> None:
    sample = {"proxies": {}, "cdi-spec-dirs": [], "nri-opts": {}, "oom-score-adjust": 0}
    assert bool(faults({key: sample[key]}, engine_version=version)) is rejected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("28.2", (28, 2)), ("v29.1.3", (29, 1)), ("5:29.1.3-1~debian.13~trixie", (29, 1)), ("latest", None), (None, None)],
)
def test_versions_are_read(text: str | None, expected: tuple[int, int] | None) -> None:
    assert parse_version(text) == expected


def test_a_runtime_may_be_a_flag_and_a_key() -> None:
    assert faults({"runtimes": {"a": {"path": "b"}}}, ["--runtimes=x"]) == []


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("log-level", "loud", "must be one of debug, info, warn, error, fatal."),
        ("log-level", "debgu", "did you mean debug?"),
        ("log-format", "yaml", "must be one of text, json"),
        ("default-cgroupns-mode", "shared", "must be one of private, host"),
        ("default-ipc-mode", "host", "must be one of private, shareable"),
        ("dns", ["192.0.2.1", "not an ip"], 'holds "not an ip", but must be an IP address'),
        ("dns", ["dns.example.org"], "must be an IP address"),
        ("ip", "everywhere", "must be an IP address"),
        ("default-gateway", "10.0.0.0/8", "must be an IP address"),
        ("max-concurrent-downloads", -1, "is -1, but must be 0 or more"),
        ("max-download-attempts", -3, "must be 0 or more"),
        ("mtu", -1, "must be 0 or more"),
    ],
)
def test_values_that_no_engine_starts_with(key: str, value: Any, words: str) -> None:
    (reported,) = faults({key: value})
    assert reported.startswith(f"'{key}' ")
    assert words in reported


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("log-level", "WARN"),
        ("log-level", "warning"),
        ("dns", ["192.0.2.1", "2001:db8::1", " 192.0.2.1 "]),
        ("dns", []),
        ("ip", ""),
        ("ip", "0.0.0.0"),
        ("mtu", 0),
        ("shutdown-timeout", -1),
        ("max-concurrent-uploads", 5),
    ],
)
def test_values_that_an_engine_takes(key: str, value: Any) -> None:
    assert faults({key: value}) == []
