# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps to a vendor's repository, for every role that has one; signed_repository takes them all at once."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from ansible_collections.dockyard.gpu.plugins.module_utils._packages import repositories
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.vendor import Repository

from .step import is_in_place, step

Steps = List[Dict[str, Any]]


def repository_steps(component: str, name: str, host: Dict[str, Any], desired: Repository) -> Tuple[Steps, List[str]]:
    """Steps, and errors. ``name`` is whose repository it is, such as Docker's."""
    found = repositories.foreign(host["repositories"], host["repository_keys"], desired)
    steps: Steps = []

    def add(kind: str, why: str, before: Any, after: Any) -> None:
        steps.append(step(component, kind, why, before, after))

    twice = f"apt would find {name} packages twice, or reject the two keys"
    for path in found.files:
        add("foreign_repository", f"{twice}: {path} names the repository too", path, "absent")
    for path, uris in found.lines.items():
        add("foreign_repository_lines", f"{twice}: {path} names the repository too", path, uris)
    if desired.key:
        key = _key_file(host, desired.key.path)
        if not repositories.key_is_right(key, desired.key):
            drift = repositories.key_drift(key, desired.key) if key else ""
            why = (
                f"the repository's key is not exactly the pinned one: {drift}"
                if key
                else "the repository's key is missing"
            )
            add("repository_key", why, drift or "absent", desired.key._asdict())
    file = host["files"].get(desired.path)
    if not is_in_place(file, desired.content, repositories.MODE):
        why = (
            "apt's entry of the repository differs from the configuration"
            if file
            else "the repository is not configured in apt"
        )
        if file and not file.get("plain", True):
            why = f"{desired.path} is a link, or belongs to another user than root"
        add(
            "repository", why, file["content"] if file else "absent", {"path": desired.path, "content": desired.content}
        )
    for path, fingerprints in found.keys.items():
        place = desired.key.path if desired.key else ""
        for fingerprint in fingerprints:
            why = f"{path} has {name} key too, which belongs into {place} alone"
            add("foreign_key", why, {"path": path, "fingerprint": fingerprint}, "absent")
    errors = [
        f"{path} names {name} repository and another in one entry; remove its URL by hand" for path in found.mixed
    ]
    return steps, errors


def gone_steps(component: str, host: Dict[str, Any], path: str, key_path: str, mark: str, why: str) -> Steps:
    """What a role wrote for a repository that is not configured any more; what a person wrote stays."""
    file = host["files"].get(path)
    if not file or not file["content"].startswith(mark):
        return []
    steps = [step(component, "foreign_repository", why, path, "absent")]
    used = repositories.keyrings(entry for entry in host["repositories"] if entry["path"] != path)
    key = _key_file(host, key_path)
    # What is not read as keys goes with the repository all the same.
    for fingerprint in (key["fingerprints"] or ["unknown"]) if key and key_path not in used else []:
        before = {"path": key_path, "fingerprint": fingerprint}
        steps.append(step(component, "foreign_key", why, before, "absent"))
    return steps


def index_steps(
    component: str, host: Dict[str, Any], desired: Optional[Repository], steps: Steps, installing: bool, max_age: int
) -> Steps:
    """All indexes where packages are to come from an old one; of the repository alone where apt has none of it."""
    age = host["index"]["age_s"]
    if installing and index_is_old(host, max_age):
        why = "there is no package index" if age is None else f"the package index is {age // 3600} hours old"
        return [step(component, "index", why, age, "all")]
    if index_is_missing(host, desired, steps):
        return [step(component, "index", "apt has no index of the repository as it is configured", age, "repository")]
    return []


def index_is_old(host: Dict[str, Any], max_age: int) -> bool:
    age = host["index"]["age_s"]
    return age is None or age > max_age


def index_is_missing(host: Dict[str, Any], desired: Optional[Repository], steps: Steps) -> bool:
    """Whether apt has no index of the repository as it will be."""
    if not desired:
        return False
    changed = any(entry["step"] == "repository" for entry in steps)
    if desired.key and not repositories.key_is_pinned(_key_file(host, desired.key.path), desired.key):
        changed = True
    return changed or not repositories.index_is_known(host["index"]["files"], desired)


def _key_file(host: Dict[str, Any], path: str) -> Optional[Dict[str, Any]]:
    return next((key for key in host["repository_keys"] if key["path"] == path), None)
