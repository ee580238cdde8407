# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hypothesis shakes the plans with: hosts, settings, and what people do to a host behind a role's back."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.stand_in import ENGINES, Machine
from hypothesis import strategies as st

CREDENTIAL = "joe:opensesame"
DOCKER_LIST = "/etc/apt/sources.list.d/docker.list"
MIXED_LIST = "/etc/apt/sources.list"
OLD_KEY = "/etc/apt/trusted.gpg"
DOCKER = "https://download.docker.com/linux/debian"
DEBIAN = "http://deb.example.org/debian"

CONFIGS = st.fixed_dictionaries(
    {},
    optional={
        "live-restore": st.booleans(),
        "debug": st.booleans(),
        "log-driver": st.sampled_from(["json-file", "local"]),
        "log-opts": st.fixed_dictionaries({}, optional={"max-size": st.just("50m"), "max-file": st.just("5")}),
        "labels": st.just([f"from=https://{CREDENTIAL}@mirror.example.org"]),
        "dns": st.just(["192.0.2.53"]),
        "bip": st.none(),
    },
)
FOREIGN_CONFIGS = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "mtu": st.just(1400),
        "debug": st.booleans(),
        "log-opts": st.just({"max-file": "9", "mode": "non-blocking"}),
        "registry-mirrors": st.just([]),
    },
)
ENTRIES = st.lists(
    st.sampled_from(
        [
            hosts.entry(DOCKER_LIST, DOCKER, signed_by="/usr/share/keyrings/docker.gpg"),
            hosts.entry(MIXED_LIST, DOCKER),
            hosts.entry(MIXED_LIST, DEBIAN, component="main"),
            hosts.entry("/etc/apt/sources.list.d/old-docker.sources", DOCKER, "deb822", "/etc/apt/keyrings/d.asc"),
            hosts.entry("/etc/apt/sources.list.d/debian.sources", DEBIAN, "deb822", component="main"),
        ]
    ),
    max_size=3,
)
KEYS = st.lists(
    st.builds(
        lambda path, fingerprints, more: hosts.key_file(path, *fingerprints, **more),
        st.sampled_from([OLD_KEY, "/usr/share/keyrings/docker.gpg", engine_paths.REPOSITORY_KEY]),
        st.lists(st.sampled_from([hosts.UPSTREAM_KEY, hosts.OTHER_KEY, "F" * 40]), min_size=1, unique=True),
        st.sampled_from([{}, {"mode": "0600"}, {"canonical": False}]),
    )
    | st.just(hosts.key_file(engine_paths.REPOSITORY_KEY, error="it has a secret key, which no certificate has")),
    max_size=2,
    unique_by=lambda key: key["path"],
)


def _settings(source: str) -> st.SearchStrategy[Described]:
    versions = ["29.7", "29.7.1", "29.10", "28.5"] if source == "upstream" else ["26.1", "28.4.0"]
    proxies = st.sampled_from(["", "http://proxy.example.org:3128", f"http://{CREDENTIAL}@proxy.example.org:3128"])
    return st.fixed_dictionaries(
        {
            "source": st.just(source),
            "repository_url": st.sampled_from(["", "http://mirror.example.org/docker"]),
            "repository_key_fingerprint": st.sampled_from(["", hosts.OTHER_KEY]),
            "version": st.sampled_from(["present", "latest", *versions]),
            "hold": st.sampled_from(["auto", True, False]),
            "buildx": st.booleans(),
            "compose": st.booleans(),
            "config": CONFIGS,
            "data_root": st.just(""),
            "hide_data": st.just(False),
            "http_proxy": proxies,
            "https_proxy": proxies,
            "no_proxy": st.sampled_from([[], ["localhost", "::1"]]),
            "service_state": st.sampled_from(["started", "started", "stopped"]),
            "service_enabled": st.sampled_from(["auto", True, False]),
            "index_max_age": st.just(86400),
            "verify": st.booleans(),
        }
    ).map(lambda given: hosts.settings(**given))


SETTINGS = _settings("upstream") | _settings("distribution")


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    """A machine that no one has converged yet, though people may have installed an engine by hand."""
    age = draw(st.sampled_from([None, 60, 200_000]))
    own_index = ["deb.example.org_debian_dists_trixie_main_binary-amd64_Packages"]
    machine = Machine(
        hosts.bare_host(
            distribution=draw(st.sampled_from(hosts.DISTRIBUTIONS)),
            init=draw(st.sampled_from(["systemd", "none"])),
            index={"age_s": age, "files": [] if age is None else own_index},
            repositories=draw(ENTRIES),
            repository_keys=draw(KEYS),
            dpkg_interrupted=draw(st.booleans()),
            verified=draw(st.booleans()),
        )
    )
    for name in draw(st.sets(st.sampled_from(["docker.io", "podman-docker", "docker-doc", "apparmor", "runc"]))):
        machine.install(name)
    if machine.host["engine"]["binary"] and draw(st.booleans()):
        machine.start_engine()
    machine.host["daemon_config"]["content"] = draw(FOREIGN_CONFIGS)
    return machine


class Tampering(NamedTuple):
    """One thing that people do, when it goes against the settings, and the steps that may mend it."""

    named: str
    mends: str
    counts: Callable[[Machine, Described], bool]
    act: Callable[[Described], Any]


def _upstream(machine: Machine, wanted: Described) -> bool:
    return bool(wanted["source"] == "upstream")


def _started(machine: Machine, wanted: Described) -> bool:
    return bool(wanted["service_state"] == "started")


def _stopped(machine: Machine, wanted: Described) -> bool:
    return not _started(machine, wanted)


def _proxy(machine: Machine, wanted: Described) -> bool:
    return bool(wanted["http_proxy"] or wanted["https_proxy"])


def _systemd(machine: Machine, wanted: Described) -> bool:
    return bool(machine.host["services"])


def _hold_is_the_roles(machine: Machine, wanted: Described) -> bool:
    """Whether each hold is: otherwise another one is an administrator's, and no drift."""
    return wanted["hold"] != "auto" or wanted["version"] not in ("present", "latest")


def _always(machine: Machine, wanted: Described) -> bool:
    return True


def _configured(machine: Machine, wanted: Described) -> bool:
    return bool(machine.host["daemon_config"]["state"].get("owners"))


def _first(host: Described, names: tuple[str, ...]) -> Described:
    return next(host["packages"][name] for name in names if name in host["packages"])


def _set_all(host: Described, unit: str, **values: bool) -> None:
    host["services"][unit].update(values)


def _kill(host: Described) -> None:
    host["engine"].update(running=False, answers=False)
    if host["services"]:
        host["services"]["docker.service"]["active"] = False


def _forget_index(host: Described) -> None:
    host["index"]["files"] = [name for name in host["index"]["files"] if "_linux_" not in name]


def _remove_package(host: Described, name: str) -> None:
    host["packages"].pop(name, None)


def _clear_group(host: Described) -> None:
    host["docker_group"].update(exists=False, gid=None, members=[])


def _change_wanted_key(host: Described) -> None:
    desired = host["daemon_config"]["state"]["owners"]["docker_engine"]
    host["daemon_config"]["content"].update(dict.fromkeys(list(desired)[:1], "tampered"))


def _key(host: Described) -> Described:
    """The role's own; a host can trust others."""
    return next(key for key in host["repository_keys"] if key["path"] == engine_paths.REPOSITORY_KEY)


def _file(host: Described, path: str, **changed: str) -> None:
    host["files"][path] = {**(host["files"][path] or {"content": "", "mode": "0644"}), **changed}


SOURCE = engine_paths.REPOSITORY_FILE
PROXY = engine_paths.PROXY_ENVIRONMENT
DROP_IN = engine_paths.DROP_INS["docker.service"]
TAMPERINGS = [
    Tampering("repository changed", "repository", _upstream, lambda h: _file(h, SOURCE, content="Types: deb\n")),
    Tampering("repository unreadable", "repository", _upstream, lambda h: _file(h, SOURCE, mode="0600")),
    Tampering("repository removed", "repository", _upstream, lambda h: h["files"].update({SOURCE: None})),
    Tampering("key removed", "repository_key", _upstream, lambda h: h["repository_keys"].clear()),
    Tampering(
        "key changed",
        "repository_key",
        _upstream,
        lambda h: _key(h).update(fingerprints=["A" * 40]),
    ),
    Tampering("key unreadable", "repository_key", _upstream, lambda h: _key(h).update(mode="0600")),
    Tampering("key of another user", "repository_key", _upstream, lambda h: _key(h).update(plain=False)),
    Tampering("key in another form", "repository_key", _upstream, lambda h: _key(h).update(canonical=False)),
    Tampering(
        "another key beside the key",
        "repository_key",
        _upstream,
        lambda h: _key(h).update(fingerprints=[hosts.UPSTREAM_KEY, "A" * 40], canonical=False),
    ),
    Tampering(
        "a secret key beside the key",
        "repository_key",
        _upstream,
        lambda h: _key(h).update(fingerprints=[], canonical=False, error="it has a secret key"),
    ),
    Tampering("index by another key", "index", _upstream, lambda h: _key(h).update(canonical=False)),
    Tampering(
        "docker.list written",
        "foreign_repository",
        _upstream,
        lambda h: h["repositories"].append(hosts.entry(DOCKER_LIST, DOCKER)),
    ),
    Tampering(
        "apt-key used",
        "foreign_key",
        _upstream,
        lambda h: h["repository_keys"].insert(
            0, hosts.key_file("/etc/apt/trusted.gpg.d/docker.gpg", hosts.UPSTREAM_KEY)
        ),
    ),
    Tampering("index lost", "index", _upstream, _forget_index),
    Tampering(
        "hold changed",
        "hold unhold",
        _hold_is_the_roles,
        lambda h: _first(h, ENGINES).update(held=not _first(h, ENGINES)["held"]),
    ),
    Tampering("companion removed", "packages", _always, lambda h: _remove_package(h, "ca-certificates")),
    Tampering("half installed", "packages", _always, lambda h: _first(h, ENGINES).update(state="half-configured")),
    Tampering(
        "podman-docker installed",
        "conflicts",
        _always,
        lambda h: h["packages"].update({"podman-docker": hosts.package("4")}),
    ),
    Tampering("dpkg killed", "dpkg", _always, lambda h: h.update(dpkg_interrupted=True)),
    Tampering("wanted key changed", "config", _configured, _change_wanted_key),
    Tampering("daemon.json removed", "config", _configured, lambda h: h["daemon_config"].update(content=None)),
    Tampering("memory lost", "config", _configured, lambda h: h["daemon_config"].update(state={})),
    Tampering("proxy's mode changed", "proxy", _proxy, lambda h: _file(h, PROXY, mode="0644")),
    Tampering("proxy changed", "proxy", _always, lambda h: _file(h, PROXY, content='HTTP_PROXY="http://x"\n')),
    Tampering("drop-in changed", "proxy", _always, lambda h: _file(h, DROP_IN, content="[Service]\n")),
    Tampering("engine killed", "service", _started, _kill),
    Tampering("engine started", "stop", _stopped, lambda h: h["engine"].update(running=True, answers=True)),
    Tampering("restart left out", "service", _started, lambda h: h["daemon_config"].update(pending="restart")),
    Tampering("reload left out", "config", _started, lambda h: h["daemon_config"].update(pending="reload")),
    Tampering("group deleted", "group", _started, _clear_group),
    Tampering(
        "never verified",
        "verify",
        lambda machine, wanted: bool(wanted["verify"]) and _started(machine, wanted),
        lambda h: h.update(verified=False),
    ),
    Tampering(
        "unit disabled or enabled",
        "enable disable",
        _systemd,
        lambda h: _set_all(h, "docker.service", enabled=not h["services"]["docker.service"]["enabled"]),
    ),
    Tampering(
        "containerd stopped",
        "units",
        lambda machine, wanted: _systemd(machine, wanted) and _started(machine, wanted),
        lambda h: _set_all(h, "containerd.service", active=False),
    ),
    Tampering(
        "socket stopped",
        "units",
        lambda machine, wanted: _systemd(machine, wanted) and _started(machine, wanted),
        lambda h: _set_all(h, "docker.socket", active=False),
    ),
]


def tampered(machine: Machine, tampering: Tampering) -> Machine:
    """Another machine: the first stays as it is."""
    other = copy.deepcopy(machine)
    tampering.act(other.host)
    return other
