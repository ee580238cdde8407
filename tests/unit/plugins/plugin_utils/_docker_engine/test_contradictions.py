# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables that contradict each other, and storage drivers that no engine has, are errors of the plan."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import image_store
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine import contradictions, defaults
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine.plan import plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import errors_of
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described, bare_host, settings

MIRROR, OTHER = "https://mirror.example.org", "https://other.example.org"
PROXY = "http://joe:sesame@proxy.example.org:3128"
ANOTHER_PROXY = "http://another.example.org:1"
TWO: dict[str, tuple[Described, Described]] = {
    "data-root": ({"data-root": "/srv/a"}, {"data_root": "/srv/b"}),
    "registry-mirrors": ({"registry-mirrors": [MIRROR]}, {"registry_mirrors": [OTHER]}),
    "proxies.http-proxy": ({"proxies": {"http-proxy": ANOTHER_PROXY}}, {"http_proxy": PROXY}),
    "proxies.https-proxy": ({"proxies": {"https-proxy": ANOTHER_PROXY}}, {"https_proxy": PROXY}),
    "proxies.no-proxy": ({"proxies": {"no-proxy": "a"}}, {"http_proxy": PROXY, "no_proxy": ["b"]}),
}


def errors(**parts: Any) -> list[str]:
    return errors_of(plan, bare_host(), settings(**{"config": {}, **parts}))


@pytest.mark.parametrize("key", TWO)
def test_a_key_with_two_masters_is_an_error_that_names_both(key: str) -> None:
    config, variables = TWO[key]
    (message,) = errors(config=config, **variables)
    assert message.startswith(f"docker_engine_config: '{key}' ")
    assert any(f"docker_engine_{name}" in message for name in variables)
    assert "sesame" not in message


def test_each_key_with_a_variable_of_its_own_is_among_them() -> None:
    assert {*TWO} == {*defaults.SHORT, *(f"proxies.{key}" for key in contradictions._PROXIES)}


@pytest.mark.parametrize(
    "parts",
    [
        {"config": {"data-root": "/srv/a/"}, "data_root": "/srv/a"},
        {"config": {"data-root": None}, "data_root": "/srv/a"},
        {"config_defaults": {"data-root": "/srv/a"}, "data_root": "/srv/b"},
        {"config": {"registry-mirrors": [MIRROR]}, "registry_mirrors": [f"{MIRROR}/"]},
        {"config": {"proxies": {"http-proxy": ANOTHER_PROXY}}, "https_proxy": PROXY},
        # Without a proxy, where none is used says nothing.
        {"config": {"proxies": {"http-proxy": ANOTHER_PROXY, "no-proxy": "a"}}, "no_proxy": ["b"]},
    ],
)
def test_what_does_not_contradict_is_no_error(parts: Described) -> None:
    assert errors(**parts) == []


@pytest.mark.parametrize(
    ("name", "near"),
    [("overlay3", "overlay2"), ("Overlay2", "overlay2"), ("overlayfs2", "overlayfs"), ("qwertz", "remove it")],
)
@pytest.mark.parametrize("variable", ["config", "config_defaults"])
def test_a_storage_driver_that_no_one_has_is_an_error(name: str, near: str, variable: str) -> None:
    (message,) = errors(**{variable: {"storage-driver": name}})
    assert message.startswith(f"docker_engine_{variable}: 'storage-driver' is '{name}'")
    assert near in message


@pytest.mark.parametrize("name", ["overlay2", "vfs", "zfs", "overlayfs", "stargz", "cvmfs-snapshotter", ""])
def test_storage_drivers_and_snapshotters_that_there_are_pass(name: str) -> None:
    assert errors(config={"storage-driver": name}) == []


def test_one_that_is_in_use_passes_whatever_its_name() -> None:
    runs, configured = bare_host(), bare_host()
    runs["engine"]["storage_driver"] = "mine"
    configured["daemon_config"]["content"] = {"storage-driver": "mine"}
    for host in (runs, configured):
        assert contradictions.storage_driver(host, {"storage-driver": "mine"}, ()) == ""


@pytest.mark.parametrize("name", image_store.GONE_SINCE)
def test_a_storage_driver_that_is_gone_by_now_is_an_error(name: str) -> None:
    said = contradictions.storage_driver(bare_host(), {"storage-driver": name}, (29, 7))
    assert f"was removed in Docker Engine {image_store.GONE_SINCE[name]}" in said
    assert contradictions.storage_driver(bare_host(), {"storage-driver": name}, (20, 10)) == ""
