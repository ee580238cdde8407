# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the roles' tasks hand to modules, as the plans that they follow have it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.filter.plans import arguments
from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_container_toolkit import (
    arguments as toolkit_arguments,
)
from ansible_collections.dockyard.gpu.tests.unit.plugins.modules.documented import documented
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts, machines, toolkit_stand_in
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import package
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.stand_in import Machine
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.toolkit_stand_in import driven, with_engine


def of_engine(host: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return arguments(host, "docker_engine", hosts.settings(**parts))


def of_driver(host: dict[str, Any], **parts: Any) -> dict[str, Any]:
    left_out = parts.pop("left_out", [])
    return arguments(host, "nvidia_driver", {**machines.settings(**parts), "left_out": left_out})


def of_toolkit(host: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return arguments(host, "nvidia_container_toolkit", toolkit_stand_in.settings(**parts))


CASES = {
    "docker_engine": lambda: of_engine(hosts.bare_host()),
    "nvidia_driver": lambda: of_driver(machines.host("rtx4090"), source="cuda_repository"),
    "nvidia_container_toolkit": lambda: of_toolkit(with_engine(driven(), "29.7.2")),
}


@pytest.mark.parametrize("role", CASES)
def test_a_repository_has_every_argument_that_its_module_takes(role: str) -> None:
    found = CASES[role]()["repository"]
    taken = documented("signed_repository")["DOCUMENTATION"]["options"]
    assert {*found} | {"timeout", "lock_timeout"} == {*taken} | {"touched"}
    assert (found["state"], found["by"], found["index"], found["touched"]) == ("present", role, "needed", True)
    assert found["key"]["fingerprint"]


def test_an_index_that_is_old_is_updated_as_a_whole() -> None:
    host = hosts.bare_host()
    host["index"] = {**host["index"], "age_s": 10**7}
    assert of_engine(host)["repository"]["index"] == "all"


def test_the_distribution_s_packages_need_no_repository_but_what_the_role_wrote_goes() -> None:
    bare = of_engine(hosts.bare_host(), source="distribution")["repository"]
    assert (bare["state"], bare["touched"]) == ("absent", False)
    made = Machine(hosts.bare_host())
    made.converge(hosts.settings())
    gone = of_engine(made.host, source="distribution")["repository"]
    assert (gone["state"], gone["path"], gone["touched"]) == ("absent", engine_paths.REPOSITORY_FILE, True)


def test_packages_are_named_as_apt_takes_them_and_certificates_come_first() -> None:
    found = of_engine(hosts.bare_host(packages={}))
    assert "docker-ce" in found["packages"]
    assert found["packages"] == sorted(found["packages"])
    assert found["needs_certificates"]
    assert not of_engine(hosts.bare_host(packages={}), source="distribution")["needs_certificates"]
    assert not of_engine(hosts.bare_host(packages={"ca-certificates": package("1")}))["needs_certificates"]


def test_what_is_on_hold_and_is_exchanged_is_released_and_what_goes_too() -> None:
    held = {"docker.io": package("26.1", held=True), "runc": package("1", held=True)}
    found = of_engine(hosts.bare_host(packages=held), hold=True)
    assert found["released"] == []
    assert found["released_to_go"] == ["docker.io", "runc"]
    assert found["holds"]["gone"] == found["released_to_go"]


def test_a_converged_engine_has_nothing_for_its_tasks() -> None:
    made = Machine(hosts.bare_host())
    made.converge(hosts.settings())
    found = of_engine(made.host)
    assert (found["packages"], found["released"], found["is_interrupted"], found["is_recorded"]) == (
        [],
        [],
        False,
        True,
    )


def test_a_restart_is_an_interruption_and_a_new_data_root_is_recorded() -> None:
    made = Machine(hosts.bare_host())
    made.converge(hosts.settings())
    made.host["installed"]["data_roots"] = {"/var/lib/docker": {}}
    found = of_engine(made.host, data_root="/srv/docker")
    assert (found["is_interrupted"], found["is_recorded"]) == (True, False)
    assert found["data_roots"] == ["/srv/docker", "/var/lib/containerd"]


@pytest.mark.parametrize(
    ("source", "words"),
    [("distribution", "docker_engine_source is distribution"), ("upstream", "docker_engine_repository_url (https://")],
)
def test_the_way_out_names_where_packages_come_from(source: str, words: str) -> None:
    assert words in of_engine(hosts.bare_host(), source=source)["way_out"]


@pytest.mark.parametrize(("source", "version"), [("cuda_repository", "=580*"), ("ubuntu", "")])
def test_packages_of_a_branch_are_pinned_where_their_names_do_not_say_it(source: str, version: str) -> None:
    found = of_driver(machines.host("h100x8", "Ubuntu 24.04"), source=source, branch="580")
    assert found["packages"]
    assert all(name.endswith(version) for name in found["packages"] if not name.startswith("nvlsm"))
    assert not any("=" in name for name in found["packages"] if name.startswith("nvlsm") or not version)
    assert found["drivers"] == ("nvidia:580-server-open" if source == "ubuntu" else "")
    assert (found["containers"], found["must_answer"]) == ([], True)


def test_a_driver_that_a_phase_was_left_out_of_need_not_answer() -> None:
    host = machines.host("rtx4090")
    assert not of_driver(host, left_out=["load"])["must_answer"]
    assert of_driver(host)["loading"] in ("load", "reboot")
    assert of_driver(host, left_out=["load"])["loading"] == ""


def test_the_toolkit_s_packages_are_of_one_version() -> None:
    host = with_engine(driven(), "29.7.2")
    assert (of_toolkit(host)["package_state"], {*of_toolkit(host)["packages"]} >= {"nvidia-container-toolkit"}) == (
        "latest",
        True,
    )
    pinned = of_toolkit(host, version="1.20")
    assert pinned["package_state"] == "present"
    assert {name.partition("=")[2] for name in pinned["packages"]} == {"1.20*"}


def test_keys_of_config_toml_are_as_toml_writes_them() -> None:
    steps = {"config": {"to": {"nvidia-container-cli.debug": "/x", "disable-require": True, "swarm": False, "n": 2}}}
    plan = {"todo": steps, "status": {"found_hooks": [], "daemon_config": {}}}
    found = toolkit_arguments.arguments(with_engine(driven(), "29.7.2"), toolkit_stand_in.settings(), plan)
    assert found["settings"] == ["nvidia-container-cli.debug=/x", "disable-require=true", "swarm=false", "n=2"]


def test_users_come_and_go_in_order() -> None:
    host = hosts.bare_host(users={"ada": True, "bob": True})
    host["docker_group"] = {**host["docker_group"], "exists": True, "members": ["eve", "dan"]}
    desired = hosts.wanted("docker_group", users=["bob", "ada"], exclusive=True)
    assert arguments(host, "docker_group", desired) == {"add": ["ada", "bob"], "remove": ["dan", "eve"]}
