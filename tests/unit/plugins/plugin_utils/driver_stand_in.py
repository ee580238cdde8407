# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for a host under the role nvidia_driver: it does to a described host what the steps do to a real one."""

from __future__ import annotations

import re

from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import driver_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._packages import repositories
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver import sources
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver.plan import plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver.runtime import FABRIC_MANAGER, PERSISTENCED
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver.with_gpus import choice_of, source_of
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import (
    Described,
    follow_holds,
    key_file,
    unit,
)

FIRST = (
    "dpkg",
    "foreign_repository",
    "foreign_repository_lines",
    "repository_key",
    "repository",
    "foreign_key",
    "index",
    "headers",
    "pinning",
    "others",
    "packages",
)
SECOND = ("hold", "unhold", "nouveau", "initramfs", "load", "reload", "reboot")
THIRD = ("persistence_mode", "services", "no_service", "forget_reboot")


class DriverMachine:
    def __init__(self, host: Described) -> None:
        self.host = host

    def converge(self, wanted: Described, at_most: int = 99) -> list[Described]:
        """One run, or its first steps: the role looks again after the packages, and after the driver is loaded."""
        done: list[Described] = []
        for phase in (FIRST, SECOND, THIRD):
            for step in plan(self.host, wanted):
                if step["step"] in phase and len(done) < at_most:
                    getattr(self, step["step"])(step, wanted)
                    done.append(step)
        return done

    def install(self, name: str, version: str) -> None:
        # As apt writes it down.
        if name not in self.host["packages"]:
            self.host["installed"]["packages"][name] = "nvidia_driver"
        self.host["packages"][name] = {"version": version, "held": False, "state": "installed"}

    def dpkg(self, _step: Described, _wanted: Described) -> None:
        self.host.update(dpkg_interrupted=False, undone_packages=[])

    def repository_key(self, step: Described, _wanted: Described) -> None:
        to = step["to"]
        new = key_file(to["path"], to["fingerprint"])
        others = [key for key in self.host["repository_keys"] if key["path"] != to["path"]]
        self.host["repository_keys"] = [*others, new]

    def foreign_key(self, step: Described, _wanted: Described) -> None:
        for key in self.host["repository_keys"]:
            if key["path"] == step["from"]["path"]:
                key["fingerprints"] = [each for each in key["fingerprints"] if each != step["from"]["fingerprint"]]
        self.host["repository_keys"] = [key for key in self.host["repository_keys"] if key["fingerprints"]]

    def repository(self, step: Described, _wanted: Described) -> None:
        self.host["files"][step["to"]["path"]] = {"content": step["to"]["content"], "mode": "0644"}

    def foreign_repository(self, step: Described, _wanted: Described) -> None:
        self.host["repositories"] = [each for each in self.host["repositories"] if each["path"] != step["from"]]
        if step["from"] in self.host["files"]:
            self.host["files"][step["from"]] = None

    def foreign_repository_lines(self, step: Described, _wanted: Described) -> None:
        self.host["repositories"] = [
            each
            for each in self.host["repositories"]
            if each["path"] != step["from"] or not set(each["uris"]) & set(step["to"])
        ]

    def index(self, _step: Described, wanted: Described) -> None:
        source = source_of(self.host, wanted)
        desired = sources.repository(self.host, wanted, source)
        prefixes = repositories.index_prefixes(desired) if desired else ["x_"]
        self.host["index"] = {"age_s": 0, "files": [f"{prefix}Packages" for prefix in prefixes]}

    def headers(self, step: Described, _wanted: Described) -> None:
        for name in step["to"]:
            self.install(name, "1.0")

    def pinning(self, step: Described, _wanted: Described) -> None:
        for name in step["to"]:
            self.install(name, name.rsplit("-", 1)[1])

    def others(self, step: Described, _wanted: Described) -> None:
        for name in step["from"]:
            del self.host["packages"][name]

    def packages(self, step: Described, wanted: Described) -> None:
        for name in step["to"]["released"]:
            self.host["packages"][name]["held"] = False
        choice = choice_of(self.host, wanted)
        desired = wanted["branch"] if "." in wanted["branch"] else f"{choice.branch}.100"
        for name in step["to"]["names"]:
            self.install(name, f"{desired}-1")
        if step["to"]["drivers"]:
            series = step["to"]["drivers"].split(":")[1]
            self.install(f"linux-modules-nvidia-{series}-generic", f"{desired}-1")
        # What comes along by dependency.
        self.install(
            f"libnvidia-compute-{choice.branch}" if "ubuntu" in str(wanted) else "libnvidia-compute", f"{desired}-1"
        )
        for name in [each for each in self.host["packages"] if re.match(r"libnvidia-compute-\d+$", each)]:
            if not name.endswith(str(choice.branch)):
                del self.host["packages"][name]
        self.host["nvidia"]["driver"].update(
            installed_version=desired, installed_modules=choice.modules, user_space_version=desired, state="installed"
        )
        self._units()

    def _units(self) -> None:
        names = [PERSISTENCED, *([FABRIC_MANAGER] if self.host["nvidia"]["nvswitches"] else [])]
        for name in names:
            self.host["nvidia_services"].setdefault(name, unit(active=False, enabled=False))

    def hold(self, step: Described, _wanted: Described) -> None:
        follow_holds(self.host, step)

    unhold = hold

    def nouveau(self, step: Described, wanted: Described) -> None:
        self.repository(step, wanted)
        self.host["nvidia_prerequisites"]["initramfs_older_than_blacklist"] = False

    def initramfs(self, _step: Described, _wanted: Described) -> None:
        self.host["nvidia_prerequisites"]["initramfs_older_than_blacklist"] = False

    def load(self, _step: Described, _wanted: Described) -> None:
        driver = self.host["nvidia"]["driver"]
        driver.update(
            loaded_version=driver["installed_version"],
            loaded_modules=driver["installed_modules"],
            state="loaded",
            answers=True,
        )
        self.host["gpu_users"] = []

    reload = load

    def reboot(self, step: Described, wanted: Described) -> None:
        self.host["files"][driver_paths.REBOOTED_FILE] = {"content": step["why"] + "\n", "mode": "0644"}
        self.host["nvidia"]["driver"]["nouveau_loaded"] = False
        self.load(step, wanted)

    def forget_reboot(self, _step: Described, _wanted: Described) -> None:
        self.host["files"][driver_paths.REBOOTED_FILE] = None

    def persistence_mode(self, step: Described, _wanted: Described) -> None:
        path = driver_paths.PERSISTENCE_DROP_IN
        content = step["to"]["content"]
        self.host["files"][path] = {"content": content, "mode": "0644"} if content else None

    def services(self, step: Described, _wanted: Described) -> None:
        found = self.host["nvidia_services"][step["to"]["unit"]]
        found.update(enabled=found["enabled"] or step["to"]["enable"], active=found["active"] or step["to"]["start"])

    def no_service(self, step: Described, _wanted: Described) -> None:
        found = self.host["nvidia_services"][step["to"]["unit"]]
        found.update(enabled=found["enabled"] and not step["to"]["disable"], active=False)
