# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Defaults of daemon.json give way to what a host cannot give, and to what its people have settled."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine.defaults import (
    desired_config,
    fitting_defaults,
)
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described, bare_host, wanted

LOGS = {"log-driver": "json-file", "log-opts": {"max-size": "50m"}, "live-restore": True}
POOLS = {"default-address-pools": [{"base": "172.17.0.0/16", "size": 24}]}


def with_file(content: Described, ours: Described | None = None) -> Described:
    host = bare_host()
    host["daemon_config"].update(content=content, state={"owners": {"docker_engine": ours or {}}})
    return host


@pytest.mark.parametrize(
    ("content", "ours", "settings", "expected"),
    [
        (None, {}, {}, {"log-driver", "log-opts", "live-restore"}),
        ({"log-driver": "json-file"}, {}, {}, {"log-opts", "live-restore"}),
        ({"live-restore": False}, {}, {}, {"log-driver", "log-opts"}),
        ({"live-restore": False}, {"live-restore": True}, {}, {"log-driver", "log-opts", "live-restore"}),
        ({"log-driver": "syslog"}, {}, {}, {"live-restore"}),
        # What this role wrote, and someone changed since, is put back.
        ({"log-driver": "syslog"}, {"log-driver": "json-file"}, {}, {"log-driver", "log-opts", "live-restore"}),
        ({"log-driver": "syslog"}, {}, {"log-driver": "local"}, {"log-opts", "live-restore"}),
        (None, {}, {"log-driver": "journald"}, {"log-driver", "live-restore"}),
        (None, {}, {"log-driver": None}, {"log-driver", "log-opts", "live-restore"}),
    ],
)
def test_log_settings_are_of_one_driver(
    content: Described, ours: Described, settings: Described, expected: set[str]
) -> None:
    before = copy.deepcopy(LOGS)
    assert set(fitting_defaults(LOGS, with_file(content, ours), settings)) == expected
    assert before == LOGS


DEFAULTS = yaml.safe_load((Path(__file__).parents[5] / "roles/docker_engine/defaults/main.yml").read_text())[
    "docker_engine_config_defaults"
]
THEIRS: Described = {
    "log-driver": "local",
    "log-opts": {"max-size": "1g", "max-file": "2"},
    "live-restore": False,
    "default-address-pools": [{"base": "10.200.0.0/16", "size": 24}],
    "default-ulimits": {"nofile": {"Name": "nofile", "Soft": 1024}},
}


@pytest.mark.parametrize("key", DEFAULTS)
def test_no_default_is_put_over_what_someone_wrote_before(key: str) -> None:
    host = with_file({key: THEIRS[key]})
    assert key not in fitting_defaults(DEFAULTS, host, {})
    assert desired_config(host, wanted("docker_engine", config_defaults=DEFAULTS)).get(key) is None
    # Once it was this role's, a change is drift; and what a variable says comes over all.
    assert fitting_defaults(DEFAULTS, with_file({key: THEIRS[key]}, {key: DEFAULTS[key]}), {})[key] == DEFAULTS[key]
    said = wanted("docker_engine", config_defaults=DEFAULTS, config={key: DEFAULTS[key]})
    assert desired_config(host, said)[key] == DEFAULTS[key]


def test_of_a_mapping_that_someone_began_each_key_counts() -> None:
    host = with_file({"log-opts": {"max-size": "1g", "tag": "x"}, "default-ulimits": {"memlock": {"Soft": -1}}})
    fitting = fitting_defaults(DEFAULTS, host, {})
    assert fitting["log-opts"] == {"max-file": "5"}
    assert list(fitting["default-ulimits"]) == ["nofile"]


def test_someones_address_pools_stay() -> None:
    theirs = {"default-address-pools": [{"base": "10.200.0.0/16", "size": 24}]}
    assert fitting_defaults(POOLS, with_file(theirs), {}) == {}
    assert fitting_defaults(POOLS, with_file(theirs, POOLS), {}) == POOLS


@pytest.mark.parametrize(
    ("highest", "soft", "hard"), [(1048576, 65536, 1048576), (524288, 65536, 524288), (1024, 1024, 1024)]
)
def test_default_limits_are_no_higher_than_the_hosts(highest: int, soft: int, hard: int) -> None:
    nofile = {"Name": "nofile", "Soft": 65536, "Hard": 1048576}
    config = {
        "debug": True,
        "default-ulimits": {"nofile": nofile, "memlock": {"Name": "memlock", "Soft": -1, "Hard": -1}},
    }
    before = copy.deepcopy(config)
    fitting = fitting_defaults(config, bare_host(open_files_limit=highest), {})
    assert fitting["default-ulimits"]["nofile"] == {"Name": "nofile", "Soft": soft, "Hard": hard}
    assert fitting["default-ulimits"]["memlock"]["Hard"] == -1
    assert fitting["debug"] is True
    assert config == before


@pytest.mark.parametrize("config", [{}, {"default-ulimits": None}, {"default-ulimits": {}}, {"debug": True}])
def test_where_no_limit_is_desired_none_is_set(config: Described) -> None:
    assert fitting_defaults(config, bare_host(open_files_limit=1024), {}) == config
