# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's packages and repositories by source and distribution.

Sources, read in 2026: docs.docker.com/engine/install (package names, what to remove first, the keys' place and the
deb822 file), Docker's deb/common/control in docker-ce-packaging, and the control files of Debian 12 and 13.
"""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import packages as docker_packages
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.vendor import Key, Repository, normalise

from .._planning import distribution as planning_distribution
from .._planning.versions import numbers, upstream

UPSTREAM_URL = "https://download.docker.com"
# Under which Docker's repository is known elsewhere, also behind a cache.
UPSTREAM_ADDRESSES = ("download.docker.com/linux",)
# Which suites Docker's repository has: built in 2026 by docker-ce-packaging's distros.json, and before them those of
# questing and focal, which stay there.
SUITES = ("bullseye", "bookworm", "trixie", "focal", "jammy", "noble", "questing", "resolute")
# Docker's key for deb packages, docs.docker.com/engine/install/debian.
UPSTREAM_FINGERPRINT = "9DC858229FC7DD38854AE2D88D81803C0EBFCD88"
MARK = "# Managed by dockyard.gpu.docker_engine: changes made here are reverted.\n"


class Packages(NamedTuple):
    """Names of one source on one distribution; ``versioned`` is what docker_engine_version counts for."""

    versioned: Tuple[str, ...]
    other: Tuple[str, ...]
    buildx: Tuple[str, ...]
    compose: Tuple[str, ...]


_UPSTREAM = Packages(
    ("docker-ce", "docker-ce-cli"), ("containerd.io",), ("docker-buildx-plugin",), ("docker-compose-plugin",)
)
_UBUNTU = Packages(("docker.io",), (), ("docker-buildx",), ("docker-compose-v2",))
# Debian 13 split the client off and brought both plugins; Debian 12 has neither plugin.
_DEBIAN_13 = Packages(("docker.io", "docker-cli"), (), ("docker-buildx",), ("docker-compose",))
_DEBIAN_12 = Packages(("docker.io",), (), (), ())

# The engines of Debian's releases, which stay with their version; Ubuntu's move on within a release.
_DEBIANS_ENGINES = {"11": "20.10", "12": "20.10", "13": "26.1"}
_DEBIANS_CONTAINERDS = {"11": "1.4", "12": "1.6", "13": "1.7"}

# Majors of docs.docker.com/engine/release-notes: packages have been called docker-ce from 17.03 on.
_FIRST, _LEFT_OUT = 17, (21, 22)

# What pulls need (certificates), and what an engine needs on a kernel with AppArmor, or containers do not start.
COMPANIONS = ("ca-certificates", "apparmor")

_OF_OTHERS = (*docker_packages.OF_MICROSOFT, *docker_packages.FORMER, "podman-docker")
CONFLICTS = {
    "upstream": (*docker_packages.OF_DISTRIBUTIONS, *_OF_OTHERS),
    "distribution": (*docker_packages.OF_UPSTREAM, *_OF_OTHERS),
}
# The packages with dockerd itself.
DAEMONS = ("docker-ce", "docker.io", "moby-engine", *docker_packages.FORMER)
CONTAINERDS = ("containerd.io", "containerd", "moby-containerd")
# What a running engine has loaded; clients, plugins and documents change beside it.
ENGINE = (*DAEMONS, *CONTAINERDS, "runc", "moby-runc")
# What a Kubernetes node runs its own pods with.
KUBERNETES_RUNTIMES = (*CONTAINERDS, "runc", "moby-runc")


def packages(source: str, distribution: Dict[str, Any]) -> Packages:
    if source == "upstream":
        return _UPSTREAM
    release = planning_distribution.release(distribution)
    if release.family == "ubuntu":
        return _UBUNTU
    # Debian testing has no number; it is later than 12.
    old = numbers(release.number)[:1]
    return _DEBIAN_12 if old and old < (13,) else _DEBIAN_13


def version_of_distribution(distribution: Dict[str, Any]) -> str:
    """Of the engine that the distribution has, where it is known without asking; otherwise empty."""
    release = planning_distribution.release(distribution)
    return _DEBIANS_ENGINES.get(release.number, "") if release.family == "debian" else ""


def never_released(version: str) -> str:
    """An error for a number that no release has: after years and months came 20.10, and after that 23.0."""
    major = numbers(version)[0]
    if major >= _FIRST and major not in _LEFT_OUT:
        return ""
    return (
        f"docker_engine_version: {version} is no release of Docker Engine, whose numbers begin with "
        f"{_FIRST}.03, and go from 20.10 to 23.0; name another"
    )


def suite_error(wanted: Dict[str, Any], distribution: Dict[str, Any]) -> str:
    """Why Docker's repository has no suite for the host; empty where it has."""
    if wanted["source"] != "upstream" or wanted["repository_suite"]:
        return ""
    suite = planning_distribution.release(distribution).suite
    if suite in SUITES:
        return ""
    name = distribution.get("pretty_name") or distribution.get("id")
    own = distribution.get("codename")
    return (
        f"docker_engine_repository_suite: {name}"
        + (f" has the code name {own}, for which Docker builds no packages" if own else " names no release of its own")
        + f"; set it to the release that it is made from, one of {', '.join(SUITES)}, or set docker_engine_source: "
        "distribution"
    )


def containerd_of_distribution(distribution: Dict[str, Any]) -> str:
    """The version of the distribution's containerd, likewise."""
    release = planning_distribution.release(distribution)
    return _DEBIANS_CONTAINERDS.get(release.number, "") if release.family == "debian" else ""


def engine_version(host: Dict[str, Any]) -> str:
    """Of the engine that runs, or else of the installed one; empty where there is none."""
    return str(host["engine"].get("version") or installed_version(host))


def installed_version(host: Dict[str, Any]) -> str:
    """Of the engine that a start would bring; empty where no package has one."""
    found = [host["packages"][name] for name in DAEMONS if name in host["packages"]]
    return upstream(found[0]["version"]) if found else ""


def repository_base(wanted: Dict[str, Any], distribution: Dict[str, Any]) -> str:
    """Docker's layout: the mirror's root, then linux/ and the distribution."""
    family = planning_distribution.family_of(wanted["repository_suite"]) or planning_distribution.family(distribution)
    return f"{(wanted['repository_url'] or UPSTREAM_URL).rstrip('/')}/linux/{family}"


def repository(wanted: Dict[str, Any], distribution: Dict[str, Any]) -> Optional[Repository]:
    """Docker's repository or a mirror of it; null where the engine comes from the distribution."""
    if wanted["source"] != "upstream":
        return None
    base = repository_base(wanted, distribution)
    content = (
        f"{MARK}"
        "Types: deb\n"
        f"URIs: {base}\n"
        f"Suites: {wanted['repository_suite'] or planning_distribution.release(distribution).suite}\n"
        "Components: stable\n"
        f"Architectures: {distribution['architecture']}\n"
        f"Signed-By: {engine_paths.REPOSITORY_KEY}\n"
    )
    fingerprint = normalise(wanted["repository_key_fingerprint"] or UPSTREAM_FINGERPRINT)
    key = Key(engine_paths.REPOSITORY_KEY, f"{base}/gpg", fingerprint)
    return Repository(engine_paths.REPOSITORY_FILE, content, key, UPSTREAM_ADDRESSES, (UPSTREAM_FINGERPRINT,))


def drop_in() -> str:
    return f"{MARK}[Service]\nEnvironmentFile={engine_paths.PROXY_ENVIRONMENT}\n"


def proxy_environment(http: str, https: str, no_proxy: List[str]) -> str:
    """An EnvironmentFile of systemd.exec(5), for the engine and for containerd; empty without a proxy."""
    values = {"HTTP_PROXY": http, "HTTPS_PROXY": https, "NO_PROXY": ",".join(no_proxy) if http or https else ""}
    lines = [f'{name}="{value}"\n' for name, value in values.items() if value]
    return MARK + "".join(lines) if lines else ""
