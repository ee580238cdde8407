# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""host_info as Ansible runs it, on the machine that runs the tests, and with probes that break or hang."""

from __future__ import annotations

import json
import os
import platform
import pwd
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import facts as docker_facts
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import gpu_containers, programs
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import start as docker_start
from ansible_collections.dockyard.gpu.plugins.module_utils._host import disks, display, rollout, system, unit_order
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import driver as nvidia_driver
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import (
    driver_paths,
    gpus,
    prerequisites,
    processes,
    toolkit,
)
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.apt import errors, facts, offers
from ansible_collections.dockyard.gpu.plugins.module_utils._verify import fingerprint
from ansible_collections.dockyard.gpu.plugins.modules import host_info
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine import plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine.defaults import desired_config
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_group import plan as group_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import errors_of
from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting import summary
from ansible_collections.dockyard.gpu.tests.unit.plugins.modules.documented import documented
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import (
    bare_host,
    holdings,
    package,
    settings,
    wanted,
)

MODULE = "ansible_collections.dockyard.gpu.plugins.modules.host_info"
NOTHING = {"users": [], "versions": False, "packages": [], "data_roots": [], "comparison_key": ""}


def run(path: str | None = None, **options: Any) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", MODULE],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode(),
        env={**os.environ, **({"PATH": path} if path else {})},
        capture_output=True,
        check=False,
    )
    assert not done.stderr, done.stderr.decode()
    result: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode != 0) is result.get("failed", False)
    return result


def looked_at(**options: Any) -> dict[str, Any]:
    result = run(**options)
    assert result["changed"] is False
    host: dict[str, Any] = result["ansible_facts"]["dockyard_host"]
    return host


@pytest.fixture(scope="module")
def here() -> dict[str, Any]:
    me = pwd.getpwuid(os.getuid()).pw_name
    return looked_at(wanted={"users": [me, "no-such-user-anywhere"], "data_roots": ["/nowhere"]})


def test_the_machine_here_is_described(here: dict[str, Any]) -> None:
    assert here["kernel"] == {"release": platform.release(), "machine": platform.machine()}
    assert here["users"] == {pwd.getpwuid(os.getuid()).pw_name: True, "no-such-user-anywhere": False}
    assert here["data_roots"]["/nowhere"] == {
        **holdings("/nowhere"),
        "images": here["data_roots"]["/nowhere"]["images"],
        "others": [],
    }
    assert "/var/lib/docker" in here["data_roots"]
    assert here["offered"] == {}
    assert here["init"] in ("systemd", "none")


def test_what_is_returned_is_what_is_documented(here: dict[str, Any]) -> None:
    returned = documented("host_info")["RETURN"]["ansible_facts"]["contains"]["dockyard_host"]["contains"]
    assert set(returned) == set(here)
    kinds = {"dict": dict, "list": list, "str": str, "bool": bool, "int": int}
    for name, value in here.items():
        assert isinstance(value, kinds[returned[name]["type"]]), name


def test_plans_are_tested_with_hosts_of_this_shape(here: dict[str, Any]) -> None:
    """The bare host of the plans' tests has what a real look returns, part by part."""
    model = bare_host()
    assert set(model) == set(here)
    same = ("distribution", "daemon_config", "docker_group", "index", "files", "reboot")
    for name in (*same, "nvidia", "nvidia_prerequisites"):
        assert set(model[name]) == set(here[name]), name
    assert set(model["nvidia"]["driver"]) == set(here["nvidia"]["driver"])
    assert set(model["engine"]) <= set(here["engine"])


def test_a_look_can_be_planned_with(here: dict[str, Any]) -> None:
    if here["package_manager"] == "apt":
        assert not [each for each in errors_of(plan.plan, here, settings()) if "not supported" in each]
    group_plan.plan(here, wanted("docker_group"))
    hostvars = {"here": {"ansible_facts": {"dockyard_host": here}}}
    assert summary.summary(hostvars, ["here"], ["here"], False)[0].startswith("here: ")


def test_programs_that_hang_cost_their_time_and_are_problems(tmp_path: Path) -> None:
    for name in ("apt-cache", "systemctl"):
        (tmp_path / name).write_text("#!/bin/sh\nsleep 30\n")
        (tmp_path / name).chmod(0o755)
    start = time.monotonic()
    host = looked_at(path=f"{tmp_path}:{os.environ['PATH']}", wanted={"versions": True}, timeout=0.5)
    assert time.monotonic() - start < 15
    messages = [problem["message"] for problem in host["problems"] if problem["code"] == "timeout"]
    assert sorted(message.split()[0] for message in messages) == ["apt-cache", "systemctl"]
    assert (host["offered"], host["services"]) == ({}, {})
    assert host["kernel"]["release"] == platform.release()


SHOWN = "LoadState=loaded\\nActiveState=active\\nId={}\\n\\n"


def test_the_drivers_units_are_asked_for_with_the_engines_and_kept_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine's plan takes all of `services` for its own. The stand-in of systemctl answers for all."""
    (tmp_path / driver_paths.UNITS[0]).touch()
    monkeypatch.setattr(system, "UNIT_PATH", (str(tmp_path),))
    shown = "".join(map(SHOWN.format, ("docker.service", *driver_paths.UNITS)))
    (tmp_path / "systemctl").write_text(f"#!/bin/sh\necho $* >> {tmp_path}/asked\nprintf '{shown}'\n")
    (tmp_path / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    host = host_info.gather(Prober(), NOTHING)
    assert list(host["services"]) == ["docker.service"]
    assert set(host["nvidia_services"]) == set(driver_paths.UNITS)
    persistenced = host["nvidia_services"]["nvidia-persistenced.service"]
    assert set(persistenced) == {*host["services"]["docker.service"], "waits_for", "command"}
    (asked,) = (tmp_path / "asked").read_text().splitlines()
    assert asked.split()[-4:] == [*engine_paths.UNITS, driver_paths.UNITS[0]]


@pytest.mark.parametrize(
    ("init", "argv", "expected"),
    [
        # Debian's docker.io reads the file, Docker's own unit does not, and without systemd the start does.
        ("systemd", "-H fd:// $DOCKER_OPTS", ["-H", "fd://", "--log-driver=journald", "--data-root", "/srv/docker"]),
        ("systemd", "-H fd://", ["-H", "fd://"]),
        ("none", "", ["--log-driver=journald", "--data-root", "/srv/docker"]),
    ],
)
def test_the_file_of_options_counts_where_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, init: str, argv: str, expected: list[str]
) -> None:
    options = tmp_path / "docker"
    options.write_text('DOCKER_OPTS="--log-driver=journald --data-root /srv/docker"\n')
    monkeypatch.setattr(docker_start, "OPTIONS_FILE", str(options))
    monkeypatch.setattr(system, "init_system", lambda: init)
    shown = ["Id=docker.service", "LoadState=loaded", f"EnvironmentFiles={options} (ignore_errors=yes)"]
    shown.append(f"ExecStart={{ path=/usr/sbin/dockerd ; argv[]=/usr/sbin/dockerd {argv} ; ignore_errors=no ; }}")
    systemctl = tmp_path / "systemctl"
    systemctl.write_text("#!/bin/sh\ncat <<'E'\n" + "\n".join(shown if init == "systemd" else []) + "\nE\n")
    systemctl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    host = host_info.gather(Prober(), NOTHING)
    assert host["daemon_config"]["unit_flags"] == expected
    assert ("/srv/docker" in host["data_roots"]) is (len(expected) > 2)
    # As the plan has it, of an engine that is the distribution's and stays it.
    host.update(distribution=bare_host()["distribution"], packages={"docker.io": package("26.1.5+dfsg1-9")})
    config = desired_config(host, wanted("docker_engine", source="distribution"))
    assert ("log-driver" in config) is ("--log-driver=journald" not in expected)


@pytest.mark.parametrize("versions", [True, False])
def test_offered_versions_are_asked_where_a_version_is_desired(monkeypatch: pytest.MonkeyPatch, versions: bool) -> None:
    monkeypatch.setattr(offers, "offered", lambda _prober, names: ({name: ["1"] for name in names}, {}))
    offered = host_info.gather(Prober(), {**NOTHING, "versions": versions})["offered"]
    assert ({"docker-ce", "docker.io"} <= set(offered)) is versions


@pytest.mark.parametrize(
    ("answers", "state", "asked"),
    [(True, "loaded", True), (False, "loaded", False), (True, "installed", False), (True, "absent", False)],
)
def test_containers_are_examined_where_they_can_have_gpus(
    monkeypatch: pytest.MonkeyPatch, answers: bool, state: str, asked: bool
) -> None:
    driver = {**nvidia_driver.NOTHING, "state": state}
    monkeypatch.setattr(
        docker_facts, "engine", lambda _prober, running, *_more: {"running": running, "answers": answers}
    )
    monkeypatch.setattr(gpus, "gpus", lambda _prober: {**gpus.NOTHING, "driver": driver})
    monkeypatch.setattr(gpu_containers, "gpu_containers", lambda _prober: [{"id": "1", "name": ""}])
    assert host_info.gather(Prober(), NOTHING)["gpu_containers"] == [{"id": "1", "name": ""}] * asked


@pytest.mark.parametrize(
    ("loaded", "modules", "asked"),
    [("570.1", "open", True), ("580.1", "proprietary", True), ("580.1", "open", False), (None, None, False)],
)
def test_programs_that_use_gpus_are_looked_for_where_another_driver_waits(
    monkeypatch: pytest.MonkeyPatch, loaded: str | None, modules: str | None, asked: bool
) -> None:
    monkeypatch.setattr(processes, "users", lambda: ["python3"])
    driver = {"loaded_version": loaded, "loaded_modules": modules}
    found = host_info.gpu_users({**driver, "installed_version": "580.1", "installed_modules": "open"})
    assert found == ["python3"] * asked


def test_the_order_of_units_is_asked_where_one_of_nvidias_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_order, "waits_for", lambda _prober, _after, units: {name: [] for name in units})
    assert host_info.waits_for(Prober(), {"docker.service": []}) == {}
    assert "nvidia-persistenced.service" in host_info.waits_for(Prober(), {"nvidia-persistenced.service": []})


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_time_limit_that_is_none_is_rejected(timeout: float) -> None:
    result = run(timeout=timeout)
    assert result["failed"]
    assert result["msg"] == f"timeout: must be a number of seconds above 0; got {timeout}"


PROBES = [
    (system, "distribution"),
    (system, "open_files_limit"),
    (system, "docker_group"),
    (system, "reboot"),
    (facts, "installed"),
    (facts, "locked"),
    (facts, "interrupted"),
    (errors, "undone"),
    (errors, "errors"),
    (host_info, "offered"),
    (facts, "index"),
    (facts, "repositories"),
    (facts, "keys"),
    (system, "files"),
    (system, "units"),
    (host_info, "waits_for"),
    (display, "display"),
    (gpus, "gpus"),
    (prerequisites, "prerequisites"),
    (fingerprint, "is_recorded"),
    (docker_facts, "daemon_config"),
    (docker_facts, "engine"),
    (host_info, "gpu_containers"),
    (host_info, "gpu_users"),
    (toolkit, "toolkit"),
    (docker_facts, "runs_as_configured"),
    (docker_facts, "data_roots"),
    (rollout, "rollout"),
    (disks, "full"),
    (programs, "programs"),
]


@pytest.mark.parametrize(("module", "name"), PROBES, ids=[name for _module, name in PROBES])
def test_a_probe_that_raises_is_a_problem_that_plans_and_summary_bear(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> None:
    def broken(*_arguments: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(module, name, broken)
    host = host_info.gather(Prober(), {**NOTHING, "versions": name == "offered"})
    broken_ones = [problem for problem in host["problems"] if problem["code"] == "probe_failed"]
    assert len(broken_ones) == 1
    assert "Input/output error" in broken_ones[0]["message"]
    # Whatever is missing: reasons or steps, and words about it, but no traceback.
    rejected = errors_of(plan.plan, host, settings())
    assert all(isinstance(reason, str) for reason in rejected)
    errors_of(group_plan.plan, host, wanted("docker_group"))
    assert set(host["nvidia"]) == set(gpus.NOTHING)
    assert set(host["nvidia_prerequisites"]) == set(prerequisites.UNKNOWN)
    lines = summary.summary({"n": {"ansible_facts": {"dockyard_host": host}}}, ["n"], ["n"], False)
    assert any("Input/output error" in line for line in lines)
    if name == "daemon_config":
        assert any("daemon.json could not be read" in reason for reason in rejected)


def test_every_probe_is_in_the_table() -> None:
    source = Path(host_info.__file__).read_text()
    assert source.count("prober.probe(") == len(PROBES)
