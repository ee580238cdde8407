# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json.effect import (
    RELOADED,
    RESET_BY_RELOAD,
    effect,
    same,
)
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json.keys import KEYS, SINCE


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {}, "none"),
        (None, {}, "none"),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 2, "x": 1}}, "none"),
        (None, {"registry-mirrors": ["http://m"]}, "reload"),
        ({}, {"runtimes": {"nvidia": {"path": "n"}}, "live-restore": True}, "reload"),
        ({}, {"log-driver": "local"}, "restart"),
        ({}, {"live-restore": True, "log-driver": "local"}, "restart"),
        ({"debug": True}, {"debug": 1}, "reload"),
        # A SIGHUP does not take back what left the file ...
        ({"live-restore": True}, {}, "restart"),
        ({"runtimes": {"nvidia": {"path": "n"}}}, {}, "restart"),
        # ... except for a part of a mapping, and for the few keys that it resets.
        ({"runtimes": {"a": {}, "b": {}}}, {"runtimes": {"b": {}}}, "reload"),
        ({"max-concurrent-downloads": 5}, {}, "reload"),
        ({"nri-opts": {"enable": True}}, {}, "reload"),
        ({"nri-opts": {"enable": True, "socket-path": "/run/nri.sock"}}, {"nri-opts": {"enable": True}}, "reload"),
        # Most features are read at start only.
        ({}, {"features": {"cdi": True}}, "restart"),
        ({"features": {"containerd-snapshotter": True, "buildkit": True}}, {"features": {"buildkit": True}}, "restart"),
        ({"features": {"cdi": True}}, {"features": {"cdi": True, "buildkit": False}}, "reload"),
        ({"features": {}}, {}, "reload"),
        ({"features": "damaged"}, {"features": {"buildkit": True}}, "restart"),
    ],
)
def test_effect(before: Any, after: Any, expected: str) -> None:
    assert effect(before, after) == expected


def test_the_tables_speak_of_keys_that_there_are() -> None:
    assert set(KEYS) >= RELOADED >= RESET_BY_RELOAD
    assert set(KEYS) >= set(SINCE)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (1, True, False),
        (0, False, False),
        (1, 1.0, False),
        ("1", 1, False),
        (None, False, False),
        ([1], [True], False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": [1, {"b": None}], "c": 2}, {"c": 2, "a": [1, {"b": None}]}, True),
    ],
)
def test_same_as_json_has_it(one: Any, other: Any, expected: bool) -> None:
    assert same(one, other) is expected
