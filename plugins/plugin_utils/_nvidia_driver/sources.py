# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver's packages and repositories by source and distribution.

Sources, read in November 2026: NVIDIA's driver installation guide (compute-only packages, pinning, repositories and
their keys), Ubuntu's ubuntu-drivers-common (names of the archive's packages), the control files of Debian 12 and 13.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import driver_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.vendor import Key, Repository, normalise

from .._planning.distribution import family, release
from .._planning.versions import numbers

MARK = "# Managed by dockyard.gpu.nvidia_driver: changes made here are reverted.\n"
SOURCES = ("ubuntu", "graphics_drivers_ppa", "cuda_repository", "distribution", "preinstalled")
CUDA_URL = "https://developer.download.nvidia.com/compute/cuda/repos"
PPA_URL = "https://ppa.launchpadcontent.net/graphics-drivers/ppa/ubuntu"
_PPA_ADDRESSES = ["ppa.launchpadcontent.net/graphics-drivers/ppa", "ppa.launchpad.net/graphics-drivers/ppa"]
# Launchpad's key of that team, as many public set-up scripts have it.
_PPA_FINGERPRINT = "2388FF3BE10A76F638F80723FCAE110B1118213C"
_PPA_KEY_URL = f"https://keyserver.ubuntu.com/pks/lookup?op=get&search=0x{_PPA_FINGERPRINT}"
# NVIDIA's keys by distribution. That of ubuntu2604 was not published, so it has to be configured.
_CUDA_KEYS = {
    "debian13": ("8793F200.pub", "02182E60104FCDC26EAE1B8597A5D4CB8793F200"),
    "debian12": ("3bf863cc.pub", "EB693B3035CD5710E231E123A4B469963BF863CC"),
    "ubuntu2204": ("3bf863cc.pub", "EB693B3035CD5710E231E123A4B469963BF863CC"),
    "ubuntu2404": ("3bf863cc.pub", "EB693B3035CD5710E231E123A4B469963BF863CC"),
}
# developer.download.nvidia.com/compute/cuda/repos, November 2026.
_CUDA_HOSTS = ("debian12", "debian13", "ubuntu2204", "ubuntu2404", "ubuntu2604")
_CUDA_ARCHITECTURES = {"amd64": "x86_64", "arm64": "sbsa"}
# The one branch that each Debian has in non-free.
_DEBIAN_BRANCHES = {12: 535, 13: 550}
_DEBIAN_COMPONENTS = ("contrib", "non-free", "non-free-firmware")


class Wanted(NamedTuple):
    """What to install. ``drivers`` says what ubuntu-drivers is asked for; ``first`` goes in before all others."""

    first: List[str]
    names: List[str]
    drivers: str
    needs_headers: bool


def default(distribution: Dict[str, Any]) -> str:
    """Where the vendor of the distribution signs modules, its archive; elsewhere NVIDIA's repository."""
    return "ubuntu" if family(distribution) == "ubuntu" else "cuda_repository"


def fixed_branch(source: str, distribution: Dict[str, Any]) -> Optional[int]:
    if source != "distribution":
        return None
    number = numbers(release(distribution).number)[:1]
    return _DEBIAN_BRANCHES.get(number[0]) if number else max(_DEBIAN_BRANCHES.values())


def fits(source: str, distribution: Dict[str, Any]) -> str:
    """Why this source is none for the distribution; empty where it is one."""
    ubuntu = family(distribution) == "ubuntu"
    if source in ("ubuntu", "graphics_drivers_ppa") and not ubuntu:
        return "is for Ubuntu only; set cuda_repository or distribution"
    if source == "distribution" and ubuntu:
        return "is for Debian's non-free section; set ubuntu"
    if source == "distribution" and fixed_branch(source, distribution) is None:
        return "knows the drivers of Debian 12 and 13 only; set cuda_repository"
    if source == "cuda_repository" and cuda_host(distribution) not in _CUDA_HOSTS:
        name = distribution.get("pretty_name") or distribution.get("id")
        other = "ubuntu" if ubuntu else "distribution"
        return f"has nothing for {name}, only for {', '.join(_CUDA_HOSTS)}; set {other} or preinstalled"
    if source == "graphics_drivers_ppa" and not release(distribution).suite:
        return f"has nothing for the code name {distribution.get('codename')!r}; set preinstalled"
    return ""


def wanted(
    source: str, distribution: Dict[str, Any], branch: str, modules: str, headless: bool, switches: List[Dict[str, Any]]
) -> Wanted:
    """``branch`` is a branch such as 580, or a version such as 580.178.04, which the pinning then holds."""
    number = numbers(branch)[0]
    flavour = "-open" if modules == "open" else ""
    first: List[str] = []
    if source == "ubuntu":
        series = f"{number}-server"
        names = [f"nvidia-headless-no-dkms-{series}{flavour}", f"nvidia-utils-{series}"]
        whole, fabric = f"nvidia-driver-{series}{flavour}", f"nvidia-fabricmanager-{number}"
        drivers = f"nvidia:{series}{flavour}"
    elif source == "graphics_drivers_ppa":
        names = [f"nvidia-headless-{number}{flavour}", f"nvidia-utils-{number}"]
        whole, fabric, drivers = f"nvidia-driver-{number}{flavour}", "", ""
    elif source == "distribution":
        names = ["nvidia-open-kernel-dkms" if flavour else "nvidia-kernel-dkms", "nvidia-smi", "nvidia-persistenced"]
        names += ["libcuda1", *(["firmware-nvidia-gsp"] if flavour else [])]
        whole, fabric, drivers = "nvidia-driver", "", ""
    else:
        names = _cuda_names(distribution, number, flavour)
        whole = "nvidia-open" if flavour else "cuda-drivers"
        fabric = "nvidia-fabricmanager" if number >= 580 else f"nvidia-fabricmanager-{number}"
        first, drivers = [f"nvidia-driver-pinning-{branch}"], ""
    names += [] if headless else [whole]
    names += [fabric] if switches and fabric else []
    # The manager of fifth-generation NVLink, whose switches are behind InfiniBand; only NVIDIA's repository has it.
    behind_infiniband = any(switch["kernel_driver"] == "mlx5_core" for switch in switches)
    names += ["nvlsm"] if behind_infiniband and source == "cuda_repository" else []
    return Wanted(first, names, drivers, source != "ubuntu")


def _cuda_names(distribution: Dict[str, Any], number: int, flavour: str) -> List[str]:
    if family(distribution) == "debian":
        return [f"nvidia-kernel{flavour}-dkms", "nvidia-driver-cuda"]
    tail = f"-{number}" if number < 590 else ""
    return [
        f"nvidia-dkms{tail}{flavour}",
        f"libnvidia-compute{tail}",
        f"nvidia-utils{tail}",
        f"nvidia-compute-utils{tail}",
    ]


def modules_package(source: str, branch: str, modules: str, packages: Dict[str, Any]) -> bool:
    """Whether the archive's modules of that branch and kind are installed: signed ones, or those of its DKMS."""
    if source != "ubuntu":
        return True
    tail = f"{numbers(branch)[0]}-server{'-open' if modules == 'open' else ''}"
    # A digit, a letter of a kernel's flavour; and not the open ones where the others are meant.
    pattern = re.compile(rf"linux-modules-nvidia-{tail}-(?!open-)|nvidia-dkms-{tail}$")
    return any(pattern.match(name) for name in packages)


def cuda_host(distribution: Dict[str, Any]) -> str:
    """NVIDIA's name for a distribution: debian13, ubuntu2404."""
    found = release(distribution)
    return f"{found.family}{found.number.replace('.', '')}"


def known_fingerprint(source: str, distribution: Dict[str, Any]) -> str:
    """Of the repository's key, where it is known."""
    if source == "graphics_drivers_ppa":
        return _PPA_FINGERPRINT
    return _CUDA_KEYS.get(cuda_host(distribution), ("", ""))[1]


def repository(host: Dict[str, Any], wanted: Dict[str, Any], source: str) -> Optional[Repository]:
    """The vendor's repository, or the missing parts of Debian's own; null where the source needs none."""
    distribution, path = host["distribution"], driver_paths.REPOSITORY_FILE
    url, key_url = wanted["repository_url"], wanted["repository_key_url"]
    if source == "cuda_repository":
        name = cuda_host(distribution)
        place = f"{name}/{_CUDA_ARCHITECTURES.get(distribution['architecture'], distribution['architecture'])}"
        base = f"{(url or CUDA_URL).rstrip('/')}/{place}"
        content, also = f"URIs: {base}/\nSuites: /\n", [f"{CUDA_URL}/{place}"]
        key_url = key_url or f"{base}/{_CUDA_KEYS.get(name, ('gpg', ''))[0]}"
    elif source == "graphics_drivers_ppa":
        base = (url or PPA_URL).rstrip("/")
        content, also = f"URIs: {base}\nSuites: {release(distribution).suite}\nComponents: main\n", _PPA_ADDRESSES
        key_url = key_url or _PPA_KEY_URL
    else:
        missing = missing_components(host) if source == "distribution" else []
        return Repository(path, components_file(missing[0])) if missing else None
    fingerprint = normalise(wanted["repository_key_fingerprint"] or known_fingerprint(source, distribution))
    key = Key(driver_paths.REPOSITORY_KEY, key_url, fingerprint)
    return Repository(path, f"{MARK}Types: deb\n{content}Signed-By: {key.path}\n", key, tuple(also))


def missing_components(host: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Debian's own repository, if its contrib and non-free are not known yet: {uris, suites, signed_by, components}."""
    codename = host["distribution"]["codename"]
    of_release = [
        entry
        for entry in host["repositories"]
        if entry["enabled"]
        and "deb" in entry["types"]
        and codename in entry["suites"]
        and entry["path"] != driver_paths.REPOSITORY_FILE
    ]
    with_main = [entry for entry in of_release if "main" in entry["components"]]
    if not with_main:
        return []
    own = min(with_main, key=lambda entry: (_strangeness(entry), entry["credentials"]))
    alike = [entry for entry in of_release if _strangeness(entry) == _strangeness(own)]
    known = {component for entry in alike for component in entry["components"]}
    missing = [component for component in _DEBIAN_COMPONENTS if component not in known]
    return [{**own, "components": missing}] if missing else []


def _strangeness(entry: Dict[str, Any]) -> int:
    """Other people's repositories have a main too, for the same release; Debian's is known by who signs it."""
    if "debian-archive" in (entry["signed_by"] or ""):
        return 0
    return 2 if entry["signed_by"] else 1


def secret_address(host: Dict[str, Any], source: str) -> str:
    """The file whose addresses of Debian's own repository have a user and a password, which no facts tell; empty where
    nothing of it is missing, or it has none."""
    missing = missing_components(host) if source == "distribution" else []
    return missing[0]["path"] if missing and missing[0]["credentials"] else ""


def components_file(entry: Dict[str, Any]) -> str:
    """As the entry has it, with all of its options; a key in it stays to the letter."""
    lines = {
        "Types": "deb",
        "URIs": " ".join(entry["uris"]),
        "Suites": " ".join(entry["suites"]),
        "Components": " ".join(entry["components"]),
        **entry["options"],
        "Signed-By": entry["signed_by"] or "",
    }
    return MARK + "".join(_field(name, value) for name, value in lines.items() if value)


def _field(name: str, value: str) -> str:
    first, *more = value.split("\n")
    return "".join(f"{line}\n" for line in [f"{name}: {first}".rstrip(), *(f" {line}" for line in more)])
