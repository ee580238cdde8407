# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where apt cannot work, every plan that needs it is an error with apt's words, and nothing false is said beside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import toolkit_paths
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine import plan as engine_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._gpu_container import plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_container_toolkit import plan as toolkit_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver import plan as driver_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning import package_work, python_dependencies
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.phases import OF_PACKAGES, PHASES
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import PlanInvalid, errors_of
from ansible_collections.dockyard.gpu.plugins.plugin_utils._remove import plan as remove_plan
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import (
    hosts,
    machines,
    toolkit_stand_in,
)
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils._remove import test_plan
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described, bare_host
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.stand_in import Machine
from ansible_collections.dockyard.gpu.tests.unit.tree.test_order import tasks

ROLES = Path(__file__).parents[5] / "roles"
WORDS = "E: Malformed entry 1 in list file /etc/apt/sources.list.d/docker.list (Suite) E: The list could not be read."


def error(path: str = "/etc/apt/sources.list.d/docker.list", words: str = WORDS, *packages: str) -> Described:
    return {"path": path, "packages": list(packages), "words": words, "remedy": f"Mend {path}."}


def driven(**parts: Any) -> Described:
    return {**toolkit_stand_in.driven(), **parts}


# role -> its plan on a host with parts that are named, where it has something to do.
PLANS: dict[str, Callable[..., list[str]]] = {
    "docker_engine": lambda **parts: errors_of(engine_plan.plan, bare_host(**parts), hosts.settings()),
    "nvidia_container_toolkit": lambda **parts: errors_of(
        toolkit_plan.plan, driven(**parts), toolkit_stand_in.settings()
    ),
    "nvidia_driver": lambda **parts: errors_of(
        driver_plan.plan, {**machines.host("h100x8"), **parts}, machines.settings()
    ),
    "remove": lambda **parts: errors_of(remove_plan.plan, test_plan.with_engine(**parts), test_plan.wanted()),
    "container_image": lambda **parts: errors_of(
        lambda host, _wanted: python_dependencies.steps("container_image", host), bare_host(**parts), {}
    ),
}


@pytest.mark.parametrize("role", PLANS)
def test_a_plan_that_needs_apt_is_an_error_with_apts_own_words(role: str) -> None:
    assert PLANS[role]() == []
    (reason,) = PLANS[role](package_manager_errors=[error()])
    assert reason.startswith(f"{role}: apt cannot work on this host")
    assert WORDS.rstrip(".") in reason
    assert "Mend /etc/apt/sources.list.d/docker.list." in reason


def test_all_that_is_wrong_is_reported_at_once() -> None:
    errors = [error(), error("/etc/apt/sources.list", "E: another")]
    assert len(PLANS["docker_engine"](package_manager_errors=errors)) == 2


def index(name: str) -> Described:
    return {"age_s": 60, "files": [f"{name}_dists_trixie_stable_binary-amd64_Packages"]}


@pytest.mark.parametrize("version", ["29.7", "latest", "present"])
def test_a_version_that_is_not_known_for_that_is_not_said_to_be_missing(version: str) -> None:
    host = bare_host(package_manager_errors=[error()], index=index("download.docker.com_linux_debian"))
    reasons = errors_of(engine_plan.plan, host, hosts.settings(version=version))
    assert [reason for reason in reasons if "no version of it at all" in reason or "not offered" in reason] == []
    assert len(reasons) == 1
    host = driven(package_manager_errors=[error()], index=index("nvidia.github.io_libnvidia-container"))
    reasons = errors_of(toolkit_plan.plan, host, toolkit_stand_in.settings(version=version))
    assert [reason for reason in reasons if "no version of it at all" in reason or "not offered" in reason] == []
    assert len(reasons) == 1


@pytest.mark.parametrize(("version", "asks"), [("latest", True), ("present", False), ("29.7", False)])
def test_a_host_with_nothing_to_do_is_no_error_unless_the_newest_version_is_asked_for(version: str, asks: bool) -> None:
    machine = Machine(bare_host())
    machine.converge(hosts.settings(version=version))
    machine.host["package_manager_errors"] = [error()]
    machine.host["offered"] = {}
    reasons = errors_of(engine_plan.plan, machine.host, hosts.settings(version=version))
    assert ["docker_engine_version: latest needs it" in reason for reason in reasons] == [True] * asks


def test_the_roles_own_list_is_mended_by_the_role_whatever_is_in_it() -> None:
    machine = Machine(bare_host())
    machine.converge(hosts.settings())
    path = engine_paths.REPOSITORY_FILE
    machine.host["files"][path]["content"] = "<html>"
    machine.host["repositories"] = []
    machine.host["package_manager_errors"] = [error(path, f"E: Malformed stanza 1 in source list {path} (type)")]
    assert "repository" in hosts.steps(machine.host, hosts.settings())
    machine.host["package_manager_errors"].append(error(toolkit_paths.REPOSITORY_FILE, "E: another"))
    assert len(errors_of(engine_plan.plan, machine.host, hosts.settings())) == 1


@pytest.mark.parametrize(
    ("uri", "mended"), [("https://download.docker.com/linux/debian", True), ("https://x.example.org", False)]
)
def test_lists_that_contradict_each_other_are_no_error_where_the_role_takes_one_away(uri: str, mended: bool) -> None:
    words = f"E: Conflicting values set for option Signed-By regarding source {uri}/ trixie: /a.gpg != /b.gpg"
    foreign = hosts.entry("/etc/apt/sources.list.d/old.list", "https://download.docker.com/linux/debian")
    reasons = PLANS["docker_engine"](package_manager_errors=[error("", words)], repositories=[foreign])
    assert (reasons == []) is mended


@pytest.mark.parametrize(("name", "mended"), [("docker-ce", True), ("zoo", False)])
def test_a_package_that_the_plan_installs_is_mended_by_that(name: str, mended: bool) -> None:
    words = f"E: The package {name} needs to be reinstalled, but I can't find an archive for it."
    broken = hosts.package("5:29.1", state="half-installed")
    packages = {name: broken} if name == "docker-ce" else {}
    reasons = PLANS["docker_engine"](package_manager_errors=[error("", words, name)], packages=packages)
    assert (reasons == []) is mended


def test_what_dpkg_has_begun_with_is_ended_before_apt_stumbles_over_it() -> None:
    steps = hosts.steps(bare_host(undone_packages=["zoo"]), hosts.settings())
    assert next(iter(steps)) == "dpkg"
    assert "zoo" in steps["dpkg"]["why"]
    # Where nothing else is to do, it is no one's matter here; and a driver waits for the headers that its plan brings.
    machine = Machine(bare_host())
    machine.converge(hosts.settings())
    machine.host["undone_packages"] = ["zoo"]
    assert hosts.steps(machine.host, hosts.settings()) == {}
    broken = {"nvidia-dkms-580": hosts.package("580", state="half-configured")}
    host = bare_host(undone_packages=["nvidia-dkms-580"], packages=broken)
    assert "dpkg" not in hosts.steps(host, hosts.settings())


def uses_apt(role: str, file: str) -> bool:
    text = (ROLES / role / "tasks" / file).read_text()
    own = r"ansible\.builtin\.apt:|tasks_from: (holds|repository)\b|signed_repository:|package_index:"
    return bool(re.search(own, text)) or any(
        uses_apt(role, name) for name in re.findall(r"include_tasks: ([\w/]+\.yml)$", text, re.MULTILINE)
    )


# What is left of a repository goes without apt.
WITHOUT_APT = ("foreign_repository", "foreign_repository_lines", "foreign_key")


@pytest.mark.parametrize("role", PHASES)
def test_every_step_of_a_phase_of_packages_is_known_to_need_apt(role: str) -> None:
    steps = [step for phase in ("repository", "packages", "hold") for step in PHASES[role][phase]]
    assert {*steps} - {*WITHOUT_APT} <= package_work._NEEDED_BY


@pytest.mark.parametrize("role", PHASES)
def test_no_other_phase_works_with_packages(role: str) -> None:
    others = [step for phase, steps in PHASES[role].items() for step in steps if phase not in OF_PACKAGES]
    found = []
    for task in tasks(yaml.safe_load((ROLES / role / "tasks/main.yml").read_text())):
        file = task.get("ansible.builtin.include_tasks", "")
        if file and "{" not in file and uses_apt(role, file):
            condition = str(task.get("when", ""))
            found.append(file)
            assert not any(f"todo.{step} " in f"{condition} " for step in others), task["name"]
    assert len(found) >= 2


def test_containers_that_need_a_package_say_it_too() -> None:
    with pytest.raises(PlanInvalid) as rejected:
        python_dependencies.steps(plan.NAME, bare_host(package_manager_errors=[error()]))
    assert WORDS.rstrip(".") in str(rejected.value)
