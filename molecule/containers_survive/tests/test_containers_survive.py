# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests stand in the order in which they run: each changes one more setting, and the same container goes on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from control import Lives, play, play_verbosely, shell, start_witness

HOST = "survive"
PASSWORD = "correct-horse"
PROXY = f"http://user:{PASSWORD}@proxy.invalid:3128"
PROXY_FILE = "/etc/dockyard/proxy.env"
DROP_INS = [f"/etc/systemd/system/{unit}.service.d/dockyard.conf" for unit in ("docker", "containerd")]
SOMEONES = "/etc/systemd/system/docker.service.d/someones.conf"
MIRRORS = {"docker_engine_registry_mirrors": ["http://mirror.invalid:5000"]}
LOGS = {**MIRRORS, "docker_engine_config": {"log-opts": {"max-size": "20m"}}}


@pytest.fixture(scope="module", autouse=True)
def witness() -> Iterator[None]:
    """A container to survive; and a unit file that changed unread, which shows whether systemd reads them all again."""
    start_witness(HOST)
    shell(HOST, f"mkdir -p $(dirname {SOMEONES}); printf '[Unit]\\nDescription=Read\\n' > {SOMEONES}")
    yield
    shell(HOST, f"rm {SOMEONES}; systemctl daemon-reload")


@pytest.fixture
def before(witness: None) -> Lives:
    return Lives.of(HOST)


def site(settings: dict[str, Any]) -> None:
    run = play("dockyard.gpu.site", {HOST: settings})
    assert run.rc == 0, run.message(HOST)
    assert run.changed(HOST)


def units_were_read() -> bool:
    return shell(HOST, "systemctl show --property=NeedDaemonReload --value docker.service") == "no"


def test_mirrors_take_a_reload(before: Lives) -> None:
    site(MIRRORS)
    assert Lives.of(HOST) == before
    assert MIRRORS["docker_engine_registry_mirrors"][0] in shell(
        HOST, "docker info --format '{{.RegistryConfig.Mirrors}}'"
    )
    assert not units_were_read()


def test_log_options_take_a_restart_of_the_engine_alone(before: Lives) -> None:
    site(LOGS)
    now = Lives.of(HOST)
    assert now.container == before.container
    assert now.containerd == before.containerd
    assert now.engine != before.engine
    assert not units_were_read()


def test_a_proxy_is_kept_from_every_eye(before: Lives) -> None:
    done = play_verbosely("dockyard.gpu.site", {HOST: {**LOGS, "docker_engine_https_proxy": PROXY}})
    assert done.returncode == 0, done.stdout
    assert PASSWORD not in done.stdout + done.stderr
    journal = "journalctl --boot --output=cat --quiet --no-pager"
    assert PASSWORD not in shell(HOST, f"{journal}; cat /etc/docker/daemon.json {' '.join(DROP_INS)}")
    assert shell(HOST, f"stat --format='%U %a' {PROXY_FILE}") == "root 600"
    now = Lives.of(HOST)
    assert now.container == before.container
    for pid in (now.engine, now.containerd):
        assert f"HTTPS_PROXY={PROXY}" in shell(HOST, f"tr '\\0' '\\n' < /proc/{pid}/environ")


def test_the_proxy_goes_without_a_trace(before: Lives) -> None:
    site(LOGS)
    now = Lives.of(HOST)
    assert now.container == before.container
    for pid in (now.engine, now.containerd):
        assert "PROXY" not in shell(HOST, f"tr '\\0' '\\n' < /proc/{pid}/environ")
    assert shell(HOST, f"ls {' '.join([PROXY_FILE, *DROP_INS])} 2>/dev/null || :") == ""


TOKEN, REST = "open-7f3a", "sesame/91"
SECRETS = {
    "labels": [f"registry_token={TOKEN}"],
    "proxies": {"https-proxy": f"http://joe:{TOKEN}@{REST}@proxy.invalid:3128", "no-proxy": "*"},
}


def test_a_secret_in_daemon_json_is_kept_from_every_eye_and_its_drift_is_seen(before: Lives) -> None:
    # The file has been there without a secret, with the usual mode.
    assert shell(HOST, "stat --format=%a /etc/docker/daemon.json") == "644"
    settings = {HOST: {"docker_engine_config": SECRETS}}
    runs = [play_verbosely("dockyard.gpu.site", settings, *words) for words in (("--check",), (), ())]
    assert [run.returncode for run in runs] == [0, 0, 0], runs[1].stdout
    assert re.findall(r"changed=(\d+)", runs[2].stdout)[0] == "0"
    assert json.loads(shell(HOST, "cat /etc/docker/daemon.json"))["proxies"] == SECRETS["proxies"]
    assert shell(HOST, "stat --format=%a /etc/docker/daemon.json /var/lib/dockyard/daemon_config.json") == "600\n600"
    shell(HOST, f"sed -i s/{TOKEN}/other-8b2c/ /etc/docker/daemon.json")
    runs.append(play_verbosely("dockyard.gpu.plan", settings))
    assert "labels" in runs[3].stdout
    assert "(another one)" in runs[3].stdout
    runs.append(play_verbosely("dockyard.gpu.site", settings))
    assert json.loads(shell(HOST, "cat /etc/docker/daemon.json"))["labels"] == SECRETS["labels"]
    seen = shell(HOST, "journalctl --boot --output=short --quiet --no-pager | grep -a ansible")
    assert "daemon_config" in seen
    for word in (TOKEN, REST, "other-8b2c"):
        assert word not in seen
        assert word not in "".join(run.stdout + run.stderr for run in runs)
    assert Lives.of(HOST).container == before.container


def test_a_dropped_desired_takes_its_key_along(before: Lives) -> None:
    site({})
    config = json.loads(shell(HOST, "cat /etc/docker/daemon.json"))
    assert "registry-mirrors" not in config
    assert config["log-opts"]["max-size"] == "50m"
    assert Lives.of(HOST).container == before.container


def test_an_upgrade(before: Lives) -> None:
    site({"docker_engine_version": "26.1"})
    assert Lives.of(HOST).container == before.container
    assert shell(HOST, "docker version --format '{{.Server.Version}}'").startswith("26.1.")


BY_HAND = {"log-driver": "journald", "log-opts": {"tag": "{{.Name}}"}}


def test_an_engine_that_was_set_up_by_hand_learns_live_restore_before_its_restart(witness: None) -> None:
    shell(HOST, "docker rm --force witness; rm -r /etc/docker/daemon.json /var/lib/dockyard")
    shell(HOST, f"echo '{json.dumps(BY_HAND)}' > /etc/docker/daemon.json; systemctl restart docker")
    start_witness(HOST)
    before = Lives.of(HOST)
    site({"docker_engine_version": "26.1"})
    now = Lives.of(HOST)
    assert now.container == before.container
    assert now.engine != before.engine
    config = json.loads(shell(HOST, "cat /etc/docker/daemon.json"))
    # With the defaults for json-file beside it, the engine would not start.
    assert {key: config[key] for key in BY_HAND} == BY_HAND
