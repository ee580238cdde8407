# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the toolkit's plan that is about packages: repository, versions, what came before, holds."""

from __future__ import annotations

from typing import Any, Dict, List, Set, Tuple

from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import toolkit_paths

from .._planning import offers, package_work, repository, versions
from .._planning.holds import Holds
from .._planning.step import step
from .._planning.systemd import losing_gpus
from . import sources

NAME = "nvidia_container_toolkit"
# By whose versions the four go.
_MAIN = "nvidia-container-toolkit"
_NAMED = ", ".join(toolkit_paths.PACKAGES)
_WORKING = ("installed", "triggers-awaited", "triggers-pending")


def desired_names(packages: Dict[str, Any]) -> List[str]:
    """The toolkit's own packages that are installed."""
    return [name for name in toolkit_paths.PACKAGES if name in packages]


class PackagePlan:
    """``installs`` says that programs come, or are exchanged for others."""

    def __init__(self, host: Dict[str, Any], wanted: Dict[str, Any]) -> None:
        self.host = host
        self.wanted = wanted
        self.installed: Dict[str, Any] = host["packages"]
        self.repository = sources.repository(host, wanted)
        self.steps: List[Dict[str, Any]] = []
        self.holds = Holds(host, NAME, wanted["hold"])
        self.errors: List[str] = []
        self.installs = False

    def make(self) -> PackagePlan:
        if self.wanted["state"] == "absent":
            self._removed()
            return self._ready("")
        steps, errors = repository.repository_steps(NAME, "NVIDIA's", self.host, self.repository)
        self.steps += steps
        self.errors += errors
        packages = self._packages()
        self.installs = bool(packages)
        self.steps += repository.index_steps(
            NAME, self.host, self.repository, self.steps, bool(packages), int(self.wanted["index_max_age"])
        )
        self.steps += packages
        self._migrated()
        self._holds()
        return self._ready("nvidia_container_toolkit_version: latest" if self.wanted["version"] == "latest" else "")

    def _ready(self, asks: str) -> PackagePlan:
        self.steps, reasons = package_work.ready(NAME, self.host, self.steps, asks)
        self.errors += reasons
        return self

    def _add(self, name: str, why: str, before: Any, after: Any, disrupts: str = "none") -> None:
        self.steps.append(step(NAME, name, why, before, after, disrupts))

    def _packages(self) -> List[Dict[str, Any]]:
        before = {name: self._before(name) for name in toolkit_paths.PACKAGES}
        desired, why = self._desired(before)
        if not why:
            return []
        version = self.wanted["version"]
        held = [name for name in self.holds.of_others(before) if self.installed[name]["version"] != desired]
        if held and version in ("present", "latest"):
            leaving = "nvidia_container_toolkit_allow_insecure: true" if version == "present" else "present"
            way_out = f"keep them with {leaving}, set a version"
            variable = f"nvidia_container_toolkit_version: {version}"
            self.errors.append(self.holds.error(variable, "exchange", held, way_out))
        losing = losing_gpus(self.host)
        if losing:
            why += f"; their scripts reload systemd, by which {losing} may lose GPUs until started again"
        to = dict.fromkeys(toolkit_paths.PACKAGES, desired)
        return [step(NAME, "packages", why, before, to, "restart" if losing else "none")]

    def _before(self, name: str) -> str:
        found = self.installed.get(name)
        if not found:
            return "absent"
        return str(found["version"] if found["state"] in _WORKING else found["state"])

    def _desired(self, before: Dict[str, str]) -> Any:
        """Which version all of them get, empty for the newest that apt has; and why they are touched, empty if not."""
        version, found = self.wanted["version"], set(before.values())
        missing = any(not each[:1].isdigit() for each in found)
        if version == "present":
            return "", self._why_newest(found, missing)
        if version == "latest":
            newest = offers.latest(self.host, _MAIN)
            # What is installed counts too: a mirror that lags behind is no reason to go back. apt knows that itself.
            known = [newest] if self.host["candidates"].get(_MAIN) else [newest, *sorted(found)]
            behind = missing or len(found) > 1 or (newest and versions.newest(known) not in found)
            pinned = offers.held_back(self.host, [_MAIN])
            why = f"{_NAMED} are not all installed in the newest version" + (f"; {pinned}" if pinned else "")
            if missing and offers.forbidden(self.host, [_MAIN]):
                setting = "nvidia_container_toolkit_version: latest"
                self.errors.append(offers.error(setting, toolkit_paths.PACKAGES))
            return newest, why if behind else ""
        if len(found) == 1 and not missing and versions.satisfies(min(found), version):
            return min(found), ""
        best, note = self._best(version)
        return best, f"{_NAMED} are not all installed in the configured version{note}"

    def _why_newest(self, found: Set[str], missing: bool) -> str:
        """Why those that are there are not good enough, when any are that are safe; empty where they are."""
        why = ""
        if missing:
            why = f"{_NAMED} are not all installed" if len(found) > 1 else f"{_NAMED} are not installed"
        elif len(found) > 1:
            why = f"{_NAMED} are not all of one version"
        elif sources.is_below_floor(min(found)) and not self.wanted["allow_insecure"]:
            why = "the installed version has known vulnerabilities by which containers can escape to their host"
        newest = offers.latest(self.host, _MAIN) if why else ""
        insecure = bool(newest) and sources.is_below_floor(newest)
        if insecure and not self.wanted["allow_insecure"] and not self._index_is_unknown():
            self.errors.append(
                f"nvidia_container_toolkit_version: present, and the newest that the repository has, "
                f"{versions.upstream(newest)}, has known vulnerabilities by which containers can escape to their host; "
                f"bring the mirror "
                "(nvidia_container_toolkit_repository_url) or apt's pin up to date, or accept them with "
                "nvidia_container_toolkit_allow_insecure: true"
            )
        return why

    def _offered(self) -> List[str]:
        return list(self.host["offered"].get(_MAIN) or [])

    def _best(self, version: str) -> Tuple[str, str]:
        """And what is to be said of it."""
        best = versions.best(self._offered(), version)
        unknown = self._index_is_unknown()
        # Where apt cannot work it offers nothing, which says nothing of the repository.
        if not best and not unknown and not self.host["package_manager_errors"]:
            self.errors.append(
                f"nvidia_container_toolkit_version: {version} is not offered; the repository has "
                f"{offers.has(self._offered()) or 'no version of it at all'}"
            )
        note = offers.not_yet_known(version, self._offered()) if unknown and not best else ""
        # Before the index is read, the preview can name the pattern only; apt reads the star as any.
        return best or f"{version}*", f"; {note}" if note else ""

    def _index_is_unknown(self) -> bool:
        return repository.index_is_missing(self.host, self.repository, self.steps) or repository.index_is_old(
            self.host, int(self.wanted["index_max_age"])
        )

    def _migrated(self) -> None:
        old = [name for name in sources.OLD_PACKAGES if name in self.installed]
        held = self.holds.of_others(old)
        if held:
            variable, way_out = "nvidia_container_toolkit_state: present", "exclude this host"
            self.errors.append(self.holds.error(variable, "remove", held, way_out))
        if old or self.host["toolkit"]["owns_daemon_json"]:
            why = (
                "the toolkit replaces them; daemon.json stays, which dpkg takes for a conffile of nvidia-docker2"
                if self.host["toolkit"]["owns_daemon_json"]
                else "the toolkit replaces them"
            )
            self._add("migrate", why, old or ["nvidia-docker2"], "absent")

    def _holds(self) -> None:
        names = toolkit_paths.PACKAGES
        why = "nvidia_container_toolkit_hold keeps the four at one version"
        self.steps += self.holds.steps(names, names, names if self.installs else (), why)

    def _removed(self) -> None:
        names = desired_names(self.installed)
        if names:
            self._add("removed", "nvidia_container_toolkit_state is absent", names, "absent")
        self.steps += repository.gone_steps(
            NAME,
            self.host,
            toolkit_paths.REPOSITORY_FILE,
            toolkit_paths.REPOSITORY_KEY,
            sources.MARK,
            "nvidia_container_toolkit_state is absent",
        )
