# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the engine's plan that is about packages: repository, key, index, conflicts, versions, holds."""

from __future__ import annotations

import re
from typing import Any, Dict, List

from ansible_collections.dockyard.gpu.plugins.module_utils import engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils.openpgp import normalise
from ansible_collections.dockyard.gpu.plugins.plugin_utils import engine_sources, versions
from ansible_collections.dockyard.gpu.plugins.plugin_utils.plan import step

NAME = "docker_engine"
# States of dpkg in which a package works; the others are those of an installation that failed half-way.
_WORKING = ("installed", "triggers-awaited", "triggers-pending")


class PackagePlan:
    """Steps in the order in which they can be done.

    ``replaces`` says that a running engine gets other binaries, ``brings_engine`` that one is installed.
    """

    def __init__(self, host: Dict[str, Any], wanted: Dict[str, Any]) -> None:
        self.host = host
        self.wanted = wanted
        self.upstream = wanted["source"] == "upstream"
        self.url = wanted["repository_url"] or engine_sources.UPSTREAM_URL
        self.fingerprint = normalise(wanted["repository_key_fingerprint"] or engine_sources.UPSTREAM_FINGERPRINT)
        self.installed: Dict[str, Any] = host["packages"]
        self.names = engine_sources.packages(wanted["source"], host["distribution"])
        self.running = bool(host["engine"].get("running"))
        self.steps: List[Dict[str, Any]] = []
        self.refusals: List[str] = []
        self.replaces = False
        self.brings_engine = False

    def make(self) -> PackagePlan:
        if self.host["dpkg_interrupted"]:
            why = "an earlier run of dpkg was interrupted, and apt refuses to work until it is finished"
            self._add("dpkg", why, "interrupted", "finished")
        if self.upstream:
            self._foreign_repositories()
            self._repository()
            self._foreign_keys()
        else:
            self._no_repository()
        packages = self._packages()
        self._index(bool(packages))
        self._conflicts()
        self.steps += packages
        self._holds()
        return self

    def _add(self, name: str, why: str, before: Any, after: Any, disrupts: str = "none") -> None:
        self.steps.append(step(NAME, name, why, before, after, disrupts))

    def _is_docker(self, entry: Dict[str, Any]) -> bool:
        ours = engine_sources.repository_base(self.url, self.host["distribution"])
        return any("download.docker.com/linux/" in uri + "/" or _public(uri) == ours for uri in entry["uris"])

    def _foreign_repositories(self) -> None:
        by_path: Dict[str, List[Dict[str, Any]]] = {}
        for entry in self.host["repositories"]:
            if entry["path"] != engine_paths.REPOSITORY_FILE:
                by_path.setdefault(entry["path"], []).append(entry)
        for path, found in by_path.items():
            docker = [entry for entry in found if self._is_docker(entry)]
            if not docker:
                continue
            why = f"apt would find Docker's packages twice, or refuse the two keys: {path} names the repository too"
            if len(docker) == len(found):
                self._add("foreign_repository", why, path, "absent")
            elif all(entry["format"] == "one-line" for entry in docker):
                uris = sorted({_findable(uri) for entry in docker for uri in entry["uris"]})
                self._add("foreign_repository_lines", why, path, uris)
            else:
                self.refusals.append(
                    f"{path} holds Docker's repository beside others in one deb822 file; take its paragraph out by hand"
                )

    def _foreign_keys(self) -> None:
        removed = {entry["from"] for entry in self.steps if entry["step"] == "foreign_repository"}
        used = {
            entry["signed_by"]
            for entry in self.host["repositories"]
            if entry["path"] not in removed and not self._is_docker(entry)
        }
        for key in self.host["repository_keys"]:
            known = {engine_sources.UPSTREAM_FINGERPRINT, self.fingerprint}.intersection(key["fingerprints"])
            if known and key["path"] != engine_paths.REPOSITORY_KEY and key["path"] not in used:
                why = f"{key['path']} trusts Docker's key in another place than {engine_paths.REPOSITORY_KEY}"
                for fingerprint in sorted(known):
                    self._add("foreign_key", why, {"path": key["path"], "fingerprint": fingerprint}, "absent")

    def _repository(self) -> None:
        key = next((key for key in self.host["repository_keys"] if key["path"] == engine_paths.REPOSITORY_KEY), None)
        if not key or key["fingerprints"] != [self.fingerprint] or key["mode"] != "0644":
            before = f"{', '.join(key['fingerprints'])} (mode {key['mode']})" if key else "absent"
            url = f"{engine_sources.repository_base(self.url, self.host['distribution'])}/gpg"
            self._add(
                "repository_key",
                "the repository's key is not there, or is another, or apt may not read it",
                before,
                {"path": engine_paths.REPOSITORY_KEY, "url": url, "fingerprint": self.fingerprint},
            )
        wished = engine_sources.repository_file(self.url, self.host["distribution"])
        found = self.host["files"].get(engine_paths.REPOSITORY_FILE)
        if not found or found["content"] != wished or found["mode"] != "0644":
            self._add(
                "repository",
                "the repository is not known to apt as wished" if found else "the repository is not known to apt",
                found["content"] if found else "absent",
                {"path": engine_paths.REPOSITORY_FILE, "content": wished},
            )

    def _no_repository(self) -> None:
        found = self.host["files"].get(engine_paths.REPOSITORY_FILE)
        if found and found["content"].startswith(engine_sources.MARK):
            why = "docker_engine_source is distribution, and the repository is one that this role wrote"
            self._add("foreign_repository", why, engine_paths.REPOSITORY_FILE, "absent")
            key = next(
                (key for key in self.host["repository_keys"] if key["path"] == engine_paths.REPOSITORY_KEY), None
            )
            for fingerprint in key["fingerprints"] if key else []:
                self._add(
                    "foreign_key", why, {"path": engine_paths.REPOSITORY_KEY, "fingerprint": fingerprint}, "absent"
                )

    def _index(self, installing: bool) -> None:
        age = self.host["index"]["age_s"]
        if self._index_is_old() and (installing or self.wanted["version"] == "latest"):
            why = "there is no package index" if age is None else f"the package index is {age // 3600} hours old"
            self._add("index", why, age, "all")
        elif self._index_is_missing():
            self._add("index", "apt has no index of the repository as it is now", age, "repository")

    def _index_is_old(self) -> bool:
        age = self.host["index"]["age_s"]
        return age is None or age > int(self.wanted["index_max_age"])

    def _index_is_missing(self) -> bool:
        prefix = engine_sources.index_prefix(self.url, self.host["distribution"])
        known = any(name.startswith(prefix) and "_Packages" in name for name in self.host["index"]["files"])
        return self.upstream and (not known or any(entry["step"] == "repository" for entry in self.steps))

    def _conflicts(self) -> None:
        found = [name for name in engine_sources.CONFLICTS[self.wanted["source"]] if name in self.installed]
        if not found:
            return
        needed = [name for name in found if name in engine_sources.KUBERNETES_RUNTIMES]
        if self.host["kubernetes_node"] and needed:
            self.refusals.append(
                f"docker_engine_source: {self.wanted['source']} would remove {', '.join(needed)}, with which this "
                "Kubernetes node runs its pods; choose the other source, or take the node out of the cluster first"
            )
        replaced = self.running and any(name in engine_sources.ENGINE for name in found)
        self.replaces = self.replaces or replaced
        self._add(
            "conflicts",
            f"they cannot stand beside the packages of the source {self.wanted['source']}; images, containers and "
            "volumes stay where they are",
            found,
            "absent",
            "restart" if replaced else "none",
        )

    def _packages(self) -> List[Dict[str, Any]]:
        wished = self._wished_versions()
        changed = {}
        for name, version in wished.items():
            found = self.installed.get(name)
            if not found or found["state"] not in _WORKING or (version and found["version"] != version):
                changed[name] = version
        if not changed:
            return []
        before = {name: self._before(name) for name in changed}
        engine = [name for name in changed if name in engine_sources.ENGINE]
        replaced = self.running and any(name in self.installed for name in engine)
        self.replaces = self.replaces or replaced
        self.brings_engine = any(name not in self.installed for name in engine)
        missing = all(was == "absent" for was in before.values())
        why = "they are not installed" if missing else "they are not all installed in the wished version"
        return [step(NAME, "packages", why, before, changed, "restart" if replaced else "none")]

    def _before(self, name: str) -> str:
        found = self.installed.get(name)
        if not found:
            return "absent"
        return str(found["version"] if found["state"] in _WORKING else found["state"])

    def _wished_versions(self) -> Dict[str, str]:
        """name -> exact version, or an empty string where any will do."""
        names = self.names
        plugins = [*(names.buildx if self.wanted["buildx"] else ()), *(names.compose if self.wanted["compose"] else ())]
        wished = dict.fromkeys([*names.versioned, *names.other, *plugins, *engine_sources.COMPANIONS], "")
        version = self.wanted["version"]
        if version == "present":
            return wished
        if version == "latest":
            for name in [*names.versioned, *names.other, *plugins]:
                # What is installed counts too: a mirror that lags behind is no reason to go back.
                had = [self.installed[name]["version"]] if name in self.installed else []
                known = [*self.host["offered"].get(name, []), *had]
                wished[name] = versions.newest(known) if known else ""
            return wished
        for name in names.versioned:
            found = self.installed.get(name, {}).get("version", "")
            # An installed release of the wished line is what was asked for; moving on within it is `latest`.
            wished[name] = found if found and versions.satisfies(found, version) else self._offered(name, version)
        return wished

    def _offered(self, name: str, version: str) -> str:
        offered = self.host["offered"].get(name) or []
        best = versions.best(offered, version)
        if not best and not self._index_is_old() and not self._index_is_missing():
            known = ", ".join(sorted({versions.upstream(item) for item in offered}, key=versions.numbers, reverse=True))
            self.refusals.append(
                f"docker_engine_version: {version} is not offered for {name}; the repository has "
                f"{known or 'no version of it at all'}"
            )
        # Before the index is read, the preview can name the wish only; apt reads the star as any.
        return best or f"*{version}*"

    def _holds(self) -> None:
        hold = self.wanted["hold"]
        held = {name for name, package in self.installed.items() if package["held"]}
        if hold:
            # apt forgets the hold of what it replaces.
            held -= {name for entry in self.steps if entry["step"] == "packages" for name in entry["to"]}
        names = [
            name
            for name in (*self.names.versioned, *self.names.other)
            if (name in held) != hold and (name in self.installed or hold)
        ]
        if names:
            why = "docker_engine_hold keeps unattended upgrades from replacing the engine"
            self._add("hold" if hold else "unhold", why if hold else "docker_engine_hold is false", names, hold)


def _public(uri: str) -> str:
    """An address without its masked credentials."""
    return re.sub(r"://\*\*\*[0-9a-f]{8}@", "://", uri)


def _findable(uri: str) -> str:
    """What stands in a file word for word: of an address with credentials, the part behind them."""
    return uri if _public(uri) == uri else uri.partition("@")[2]
