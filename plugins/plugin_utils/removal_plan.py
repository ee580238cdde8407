# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way back: what this collection put on a host, and the steps after which it is gone.

A component is taken away only where something says that it is ours: the role's repository file, its part of
daemon.json, its file for the kernel. Those go last, so that a removal that was interrupted is found unfinished, and
goes on. The toolkit goes by the plan of its own role.
"""

from __future__ import annotations

from typing import Any, Dict, List

from ansible_collections.dockyard.gpu.plugins.module_utils import (
    engine_packages,
    engine_paths,
    nvidia_paths,
    toolkit_paths,
)
from ansible_collections.dockyard.gpu.plugins.module_utils.repositories import Repository, index_prefixes
from ansible_collections.dockyard.gpu.plugins.plugin_utils import (
    driver_sources,
    engine_sources,
    toolkit_plan,
    toolkit_sources,
)
from ansible_collections.dockyard.gpu.plugins.plugin_utils.driver_plan_packages import is_driver_package, is_kernel
from ansible_collections.dockyard.gpu.plugins.plugin_utils.plan import PlanRefused, step

NAME = "remove"
# Where containerd keeps its images, which is where newer engines have theirs too.
CONTAINERD_ROOT = "/var/lib/containerd"
# Those that the role asks apt for. What came along with them goes when nobody needs it any more.
_ENGINE = (*engine_packages.OF_UPSTREAM, *(set(engine_packages.OF_DISTRIBUTIONS) - {"containerd", "runc"}))


def plan(host: Dict[str, Any], wanted: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Raises PlanRefused with every reason at once, before anything is touched.

    ``wanted["group"]`` has the variables of docker_group, whose users leave it; ``wanted["toolkit"]`` those of
    nvidia_container_toolkit, by which it is planned that nothing of it is left.
    """
    if wanted["errors"] + wanted["group"]["errors"]:
        raise PlanRefused(wanted["errors"] + wanted["group"]["errors"])
    removal = _Removal(host, wanted)
    removal.gpu_containers()
    removal.toolkit()
    removal.driver()
    removal.engine()
    if removal.refusals:
        raise PlanRefused(removal.refusals)
    if removal.steps and host["dpkg_interrupted"]:
        why = "an earlier run of dpkg was interrupted, and apt refuses to work until it is finished"
        removal.steps.insert(0, step(NAME, "dpkg", why, "interrupted", "finished"))
    return removal.steps


def has_engine(host: Dict[str, Any]) -> bool:
    """Whether the engine is one that this collection put there, or began to take away."""
    return _is_known(host, "docker_engine", engine_paths.REPOSITORY_FILE, engine_sources.MARK)


def has_toolkit(host: Dict[str, Any]) -> bool:
    return _is_known(host, "nvidia_container_toolkit", toolkit_paths.REPOSITORY_FILE, toolkit_sources.MARK)


def _is_known(host: Dict[str, Any], owner: str, path: str, mark: str) -> bool:
    """By its part of daemon.json, or by its repository's file."""
    file = host["files"].get(path)
    owners = host["daemon_config"]["state"].get("owners") or {}
    return owner in owners or bool(file and file["content"].startswith(mark))


def has_driver(host: Dict[str, Any]) -> bool:
    files = (host["files"].get(path) for path in (nvidia_paths.NOUVEAU_FILE, nvidia_paths.REPOSITORY_FILE))
    return any(file and file["content"].startswith(driver_sources.MARK) for file in files)


class _Removal:
    def __init__(self, host: Dict[str, Any], wanted: Dict[str, Any]) -> None:
        self.host = host
        self.wanted = wanted
        self.steps: List[Dict[str, Any]] = []
        self.refusals: List[str] = []

    def _add(self, name: str, why: str, before: Any, after: Any = "absent", disrupts: str = "none") -> None:
        self.steps.append(step(NAME, name, why, before, after, disrupts))

    def _goes(self, component: str, ours: bool) -> bool:
        return component in self.wanted["components"] and ours

    def gpu_containers(self) -> None:
        """Neither without their driver nor without the toolkit could they go on, or be started again."""
        host = self.host
        if not (self._goes("toolkit", has_toolkit(host)) or self._goes("driver", has_driver(host))):
            return
        containers = host["gpu_containers"]
        running = [each["name"] for each in containers or []]
        if containers is None:
            self.refusals.append(
                "remove_components: which containers have GPUs could not be told, and driver and toolkit would be "
                "taken away under them; the problems that host_info returns say why"
            )
        elif running and not self.wanted["running_containers"]:
            self.refusals.append(
                f"remove_running_containers: {', '.join(running)} run with GPUs, and would lose them; stop them, or "
                "set it true: then they are stopped, and not started again"
            )
        if running:
            ids = [each["id"] for each in containers]
            self._add("gpu_containers", "they would lose their GPUs", ids, "stopped", "restart")

    def toolkit(self) -> None:
        host = self.host
        if not self._goes("toolkit", has_toolkit(host)):
            return
        stopped = {**host, "gpu_containers": []}
        try:
            steps = toolkit_plan.plan(stopped, {**self.wanted["toolkit"], "state": "absent"})
        except PlanRefused as refused:
            self.refusals += refused.reasons
            return
        if steps:
            # The engine is restarted for it unless it goes too.
            stays = not self._goes("engine", has_engine(host))
            restarts = stays and any(each["disrupts"] == "restart" for each in steps)
            names = [name for name in toolkit_paths.PACKAGES if name in host["packages"]]
            why = "the toolkit was put there by nvidia_container_toolkit"
            self._add("toolkit", why, names, "absent", "restart" if restarts else "none")
            # Packages write their configuration when they are installed, and leave it when they are purged.
            files = [toolkit_paths.CONFIG, *self._lists(toolkit_paths.REPOSITORY_FILE)]
            self._add("toolkit_files", "they were written for the toolkit", files)

    def driver(self) -> None:
        host = self.host
        if not self._goes("driver", has_driver(host)):
            return
        names = [name for name in host["packages"] if is_driver_package(name)]
        held = [name for name, package in host["packages"].items() if package["held"] and is_kernel(name)]
        if held:
            self._add("driver_unhold", "the kernel was held for the driver", held, False)
        self._add("driver_packages", "the driver was put there by nvidia_driver", sorted(names), "absent", "restart")
        key = nvidia_paths.REPOSITORY_KEY
        files = [path for path in nvidia_paths.MANAGED_FILES if host["files"].get(path)]
        files += [each["path"] for each in host["repository_keys"] if each["path"] == key]
        files += self._lists(nvidia_paths.REPOSITORY_FILE)
        self._add("driver_files", "they were written by nvidia_driver", files)

    def engine(self) -> None:
        host = self.host
        ours = has_engine(host)
        if "group" in self.wanted["components"] and not self._goes("engine", ours):
            self._members()
        if not self._goes("engine", ours):
            return
        if host["daemon_config"]["error"]:
            self.refusals.append(f"daemon.json: {host['daemon_config']['error']}")
        if host["kubernetes_node"]:
            self.refusals.append(
                "remove_components: this Kubernetes node runs its pods with what came with the engine; take the node "
                "out of the cluster first, or leave engine out"
            )
        if host["engine"].get("containers_running") and not self.wanted["running_containers"]:
            self.refusals.append(
                f"remove_running_containers: {host['engine']['containers_running']} containers run here; stop them, or "
                "set it true: then they are stopped"
            )
        names = sorted(name for name in host["packages"] if name in _ENGINE)
        self._add("engine_stop", "containers would outlive their engine", "running", "stopped", "restart")
        self._add("engine_packages", "the engine was put there by docker_engine", names)
        if "group" in self.wanted["components"] and host["docker_group"]["exists"]:
            self._group()
        if self.wanted["data"]:
            self._data()
        files = [path for path in engine_paths.MANAGED_FILES if host["files"].get(path)]
        files += [key["path"] for key in host["repository_keys"] if key["path"] == engine_paths.REPOSITORY_KEY]
        files += self._lists(engine_paths.REPOSITORY_FILE)
        self._add("engine_files", "they, and its part of daemon.json, were written by docker_engine", files)

    def _data(self) -> None:
        """Of the folder that the engine uses: one that was only wished for may hold anything."""
        own = [engine_paths.DATA_ROOT, CONTAINERD_ROOT]
        self._add("engine_data", "remove_data is true", sorted(own))
        configured = (self.host["daemon_config"]["content"] or {}).get("data-root")
        used = {configured, self.host["engine"].get("data_root")} - {None, "/", *own}
        if used:
            why = "remove_data is true; what the engine does not make there stays"
            self._add("engine_data_root", why, sorted(used))

    def _lists(self, source: str) -> List[str]:
        """apt's index files of a repository: nobody else takes them away before the next `apt-get update`."""
        file = self.host["files"].get(source)
        prefixes = tuple(index_prefixes(Repository(source, file["content"]))) if file else ()
        return [f"/var/lib/apt/lists/{name}" for name in self.host["index"]["files"] if name.startswith(prefixes)]

    def _group(self) -> None:
        group = self.host["docker_group"]
        if group["primary_members"]:
            self.refusals.append(
                f"remove_components: docker is the primary group of {', '.join(group['primary_members'])}; give them "
                "another one, or leave group out"
            )
        self._add("group", "without an engine it gives nobody anything", group["members"])

    def _members(self) -> None:
        """The engine stays, so that the group has to: those who were wished leave it."""
        group = self.host["docker_group"]
        leaving = [user for user in group["members"] if user in self.wanted["group"]["users"]]
        if leaving:
            staying = [user for user in group["members"] if user not in leaving]
            self._add("members", "docker_group_users made them members", group["members"], staying)
