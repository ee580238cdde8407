# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the next boot needs: the engine after what containers with GPUs need, without a cycle and without a hard tie."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import toolkit_paths
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_container_toolkit.boot import boot_files, boot_steps
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_container_toolkit.plan import plan, status
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described, unit
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.toolkit_stand_in import (
    ToolkitMachine,
    driven,
    settings,
    with_engine,
)

ENGINE, REFRESH = "docker.service", toolkit_paths.REFRESH_SERVICE
PERSISTENCED, FABRIC_MANAGER = "nvidia-persistenced.service", "nvidia-fabricmanager.service"


def host(**waits: list[str]) -> Described:
    """With the units of NVIDIA's, each waiting for those that are named; `_` stands for a dash."""
    made = with_engine(driven(), "29.2.0")
    for name in (REFRESH, PERSISTENCED, FABRIC_MANAGER):
        found = {**unit(), "waits_for": waits.get(name.partition(".")[0].replace("-", "_"), [])}
        made["toolkit" if name == REFRESH else "nvidia_services"].setdefault("units", {})
        (made["toolkit"]["units"] if name == REFRESH else made["nvidia_services"])[name] = found
    return made


def ties(content: str, key: str) -> list[str]:
    lines = [line.partition("=")[2] for line in content.splitlines() if line.startswith(key + "=")]
    return " ".join(lines).split()


def test_the_engine_waits_for_the_specification_and_the_daemons_and_needs_none_of_them() -> None:
    files = boot_files(host(), settings())
    engine = files[toolkit_paths.ENGINE_DROP_IN]
    assert ties(engine, "After") == [REFRESH, PERSISTENCED, FABRIC_MANAGER]
    assert ties(engine, "Wants") == [REFRESH, "dockyard-gpu-containers.service"]
    assert not any(word in "".join(files.values()) for word in ("Requires=", "BindsTo=", "Before="))
    assert "TimeoutStartSec=90s" in files[toolkit_paths.REFRESH_DROP_IN]


@pytest.mark.parametrize(
    ("waits", "engine_after", "refresh_after"),
    [
        ({"nvidia_cdi_refresh": [ENGINE]}, [PERSISTENCED, FABRIC_MANAGER], [PERSISTENCED]),
        ({"nvidia_persistenced": [ENGINE]}, [REFRESH, FABRIC_MANAGER], []),
        ({"nvidia_persistenced": [REFRESH]}, [REFRESH, PERSISTENCED, FABRIC_MANAGER], []),
        ({"nvidia_persistenced": [REFRESH, ENGINE], "nvidia_cdi_refresh": [ENGINE]}, [FABRIC_MANAGER], []),
        ({"nvidia_fabricmanager": [ENGINE]}, [REFRESH, PERSISTENCED], [PERSISTENCED]),
    ],
)
def test_no_one_waits_for_who_waits_for_them(
    waits: dict[str, list[str]], engine_after: list[str], refresh_after: list[str]
) -> None:
    files = boot_files(host(**waits), settings())
    assert ties(files[toolkit_paths.ENGINE_DROP_IN], "After") == engine_after
    assert ties(files[toolkit_paths.REFRESH_DROP_IN], "After") == refresh_after
    assert (REFRESH in ties(files[toolkit_paths.ENGINE_DROP_IN], "Wants")) is (REFRESH in engine_after)


def test_an_order_that_is_the_other_way_round_is_reported() -> None:
    made = host(nvidia_cdi_refresh=[ENGINE])
    assert any(REFRESH in warning and ENGINE in warning for warning in status(made, settings())["warnings"])
    assert not any(REFRESH in warning for warning in status(host(), settings())["warnings"])


@pytest.mark.parametrize(
    ("parts", "desired", "paths"),
    [
        ({}, {}, set(toolkit_paths.BOOT_FILES)),
        ({}, {"cdi": False}, {toolkit_paths.ENGINE_DROP_IN, toolkit_paths.RETRY_UNIT}),
        ({"init": "none"}, {}, set()),
        ({}, {"state": "absent"}, set()),
    ],
)
def test_where_which_files_are(parts: Described, desired: Described, paths: set[str]) -> None:
    made = {**host(), **parts}
    assert set(boot_files(made, settings(**desired))) == paths
    if desired == {"cdi": False}:
        assert ties(boot_files(made, settings(**desired))[toolkit_paths.ENGINE_DROP_IN], "After")[0] == PERSISTENCED


@pytest.mark.parametrize("path", toolkit_paths.BOOT_FILES)
@pytest.mark.parametrize("tampered", [None, {"content": "[Unit]\n", "mode": "0644"}, {"mode": "0600"}])
def test_what_is_done_to_them_is_drift(path: str, tampered: Any) -> None:
    made = ToolkitMachine(host())
    made.converge(settings())
    assert plan(made.host, settings()) == []
    made.host["files"][path] = tampered and {**made.host["files"][path], **tampered}
    (step,) = plan(made.host, settings())
    assert (step["step"], list(step["to"]["files"]), step["disrupts"]) == ("boot", [path], "none")
    made.converge(settings())
    assert plan(made.host, settings()) == []
    assert plan(made.host, settings(cdi=False))[0]["to"]["absent"] == [toolkit_paths.REFRESH_DROP_IN]
    made.converge(settings(state="absent"))
    assert [made.host["files"][each] for each in toolkit_paths.BOOT_FILES] == [None] * 3


@pytest.mark.parametrize(("driver", "reloads"), [("systemd", False), ("cgroupfs", True)])
def test_systemd_is_not_reloaded_under_containers_that_would_lose_their_gpus(driver: str, reloads: bool) -> None:
    made = host()
    made["engine"]["cgroup_driver"] = driver
    made["gpu_containers"] = [{"id": "1", "name": "trainer"}]
    (step,) = boot_steps(made, settings())
    assert step["to"]["reload"] is reloads
    assert ("trainer" in step["why"]) is not reloads
