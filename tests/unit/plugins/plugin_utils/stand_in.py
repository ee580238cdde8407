# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for a machine: does to a host's description what the roles' tasks do to a host.

It knows what packages do when they are installed and removed (units, the docker group, the engine's end), and it keeps
from the plan everything that the plan cannot know, so that a plan which guesses wrong is not healed by its guess.
"""

from __future__ import annotations

import copy
import fnmatch
from typing import Any

from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._common.redaction import mask
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import merge
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import disk, image_store, store_choice
from ansible_collections.dockyard.gpu.plugins.module_utils._packages import repositories
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.apt import sources
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine import sources as engine_sources
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine.defaults import desired_config
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine.plan import plan as engine_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_group.plan import plan as group_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.versions import numbers, upstream
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import (
    Described,
    engine_socket,
    follow_holds,
    key_file,
    package,
    unit,
)

# What the machine's repositories hold, newest first as `apt-cache madison` lists them.
UPSTREAM_VERSIONS = ("29.10.0", "29.8.0", "29.7.2", "29.7.1", "28.5.2")
DISTRIBUTION_VERSIONS = ("28.4.0+dfsg1-2", "26.1.5+dfsg1-9+b10", "26.1.5+dfsg1-9+b9")
PLUGIN_VERSIONS = ("2.40.0-1", "2.9.0-1")
ENGINES = ("docker-ce", "docker.io")
CONTAINERDS = ("containerd.io", "containerd")
UNITS_OF = {
    **dict.fromkeys(ENGINES, ("docker.service", "docker.socket")),
    **dict.fromkeys(CONTAINERDS, ("containerd.service",)),
}
DEPENDENCIES = {"docker.io": ("containerd", "runc")}

# The order in which the role's tasks run; the plan has to be workable in it.
REPOSITORY_STEPS = (
    "dpkg",
    "foreign_repository",
    "foreign_repository_lines",
    "foreign_key",
    "repository_key",
    "repository",
    "index",
)
LATER_STEPS = (
    *("conflicts", "packages", "hold", "unhold"),
    *("proxy", "group", "config", "service", "units", "enable", "disable", "stop"),
    "verify",
)


class Machine:
    """``host`` is what the next look would find."""

    def __init__(self, host: Described) -> None:
        self.host = copy.deepcopy(host)
        self._removed_units: dict[str, Described] = {}
        # How many images people have in containerd's store, or with a graph driver.
        self.images: dict[tuple[bool, str], int] = {}

    def converge(self, wanted: Described) -> list[Described]:
        """One run of the role docker_engine; the steps that it took."""
        plan = engine_plan(self.host, wanted)
        done = self._follow(plan, REPOSITORY_STEPS, wanted)
        if done and wanted["version"] != "present":
            # The role plans anew once it knows which versions can be had, and does not come back to the repository.
            plan = engine_plan(self.host, wanted)
            assert not set(names(plan)) & set(REPOSITORY_STEPS)
        done += self._follow(plan, LATER_STEPS, wanted)
        if done and wanted["verify"] and wanted["service_state"] == "started":
            self.host["verified"] = True
        return done

    def converge_group(self, wanted: Described) -> list[Described]:
        plan = group_plan(self.host, wanted)
        group = self.host["docker_group"]
        for step in plan:
            if step["step"] == "group":
                self._make_group()
            elif step["step"] == "members":
                group["members"] = sorted(step["to"])
            else:
                self.host["engine"]["socket"]["gid"] = group["gid"]
        return plan

    def _follow(self, plan: list[Described], kinds: tuple[str, ...], wanted: Described) -> list[Described]:
        taken = sorted((step for step in plan if step["step"] in kinds), key=lambda step: kinds.index(step["step"]))
        for step in taken:
            getattr(self, "_do_" + step["step"])(step, wanted)
        return taken

    # Where packages come from.

    def _do_dpkg(self, step: Described, wanted: Described) -> None:
        self.host.update(dpkg_interrupted=False, undone_packages=[])

    def _do_foreign_repository(self, step: Described, wanted: Described) -> None:
        self._drop_entries(lambda entry: entry["path"] == step["from"])
        if step["from"] in self.host["files"]:
            self.host["files"][step["from"]] = None

    def _do_foreign_repository_lines(self, step: Described, wanted: Described) -> None:
        self._drop_entries(lambda entry: entry["path"] == step["from"] and bool(set(entry["uris"]) & set(step["to"])))

    def _drop_entries(self, goes: Any) -> None:
        self.host["repositories"] = [entry for entry in self.host["repositories"] if not goes(entry)]

    def _do_foreign_key(self, step: Described, wanted: Described) -> None:
        for key in self.host["repository_keys"]:
            if key["path"] == step["from"]["path"]:
                key["fingerprints"] = [each for each in key["fingerprints"] if each != step["from"]["fingerprint"]]
        self.host["repository_keys"] = [key for key in self.host["repository_keys"] if key["fingerprints"]]

    def _do_repository_key(self, step: Described, wanted: Described) -> None:
        new = key_file(step["to"]["path"], step["to"]["fingerprint"])
        others = [key for key in self.host["repository_keys"] if key["path"] != new["path"]]
        self.host["repository_keys"] = [*others, new]

    def _do_repository(self, step: Described, wanted: Described) -> None:
        path, content = step["to"]["path"], step["to"]["content"]
        self.host["files"][path] = {"content": content, "mode": "0644"}
        self._drop_entries(lambda entry: entry["path"] == path)
        self.host["repositories"].extend(sources.entries(path, content))

    def _do_index(self, step: Described, wanted: Described) -> None:
        self.host["index"]["age_s"] = 0
        wanted_names = engine_sources.repository(wanted, self.host["distribution"])
        if wanted_names:
            (prefix,) = repositories.index_prefixes(wanted_names)
            self.host["index"]["files"].append(prefix + "stable_binary-amd64_Packages")
        self.look_for_versions(wanted)

    def look_for_versions(self, wanted: Described) -> None:
        self.host["offered"] = self.offers() if wanted["version"] != "present" else {}

    def offers(self) -> dict[str, list[str]]:
        """The versions in the indexes that the machine has read."""
        if self.host["index"]["age_s"] is None:
            return {}
        names = engine_sources.packages("distribution", self.host["distribution"])
        found = {name: list(DISTRIBUTION_VERSIONS) for name in names.versioned}
        found.update((name, list(PLUGIN_VERSIONS)) for name in (*names.buildx, *names.compose))
        found.update((name, ["1.7.24~ds1-6+b4"]) for name in ("containerd", "runc"))
        if any("_linux_" in name for name in self.host["index"]["files"]):
            suffix = f"1~debian.13~{self.host['distribution']['codename']}"
            names = engine_sources.packages("upstream", self.host["distribution"])
            found.update((name, [f"5:{version}-{suffix}" for version in UPSTREAM_VERSIONS]) for name in names.versioned)
            found.update((name, [f"{version}~{suffix}" for version in PLUGIN_VERSIONS]) for name in names.buildx)
            found.update((name, [f"{version}~{suffix}" for version in PLUGIN_VERSIONS]) for name in names.compose)
            found["containerd.io"] = [f"2.2.1-{suffix}"]
        return found

    # Packages.

    def _do_conflicts(self, step: Described, wanted: Described) -> None:
        for name in step["from"]:
            del self.host["packages"][name]
            self.host["installed"]["packages"].pop(name, None)
            if name in ENGINES:
                self._engine_ends()
                self.host["engine"]["binary"] = None
            for unit_name in UNITS_OF.get(name, ()):
                if unit_name in self.host["services"]:
                    self._removed_units[unit_name] = self.host["services"].pop(unit_name)

    def _do_packages(self, step: Described, wanted: Described) -> None:
        for name, version in step["to"].items():
            self.install(name, version)

    def install(self, name: str, version: str = "") -> None:
        offered = self.offers().get(name, ["1.0-1"])
        pattern = version or "*"
        chosen = next(item for item in offered if fnmatch.fnmatchcase(item, pattern))
        # As apt writes it down.
        if name not in self.host["packages"]:
            self.host["installed"]["packages"][name] = "docker_engine"
        # apt forgets the hold of what it replaces.
        self.host["packages"][name] = package(chosen)
        for needed in DEPENDENCIES.get(name, ()):
            if needed not in self.host["packages"]:
                self.install(needed, "")
        if name in ENGINES:
            self.host["engine"]["binary"] = "/usr/bin/dockerd"
            self._make_group()
        if self.host["init"] == "systemd":
            for unit_name in UNITS_OF.get(name, ()):
                # deb-systemd-helper enables a unit that it sees for the first time, and minds a later `disable`.
                enabled = self._removed_units.get(unit_name, unit())["enabled"]
                self.host["services"].setdefault(unit_name, unit(active=False, enabled=enabled))

    def _do_hold(self, step: Described, wanted: Described) -> None:
        follow_holds(self.host, step)

    _do_unhold = _do_hold

    # The engine.

    def _do_proxy(self, step: Described, wanted: Described) -> None:
        for path in step["to"]:
            content = engine_sources.drop_in()
            if path == engine_paths.PROXY_ENVIRONMENT:
                content = engine_sources.proxy_environment(
                    wanted["http_proxy"], wanted["https_proxy"], wanted["no_proxy"]
                )
            mode = "0600" if path == engine_paths.PROXY_ENVIRONMENT else "0644"
            self.host["files"][path] = {"content": mask(content, wanted["comparison_key"]), "mode": mode}
        for path in step["from"]:
            self.host["files"][path] = None

    def _do_group(self, step: Described, wanted: Described) -> None:
        self._make_group()

    def _make_group(self) -> None:
        if not self.host["docker_group"]["exists"]:
            self.host["docker_group"].update(exists=True, gid=998)

    def _do_config(self, step: Described, wanted: Described) -> None:
        config = self.host["daemon_config"]
        desired = mask(desired_config(self.host, wanted), wanted["comparison_key"])
        change = merge.plan_change(config["content"], config["state"], "docker_engine", desired)
        assert not change["conflicts"]
        config["content"] = change["after"]
        config["state"] = {"owners": change["owners"], "displaced": change["displaced"]}
        running = self.host["engine"]["running"]
        if running and (change["effect"] == "restart" or config["pending"] == "restart"):
            config["pending"] = "restart"
        else:
            config["pending"] = None

    def _do_service(self, step: Described, wanted: Described) -> None:
        if step["to"]["docker"] == "started" and self.host["engine"]["running"]:
            return
        self.start_engine()

    def start_engine(self) -> None:
        assert self.host["engine"]["binary"], "an engine that is not installed cannot be started"
        assert self.host["docker_group"]["exists"], "the socket's group is not there"
        group = self.host["docker_group"]
        names = [name for name in ENGINES if name in self.host["packages"]]
        version = upstream(self.host["packages"][names[0]]["version"]) if names else "99.0.0"
        self.host["engine"].update(running=True, answers=True, version=version, swarm=False)
        self._take_store(version)
        self.host["engine"]["socket"] = engine_socket(group["gid"])
        self.host["daemon_config"]["pending"] = None
        for state in self.host["services"].values():
            state["active"] = True

    def _take_store(self, version: str) -> None:
        held = self.host["data_roots"][engine_paths.DATA_ROOT]
        wanted = image_store.settings(self.host["daemon_config"]["content"])
        place = store_choice.choose(numbers(version), wanted, held["graph_drivers"])
        if not place.containerd and place.driver not in (*held["graph_drivers"], image_store.VFS):
            held["graph_drivers"].append(place.driver)
        self.host["engine"].update(storage_driver=place.driver, containerds_store=place.containerd)
        self.host["engine"].update(data_root=engine_paths.DATA_ROOT, containers=0, images=self.seen())

    def pull(self) -> None:
        """Someone has an image more."""
        engine, held = self.host["engine"], self.host["data_roots"][engine_paths.DATA_ROOT]
        store = (engine["containerds_store"], "" if engine["containerds_store"] else engine["storage_driver"])
        self.images[store] = engine["images"] = self.images.get(store, 0) + 1
        held["images"][disk.CONTAINERD if engine["containerds_store"] else store[1]] = engine["images"]

    def seen(self) -> int:
        engine = self.host["engine"]
        return self.images.get(
            (engine["containerds_store"], "" if engine["containerds_store"] else engine["storage_driver"]), 0
        )

    def _do_units(self, step: Described, wanted: Described) -> None:
        for name in step["from"]:
            self.host["services"][name]["active"] = True

    def _do_enable(self, step: Described, wanted: Described) -> None:
        for name in step["from"]:
            assert not self.host["services"][name]["masked"], "systemctl enable fails for a masked unit"
            self.host["services"][name]["enabled"] = step["to"]

    _do_disable = _do_enable

    def _do_stop(self, step: Described, wanted: Described) -> None:
        self._engine_ends()

    def _engine_ends(self) -> None:
        self.host["engine"].update(running=False, answers=False)
        for name in ("version", "storage_driver", "containerds_store", "data_root", "images", "containers"):
            self.host["engine"].pop(name, None)
        self.host["daemon_config"]["pending"] = None
        for name in ("docker.service", "docker.socket"):
            if name in self.host["services"]:
                self.host["services"][name]["active"] = False

    def _do_verify(self, step: Described, wanted: Described) -> None:
        assert self.host["engine"]["running"], "nothing runs that could be verified"


def names(plan: list[Described]) -> list[str]:
    return [step["step"] for step in plan]
