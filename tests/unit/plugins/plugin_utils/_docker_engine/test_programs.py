# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages of one engine, and another one that answers: a restart where that helps, or what is in the way."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine.plan import plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import errors_of
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described, settings
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.stand_in import Machine

OURS, LOCAL = "/usr/bin/dockerd", "/usr/local/bin/dockerd"
LIB, ETC = "/usr/lib/systemd/system/docker.service", "/etc/systemd/system/docker.service"


def converged(init: str = "systemd", source: str = "upstream", **engine: Any) -> Described:
    machine = Machine(hosts.bare_host(init=init))
    machine.converge(settings(source=source))
    host = machine.host
    package = "docker-ce" if source == "upstream" else "docker.io"
    host["programs"] = {"dockerd": {"package": package, "path": OURS, "first": OURS}}
    if init == "systemd":
        host["services"]["docker.service"].update(program=OURS, fragment=LIB, replaced=False)
    host["engine"].update({"program": {"path": OURS, "replaced": False}, **engine})
    return host


def restarts(host: Described, **parts: Any) -> list[str]:
    return [step["why"] for step in plan(host, settings(**parts)) if step["step"] == "service"]


@pytest.mark.parametrize("init", ["systemd", "none"])
def test_an_engine_of_its_packages_is_left_alone(init: str) -> None:
    assert plan(converged(init), settings()) == []


@pytest.mark.parametrize("init", ["systemd", "none"])
@pytest.mark.parametrize(
    ("engine", "word"),
    [
        # Packages exchanged without a restart, with what a look can tell of it.
        ({"program": {"path": OURS, "replaced": True}}, "replaced since it started"),
        ({"program": {"path": LOCAL, "replaced": False}, "version": "20.10.17"}, LOCAL),
        ({"program": {"path": LOCAL, "replaced": True}, "version": "20.10.17"}, "replaced"),
        ({"program": {"path": None, "replaced": False}, "version": "20.10.17"}, "answers as 20.10.17"),
        ({"program": {}, "version": "29.10.1"}, "answers as 29.10.1"),
        ({"program": {}, "version": "26.1.5+dfsg1"}, "answers as 26.1.5+dfsg1"),
    ],
)
def test_an_engine_that_a_start_would_not_bring_is_restarted(init: str, engine: Described, word: str) -> None:
    (why,) = restarts(converged(init, **engine))
    assert word in why
    steps = {step["step"]: step for step in plan(converged(init, **engine), settings())}
    assert steps["service"]["disrupts"] == "restart"


def test_a_unit_in_etc_that_starts_another_engine_is_named() -> None:
    for running in (True, False):
        host = converged(program={"path": LOCAL, "replaced": False}, version="20.10.17", running=running)
        host["services"]["docker.service"].update(program=LOCAL, fragment=ETC)
        (message,) = errors_of(plan, host, settings())
        for word in (ETC, LOCAL, OURS, "docker-ce"):
            assert word in message
        assert errors_of(plan, host, settings(service_state="stopped")) == []


def test_one_that_would_be_left_after_the_packages_have_come_is_named_beforehand() -> None:
    """Static binaries with a unit of their own, to which packages are added."""
    host = hosts.bare_host(services={"docker.service": {**hosts.unit(), "program": LOCAL, "fragment": ETC}})
    host["engine"].update(binary=LOCAL, running=True, answers=True, version="20.10.17")
    host["engine"]["program"] = {"path": LOCAL, "replaced": False}
    (message,) = errors_of(plan, host, settings())
    assert ETC in message
    assert LOCAL in message
    # As Docker's guide has them, where packages will put theirs.
    host["services"]["docker.service"]["program"] = OURS
    assert errors_of(plan, host, settings()) == []


def test_without_systemd_the_first_on_the_path_is_the_one_that_is_started() -> None:
    host = converged("none", program={"path": LOCAL, "replaced": False}, version="20.10.17")
    host["programs"]["dockerd"]["first"] = LOCAL
    (message,) = errors_of(plan, host, settings())
    assert LOCAL in message
    assert OURS in message


def test_a_program_that_was_put_over_the_packages_is_named() -> None:
    (message,) = errors_of(plan, converged(version="20.10.17"), settings())
    assert "apt-get install --reinstall docker-ce" in message
    assert "20.10.17" in message


@pytest.mark.parametrize(
    ("source", "installed", "answers"),
    [
        ("distribution", "26.1.5+dfsg1-9", "26.1.5+dfsg1"),
        ("distribution", "28.2.2-0ubuntu1~24.04.1", "28.2.2"),
        ("upstream", "5:29.1.3-1~debian.13~trixie", "29.1.3"),
        # Repackaged ones answer as what they were made from.
        ("upstream", "5:26.1.5-1~debian.13~trixie", "26.1.5+dfsg1"),
        ("upstream", "5:26.1.4-1~debian.13~trixie", "26.1.4+standin"),
    ],
)
def test_versions_that_differ_as_they_always_do_are_none(source: str, installed: str, answers: str) -> None:
    host = converged(source=source, version=answers)
    for name in ("docker-ce", "docker-ce-cli", "docker.io", "docker-cli"):
        if name in host["packages"]:
            host["packages"][name]["version"] = installed
    assert plan(host, settings(source=source)) == []


def test_another_engine_that_answers_as_the_packages_is_no_ones_trouble() -> None:
    host = converged(program={"path": LOCAL, "replaced": False})
    host["services"]["docker.service"].update(program=LOCAL, fragment=ETC)
    assert plan(host, settings()) == []


def test_a_program_that_is_a_script_around_the_engine_is_no_ones_trouble() -> None:
    assert plan(converged(program={"path": "/usr/libexec/docker/dockerd", "replaced": False}), settings()) == []


def test_a_containerd_that_was_exchanged_is_restarted() -> None:
    host = converged()
    host["services"]["containerd.service"]["replaced"] = True
    (step,) = [each for each in plan(host, settings()) if each["step"] == "service"]
    assert "containerd's program was replaced" in step["why"]
    assert step["to"]["containerd"] == "restarted"
