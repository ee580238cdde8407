# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the toolkit's plan that is about the toolkit itself: config.toml, CDI specifications, refresh units."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Set

from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import toolkit_paths

from .._planning.auto import desired
from .._planning.step import step
from .boot import boot_steps
from .config import as_set, dotted, problems

NAME = "nvidia_container_toolkit"
# `nvidia-ctk config` writes a key with one of these values, or with none, as a comment that names the value here
# (the toolkit's internal/config/toml.go, read in November 2026). So what is not there counts as this.
_COMMENTED: Dict[str, Any] = {
    "accept-nvidia-visible-devices-as-volume-mounts": False,
    "accept-nvidia-visible-devices-envvar-when-unprivileged": True,
    "swarm-resource": "DOCKER_RESOURCE_GPU",
    "nvidia-container-cli.debug": "/var/log/nvidia-container-toolkit.log",
    "nvidia-container-cli.ldcache": "/etc/ld.so.cache",
    "nvidia-container-cli.no-cgroups": False,
    "nvidia-container-cli.path": "/usr/bin/nvidia-container-cli",
    "nvidia-container-cli.root": "/run/nvidia/driver",
    "nvidia-container-cli.user": "root:video",
    "nvidia-container-runtime.debug": "/var/log/nvidia-container-runtime.log",
}


class RuntimePlan:
    """Steps that come after the packages; ``installs`` says that those bring or exchange the toolkit."""

    def __init__(self, host: Dict[str, Any], wanted: Dict[str, Any], installs: bool) -> None:
        self.host = host
        self.wanted = wanted
        self.installs = installs
        self.toolkit: Dict[str, Any] = host["toolkit"]
        self.specifications = {each["path"]: each for each in self.toolkit["cdi"]}
        self.steps: List[Dict[str, Any]] = []
        self.errors: List[str] = []

    def make(self) -> RuntimePlan:
        if self.wanted["state"] == "absent":
            self._no_units()
            if toolkit_paths.REFRESHED in {*self.specifications, *self.toolkit["cdi_unreadable"]}:
                self._add("no_cdi", "its GPUs are not available without the toolkit", toolkit_paths.REFRESHED, "absent")
            self.steps += boot_steps(self.host, self.wanted)
            return self
        self._config()
        if self.wanted["cdi"] and not self._is_cared_for():
            self._elsewhere()
            self._units()
            self._by_hand()
            self._refreshed()
        self.steps += boot_steps(self.host, self.wanted)
        return self

    def _add(self, name: str, why: str, before: Any, after: Any, disrupts: str = "none") -> None:
        self.steps.append(step(NAME, name, why, before, after, disrupts))

    def _config(self) -> None:
        found = {key: as_set(value) for key, value in self.toolkit["config"].items()}
        desired = dotted(self.wanted["config"])
        if desired and self.toolkit["config_problem"]:
            self.errors.append(
                f"nvidia_container_toolkit_config: {self.toolkit['config_problem']}, so that no key can be set in it; "
                f"fix the line, or move the file away"
            )
            return
        self.errors += [f"nvidia_container_toolkit_config: {each}" for each in problems(desired, found)]
        changed = {key: desired[key] for key in desired if _meant(key, found.get(key)) != _meant(key, desired[key])}
        if changed:
            before = {key: found.get(key) for key in changed}
            self._add("config", f"{toolkit_paths.CONFIG} differs from the configuration", before, changed)

    def _is_cared_for(self) -> bool:
        """Whether an administrator has switched off what refreshes the specifications, before the toolkit was ours."""
        ours = self.installs or any(name in self.host["installed"]["packages"] for name in toolkit_paths.PACKAGES)
        off = any(not unit["enabled"] for unit in self.toolkit["units"].values())
        return off and desired(self.wanted["cdi"], ours) is None

    def _elsewhere(self) -> None:
        """The refresh unit writes where its environment says, the last word of which counts."""
        file = self.host["files"].get(toolkit_paths.REFRESH_ENVIRONMENT) or {"content": ""}
        lines = re.findall(r"^[ \t]*NVIDIA_CTK_CDI_OUTPUT_FILE_PATH=(.*)$", file["content"], re.MULTILINE)
        path = lines[-1].strip().strip("'\"") if lines else ""
        if path and path not in (toolkit_paths.REFRESHED, toolkit_paths.REFRESHED.replace("/var/run/", "/run/", 1)):
            self.errors.append(
                f"nvidia_container_toolkit: {toolkit_paths.REFRESH_ENVIRONMENT} has the CDI specification written to "
                f"{path}, and a second one in {toolkit_paths.REFRESHED} would name the same GPUs; remove "
                f"NVIDIA_CTK_CDI_OUTPUT_FILE_PATH from it, or set nvidia_container_toolkit_cdi: false"
            )

    def _units(self) -> None:
        units = self.toolkit["units"]
        masked = [name for name, unit in units.items() if unit["masked"]]
        if masked:
            self.errors.append(
                f"nvidia_container_toolkit: {', '.join(masked)} masked on this host; `systemctl unmask "
                f"{' '.join(masked)}`, or set nvidia_container_toolkit_cdi: false"
            )
            return
        # Their packages enable them, but where systemd is not up yet.
        asleep = [
            name
            for name, unit in units.items()
            if not unit["enabled"] or (name == toolkit_paths.REFRESH_PATH and not unit["active"])
        ]
        if asleep:
            why = "CDI specifications would not follow driver updates, or be missing after a reboot"
            self._add("units", why, asleep, "enabled")

    def _no_units(self) -> None:
        """Before their package goes: up to 1.19 no script of it stops them, and their files in /etc stay."""
        alive = [
            name
            for name, unit in self.toolkit["units"].items()
            if unit["active"] or (unit["enabled"] and not unit["static"] and not unit["masked"])
        ]
        if alive:
            self._add("no_units", "they would run without the toolkit, or fail at boot", alive, "disabled")

    def _by_hand(self) -> None:
        if toolkit_paths.BY_HAND in self.specifications:
            why = (
                f"{toolkit_paths.BY_HAND} names the GPUs that {toolkit_paths.REFRESHED} names, which an engine "
                "rejects, and nothing keeps it up to date"
            )
            self._add("cdi_by_hand", why, toolkit_paths.BY_HAND, "absent")

    def _refreshed(self) -> None:
        """Only a driver that answers can tell what there is. WSL2 has none for the unit, and needs no file."""
        answers = self.host["nvidia"]["driver"]["answers"] or self.wanted.get("driver_follows")
        if not answers or self.host["nvidia"]["platform"] == "wsl2":
            return
        specification = self.specifications.get(toolkit_paths.REFRESHED)
        unreadable = self.toolkit["cdi_unreadable"].get(toolkit_paths.REFRESHED)
        if unreadable:
            self._add("cdi", unreadable, "unreadable", toolkit_paths.REFRESHED)
        elif specification is None:
            self._add("cdi", "there is no CDI specification of the GPUs", "absent", toolkit_paths.REFRESHED)
        elif specification["missing"]:
            why = f"the CDI specification names files that do not exist: {', '.join(specification['missing'])}"
            self._add("cdi", why, "stale", toolkit_paths.REFRESHED)
        elif self._differs(set(specification["devices"])):
            self._add("cdi", "the CDI specification is of other GPUs or MIG devices", "stale", toolkit_paths.REFRESHED)

    def _differs(self, named: Set[str]) -> bool:
        """By UUIDs where there are some; a specification may name by index only. A lost GPU may still be named."""
        uuids = {name for name in named if name.startswith(("GPU-", "MIG-"))}
        expected, parts = set(), set()
        for gpu in self.host["nvidia"]["gpus"]:
            devices = {device["uuid"] for device in gpu["mig_devices"]}
            parts |= devices
            # A GPU that is cut into parts is named by its parts; one that is to be cut has none yet.
            expected |= devices or ({gpu["uuid"]} if gpu["uuid"] and gpu["mig_mode"] != "enabled" else set())
        if not uuids:
            return not named
        return not expected <= uuids or {uuid for uuid in uuids if uuid.startswith("MIG-")} != parts


def _meant(key: str, value: Any) -> Any:
    return _COMMENTED.get(key, value) if value in (None, "") else value
