# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for a host under the role nvidia_container_toolkit: it does to a described host what the steps do."""

from __future__ import annotations

import copy
from typing import Any

from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import merge
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import toolkit_paths
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_container_toolkit import sources
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_container_toolkit.engine import (
    NAME,
    TAKEN_OVER,
    daemon_config,
    found_hooks,
)
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_container_toolkit.plan import plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.versions import best, newest
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import machines
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import (
    Described,
    entry,
    follow_holds,
    key_file,
    package,
    unit,
    wanted,
)

OFFERED = ["1.20.0-1", "1.19.1-1", "1.18.2-1"]
INDEX = "nvidia.github.io_libnvidia-container_stable_deb_amd64_Packages"
HOOKS = [toolkit_paths.RUNTIME_HOOK, toolkit_paths.CDI_HOOK]
FIRST = (
    *("dpkg", "foreign_repository", "foreign_repository_lines", "repository_key", "repository", "foreign_key"),
    *("index", "packages", "migrate", "hold", "unhold"),
)
# `nvidia-ctk config` comments out a key that is set to one of these, so that nothing of it is found afterwards.
COMMENTED: Described = {
    "accept-nvidia-visible-devices-envvar-when-unprivileged": True,
    "accept-nvidia-visible-devices-as-volume-mounts": False,
    "swarm-resource": "DOCKER_RESOURCE_GPU",
    "nvidia-container-cli.debug": "/var/log/nvidia-container-toolkit.log",
    "nvidia-container-cli.ldcache": "/etc/ld.so.cache",
    "nvidia-container-cli.no-cgroups": False,
    "nvidia-container-cli.path": "/usr/bin/nvidia-container-cli",
    "nvidia-container-cli.root": "/run/nvidia/driver",
    "nvidia-container-cli.user": "root:video",
    "nvidia-container-runtime.debug": "/var/log/nvidia-container-runtime.log",
}
SECOND = ("config", "units", "cdi_by_hand", "cdi", "boot", "daemon_config", "engine", "no_units", "no_cdi", "removed")


def settings(**parts: Any) -> Described:
    """The role's defaults, but for the variables that are named."""
    made = wanted("nvidia_container_toolkit", **parts)
    assert not set(parts) - set(made), parts
    return copy.deepcopy(made)


def driven(machine: str = "h100x8", distribution: str = "Debian 13", **parts: Any) -> Described:
    """A host whose driver answers."""
    host = machines.host(machine, distribution, **parts)
    for index, gpu in enumerate(host["nvidia"]["gpus"]):
        gpu.update(index=index, uuid=f"GPU-{index}", mig_mode=None, mig_devices=[], kernel_driver="nvidia")
    host["nvidia"]["driver"] = {**host["nvidia"]["driver"], "answers": True, "state": "loaded"}
    return host


def with_engine(host: Described, version: str, name: str = "docker-ce") -> Described:
    """An engine that was started before anybody thought of GPUs."""
    host["packages"][name] = package(f"5:{version}-1")
    host["engine"].update(running=True, answers=True, version=version, binary="/usr/bin/dockerd")
    host["toolkit"]["engine"] = "7-1-boot"
    return host


def of_2021(host: Described) -> Described:
    """As the recipes of that time leave a host: with their packages, their list, their key, their daemon.json."""
    for name, version in (("libnvidia-container1", "1.4.0-1"), ("libnvidia-container-tools", "1.4.0-1"),
                          ("nvidia-container-toolkit", "1.5.1-1"), ("nvidia-container-runtime", "3.5.0-1"),
                          ("nvidia-docker2", "2.6.0-1")):  # fmt: skip
        host["packages"][name] = package(version)
    path = "/etc/apt/sources.list.d/nvidia-docker.list"
    for place in ("libnvidia-container/stable", "nvidia-container-runtime/stable", "nvidia-docker"):
        host["repositories"].append(entry(path, f"https://nvidia.github.io/{place}/debian11/amd64"))
    host["repository_keys"].append(key_file("/etc/apt/trusted.gpg", sources.FINGERPRINT))
    runtimes = {"nvidia": {"path": "nvidia-container-runtime", "runtimeArgs": []}, "kata": {"path": "/opt/kata"}}
    host["daemon_config"]["content"] = {"runtimes": runtimes, "log-opts": {"max-size": "9m"}}
    host["toolkit"]["owns_daemon_json"] = True
    host["toolkit"]["programs"].update({toolkit_paths.RUNTIME_HOOK: "/usr/bin/nvidia-container-runtime-hook"})
    host["toolkit"]["found_by_engine"] = [toolkit_paths.RUNTIME_HOOK]
    return host


class ToolkitMachine:
    def __init__(self, host: Described) -> None:
        self.host = host

    def converge(self, wanted: Described) -> list[Described]:
        """One run: the role looks again after the packages. When it takes away, the packages are last."""
        done = []
        phases = [SECOND, FIRST] if wanted["state"] == "absent" else [FIRST, SECOND]
        for number, phase in enumerate(phases):
            for step in plan(self.host, wanted):
                if step["step"] in phase:
                    getattr(self, step["step"])(step, wanted)
                    done.append(step)
            if number == 0 and done and "packages" in [step["step"] for step in done]:
                self.host["offered"] = {"nvidia-container-toolkit": OFFERED}
        return done

    def dpkg(self, _step: Described, _wanted: Described) -> None:
        self.host.update(dpkg_interrupted=False, undone_packages=[])

    def foreign_repository(self, step: Described, _wanted: Described) -> None:
        path = step["from"]
        self.host["repositories"] = [each for each in self.host["repositories"] if each["path"] != path]
        self.host["files"][path] = None

    def foreign_repository_lines(self, step: Described, _wanted: Described) -> None:
        self.host["repositories"] = [
            each
            for each in self.host["repositories"]
            if each["path"] != step["from"] or not set(each["uris"]) & set(step["to"])
        ]

    def foreign_key(self, step: Described, _wanted: Described) -> None:
        for key in self.host["repository_keys"]:
            if key["path"] == step["from"]["path"]:
                key["fingerprints"] = [each for each in key["fingerprints"] if each != step["from"]["fingerprint"]]
        self.host["repository_keys"] = [key for key in self.host["repository_keys"] if key["fingerprints"]]

    def repository_key(self, step: Described, _wanted: Described) -> None:
        to = step["to"]
        kept = [key for key in self.host["repository_keys"] if key["path"] != to["path"]]
        made = key_file(to["path"], to["fingerprint"])
        self.host["repository_keys"] = [*kept, made]

    def repository(self, step: Described, _wanted: Described) -> None:
        self.host["files"][step["to"]["path"]] = {"content": step["to"]["content"], "mode": "0644"}

    def index(self, _step: Described, wanted: Described) -> None:
        self.host["index"] = {"age_s": 0, "files": [INDEX]}

    def packages(self, step: Described, _wanted: Described) -> None:
        desired = next(iter(step["to"].values()))
        version = (
            newest(OFFERED) if not desired else desired if desired in OFFERED else best(OFFERED, desired.rstrip("*"))
        )
        assert version, f"apt has no {desired}"
        for name in step["to"]:
            # As apt writes it down.
            if name not in self.host["packages"]:
                self.host["installed"]["packages"][name] = "nvidia_container_toolkit"
            self.host["packages"][name] = package(version)
        # The new packages break the old ones, and apt removes those without their configuration.
        for name in ("nvidia-container-runtime", "nvidia-docker2"):
            self.host["packages"].pop(name, None)
        toolkit = self.host["toolkit"]
        if toolkit["engine"]:
            toolkit.update(found_by_engine=found_hooks(self.host), found_is_recorded=True)
        toolkit["programs"] = {name: f"/usr/bin/{name}" for name in toolkit_paths.PROGRAMS}
        for name in toolkit_paths.UNITS:
            toolkit["units"].setdefault(name, unit())
        if self.host["nvidia"]["driver"]["answers"]:
            self.cdi(step, _wanted)

    def migrate(self, step: Described, _wanted: Described) -> None:
        for name in step["from"]:
            self.host["packages"].pop(name, None)
        self.host["toolkit"]["owns_daemon_json"] = False

    def hold(self, step: Described, _wanted: Described) -> None:
        follow_holds(self.host, step)

    unhold = hold

    def config(self, step: Described, _wanted: Described) -> None:
        found = {**self.host["toolkit"]["config"], **step["to"]}
        self.host["toolkit"]["config"] = {
            key: value for key, value in found.items() if key not in COMMENTED or value not in (COMMENTED[key], "")
        }

    def units(self, step: Described, _wanted: Described) -> None:
        for name in step["from"]:
            self.host["toolkit"]["units"][name].update(enabled=True, active=True)

    def no_units(self, step: Described, _wanted: Described) -> None:
        for name in step["from"]:
            self.host["toolkit"]["units"][name].update(enabled=False, active=False)

    def cdi_by_hand(self, step: Described, _wanted: Described) -> None:
        self._forget(step["from"])

    def no_cdi(self, step: Described, _wanted: Described) -> None:
        self._forget(step["from"])

    def boot(self, step: Described, _wanted: Described) -> None:
        for path, content in step["to"]["files"].items():
            self.host["files"][path] = {"content": content, "mode": "0644"}
        self.host["files"].update(dict.fromkeys(step["to"]["absent"]))

    def _forget(self, path: str) -> None:
        found = self.host["toolkit"]["cdi"]
        self.host["toolkit"]["cdi_unreadable"].pop(path, None)
        self.host["toolkit"]["cdi"] = [each for each in found if each["path"] != path]

    def cdi(self, _step: Described, _wanted: Described) -> None:
        self.host["toolkit"]["cdi_unreadable"].pop(toolkit_paths.REFRESHED, None)
        self._forget(toolkit_paths.REFRESHED)
        devices = ["all"]
        for gpu in self.host["nvidia"]["gpus"]:
            parts = gpu["mig_devices"]
            devices += [part["uuid"] for part in parts] or [str(gpu["index"]), gpu["uuid"]]
        self.host["toolkit"]["cdi"].append({"path": toolkit_paths.REFRESHED, "devices": devices, "missing": []})

    def daemon_config(self, step: Described, wanted: Described) -> None:
        found = self.host["daemon_config"]
        change = merge.plan_change(found["content"], found["state"], NAME, daemon_config(self.host, wanted), TAKEN_OVER)
        found["content"] = change["after"]
        found["state"] = {"owners": change["owners"], "displaced": change["displaced"]}
        if self.host["engine"]["running"]:
            found["pending"] = "restart" if change["effect"] == "restart" else None

    def engine(self, _step: Described, _wanted: Described) -> None:
        self.host["daemon_config"]["pending"] = None
        programs = self.host["toolkit"]["programs"]
        found = [name for name in HOOKS if programs[name]]
        # Another process, of which nothing is recorded.
        self.host["toolkit"].update(found_by_engine=found, found_is_recorded=False)

    def removed(self, step: Described, _wanted: Described) -> None:
        for name in step["from"]:
            del self.host["packages"][name]
        # Up to 1.19 the units are conffiles, and stay.
        self.host["toolkit"].update(programs=dict.fromkeys(toolkit_paths.PROGRAMS))
