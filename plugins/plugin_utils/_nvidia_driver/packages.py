# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the driver's plan that is about packages: repository, headers, pinning, driver, holds."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, Optional

from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import driver_paths

from .._planning import package_work, repository
from .._planning.auto import said
from .._planning.holds import Holds
from .._planning.step import step
from .._planning.versions import numbers, satisfies
from . import display, sources
from .choice import Choice

NAME = "nvidia_driver"
WORKING = ("installed", "triggers-awaited", "triggers-pending")
# The driver's packages, and not those of the container toolkit or of CUDA itself.
_DRIVER = re.compile(
    r"(lib)?nvidia-(?!container|docker|cuda)|linux-(modules|objects|signatures)-nvidia-|libcuda1(:|$)|libnvsdm"
    r"|firmware-nvidia|xserver-xorg-video-nvidia|cuda-drivers|nvlsm(:|$)"
)
# A kernel that comes without its prebuilt modules would start without the driver. Ubuntu has ever new flavours, so that
# what brings them is known by what it is not: a kernel itself, or Debian's, which is never held.
_KERNEL = re.compile(
    r"linux-((image|headers)-(?!\d|unsigned-|\S*(amd64|arm64))[^:]*"
    r"|(generic|virtual|aws|azure|gcp|oracle|nvidia|lowlatency)(-[a-z].*)?)$"
)
# What brings the next kernel, and has headers of the same ending: those of Debian and of Ubuntu.
_IMAGE = re.compile(
    r"linux-image-((cloud-|rt-)?(amd64|arm64)"
    r"|(generic|virtual|lowlatency|realtime|kvm|aws|azure|gcp|gke|gkeop|ibm|intel(-iotg)?|oem|oracle|nvidia)"
    r"(-64k)?(-((hwe|lts)-)?\d+\.\d+[a-d]?)?(-edge)?)$"
)
# What makes the branch or the kind of modules: another of them has to go first.
_CORE = re.compile(
    r"(nvidia-(driver|headless|headless-no-dkms|dkms|utils|compute-utils|kernel-common|fabricmanager|open|kernel)"
    r"|linux-modules-nvidia|libnvidia-compute|cuda-drivers)-"
)
# What only a driver from packages has, beside tools that go with any.
_CARRIER = re.compile(
    r"libnvidia-(compute|ml1)|libcuda1|nvidia-((open-)?kernel|dkms|headless)-|linux-(modules|objects)-nvidia-"
)

_LIBRARY = re.compile(r"(libnvidia-(compute|ml1)(-|$)|libcuda1$)(?!.*:)")


class PackagePlan:
    """``changes_driver`` says that a driver that is there gets another version, ``brings_driver`` that one comes."""

    def __init__(self, host: Dict[str, Any], wanted: Dict[str, Any], source: str, choice: Choice) -> None:
        self.host = host
        self.wanted = wanted
        self.source = source
        self.choice = choice
        self.branch = wanted["branch"] if wanted["branch"] != "auto" else str(choice.branch)
        self.installed: Dict[str, Any] = host["packages"]
        # Why the driver comes with what displays need; empty where it does not.
        self.display = display.reason(host, wanted["headless"])
        self.names = self._wanted()
        if (
            not self.display
            and said(wanted["headless"]) is None
            and (self._others() or self._missing(self.names.names))
        ):
            # What is exchanged takes the parts for displays along that are there, and they come back with it.
            whole = display.whole_drivers([name for name in sorted(self.installed) if self._works(name)])
            self.display = f"{whole[0]} is installed" if whole else ""
            self.names = self._wanted()
        self.repository = sources.repository(host, wanted, source)
        self.steps: List[Dict[str, Any]] = []
        self.holds = Holds(host, NAME, wanted["hold"])
        self.errors: List[str] = []
        self.changes_driver = False
        self.brings_driver = False

    def make(self) -> PackagePlan:
        self._repository()
        packages = self._packages()
        self._index(bool(packages))
        self.steps += packages
        self._holds()
        self.steps, reasons = package_work.ready(NAME, self.host, self.steps)
        self.errors += reasons
        return self

    def _wanted(self) -> sources.Wanted:
        switches, distribution = self.host["nvidia"]["nvswitches"], self.host["distribution"]
        return sources.wanted(self.source, distribution, self.branch, self.choice.modules, not self.display, switches)

    def _add(self, name: str, why: str, before: Any, after: Any, disrupts: str = "none") -> None:
        self.steps.append(step(NAME, name, why, before, after, disrupts))

    def _repository(self) -> None:
        if self.repository:
            steps, errors = repository.repository_steps(NAME, "the driver's", self.host, self.repository)
            self.steps += steps
            self.errors += errors
        else:
            why = f"the source {self.source} needs no repository of its own"
            place = driver_paths.REPOSITORY_FILE, driver_paths.REPOSITORY_KEY
            self.steps += repository.gone_steps(NAME, self.host, *place, sources.MARK, why)

    def _index(self, installing: bool) -> None:
        self.steps += repository.index_steps(
            NAME, self.host, self.repository, self.steps, installing, int(self.wanted["index_max_age"])
        )

    def _packages(self) -> List[Dict[str, Any]]:
        steps = []
        headers = self._headers()
        if headers:
            why = "without the headers of the kernel no module can be built for it"
            steps.append(step(NAME, "headers", why, "absent", headers))
        missing = self._missing(self.names.first)
        if missing:
            why = "the branch is pinned before the driver is installed"
            steps.append(step(NAME, "pinning", why, self._before(missing), missing))
        others = self._others()
        missing = self._missing(self.names.names)
        modules = sources.modules_package(self.source, self.branch, self.choice.modules, self.installed)
        had = self.host["nvidia"]["driver"]["state"] != "absent"
        exchanged = bool(others) or any(map(self._works, missing))
        self._held_by_others(exchanged)
        if others:
            why = f"packages of another branch go: {self.branch} with {self.choice.modules} modules is configured"
            steps.append(step(NAME, "others", why, others, "absent", "restart"))
        if missing or not modules:
            why = (
                f"branch {self.branch} with {self.choice.modules} modules supports all GPUs here, and is not installed"
            )
            why += f"; with the packages for displays, since {self.display}" if self.display else ""
            steps.append(
                step(
                    NAME,
                    "packages",
                    why,
                    self._before(missing),
                    {
                        "names": missing,
                        "drivers": self.names.drivers if not modules else "",
                        # apt does not exchange what others depend on while it is held.
                        "released": [name for name in self._released(exchanged) if name not in others],
                    },
                    "restart" if had else "none",
                )
            )
        self.changes_driver = had and bool(missing or others or not modules)
        self.brings_driver = not had
        return steps

    def _held_by_others(self, exchanged: bool) -> None:
        held = [name for name in self.holds.of_others(self._held()) if is_driver_package(name)]
        chosen = any(self.wanted[part] != "auto" for part in ("source", "branch", "kernel_modules"))
        if held and exchanged and not chosen:
            way_out = "set a branch, keep the driver with nvidia_driver_source: preinstalled"
            self.errors.append(self.holds.error("nvidia_driver_branch: auto", "exchange", held, way_out))

    def _released(self, exchanged: bool) -> List[str]:
        """An administrator's kernel stays as it is; so does the driver, where something is only added to it."""
        others = self.holds.of_others(self._held())
        return [name for name in self._held() if name not in others or (exchanged and is_driver_package(name))]

    def _headers(self) -> List[str]:
        if not self.names.needs_headers:
            return []
        names = self.wanted["headers"] or [f"linux-headers-{self.host['kernel']['release']}", *self._next_headers()]
        return [name for name in names if not self._works(name)]

    def _next_headers(self) -> List[str]:
        """Those of kernels to come: without them an upgraded kernel would start without the driver."""
        images = (_IMAGE.match(name) for name in sorted(self.installed) if self._works(name))
        return [f"linux-headers-{image.group(1)}" for image in images if image]

    def _works(self, name: str) -> bool:
        return self.installed.get(name, {}).get("state") in WORKING

    def _missing(self, names: List[str]) -> List[str]:
        """Names that are not installed, or not in the desired branch where their name does not say it."""
        return [
            name
            for name in names
            if not self._works(name)
            or (self.source != "distribution" and not self._of_branch(name, self.installed[name]["version"]))
        ]

    def _of_branch(self, name: str, version: str) -> bool:
        # Whose versions are their own.
        return name.startswith(("nvidia-driver-pinning", "nvlsm")) or satisfies(version, self.branch)

    def _before(self, names: List[str]) -> Dict[str, str]:
        return {name: self.installed[name]["version"] if name in self.installed else "absent" for name in names}

    def _others(self) -> List[str]:
        """Installed packages of another branch, another kind of modules, or another source's names."""
        desired = {*self.names.first, *self.names.names}
        result = []
        for name, package in self.installed.items():
            if name in desired or package["state"] not in WORKING:
                continue
            if name.startswith("nvidia-driver-pinning-") or (_CORE.match(name) and self._is_other(name)):
                result.append(name)
        return sorted(result)

    def _is_other(self, name: str) -> bool:
        """By what the name says: its branch, and whether it is of open modules."""
        branch = re.search(r"-(\d{3})(?=[-:]|$)", name)
        if branch and not self.branch.startswith(branch.group(1)):
            return True
        kinds = re.search(r"(dkms|kernel|headless|linux-modules-nvidia|nvidia-driver|nvidia-open|cuda-drivers)", name)
        if not kinds or "kernel-common" in name or "kernel-support" in name or "pinning" in name:
            return False
        if not re.search(r"dkms|headless|modules-nvidia", name):
            return False
        return ("open" in name) != (self.choice.modules == "open")

    def _holds(self) -> None:
        will_have = {*self.installed, *self.names.first, *self.names.names}
        ours = sorted(name for name in will_have if self._is_held_together(name))
        why = "unattended upgrades would replace a part of the driver, and break the rest"
        self.steps += self.holds.steps(ours, self._held(), (), why)

    def _held(self) -> List[str]:
        return sorted(
            name for name, package in self.installed.items() if package["held"] and self._is_held_together(name)
        )

    def _is_held_together(self, name: str) -> bool:
        return is_driver_package(name) or (self.source == "ubuntu" and is_kernel(name))


def holds_beside_anothers(host: Dict[str, Any], wanted: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Of a driver that its administrator chose: his holds stay, unless the variable says something of them."""
    holds = Holds(host, NAME, wanted["hold"])
    if holds.setting is None:
        return []
    ours = sorted(name for name in host["packages"] if is_driver_package(name))
    return holds.steps(ours, ours, (), "nvidia_driver_hold is true")


def is_driver_package(name: str) -> bool:
    return bool(_DRIVER.match(name))


def is_packaged(packages: Dict[str, Any]) -> bool:
    """Whether a driver came by packages."""
    return any(_CARRIER.match(name) for name in packages if ":" not in name)


def packaged_branch(packages: Mapping[str, Any]) -> Optional[int]:
    """Of the driver that came by packages, by the library that every one has; null where that tells of none, or two."""
    found = {
        numbers(package["version"])[:1]
        for name, package in packages.items()
        if _LIBRARY.match(name) and package["state"] in WORKING
    }
    return min(found)[0] if len(found) == 1 and found != {()} else None


def is_kernel(name: str) -> bool:
    """Whether it is what upgrades the kernel."""
    return bool(_KERNEL.match(name))
