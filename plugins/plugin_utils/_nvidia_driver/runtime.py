# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the driver's plan that is about the kernel and the services: nouveau, loading, reboot, daemons."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import driver_paths

from .._planning.auto import desired
from .._planning.step import is_in_place, step
from .._planning.systemd import losing_gpus
from .packages import is_packaged

NAME = "nvidia_driver"
PERSISTENCED = "nvidia-persistenced.service"
FABRIC_MANAGER = "nvidia-fabricmanager.service"
NOUVEAU = (
    "# Managed by dockyard.gpu.nvidia_driver: changes made here are reverted.\n"
    "blacklist nouveau\noptions nouveau modeset=0\nblacklist nova_core\nblacklist nova_drm\n"
)
_ON, _OFF = "--persistence-mode", "--no-persistence-mode"
# As Ubuntu's unit starts the daemon, with persistence off. NVIDIA's and Debian's have it on; Debian's has another user.
_UBUNTUS = f"/usr/bin/nvidia-persistenced --user nvidia-persistenced {_OFF} --verbose"
# They hold the GPUs open, and are ours to stop for a moment. The kernel cuts names after 15 characters.
_DAEMONS = tuple(name[:15] for name in ("nvidia-persistenced", "nv-fabricmanager", "nvidia-smi"))

# Who starts others in the place of containers that are stopped, and how that is kept from a node.
_DRAINED = {"Swarm": "docker node update --availability drain NODE", "Kubernetes": "kubectl drain NODE"}


def persistence_drop_in(command: str) -> str:
    """The unit's own command, with persistence on: all else in it is its package's to know, such as the user."""
    words = [word for word in command.split() if word != _ON]
    words = [_ON if word == _OFF else word for word in words] if _OFF in words else [*words, _ON]
    return (
        "# Managed by dockyard.gpu.nvidia_driver: changes made here are reverted.\n"
        f"[Service]\nExecStart=\nExecStart={' '.join(words)}\n"
    )


def reboot_reason(host: Mapping[str, Any]) -> str:
    """Why the installed driver can work only after a reboot; empty where it works, or can be loaded now."""
    driver = host["nvidia"]["driver"]
    if driver["state"] == "absent":
        return ""
    if _kernels_own(host):
        return _kernels_own(host)
    if not driver["installed_version"]:
        release, others = host["kernel"]["release"], ", ".join(driver["module_kernels"])
        # Where no kernel has a module, no reboot brings one.
        if driver["loaded_version"] or not others:
            return ""
        return f"the driver has a module for the kernel {others}, and {release} runs"
    if _is_loaded_as_installed(driver) or not driver["loaded_version"] or not users(host):
        return ""
    return (
        f"driver {_reported(driver, 'loaded')} is loaded and {_reported(driver, 'installed')} is installed, and "
        f"{', '.join(users(host))} use the GPUs"
    )


def _kernels_own(host: Mapping[str, Any]) -> str:
    """That the kernel's own driver is in the way; empty where it is not."""
    own = "nouveau" if host["nvidia"]["driver"]["nouveau_loaded"] else ""
    if not own and any(gpu["kernel_driver"] == "nova_core" for gpu in host["nvidia"]["gpus"]):
        own = "nova_core"
    return own and f"{own} is loaded, and has to make way for NVIDIA's module"


def _reported(driver: Mapping[str, Any], which: str) -> str:
    """The version, and the kind of modules where only that differs."""
    same = driver["loaded_version"] == driver["installed_version"]
    kind = f" with {driver[which + '_modules']} modules" if same else ""
    return f"{driver[which + '_version']}{kind}"


def users(host: Mapping[str, Any]) -> List[str]:
    """Programs that have a GPU open, but the driver's own daemons."""
    return sorted({name for name in host["gpu_users"] if name[:15] not in _DAEMONS})


def _is_loaded_as_installed(driver: Dict[str, Any]) -> bool:
    # Without a module on disk, nothing loaded is not what was installed.
    return driver["loaded_version"] is not None and (driver["loaded_version"], driver["loaded_modules"]) == (
        driver["installed_version"],
        driver["installed_modules"],
    )


class RuntimePlan:
    """``changes`` says that packages change a driver that is there, ``brings`` that they bring one."""

    def __init__(self, host: Dict[str, Any], wanted: Dict[str, Any], changes: bool, brings: bool) -> None:
        self.host = host
        self.wanted = wanted
        self.driver: Dict[str, Any] = host["nvidia"]["driver"]
        self.changes = changes
        self.brings = brings
        self.persistence = persistence(host, wanted, brings)
        self.steps: List[Dict[str, Any]] = []
        self.errors: List[str] = []

    def make(self) -> RuntimePlan:
        self._nouveau()
        self._persistence_mode()
        self._loaded()
        self._services()
        self._reboot_that_helped()
        return self

    def services(self) -> RuntimePlan:
        """Of a driver that stays as its administrator has it."""
        self._persistence_mode()
        self._services()
        return self

    def _add(self, name: str, why: str, before: Any, after: Any, disrupts: str = "none") -> None:
        self.steps.append(step(NAME, name, why, before, after, disrupts))

    def _nouveau(self) -> None:
        path = driver_paths.NOUVEAU_FILE
        file = self.host["files"].get(path)
        if not is_in_place(file, NOUVEAU):
            before = file["content"] if file else "absent"
            why = "nouveau or nova_core would take the GPUs at the next boot"
            self._add("nouveau", why, before, {"path": path, "content": NOUVEAU})
        elif self.host["nvidia_prerequisites"]["initramfs_older_than_blacklist"]:
            self._add("initramfs", "the initramfs is older than the file that blacklists nouveau", "older", "rebuilt")

    def _persistence_mode(self) -> None:
        path = driver_paths.PERSISTENCE_DROP_IN
        unit = self.host["nvidia_services"].get(PERSISTENCED)
        file = self.host["files"].get(path)
        command = (unit or {}).get("command") or ""
        content = persistence_drop_in(command or _UBUNTUS)
        # By the unit's own file: of a drop-in that was taken away systemd goes on telling, until it is asked to look.
        off = bool(unit) and _OFF in [*command.split(), *unit["flags"]]
        ours = bool(file) and file["content"] == content
        if self.persistence and (off or ours):
            if not is_in_place(file, content):
                why = "the distribution's unit starts the persistence daemon with persistence off"
                self._drop_in(why, file["content"] if file else "absent", content)
        elif file and self.persistence is not None:
            why = "the unit enables persistence by itself" if self.persistence else "nvidia_driver_persistence is false"
            self._drop_in(why, file["content"], "")

    def _drop_in(self, why: str, before: str, content: str) -> None:
        losing = losing_gpus(self.host)
        if losing:
            why += f"; it takes effect at the next boot, since {losing} may lose GPUs when systemd is reloaded"
        # A daemon of another version than the loaded driver fails, and one of the loaded driver goes on.
        state = "" if self.driver["loaded_version"] else "stopped"
        state = "restarted" if _is_loaded_as_installed(self.driver) else state
        self._add("persistence_mode", why, before, {"content": content, "now": not losing, "state": state})

    def _loaded(self) -> None:
        driver = self.driver
        fresh = self.brings or self.changes
        if not fresh and (_is_loaded_as_installed(driver) or driver["state"] == "absent"):
            return
        reason = reboot_reason(self.host)
        if not reason and fresh:
            reason = _kernels_own(self.host)
        if not reason and self.changes and users(self.host):
            reason = f"{', '.join(users(self.host))} use the GPUs with the old driver"
        if reason:
            reboots = self.wanted["reboot"] == "if_needed"
            # A reboot that is not allowed takes nothing from anybody.
            if fresh or reboots:
                self._containers()
            if reboots:
                self._reboot(reason)
            return
        before = driver["loaded_version"] or "not loaded"
        after = "what is being installed" if fresh else driver["installed_version"]
        if driver["loaded_version"]:
            self._containers()
            self._add("reload", "the loaded driver differs from the installed one", before, after, "restart")
        else:
            self._add("load", "the driver is not loaded", before, after)

    def _reboot(self, reason: str) -> None:
        """Once: what a reboot did not mend, another one an hour later does not either."""
        file = self.host["files"].get(driver_paths.REBOOTED_FILE)
        # A run that was cut off may have kept the reason, and not come to the reboot.
        happened = file and not self.host["files"].get(driver_paths.REBOOTING_FILE)
        if happened and file["content"].strip() == reason and not self.brings and not self.changes:
            found = " ".join(each["message"] for each in self.host["nvidia"]["problems"])
            self.errors.append(
                f"nvidia_driver_reboot: this host was rebooted already because {reason}, and that did not help. "
                f"{found} Fix this, or remove {driver_paths.REBOOTED_FILE} for another reboot"
            )
            return
        self._add("reboot", reason, "running", "rebooted", "reboot")

    def _reboot_that_helped(self) -> None:
        file = self.host["files"].get(driver_paths.REBOOTED_FILE)
        if file and self.driver["answers"]:
            self._add(
                "forget_reboot",
                "the driver answers, so that a reboot may be tried again another time",
                file["content"],
                "absent",
            )

    def _containers(self) -> None:
        """What the change of a running driver would stop, unless that was allowed."""
        containers = self.host["gpu_containers"]
        if containers is None:
            self.errors.append(
                "nvidia_driver: the containers with GPUs could not be determined, and exchanging the driver would "
                "break them; see the problems of host_info"
            )
        for orchestrator, way_out in _DRAINED.items():
            others = [each["name"] for each in containers or [] if each.get("orchestrator") == orchestrator]
            if others:
                self.errors.append(
                    f"nvidia_driver_stop_gpu_containers: {', '.join(others)} run with GPUs for {orchestrator}, which "
                    f"would start others in their place; drain this node first ({way_out}), and run again"
                )
        containers = [each for each in containers or [] if not each.get("orchestrator")]
        running = [each["name"] for each in containers]
        if running and not self.wanted["stop_gpu_containers"]:
            self.errors.append(
                "nvidia_driver_stop_gpu_containers: these containers use GPUs and would lose them when the driver is "
                f"exchanged: {', '.join(running)}; stop them, or set it to true: then they are stopped, and started "
                "again afterwards"
            )
        passing = [each["name"] for each in containers if each.get("auto_remove")]
        if passing and self.wanted["stop_gpu_containers"]:
            self.errors.append(
                f"nvidia_driver_stop_gpu_containers: {', '.join(passing)} run with --rm, and would be removed by being "
                "stopped, with what was written in them; let them end, or stop them yourself"
            )

    def _services(self) -> None:
        services = desired_services(self.host, self.persistence)
        units = self.host["nvidia_services"]
        # A daemon of another version than the loaded driver fails.
        will_load = _is_loaded_as_installed(self.driver) or any(
            entry["step"] in ("load", "reload", "reboot") for entry in self.steps
        )
        # Enabling a unit, or disabling it, reloads systemd.
        losing = losing_gpus(self.host)
        for name in services:
            unit = units.get(name)
            if unit is None and not self.brings:
                # Old packages of a driver that is there may lack the unit; then there is nothing to start.
                continue
            if unit and unit["masked"]:
                self.errors.append(
                    f"nvidia_driver: {name} is masked on this host; `systemctl unmask {name}`, or set "
                    "nvidia_driver_persistence: false where it is the persistence daemon"
                )
                continue
            enable = not losing and (unit is None or not unit["enabled"])
            start = will_load and (unit is None or not unit["active"])
            if enable or start:
                before = (
                    "absent"
                    if unit is None
                    else f"{_yes(unit['enabled'], 'enabled')}, {_yes(unit['active'], 'active')}"
                )
                after = {"unit": name, "enable": enable, "start": start}
                self._add("services", f"{name} should run with the driver here", before, after)
        for name in undesired_services(self.host, self.persistence, self.brings):
            unit = units.get(name)
            if not unit or unit["masked"]:
                continue
            disable = not losing and unit["enabled"] and not unit["static"]
            if disable or unit["active"]:
                why = f"{name} is not configured, or there is no NVSwitch here"
                self._add("no_service", why, "enabled", {"unit": name, "disable": disable})


def persistence(host: Mapping[str, Any], wanted: Mapping[str, Any], brings: bool = False) -> Optional[bool]:
    """Null leaves the daemon as it is: an administrator has brought it, with the driver."""
    return desired(wanted["persistence"], brings or is_packaged(host["installed"]["packages"]))


def desired_services(host: Mapping[str, Any], persistent: Optional[bool]) -> List[str]:
    return ([PERSISTENCED] if persistent else []) + ([FABRIC_MANAGER] if host["nvidia"]["nvswitches"] else [])


def undesired_services(host: Mapping[str, Any], persistent: Optional[bool], brings: bool = False) -> List[str]:
    """Without NVSwitches, only a fabric manager that this collection brought: an administrator may know more."""
    manager = not host["nvidia"]["nvswitches"] and (brings or is_packaged(host["installed"]["packages"]))
    return ([PERSISTENCED] if persistent is False else []) + ([FABRIC_MANAGER] if manager else [])


def waiting_services(host: Mapping[str, Any], wanted: Mapping[str, Any]) -> List[str]:
    """What has to be said of services that are not as configured, and stay so for the sake of running containers."""
    losing = losing_gpus(host)
    persistent = persistence(host, wanted)
    enabled = dict.fromkeys(desired_services(host, persistent), True)
    enabled.update(dict.fromkeys(undesired_services(host, persistent), False))
    return [
        f"{name} is to be {'enabled' if enabled[name] else 'disabled'} once {losing} run no more, since they may lose "
        "GPUs when systemd is reloaded; run again then"
        for name, unit in host["nvidia_services"].items()
        if losing
        and not unit["masked"]
        and not unit["static"]
        and unit["enabled"] != enabled.get(name, unit["enabled"])
    ]


def _yes(truth: bool, word: str) -> str:
    return word if truth else f"not {word}"
