# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine is reported by a flag of its unit counts as what it is reported by daemon.json, in every plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import flags as daemon_json_flags
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine import containers
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine.defaults import desired_config
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine.plan import plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_container_toolkit import plan as toolkit_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import errors_of
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described, bare_host, wanted
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.toolkit_stand_in import driven, with_engine

DEFAULTS = yaml.safe_load((Path(__file__).parents[5] / "roles/docker_engine/defaults/main.yml").read_text())[
    "docker_engine_config_defaults"
]
UNIT = ["-H", "fd://", "--containerd=/run/containerd/containerd.sock"]


def with_flags(*flags: str, **parts: Any) -> Described:
    host = bare_host(**parts)
    host["daemon_config"]["unit_flags"] = [*UNIT, *flags]
    return host


def said(host: Described, **variables: Any) -> list[str]:
    return errors_of(plan, host, {**wanted("docker_engine", **variables), "comparison_key": ""})


# A flag, and the defaults that it takes the place of.
GIVEN = [
    (["--log-driver=journald"], {"log-driver", "log-opts"}),
    (["--log-driver", "syslog"], {"log-driver", "log-opts"}),
    (["--log-driver=json-file"], {"log-driver", "log-opts"}),
    (["--log-opt", "max-size=10m"], {"log-driver", "log-opts"}),
    (["--log-driver=journald", "--log-opt", "tag={{.Name}}"], {"log-driver", "log-opts"}),
    (["--live-restore"], {"live-restore"}),
    (["--live-restore=false"], {"live-restore"}),
    (["--default-ulimit", "nofile=1024:2048"], {"default-ulimits"}),
    (["--default-address-pool", "base=10.200.0.0/16,size=24"], {"default-address-pools"}),
    (["--debug", "-l", "warn", "--mtu=1400"], set()),
]


@pytest.mark.parametrize(("flags", "gone"), GIVEN)
def test_a_default_gives_way_to_a_flag(flags: list[str], gone: set[str]) -> None:
    host = with_flags(*flags)
    assert said(host) == []
    assert set(DEFAULTS) - set(desired_config(host, wanted("docker_engine"))) == gone


DEFAULTS_OF_A_SITE = {
    "storage-driver": "overlay2",
    "storage-opts": ["overlay2.size=20G"],
    "bip": "10.9.0.1/24",
    "fixed-cidr": "10.9.0.128/25",
    "dns": ["10.0.0.53"],
    "proxies": {"http-proxy": "http://proxy.example.org:3128", "no-proxy": "localhost"},
    "features": {"cdi": True},
    "labels": ["a=b"],
    "exec-opts": ["native.cgroupdriver=cgroupfs"],
    "group": "ops",
    "data-root": "/srv/docker",
    "exec-root": "/srv/exec",
    "cdi-spec-dirs": ["/etc/cdi"],
    "tlscert": "/c.pem",
    "tlskey": "/k.pem",
}


@pytest.mark.parametrize(
    ("flags", "gone"),
    [
        (["-s", "overlay2"], {"storage-driver", "storage-opts"}),
        (["--storage-opt=overlay2.size=9G"], {"storage-driver", "storage-opts"}),
        (["--bridge=br0"], {"bip", "fixed-cidr"}),
        (["-b", "br0"], {"bip", "fixed-cidr"}),
        (["--dns", "10.0.0.54"], {"dns"}),
        (["--http-proxy=http://other.example.org:3128"], {"proxies"}),
        (["--feature=cdi=false"], {"features"}),
        (["--label", "c=d"], {"labels"}),
        (["--exec-opt", "native.cgroupdriver=systemd"], {"exec-opts"}),
        (["-G", "docker"], {"group"}),
        (["--group=docker"], {"group"}),
        (["-g", "/var/lib/docker"], {"data-root"}),
        (["--data-root=/var/lib/docker"], {"data-root"}),
        (["--exec-root", "/run/docker"], {"exec-root"}),
        (["--cdi-spec-dir=/run/cdi"], {"cdi-spec-dirs"}),
        (["--tlscert=/other.pem"], {"tlscert", "tlskey"}),
    ],
)
def test_a_default_of_a_site_gives_way_too(flags: list[str], gone: set[str]) -> None:
    host = with_flags(*flags)
    assert said(host, config_defaults=DEFAULTS_OF_A_SITE) == []
    found = desired_config(host, wanted("docker_engine", config_defaults=DEFAULTS_OF_A_SITE))
    assert set(DEFAULTS_OF_A_SITE) - set(found) == gone


@pytest.mark.parametrize(
    ("flags", "config", "words"),
    [
        (["--log-driver=journald"], {"log-driver": "local"}, ["'log-driver'", "'--log-driver=journald'"]),
        (["--log-opt", "max-size=1m"], {"log-opts": {"max-size": "2m"}}, ["'log-opts'", "'--log-opt max-size=1m'"]),
        (["--http-proxy=http://p:1"], {"proxies": {"http-proxy": "http://q:1"}}, ["'proxies'", "--http-proxy"]),
        (["-g", "/srv/a"], {"data-root": "/srv/b"}, ["'data-root'", "'-g /srv/a'"]),
        (["--log-driver=journald"], {"log-opts": {"max-size": "2m"}}, ["journald", "max-size", "--log-driver"]),
    ],
)
def test_what_someone_wrote_beside_a_flag_is_an_error(flags: list[str], config: Described, words: list[str]) -> None:
    found = said(with_flags(*flags), config=config)
    assert len(found) == 1, found
    for word in (*words, "docker_engine_config"):
        assert word in found[0]


def test_plugins_and_runtimes_are_looked_for_where_the_flags_have_them() -> None:
    host = with_flags("--add-runtime", "kata=/usr/bin/kata-runtime")
    assert said(host, config={"default-runtime": "kata"}) == []
    assert daemon_json_flags.texts(["--add-runtime=kata=/k"]) == {"runtimes": "--add-runtime=kata=/k"}


@pytest.mark.parametrize("flag", ["--live-restore", "--live-restore=true"])
def test_live_restore_by_a_flag_spares_containers_and_does_not_go_with_swarm(flag: str) -> None:
    running = {"binary": "/usr/bin/dockerd", "running": True, "answers": True, "socket": None}
    host = with_flags(flag, engine=running)
    assert containers.are_spared(host, {}, removed=False)
    assert not containers.are_spared(with_flags("--live-restore=false", engine=running), {}, removed=False)
    (message,) = said(with_flags(flag, engine={**running, "swarm": True}))
    assert flag in message
    assert "Swarm" in message


def test_containers_are_looked_for_in_the_data_root_of_the_flags() -> None:
    web = {"id": "1", "name": "web", "driver": "overlay2", "comes_back": True, "removed_at_end": False}
    roots = {"/srv/docker": hosts.holdings("/srv/docker", running=[web])}
    for flags in (["--data-root=/srv/docker"], ["--data-root", "/srv/docker"], ["-g", "/srv/docker"]):
        assert [each["name"] for each in containers.running(with_flags(*flags, data_roots=roots))] == ["web"]


def test_the_toolkit_knows_what_flags_say_of_cdi_and_of_its_runtime() -> None:
    host = with_engine(driven(), "28.5.2")
    variables = wanted("nvidia_container_toolkit")
    host["daemon_config"]["unit_flags"] = ["--feature", "cdi=false"]
    assert "features" not in toolkit_plan.status(host, variables)["daemon_config"]
    assert "disabled in daemon.json" in toolkit_plan.status(host, variables)["cdi"]
    host["daemon_config"]["unit_flags"] = ["--default-runtime=nvidia"]
    assert any("default runtime" in each for each in toolkit_plan.status(host, variables)["warnings"])
    assert errors_of(toolkit_plan.plan, host, wanted("nvidia_container_toolkit", default_runtime=True)) == []
    host["daemon_config"]["unit_flags"] = ["--default-runtime=runc"]
    found = errors_of(toolkit_plan.plan, host, wanted("nvidia_container_toolkit", default_runtime=True))
    assert "--default-runtime=runc" in "".join(found)


def test_the_file_of_options_counts_for_an_engine_that_will_read_it() -> None:
    """Debian's unit reads it, Docker's own does not; whichever of them the plan brings."""
    host = bare_host()
    host["daemon_config"]["options"] = ["--log-driver=journald"]
    for source, there in (("distribution", False), ("upstream", True)):
        assert ("log-driver" in desired_config(host, wanted("docker_engine", source=source))) is there
    # Under Debian's engine, and then under Docker's in its place.
    host["packages"] = {name: hosts.package("26.1.5+dfsg1-9") for name in ("docker.io", "docker-cli")}
    host["services"]["docker.service"] = {**hosts.unit(), "flags": ["-H", "fd://", "$DOCKER_OPTS"]}
    host["daemon_config"]["unit_flags"] = ["-H", "fd://", "--log-driver=journald"]
    for source, there in (("distribution", False), ("upstream", True)):
        assert ("log-driver" in desired_config(host, wanted("docker_engine", source=source))) is there
