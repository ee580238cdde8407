# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All roles' plans as one."""

from __future__ import annotations

from typing import Any

from ansible_collections.dockyard.gpu.plugins.plugin_utils.site_plan import site_plan
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts, machines, toolkit_stand_in


def wishes(**group: Any) -> dict[str, dict[str, Any]]:
    return {
        "nvidia_driver": machines.wishes(allow_container=True),
        "nvidia_container_toolkit": toolkit_stand_in.wishes(),
        "docker_group": {"users": [], "exclusive": False, **group},
        "docker_engine": hosts.wishes(),
    }


def test_the_steps_of_all_roles_come_in_the_order_in_which_site_runs_them() -> None:
    planned = site_plan(machines.host("h100x8"), wishes())
    assert planned["refused"] == []
    components = list(dict.fromkeys(step["component"] for step in planned["steps"]))
    assert components == ["nvidia_driver", "nvidia_container_toolkit", "docker_engine"]


def test_what_any_role_refuses_comes_at_once_and_then_nothing_is_planned() -> None:
    wished = wishes(users=["nobody-here"])
    wished["docker_engine"]["source"] = "moon"
    planned = site_plan(machines.host("h100x8"), wished)
    assert planned["steps"] == []
    assert [reason.split(":")[0] for reason in planned["refused"]] == ["docker_group_users", "docker_engine_source"]
