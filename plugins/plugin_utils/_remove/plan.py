# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way back: what this collection put on a host, and the steps after which it is gone.

What it put there is what it recorded (see host_info's ``installed``); all else stays, and is reported. The record of a
component goes last, so that a removal that was interrupted is found unfinished, and goes on. The toolkit goes by the
plan of its own role.
"""

from __future__ import annotations

from typing import Any, Dict, List

from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import driver_paths, toolkit_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.repositories import index_prefixes
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.vendor import Repository

from .._docker_engine import containers as engine_containers
from .._docker_group import plan as group_plan
from .._nvidia_container_toolkit import plan as toolkit_plan
from .._planning import package_work
from .._planning.step import PlanInvalid, step
from .kept import kept
from .ownership import ENGINE, ROLES, Removal

NAME = "remove"


def plan(host: Dict[str, Any], wanted: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Raises PlanInvalid with every reason at once, before anything is touched.

    ``wanted["toolkit"]`` has the variables of nvidia_container_toolkit, by which it is planned that nothing of it is
    left.
    """
    if wanted["errors"]:
        raise PlanInvalid(wanted["errors"])
    if host["installed"]["error"]:
        raise PlanInvalid([f"remove: {host['installed']['error']}"])
    made = _Plan(Removal(host, wanted))
    made.passing_containers()
    made.gpu_containers()
    made.toolkit()
    made.driver()
    made.engine()
    made.group()
    steps, reasons = package_work.ready(NAME, host, made.steps) if made.steps else ([], [])
    if made.errors or reasons:
        raise PlanInvalid(made.errors + reasons)
    return steps


def status(host: Dict[str, Any], wanted: Dict[str, Any]) -> Dict[str, Any]:
    """Beside the steps: {kept}, what stays and why, in sentences."""
    unknown = wanted["errors"] or host["installed"]["error"]
    return {"kept": [] if unknown else kept(Removal(host, wanted))}


class _Plan:
    def __init__(self, removal: Removal) -> None:
        self.ours = removal
        self.host = removal.host
        self.wanted = removal.wanted
        self.steps: List[Dict[str, Any]] = []
        self.errors: List[str] = []

    def _add(self, name: str, why: str, before: Any, after: Any = "absent", disrupts: str = "none") -> None:
        self.steps.append(step(NAME, name, why, before, after, disrupts))

    def passing_containers(self) -> None:
        """They are data as well, which stays unless it was asked to go."""
        ours = self.ours
        if not self.wanted["running_containers"] or (ours.engine_goes and self.wanted["data"]):
            return
        stopped = list(self.host["gpu_containers"] or []) if ours.toolkit_goes or ours.driver_goes else []
        stopped += engine_containers.running(self.host) if ours.engine_goes else []
        names = list(dict.fromkeys(engine_containers.removed_by_stopping(stopped)))
        if names:
            self.errors.append(
                f"remove_running_containers: {', '.join(names)} run with --rm, and would be removed by being stopped, "
                "with what was written in them; let them end, or stop them yourself"
            )

    def gpu_containers(self) -> None:
        """Neither without their driver nor without the toolkit could they go on, or be started again."""
        host = self.host
        if not (self.ours.toolkit_goes or self.ours.driver_goes):
            return
        containers = host["gpu_containers"]
        running = [each["name"] for each in containers or []]
        if containers is None:
            self.errors.append(
                "remove_components: which containers have GPUs could not be determined, and removing driver and "
                "toolkit would break them; see the problems of host_info"
            )
        elif running and not self.wanted["running_containers"]:
            self.errors.append(
                f"remove_running_containers: these containers use GPUs and would lose them: {', '.join(running)}; stop "
                f"them, or set it to true: then they are stopped, and not started again"
            )
        if running:
            ids = [each["id"] for each in containers]
            self._add("gpu_containers", "they would lose their GPUs", ids, "stopped", "restart")

    def toolkit(self) -> None:
        # Where the toolkit goes, they go with it.
        boot = [
            path for path in toolkit_paths.BOOT_FILES if self.host["files"].get(path) and not self.ours.toolkit_goes
        ]
        if not self.ours.wants("toolkit") or not (self.ours.recorded("toolkit") or boot):
            return
        if self.ours.toolkit_goes:
            self._toolkit_itself()
        self._unhold("toolkit", "nvidia_container_toolkit", list(toolkit_paths.PACKAGES) * self.ours.toolkit_goes)
        # Packages write their configuration when they are installed, and leave it when they are purged.
        files = [path for path in self.ours.names("shared_files", "nvidia_container_toolkit") if self.ours.toolkit_goes]
        self._files("toolkit", [*files, *boot, *self._lists(toolkit_paths.REPOSITORY_FILE)])

    def _toolkit_itself(self) -> None:
        # What hinders apt is reported once, with the other steps that need it.
        stopped = {**self.host, "gpu_containers": [], "package_manager_errors": []}
        try:
            steps = toolkit_plan.plan(stopped, {**self.wanted["toolkit"], "state": "absent"})
        except PlanInvalid as rejected:
            self.errors += rejected.reasons
            return
        if not steps:
            return
        # The engine is restarted for it unless it goes too.
        restarts = not self.ours.engine_goes and any(each["disrupts"] == "restart" for each in steps)
        names = [name for name in toolkit_paths.PACKAGES if name in self.host["packages"]]
        why = "the toolkit was installed by nvidia_container_toolkit"
        self._add("toolkit", why, names, "absent", "restart" if restarts else "none")

    def driver(self) -> None:
        host, ours = self.host, self.ours
        files = [path for path in driver_paths.MANAGED_FILES if host["files"].get(path)]
        files = [path for path in files if path != driver_paths.REPOSITORY_FILE]
        if not ours.wants("driver") or not (ours.recorded("driver") or files):
            return
        self._unhold("driver", "nvidia_driver", ours.driver_packages if ours.driver_goes else [])
        if ours.driver_goes:
            names = [name for name in ours.driver_packages if name in host["packages"]]
            self._add("driver_packages", "the driver was installed by nvidia_driver", names, "absent", "restart")
            users = ours.names("users", "nvidia_driver")
            if users:
                self._add("driver_users", "they came with the driver's packages", users)
        self._files("driver", [*files, *self._lists(driver_paths.REPOSITORY_FILE)])

    def engine(self) -> None:
        host, ours = self.host, self.ours
        files = [path for path in engine_paths.MANAGED_FILES if host["files"].get(path)]
        files = [path for path in files if path != engine_paths.REPOSITORY_FILE]
        if not ours.wants("engine") or not (ours.recorded("engine") or files or "docker_engine" in ours.owners):
            return
        if host["daemon_config"]["error"]:
            self.errors.append(f"daemon.json: {host['daemon_config']['error']}")
        names = [name for name in ENGINE if ours.made["packages"].get(name) == "docker_engine"]
        names = sorted(name for name in names if name in host["packages"])
        if ours.engine_goes:
            self._engine_itself()
        if names or ours.engine_goes:
            self._add("engine_packages", "the engine was installed by docker_engine", names)
        self._unhold("engine", "docker_engine", names)
        if ours.engine_goes:
            self._data()
        self._files("engine", [*files, *self._lists(engine_paths.REPOSITORY_FILE)])

    def _engine_itself(self) -> None:
        host = self.host
        if host["kubernetes_node"]:
            self.errors.append(
                "remove_components: this Kubernetes node runs its pods with what came with the engine; remove the node "
                "from the cluster first, or leave engine out"
            )
        if host["engine"].get("containers_running") and not self.wanted["running_containers"]:
            self.errors.append(
                f"remove_running_containers: {host['engine']['containers_running']} containers run here; stop them, or "
                f"set it to true: then they are stopped"
            )
        self._add("engine_stop", "containers would outlive their engine", "running", "stopped", "restart")

    def _unhold(self, component: str, role: str, going: List[str]) -> None:
        """Of packages that stay."""
        held = [name for name in self.ours.names("holds", role) if self.host["packages"].get(name, {}).get("held")]
        held = [name for name in held if name not in going]
        if held:
            self._add(f"{component}_unhold", f"{role} held them", held, False)

    def _data(self) -> None:
        ours = self.ours.data_roots()[0]
        known = self.host["data_roots"]
        silent = [each["path"] for each in ours if known.get(each["path"], {}).get("silent")]
        if silent and self.wanted["data"]:
            self.errors.append(
                f"remove_data: {', '.join(silent)} lies on a mount that does not answer; repair the mount, or unmount "
                f"it, or set remove_data: false"
            )
        if ours and self.wanted["data"]:
            self._add("engine_data", "remove_data is true; what the engine did not create there stays", ours)
        elif ours:
            why = "a later engine of this collection recognises them as its own"
            self._add("engine_data_left", why, ours, "said beside the data")

    def _files(self, component: str, files: List[str]) -> None:
        """Last of a component: its record goes with them."""
        why = "they were written for it, and what they replaced is restored"
        self._add(f"{component}_files", why, files, list(ROLES[component]))

    def _lists(self, source: str) -> List[str]:
        """apt's index files of a repository: no one else takes them away before the next `apt-get update`."""
        file = self.host["files"].get(source)
        if not file or source not in self.ours.made["files"]:
            return []
        prefixes = tuple(index_prefixes(Repository(source, file["content"])))
        return [f"/var/lib/apt/lists/{name}" for name in self.host["index"]["files"] if name.startswith(prefixes)]

    def group(self) -> None:
        """Where it stays, those whom we made members leave it."""
        group, made = self.host["docker_group"], self.ours.made
        if not self.ours.wants("group"):
            return
        members = [user for user in group["members"] if user in made["members"]]
        if group["exists"] and self.ours.group_goes:
            if group["primary_members"]:
                self.errors.append(
                    f"remove_components: docker is the primary group of {', '.join(group['primary_members'])}; give "
                    "them another one, or leave group out"
                )
            if group.get("of_directory"):
                self.errors.append(
                    "remove_components: the group docker is one of a directory (LDAP, SSSD or the like) by now and not "
                    "in /etc/group; remove it from the directory, or leave group out"
                )
            self._add("group", "without an engine it has no purpose", group["members"])
        elif members:
            self.errors += group_plan.out_of_reach(group, "remove_components", [], members)
            self._add("members", "docker_group added them", group["members"], self.ours.other_members)
        if self.ours.recorded("group"):
            self._files("group", [])
