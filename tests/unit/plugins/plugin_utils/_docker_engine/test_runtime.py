# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plan says about how the engine runs: proxy, daemon.json, units, and hosts without an init system."""

from __future__ import annotations

import json
import re

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._common.redaction import mask
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine import sources
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine.plan import plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import PlanInvalid
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import (
    KEY,
    Described,
    bare_host,
    settings,
    steps,
)
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.stand_in import Machine

PROXY = "http://joe:opensesame@proxy.example.org:3128"


def converged(init: str = "systemd", **parts: object) -> Machine:
    machine = Machine(bare_host(init=init))
    machine.converge(settings(**parts))
    return machine


def changed(host: Described, **config: object) -> dict[str, Described]:
    return steps(host, settings(config={**settings()["config"], **config}))


@pytest.mark.parametrize(
    ("config", "disrupts", "restarts"),
    [
        ({"registry-mirrors": ["https://mirror.example.org"]}, "reload", False),
        ({"live-restore": False}, "reload", False),
        ({"dns": ["192.0.2.1"]}, "restart", True),
        ({"log-driver": "local"}, "restart", True),
        ({"log-opts": {"max-size": "50m", "max-file": "5"}}, "restart", True),
    ],
)
def test_the_configuration_disrupts_as_its_keys_need(config: Described, disrupts: str, restarts: bool) -> None:
    found = changed(converged().host, **config)
    assert found["config"]["disrupts"] == disrupts
    assert ("service" in found) is restarts
    if restarts:
        assert found["service"]["to"] == {"docker": "restarted", "containerd": "", "spares_containers": True}


def test_a_step_says_which_keys_change_from_what_to_what() -> None:
    step = changed(converged().host, **{"log-opts": {"max-size": "9m", "max-file": "5"}})["config"]
    assert step["from"] == {"log-opts.max-size": "50m", "log-opts.max-file": None}
    assert step["to"] == {"log-opts.max-size": "9m", "log-opts.max-file": "5"}
    assert step["why"] == "log-opts.max-file is not set, should be 5; log-opts.max-size is 50m, should be 9m"


SECRETS = {
    "log-driver": "splunk",
    "log-opts": {"splunk-token": "opensesame", "tag": "x"},
    "proxies": {"http-proxy": PROXY},
}


def test_a_secret_that_is_another_one_is_drift_and_no_one_is_shown_it() -> None:
    made = converged(config=SECRETS, http_proxy=PROXY)
    assert steps(made.host, settings(config=SECRETS, http_proxy=PROXY)) == {}
    other = {
        "log-driver": "splunk",
        "log-opts": {"splunk-token": "sesame-two", "tag": "x"},
        "proxies": {"http-proxy": PROXY.replace("opensesame", "sesame-two")},
    }
    found = steps(made.host, settings(config=other, http_proxy=PROXY.replace("opensesame", "sesame-two")))
    assert found["config"]["from"] == {
        "log-opts.splunk-token": "***",
        "proxies.http-proxy": "http://***@proxy.example.org:3128",
    }
    assert found["config"]["to"] == {
        "log-opts.splunk-token": "*** (another one)",
        "proxies.http-proxy": "http://*** (another one)@proxy.example.org:3128",
    }
    # Without the key of this run nothing can be compared, and no tag is shown.
    assert re.findall(r"sesame|[0-9a-f]{16}", json.dumps(found)) == []
    assert set(found) >= {"config", "proxy", "service"}


def test_what_someone_did_to_a_secret_is_drift() -> None:
    made = converged(config=SECRETS, http_proxy=PROXY)
    content = made.host["daemon_config"]["content"]
    content["log-opts"]["splunk-token"] = mask({"token": "tampered"}, KEY)["token"]
    environment = made.host["files"][engine_paths.PROXY_ENVIRONMENT]
    environment["content"] = mask(f'HTTP_PROXY="{PROXY}x"\n', KEY)
    assert {"config", "proxy"} <= set(steps(made.host, settings(config=SECRETS, http_proxy=PROXY)))


def test_an_error_shows_neither_secrets_nor_tags() -> None:
    made = converged(config=SECRETS)
    made.host["daemon_config"]["state"]["owners"]["site"] = made.host["daemon_config"]["content"]
    bad = {
        "log-driver": "splunk",
        "log-opts": {"splunk-token": ["sesame-two"]},
        "proxies": {"http-proxy": PROXY + "x", "x": PROXY},
    }
    with pytest.raises(PlanInvalid) as error:
        plan(made.host, settings(config=bad))
    assert re.findall(r"sesame|[0-9a-f]{16}", "".join(error.value.reasons)) == []


def test_a_null_takes_a_default_away() -> None:
    found = changed(converged().host, **{"live-restore": None})
    assert found["config"]["to"] == {"live-restore": None}
    assert "live-restore" not in json.dumps(steps(bare_host(), settings(config={"live-restore": None})))


def test_a_desired_that_is_met_is_only_remembered() -> None:
    machine = converged()
    machine.host["daemon_config"]["state"] = {}
    found = steps(machine.host, settings())
    assert list(found) == ["config"]
    assert found["config"]["disrupts"] == "none"


@pytest.mark.parametrize(
    ("pending", "step", "disrupts"), [("reload", "config", "reload"), ("restart", "service", "restart")]
)
def test_what_the_engine_has_not_taken_up_is_made_good(pending: str, step: str, disrupts: str) -> None:
    machine = converged()
    machine.host["daemon_config"]["pending"] = pending
    found = steps(machine.host, settings())
    assert list(found) == [step]
    assert found[step]["disrupts"] == disrupts
    # An engine that does not run reads the file at its start.
    machine.host["engine"]["running"] = False
    assert "has not" not in str(steps(machine.host, settings()))


def test_a_proxy_is_given_to_engine_and_containerd_and_its_password_to_no_one_else() -> None:
    found = steps(converged().host, settings(http_proxy=PROXY))
    step = found["proxy"]
    assert set(step["to"]) == {engine_paths.PROXY_ENVIRONMENT, *engine_paths.DROP_INS.values()}
    assert step["disrupts"] == "restart"
    assert found["service"]["to"] == {"docker": "restarted", "containerd": "restarted", "spares_containers": True}
    assert "opensesame" not in json.dumps(found)
    # Two passwords are distinguished all the same.
    machine = converged(http_proxy=PROXY)
    assert plan(machine.host, settings(http_proxy=PROXY)) == []
    assert "proxy" in steps(machine.host, settings(http_proxy=PROXY.replace("sesame", "barley")))


def test_a_proxys_files_go_with_the_desired() -> None:
    found = steps(converged(http_proxy=PROXY).host, settings())
    assert sorted(found["proxy"]["from"]) == sorted([engine_paths.PROXY_ENVIRONMENT, *engine_paths.DROP_INS.values()])
    assert found["proxy"]["to"] == {}
    assert found["proxy"]["why"] == "no proxy is configured any more"


def test_without_an_init_system_there_are_no_drop_ins_and_no_units() -> None:
    found = steps(bare_host(init="none"), settings(http_proxy=PROXY, service_enabled=False))
    assert set(found["proxy"]["to"]) == {engine_paths.PROXY_ENVIRONMENT}
    assert found["service"]["to"] == {"docker": "started", "containerd": ""}
    assert not {"enable", "disable", "units"} & set(found)
    assert plan(converged("none", service_enabled=False).host, settings(service_enabled=False)) == []


@pytest.mark.parametrize(
    ("http", "https", "no_proxy", "lines"),
    [
        ("", "", ["localhost"], []),
        ("http://p:1", "", [], ['HTTP_PROXY="http://p:1"']),
        ("", "http://p:1", ["a", "::1"], ['HTTPS_PROXY="http://p:1"', 'NO_PROXY="a,::1"']),
    ],
)
def test_the_environment_file_holds_what_is_desired(
    http: str, https: str, no_proxy: list[str], lines: list[str]
) -> None:
    content = sources.proxy_environment(http, https, no_proxy)
    assert [line for line in content.splitlines() if not line.startswith("#")] == lines
    assert bool(content) is bool(lines)


def test_the_engine_is_stopped_and_what_would_wake_it() -> None:
    machine = converged()
    found = steps(machine.host, settings(service_state="stopped"))
    assert found["stop"]["disrupts"] == "restart"
    machine.converge(settings(service_state="stopped"))
    machine.host["services"]["docker.socket"]["active"] = True
    found = steps(machine.host, settings(service_state="stopped"))
    assert list(found) == ["stop"]
    assert found["stop"]["disrupts"] == "none"


def test_units_come_back_after_a_reboot_or_do_not() -> None:
    machine = converged()
    for name in ("docker.service", "containerd.service"):
        machine.host["services"][name]["enabled"] = False
    assert steps(machine.host, settings())["enable"]["from"] == ["docker.service", "containerd.service"]
    found = steps(machine.host, settings(service_enabled=False))
    assert found["disable"]["from"] == ["docker.socket"]
    # What packages will enable is disabled again in the same run.
    bare = steps(bare_host(), settings(service_enabled=False))
    assert bare["disable"]["from"] == ["docker.service", "docker.socket"]


def test_the_sockets_group_is_made_only_where_no_package_will_make_it() -> None:
    machine = converged()
    machine.host["docker_group"].update(exists=False, gid=None)
    assert "group" in steps(machine.host, settings())
    assert "group" not in steps(machine.host, settings(service_state="stopped"))
    assert "group" not in steps(bare_host(), settings())


def test_a_change_that_was_never_verified_is_verified() -> None:
    machine = converged()
    machine.host["verified"] = False
    assert list(steps(machine.host, settings())) == ["verify"]
    assert steps(machine.host, settings(verify=False)) == {}


def test_a_detached_engine_is_restarted_like_another() -> None:
    machine = converged("none")
    assert changed(machine.host, dns=["192.0.2.1"])["service"]["to"] == {
        "docker": "restarted",
        "containerd": "",
        "spares_containers": True,
    }
    machine.host["engine"]["running"] = False
    assert steps(machine.host, settings())["service"]["to"]["docker"] == "started"
