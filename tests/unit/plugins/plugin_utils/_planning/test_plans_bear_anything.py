# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever someone gives a variable, there is a plan, or an error that names a variable; nothing else, ever."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.dockyard.gpu.plugins.filter import fleet, plans, roles
from ansible_collections.dockyard.gpu.plugins.plugin_utils._container_image.queries import questions
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine import defaults
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning import variables
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import DISRUPTS, PlanInvalid
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.variable_specs import PLAYBOOKS, options
from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting import fleet_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._site import plan
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import (
    container_stand_in,
    hosts,
    machines,
    toolkit_stand_in,
)
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import given as values
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described
from hypothesis import given
from hypothesis import strategies as st

DOCUMENTED = {name for owner in values.OWNERS for name in options(owner)}
BUILD = {"error": "", "dockerfile": "d" * 64, "context": "c" * 64, "files": 1, "bytes": 1, "bases": ["debian:13"]}
ENGINE = {"answers": True, "version": "28", "architecture": "amd64", "buildx": True, "error": ""}
PACKAGES = {name: hosts.package("5:29.7.2-1") for name in ("docker-ce", "docker-ce-cli", "containerd.io")}
RUNNING = {"binary": "/usr/bin/dockerd", "running": True, "answers": True, "version": "29.7.2", "socket": None}


def bare(_wanted: Described) -> Described:
    return hosts.bare_host()


def running(_wanted: Described) -> Described:
    return hosts.bare_host(packages=PACKAGES, engine=RUNNING, users={"ada": True})


def with_gpus(_wanted: Described) -> Described:
    return machines.host("rtx4090")


def driven(_wanted: Described) -> Described:
    return toolkit_stand_in.with_engine(toolkit_stand_in.driven(), "29.7.2")


def with_containers(wanted: Described) -> Described:
    described = [each["name"] for each in wanted.get("list", [])][:1]
    found = container_stand_in.host(*(container_stand_in.container(name) for name in described))
    return found if described and len(described[0]) % 2 else container_stand_in.host()


def with_images(wanted: Described) -> Described:
    asked = questions(wanted["list"], {})
    wanted["builds"] = {each["name"]: BUILD for each in (*asked["control"], *asked["host"])}
    asked = questions(wanted["list"], wanted["builds"])
    look = {
        "engine": ENGINE,
        "images": dict.fromkeys(asked["names"]),
        "registry": {name: {"digest": "", "error": "gone"} for name in asked["registry"]},
        "archives": {path: {"error": "", "images": {}} for path in asked["archives"]},
        "replaced": {},
        "pushed": {},
    }
    return {**hosts.bare_host(), "images": look}


HOSTS: dict[str, list[Callable[[Described], Described]]] = {
    "docker_engine": [bare, running],
    "docker_group": [bare, running],
    "nvidia_driver": [bare, with_gpus, driven],
    "nvidia_container_toolkit": [bare, driven],
    "container_image": [with_images],
    "gpu_container": [with_containers],
    "remove": [bare, running, driven],
}
BESIDE: dict[str, Described] = {
    "nvidia_driver": {"today": "2026-11"},
    "container_image": {"preview": False},
    "gpu_container": {"preview": False},
}


def names_a_variable(reason: str, names: set[str] = DOCUMENTED) -> bool:
    return any(name in reason for name in names)


def read(owner: str, raw: dict[str, Any]) -> Described:
    wanted = variables.read(owner, raw)
    assert all(names_a_variable(reason, set(options(owner))) for reason in wanted["errors"]), wanted["errors"]
    assert all("\n" not in reason and len(reason) <= 2000 for reason in wanted["errors"])
    # Whatever becomes of it goes to modules, as JSON.
    json.dumps(wanted, allow_nan=False).encode()
    return {**wanted, **BESIDE.get(owner, {})}


def outcome(call: Callable[..., Any], *arguments: Any) -> tuple[Any, list[str]]:
    """What comes of it, or why nothing does; any other exception is a failure."""
    try:
        return call(*arguments), []
    except PlanInvalid as rejected:
        return None, rejected.reasons or ["an error without a reason"]
    except AnsibleFilterError as error:
        return None, [str(error)]


def test_every_plan_is_in_the_table() -> None:
    assert set(HOSTS) == set(plans._ROLES)


@pytest.mark.parametrize("owner", HOSTS)
@given(data=st.data())
def test_a_plan_bears_anything(owner: str, data: st.DataObject) -> None:
    wanted = read(owner, data.draw(values.given(owner)))
    if owner == "remove":
        wanted["toolkit"] = read("nvidia_container_toolkit", data.draw(values.given("nvidia_container_toolkit")))
    host = data.draw(st.sampled_from(HOSTS[owner]))(wanted)
    module = plans._module(owner)
    steps, reasons = outcome(module.plan, host, wanted)
    assert [reason for reason in reasons if not names_a_variable(reason)] == []
    for step in steps or []:
        assert list(step) == ["component", "step", "why", "from", "to", "disrupts"]
        assert step["disrupts"] in DISRUPTS
    json.dumps(steps, allow_nan=False)
    if owner in plans._WITH_STATUS:
        json.dumps(module.status(host, wanted), allow_nan=False)


@given(data=st.data())
def test_all_plans_of_a_host_bear_anything(data: st.DataObject) -> None:
    owners = ("nvidia_driver", "nvidia_container_toolkit", "docker_group", "docker_engine")
    wanted = {owner: read(owner, data.draw(values.given(owner))) for owner in owners}
    host = data.draw(st.sampled_from([bare, running, with_gpus, driven]))({})
    planned = plan.site_plan(host, wanted)
    assert [
        reason for reason in planned["errors"] if not names_a_variable(reason) or "a bug in this collection" in reason
    ] == []
    json.dumps(defaults.desired_config(host, wanted["docker_engine"]), allow_nan=False)


@pytest.mark.parametrize("owner", ["rollout", "common", PLAYBOOKS])
@given(data=st.data())
def test_what_has_no_plan_is_read_all_the_same(owner: str, data: st.DataObject) -> None:
    read(owner, data.draw(values.given(owner)))


@given(
    st.lists(values.ANYTHING, max_size=3) | values.ANYTHING,
    values.ANYTHING,
    st.none() | values.ANYTHING,
    st.none() | values.ANYTHING,
)
def test_select_gpus_gives_gpus_or_says_what_is_wrong(gpus: Any, desired: Any, taken: Any, alone: Any) -> None:
    for there in (gpus, [container_stand_in.gpu(number) for number in range(2)]):
        found, reasons = outcome(roles.select_gpus, there, desired, taken, alone)
        assert all(reason.startswith("select_gpus: ") for reason in reasons)
        assert all(isinstance(uuid, str) for uuid in found or [])


@given(st.lists(st.text(max_size=4), max_size=5), values.ANYTHING, values.ANYTHING, values.ANYTHING)
def test_batches_are_made_or_a_variable_is_named(names: list[str], first: Any, canary: Any, size: Any) -> None:
    found, reasons = outcome(fleet.rollout_batches, names, first, canary, size)
    assert all("rollout_" in reason for reason in reasons)
    assert reasons or sorted(name for batch in found for name in batch) == sorted(set(names))


@given(values.ANYTHING, values.ANYTHING, values.ANYTHING)
def test_a_proxys_file_is_written_or_a_variable_is_named(http: Any, https: Any, no_proxy: Any) -> None:
    found, reasons = outcome(roles.proxy_environment, http, https, no_proxy)
    assert all("docker_engine_" in reason for reason in reasons)
    assert reasons or isinstance(found, str)


@given(values.ANYTHING)
def test_a_plan_is_shown_or_the_form_is_named(form: Any) -> None:
    empty = {"hosts": [], "totals": fleet_plan.totals([]), "steps": []}
    _found, reasons = outcome(fleet.fleet_plan_shown, empty, form)
    assert all("plan_format" in reason for reason in reasons)
