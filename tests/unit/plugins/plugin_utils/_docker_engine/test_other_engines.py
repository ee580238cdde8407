# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine that runs is exchanged with a restart, whoever packaged it; read from dpkg by the real reader."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.apt import facts
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine.plan import plan
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import (
    Described,
    bare_host,
    holdings,
    settings,
    unit,
)

JOB = {"id": "1", "name": "job", "driver": "overlay2", "comes_back": False, "removed_at_end": False}
MICROSOFT = ["moby-engine", "moby-cli", "moby-containerd", "moby-runc", "moby-buildx", "moby-compose", "moby-tini"]
# Packages of each kind with the version of the engine, and whether an engine is among them.
ENGINES = [
    (
        "Microsoft's",
        {**dict.fromkeys(MICROSOFT, "20.10.25+azure-ubuntu22.04u1"), "moby-containerd": "1.6.21+azure-1"},
        True,
    ),
    (
        "Debian's",
        {"docker.io": "26.1.5+dfsg1-9", "docker-cli": "26.1.5+dfsg1-9", "containerd": "1.7.24", "runc": "1"},
        True,
    ),
    ("Docker's of 2017", {"docker-engine": "17.05.0~ce-0~debian-jessie"}, True),
    ("Docker's of 2015", {"lxc-docker": "1.9.1"}, True),
    ("podman-docker", {"podman-docker": "5.4.2+ds1-2", "podman": "5.4.2+ds1-2"}, False),
    ("static binaries", {}, False),
]


def host_with(packages: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, running: bool) -> Described:
    stanzas = [
        f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n"
        for name, version in packages.items()
    ]
    (tmp_path / "status").write_text("\n".join(stanzas))
    monkeypatch.setattr(facts, "STATUS", str(tmp_path / "status"))
    host = bare_host(packages=facts.installed(Prober()), data_roots={"/var/lib/docker": holdings(running=[JOB])})
    if running:
        host["services"] = {"docker.service": unit()}
        answers = {"binary": "/usr/bin/dockerd", "running": True, "answers": True, "version": "20.10.25"}
        host["engine"].update(answers, live_restore=False, plugins={"log": ["json-file"], "authorization": []})
    return host


@pytest.mark.parametrize(("packages", "has_engine"), [each[1:] for each in ENGINES], ids=[each[0] for each in ENGINES])
@pytest.mark.parametrize("source", ["upstream", "distribution"])
def test_an_engine_that_runs_is_replaced_with_a_restart(
    source: str, packages: dict[str, str], has_engine: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if source == "distribution" and "docker.io" in packages:
        pytest.skip("it is what is wanted")
    host = host_with(packages, tmp_path, monkeypatch, running=True)
    assert set(packages) - {"podman"} <= set(host["packages"])
    # A key that the engine of now does not know is one of the engine that comes.
    config = {"cdi-spec-dirs": ["/etc/cdi"], "live-restore": False}
    steps = {step["step"]: step for step in plan(host, settings(source=source, config=config))}
    going = [name for name in packages if name != "podman"]
    assert sorted(steps.get("conflicts", {"from": []})["from"]) == sorted(going)
    if going:
        assert steps["conflicts"]["disrupts"] == ("restart" if has_engine else "none")
    assert steps["packages"]["disrupts"] == "restart"
    assert steps["service"]["disrupts"] == "restart"
    assert steps["service"]["to"]["docker"] == "restarted"
    assert "job" in steps["service"]["why"]


@pytest.mark.parametrize("packages", [each[1] for each in ENGINES], ids=[each[0] for each in ENGINES])
def test_one_that_does_not_run_disrupts_nothing(
    packages: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = plan(host_with(packages, tmp_path, monkeypatch, running=False), settings())
    assert {step["disrupts"] for step in found} == {"none"}
    assert "packages" in [step["step"] for step in found]
