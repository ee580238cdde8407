# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the engine's plan that is about packages: repository, key, index, conflicts, versions, holds."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths

from .._planning import offers, package_work, repository, versions
from .._planning.holds import Holds
from .._planning.step import step
from . import sources

NAME = "docker_engine"
# States of dpkg in which a package works; the others are those of an installation that failed half-way.
_WORKING = ("installed", "triggers-awaited", "triggers-pending")


class PackagePlan:
    """Steps in the order in which they can be done.

    ``replaces`` says that a running engine gets other binaries, ``brings_engine`` that one is installed, ``target`` of
    which version, as far as that is known.
    """

    def __init__(self, host: Dict[str, Any], wanted: Dict[str, Any]) -> None:
        self.host = host
        self.wanted = wanted
        self.max_age = int(wanted["index_max_age"])
        self.repository = sources.repository(wanted, host["distribution"])
        self.installed: Dict[str, Any] = host["packages"]
        self.names = sources.packages(wanted["source"], host["distribution"])
        self.running = bool(host["engine"].get("running"))
        self.holds = Holds(host, NAME, wanted["hold"])
        self.steps: List[Dict[str, Any]] = []
        self.errors: List[str] = []
        self.unknown: List[str] = []
        self.replaces = False
        self.brings_engine = False
        self.target: Tuple[int, ...] = ()

    def make(self) -> PackagePlan:
        self._repository()
        packages = self._packages()
        self._index(bool(packages))
        self._conflicts()
        self.steps += packages
        self._holds()
        latest = "docker_engine_version: latest" if self.wanted["version"] == "latest" else ""
        self.steps, reasons = package_work.ready(NAME, self.host, self.steps, latest)
        self.errors += reasons
        return self

    def _add(self, name: str, why: str, before: Any, after: Any, disrupts: str = "none") -> None:
        self.steps.append(step(NAME, name, why, before, after, disrupts))

    def _repository(self) -> None:
        if self.repository:
            steps, errors = repository.repository_steps(NAME, "Docker's", self.host, self.repository)
            self.steps += steps
            self.errors += errors
        else:
            why = "docker_engine_source is distribution, and this role configured Docker's repository earlier"
            place = engine_paths.REPOSITORY_FILE, engine_paths.REPOSITORY_KEY
            self.steps += repository.gone_steps(NAME, self.host, *place, sources.MARK, why)

    def _index(self, installing: bool) -> None:
        self.steps += repository.index_steps(
            NAME, self.host, self.repository, self.steps, installing or self.wanted["version"] == "latest", self.max_age
        )

    def _index_will_be_read(self) -> bool:
        return repository.index_is_old(self.host, self.max_age) or repository.index_is_missing(
            self.host, self.repository, self.steps
        )

    def _conflicts(self) -> None:
        found = [name for name in sources.CONFLICTS[self.wanted["source"]] if name in self.installed]
        if not found:
            return
        needed = [name for name in found if name in sources.KUBERNETES_RUNTIMES]
        if self.host["kubernetes_node"] and needed:
            self.errors.append(
                f"docker_engine_source: {self.wanted['source']} would remove {', '.join(needed)}, with which this "
                "Kubernetes node runs its pods; choose the other source, or take the node out of the cluster first"
            )
        held = self.holds.of_others(found)
        if held:
            source = f"docker_engine_source: {self.wanted['source']}"
            self.errors.append(self.holds.error(source, "remove", held, "choose the other source"))
        replaced = self.running and any(name in sources.ENGINE for name in found)
        self.replaces = self.replaces or replaced
        self._add(
            "conflicts",
            f"they conflict with the packages of the source {self.wanted['source']}; images, containers and "
            "volumes stay where they are",
            found,
            "absent",
            "restart" if replaced else "none",
        )

    def _packages(self) -> List[Dict[str, Any]]:
        desired = self._desired_versions()
        changed = {}
        for name, version in desired.items():
            found = self.installed.get(name)
            if not found or found["state"] not in _WORKING or (version and found["version"] != version):
                changed[name] = version
        if not changed:
            return []
        # A version that is named is someone's decision about this very host, as the hold is; `latest` is not.
        held = [name for name in self.holds.of_others(changed) if self.installed[name]["version"] != changed[name]]
        if held and self.wanted["version"] == "latest":
            way_out = "keep them with docker_engine_version: present, set a version"
            self.errors.append(self.holds.error("docker_engine_version: latest", "exchange", held, way_out))
        before = {name: self._before(name) for name in changed}
        engine = [name for name in changed if name in sources.ENGINE]
        # Also where no package has brought the one that runs.
        replaced = self.running and bool(engine)
        self.replaces = self.replaces or replaced
        self.brings_engine = any(name not in self.installed for name in engine)
        if self.names.versioned[0] in changed:
            self.target = self._target(changed[self.names.versioned[0]])
        missing = all(was == "absent" for was in before.values())
        named = ", ".join(changed)
        why = f"{named} are not installed" if missing else f"{named} are not all installed in the configured version"
        pinned = offers.held_back(self.host, changed) if self.wanted["version"] in ("present", "latest") else ""
        why = "; ".join([why, *([pinned] if pinned else []), *dict.fromkeys(self.unknown)])
        return [step(NAME, "packages", why, before, changed, "restart" if replaced else "none")]

    def _target(self, version: str) -> Tuple[int, ...]:
        if not version and self.wanted["source"] == "distribution":
            version = sources.version_of_distribution(self.host["distribution"])
        # Before the index is read it is the configured version between two stars.
        return versions.numbers(version.strip("*"))

    def _before(self, name: str) -> str:
        found = self.installed.get(name)
        if not found:
            return "absent"
        return str(found["version"] if found["state"] in _WORKING else found["state"])

    def _desired_versions(self) -> Dict[str, str]:
        """name -> exact version, or an empty string where any will do."""
        names = self.names
        plugins = [*(names.buildx if self.wanted["buildx"] else ()), *(names.compose if self.wanted["compose"] else ())]
        desired = dict.fromkeys([*names.versioned, *names.other, *plugins, *sources.COMPANIONS], "")
        version = self.wanted["version"]
        if version == "present":
            return desired
        if version == "latest":
            for name in [*names.versioned, *names.other, *plugins]:
                # What is installed counts too, also for apt: a mirror that lags behind is no reason to go back.
                had = [self.installed[name]["version"]] if name in self.installed else []
                known = [*self.host["offered"].get(name, []), *had]
                desired[name] = self.host["candidates"].get(name) or (versions.newest(known) if known else "")
            forbidden = [name for name in offers.forbidden(self.host, desired) if name not in self.installed]
            if forbidden:
                self.errors.append(offers.error("docker_engine_version: latest", forbidden))
            return desired
        for name in names.versioned:
            found = self.installed.get(name, {}).get("version", "")
            # An installed release of the desired line is what was asked for; moving on within it is `latest`.
            desired[name] = found if found and versions.satisfies(found, version) else self._offered(name, version)
        return desired

    def _offered(self, name: str, version: str) -> str:
        offered = self.host["offered"].get(name) or []
        best = versions.best(offered, version)
        never = sources.never_released(version)
        if not best and never:
            self.errors += [] if never in self.errors else [never]
        # Where apt cannot work it offers nothing, which says nothing of the repository.
        elif not best and not self.host["package_manager_errors"]:
            if self._index_will_be_read():
                self.unknown.append(offers.not_yet_known(version, offered))
            else:
                self.errors.append(
                    f"docker_engine_version: {version} is not offered for {name}; the repository has "
                    f"{offers.has(offered) or 'no version of it at all'}"
                )
        # Before the index is read, the preview can name the pattern only; apt reads the star as any.
        return best or f"*{version}*"

    def _holds(self) -> None:
        names = [*self.names.versioned, *self.names.other]
        pins = self.holds.setting is True or self.wanted["version"] not in ("present", "latest")
        exchanged = [name for entry in self.steps if entry["step"] == "packages" for name in entry["to"]]
        why = "docker_engine_hold keeps unattended upgrades from replacing the engine"
        self.steps += self.holds.steps(names if pins else [], names, exchanged, why)
