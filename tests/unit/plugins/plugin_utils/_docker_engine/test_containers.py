# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which containers a plan stops is said by name, and what would lose them to a reboot is an error."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine.plan import plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import errors_of
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import (
    Described,
    bare_host,
    holdings,
    package,
    settings,
    unit,
)

DATA = "/var/lib/docker"
WEB = {"id": "4f1c", "name": "web", "driver": "overlay2", "comes_back": True, "removed_at_end": False}
JOB = {"id": "7a2b", "name": "job", "driver": "overlay2", "comes_back": False, "removed_at_end": False}
ONCE = {**JOB, "id": "9c1d", "name": "once", "removed_at_end": True, "auto_remove": True}
UPSTREAM = ("docker-ce", "docker-ce-cli", "containerd.io")
DNS = {"dns": ["192.0.2.1"]}


def host_with(*containers: Described, containerd: str = "2.1.9", live_restore: bool = True, **parts: Any) -> Described:
    """An engine of Docker's, with overlay2, under which these run."""
    packages = {name: package("5:28.5.2-1") for name in UPSTREAM}
    packages["containerd.io"] = package(f"{containerd}-1~debian.13~trixie")
    held = holdings(containers={"overlay2": 2}, running=list(containers), graph_drivers=["overlay2"])
    host = bare_host(
        packages=packages,
        data_roots={DATA: held},
        services={name: unit() for name in ("docker.service", "docker.socket", "containerd.service")},
        **parts,
    )
    host["engine"].update(binary="/usr/bin/dockerd", running=True, answers=True, version="28.5.2", data_root=DATA)
    host["engine"].update(storage_driver="overlay2", containerds_store=False, images=1, containers=2)
    host["engine"].update(live_restore=live_restore)
    host["docker_group"].update(exists=True, gid=998)
    return host


def errors(host: Described, **parts: Any) -> list[str]:
    return errors_of(plan, host, settings(**parts))


def test_a_restart_without_live_restore_says_whom_it_stops() -> None:
    host = host_with(WEB, JOB, ONCE, live_restore=False)
    step = hosts.steps(host, settings(config={**DNS, "live-restore": False}))["service"]
    assert "without live-restore this stops job, which must be started by hand" in step["why"]
    assert "once, which were started with --rm and are removed" in step["why"]
    assert "web, which the engine starts again" in step["why"]
    assert step["to"]["spares_containers"] is False
    stop = hosts.steps(host, settings(config={"live-restore": False}, service_state="stopped"))["stop"]
    assert "job, which must be started by hand" in stop["why"]


def test_containers_run_on_with_live_restore_also_where_the_engine_is_yet_to_learn_of_it() -> None:
    for live_restore in (True, False):
        step = hosts.steps(
            host_with(WEB, JOB, live_restore=live_restore), settings(config={**DNS, "live-restore": True})
        )
        assert "stops" not in step["service"]["why"]
        assert step["service"]["to"]["spares_containers"] is True


def test_an_engine_whose_packages_are_removed_learns_nothing_before() -> None:
    host = host_with(WEB, JOB, live_restore=False, containerd="1.7.27")
    step = hosts.steps(host, settings(source="distribution"))["service"]
    assert "without live-restore this stops job" in step["why"]
    assert step["to"]["spares_containers"] is False


@pytest.mark.parametrize("engine", [{}, {"running": False, "answers": False}])
def test_an_older_containerd_under_running_containers_is_an_error(engine: Described) -> None:
    host = host_with(WEB, JOB)
    host["engine"].update(engine)
    (message,) = errors(host, source="distribution")
    assert message.startswith("docker_engine_source: distribution would put containerd 1.7 in the place of 2.1.9")
    assert "web, job" in message
    assert "reboot" in message
    assert "`docker stop web job` first" in message
    # The way out that the message names is one.
    assert errors(host_with(), source="distribution") == []


@pytest.mark.parametrize(
    ("distribution", "offered", "lost"),
    [
        (hosts.TRIXIE, [], True),
        (hosts.BOOKWORM, [], True),
        # It is not known beforehand, and may be older.
        (hosts.NOBLE, [], True),
        (hosts.NOBLE, ["1.7.28-0ubuntu1"], True),
        (hosts.NOBLE, ["2.2.1-0ubuntu1"], False),
        (hosts.TESTING, ["2.1.9+ds1-2"], False),
    ],
)
def test_which_containerd_comes_decides(distribution: Described, offered: list[str], lost: bool) -> None:
    host = host_with(WEB, distribution=distribution, offered={"containerd": offered})
    assert bool(errors(host, source="distribution")) is lost


def test_newer_ones_take_containers_over() -> None:
    packages = {name: package("26.1.5-1") for name in ("docker.io", "docker-cli", "runc")}
    older = {**host_with(WEB), "packages": {**packages, "containerd": package("1.7.24~ds1-6")}}
    assert errors(older, source="upstream") == []
    assert errors(host_with(WEB, containerd="1.7.27"), source="distribution") == []
    assert errors(host_with(WEB), version="latest") == []
    # A mirror that lags behind the distribution.
    newer = {**older, "packages": {**packages, "containerd": package("2.1.9+ds1-2")}}
    assert errors({**newer, "offered": {"containerd.io": ["1.7.27-1"]}}, source="upstream")
    assert errors({**newer, "offered": {"containerd.io": ["2.2.1-1"]}}, source="upstream") == []


def test_microsofts_engine_is_exchanged_like_another() -> None:
    packages = {name: package("28.5.2-ubuntu24.04u1") for name in ("moby-engine", "moby-cli", "moby-containerd")}
    host = {**host_with(WEB, JOB, live_restore=False), "packages": packages}
    found = hosts.steps(host, settings())
    assert found["conflicts"]["from"] == ["moby-engine", "moby-cli", "moby-containerd"]
    assert found["conflicts"]["disrupts"] == "restart"
    assert "without live-restore this stops job" in found["service"]["why"]
    packages["moby-containerd"] = package("2.1.4-ubuntu24.04u1")
    assert errors(host, source="distribution")


def test_what_an_interrupted_run_left_to_compare_is_compared() -> None:
    host = host_with(WEB)
    machine_is_done = settings(config={"live-restore": True})
    assert "compare" not in hosts.steps(host, machine_is_done)
    host["engine"]["compared"] = False
    step = hosts.steps(host, machine_is_done)["compare"]
    assert step["disrupts"] == "none"
