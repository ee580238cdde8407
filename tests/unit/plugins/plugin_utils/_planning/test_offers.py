# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`latest` is what apt would install: an administrator's pins decide, and the plan says that they do."""

from __future__ import annotations

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import toolkit_paths
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine import plan as engine_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_container_toolkit import plan as toolkit_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import errors_of
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts, toolkit_stand_in
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described, bare_host, package
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.stand_in import Machine

ENGINE = ("docker-ce", "docker-ce-cli")
NEW, OLD = "5:29.7.2-1~debian.13~trixie", "5:28.5.2-1~debian.13~trixie"
PINS = "/etc/apt/preferences.d"


def engine(candidate: str | None, **desired: str) -> Machine:
    made = Machine(bare_host())
    made.converge(hosts.settings(**desired))
    made.host["offered"] = {name: [NEW, OLD] for name in ENGINE}
    if candidate is not None:
        made.host["candidates"] = dict.fromkeys(ENGINE, candidate)
    return made


def steps(host: Described, **desired: str) -> dict[str, Described]:
    return hosts.steps(host, hosts.settings(**desired))


def test_the_newest_that_pins_allow_is_the_latest() -> None:
    made = engine(OLD, version="28.5")
    assert "packages" not in steps(made.host, version="latest")
    made = engine(None, version="28.5")
    assert steps(made.host, version="latest")["packages"]["to"] == dict.fromkeys(ENGINE, NEW)


def test_a_pin_is_followed_back_too_and_the_plan_says_so() -> None:
    made = engine(OLD, version="29.7")
    packages = steps(made.host, version="latest")["packages"]
    assert packages["to"] == dict.fromkeys(ENGINE, OLD)
    assert f"apt's pins ({PINS}) prefer docker-ce {OLD} to {NEW}" in packages["why"]


def test_a_version_that_is_named_goes_before_pins() -> None:
    made = engine(OLD, version="28.5")
    packages = steps(made.host, version="29.7")["packages"]
    assert packages["to"] == dict.fromkeys(ENGINE, NEW)
    assert PINS not in packages["why"]


def test_pins_that_forbid_all_are_an_error_where_nothing_is_installed() -> None:
    made = engine("", version="28.5")
    assert errors_of(engine_plan.plan, made.host, hosts.settings(version="latest")) == []
    for name in ENGINE:
        del made.host["packages"][name]
    (reason,) = errors_of(engine_plan.plan, made.host, hosts.settings(version="latest"))
    assert reason.startswith("docker_engine_version: latest")
    assert "docker-ce, docker-ce-cli" in reason
    assert PINS in reason


@pytest.mark.parametrize(("candidate", "to"), [(None, "1.20.0-1"), ("1.19.1-1", "1.19.1-1")])
def test_the_same_of_the_toolkit(candidate: str | None, to: str) -> None:
    host = toolkit_stand_in.driven()
    host["packages"].update({name: package("1.18.2-1") for name in toolkit_paths.PACKAGES})
    host["index"]["files"] = ["nvidia.github.io_libnvidia-container_stable_deb_amd64_Packages"]
    host["offered"] = {name: ["1.20.0-1", "1.19.1-1", "1.18.2-1"] for name in toolkit_paths.PACKAGES}
    host["candidates"] = {} if candidate is None else dict.fromkeys(toolkit_paths.PACKAGES, candidate)
    plan = toolkit_plan.plan(host, toolkit_stand_in.settings(version="latest", allow_insecure=True))
    (packages,) = [each for each in plan if each["step"] == "packages"]
    assert set(packages["to"].values()) == {to}
    assert (PINS in packages["why"]) is (candidate is not None)
