# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options go with their log driver: an engine that is given others does not start."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine.defaults import desired_config
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine.plan import plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import errors_of
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described, bare_host, package, wanted


def with_file(content: Described | None, ours: Described | None = None, version: str = "") -> Described:
    host = bare_host()
    host["daemon_config"].update(content=content, state={"owners": {"docker_engine": ours} if ours else {}})
    if version:
        answers = {"binary": "/usr/bin/dockerd", "running": True, "answers": True, "version": version}
        host["engine"].update(answers)
        host["packages"]["docker-ce"] = package(f"5:{version}-1")
    return host


def said(host: Described, **variables: Any) -> list[str]:
    return errors_of(plan, host, {**wanted("docker_engine", **variables), "comparison_key": ""})


SYSLOG = {"syslog-address": "udp://10.0.0.1:514"}
SPLUNK = {"splunk-url": "https://s", "splunk-token": "t"}
LOKI = {"loki-url": "http://l"}


@pytest.mark.parametrize(
    ("content", "config", "words"),
    [
        # Of someone else's, in the file.
        ({"log-opts": {"max-size": "1g"}}, {"log-driver": "journald"}, ["journald", "max-size", "daemon.json"]),
        ({"log-driver": "syslog", "log-opts": SYSLOG}, {"log-driver": "json-file"}, ["syslog-address", "json-file"]),
        ({"log-driver": "syslog", "log-opts": SYSLOG}, {"log-driver": "local"}, ["syslog-address", "local"]),
        ({"log-driver": "splunk", "log-opts": SPLUNK}, {"log-driver": "local"}, ["splunk-token", "splunk-url"]),
        ({"log-driver": "loki", "log-opts": LOKI}, {"log-driver": "json-file"}, ["loki-url", "json-file"]),
        # The file's own, without a driver: json-file is the engine's.
        ({"log-opts": SYSLOG}, {}, ["syslog-address", "json-file", "daemon.json"]),
        # Of the variable itself.
        (None, {"log-driver": "journald", "log-opts": {"max-size": "1g"}}, ["journald", "max-size"]),
        (None, {"log-opts": SYSLOG}, ["syslog-address", "json-file"]),
        (None, {"log-driver": "awslogs", "log-opts": {"awslogs-region": "a"}}, ["awslogs", "awslogs-group"]),
        (None, {"log-driver": "gelf", "log-opts": {"tag": "a"}}, ["gelf", "gelf-address"]),
        (None, {"log-opts": {"mode": "nonblocking"}}, ["mode", "non-blocking"]),
        (None, {"log-opts": {"max-buffer-size": "4m"}}, ["max-buffer-size", "non-blocking"]),
    ],
)
def test_options_that_the_driver_does_not_take_are_an_error(
    content: Described | None, config: Described, words: list[str]
) -> None:
    found = said(with_file(content), config=config)
    assert len(found) == 1, found
    for word in (*words, "docker_engine_config"):
        assert word in found[0]


@pytest.mark.parametrize(
    ("content", "config"),
    [
        (None, {}),
        ({"log-driver": "syslog", "log-opts": SYSLOG}, {}),
        ({"log-driver": "journald"}, {}),
        ({"log-driver": "none", "log-opts": LOKI}, {}),
        ({"log-driver": "journald", "log-opts": {"tag": "a"}}, {}),
        ({"log-opts": {"mode": "non-blocking", "max-buffer-size": "4m", "cache-disabled": "true"}}, {}),
        ({"log-driver": "syslog", "log-opts": {"mode": "non-blocking"}}, {"log-driver": "journald"}),
        ({"log-opts": {"tag": "a", "env": "b"}}, {"log-driver": "syslog"}),
        (None, {"log-driver": "local", "log-opts": {"compress": "false"}}),
        (None, {"log-driver": "syslog", "log-opts": {**SYSLOG, "labels-regex": "^a"}}),
        (None, {"log-driver": "awslogs", "log-opts": {"awslogs-group": "a", "tag": "b"}}),
    ],
)
def test_options_of_their_driver_are_none(content: Described | None, config: Described) -> None:
    assert said(with_file(content), config=config) == []


@pytest.mark.parametrize("driver", ["journald", "syslog", "gcplogs", "fluentd", "splunk", "none", "loki"])
def test_our_own_options_go_with_our_driver(driver: str) -> None:
    """What the default had written is not there beside another driver, whoever names it, and the advice is none."""
    ours = {"log-driver": "json-file", "log-opts": {"max-size": "50m", "max-file": "5"}}
    desired = wanted("docker_engine", config={"log-driver": driver})
    host = with_file(ours, ours)
    host["engine"].update(running=True, binary="/usr/bin/dockerd", version="29.1.0", plugins={"log": [driver]})
    assert "log-opts" not in desired_config(host, desired)
    host["engine"]["plugins"]["authorization"] = []
    assert said(host, config={"log-driver": driver}) == []


@pytest.mark.parametrize(
    ("version", "option", "right"),
    [
        ("29.4.3", "tag", False),
        ("29.5.0", "tag", True),
        ("20.10.24+dfsg1", "labels", False),
        ("28.5", "compress", True),
    ],
)
def test_local_takes_attributes_since_29_5(version: str, option: str, right: bool) -> None:
    host = with_file(None, version=version)
    assert (said(host, config={"log-driver": "local", "log-opts": {option: "a"}}) == []) is right


@pytest.mark.parametrize(
    ("defaults", "content", "expected"),
    [
        # The default driver does not take what someone has written there, and gives way with its options.
        ({"log-driver": "local", "log-opts": {"max-size": "5m"}}, {"log-opts": {"labels": "a"}}, {}),
        ({"log-driver": "journald", "log-opts": {"tag": "x"}}, {"log-opts": {"max-size": "1g"}}, {}),
        ({"log-driver": "syslog", "log-opts": SYSLOG}, {"log-driver": "journald"}, {}),
        ({"log-driver": "json-file", "log-opts": {"max-size": "5m", "tag": "x"}}, {"log-driver": "journald"}, {}),
        (
            {"log-driver": "json-file", "log-opts": {"max-size": "5m"}},
            {"log-driver": "local"},
            {"log-opts": {"max-size": "5m"}},
        ),
    ],
)
def test_a_default_gives_way_as_a_group(defaults: Described, content: Described, expected: Described) -> None:
    host = with_file(content, version="28.5.2")
    assert desired_config(host, wanted("docker_engine", config_defaults=defaults)) == expected
    assert said(host, config_defaults=defaults) == []
