#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from typing import Any, Dict, List

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths, installed
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._common.redaction import mask
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import flags as daemon_json_flags
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import state
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import facts as docker_facts
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import image_store, programs, socket_owner, start
from ansible_collections.dockyard.gpu.plugins.module_utils._host import disks, display, rollout, system
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import (
    driver_paths,
    prerequisites,
    toolkit,
    toolkit_paths,
)
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import gpus as nvidia_gpus
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.apt import errors, facts
from ansible_collections.dockyard.gpu.plugins.module_utils._verify import fingerprint


def is_complete(packages: Dict[str, Any], gpus: List[Any]) -> bool:
    """Whether an engine and, for GPUs, the toolkit are installed: then a run is not likely to need apt."""
    there = {name for name, package in packages.items() if package["state"] == "installed"}
    return bool(there & {"docker-ce", "docker.io"}) and (not gpus or there >= set(toolkit_paths.PACKAGES))


# A host compiles what it imports in each run, so that what only some hosts need is imported where they need it.


def offered(prober: Prober, asked: bool) -> Any:
    if not asked:
        return {}, {}
    from ansible_collections.dockyard.gpu.plugins.module_utils._docker import packages
    from ansible_collections.dockyard.gpu.plugins.module_utils._packages.apt import offers

    return offers.offered(prober, [*packages.OF_UPSTREAM, *packages.OF_DISTRIBUTIONS, *toolkit_paths.PACKAGES])


def waits_for(prober: Prober, after: Dict[str, List[str]]) -> Dict[str, List[str]]:
    """Of NVIDIA's units, the engine and each other; few hosts have any."""
    ordered = (toolkit_paths.REFRESH_SERVICE, *driver_paths.UNITS)
    if not any(name in after for name in ordered):
        return {}
    from ansible_collections.dockyard.gpu.plugins.module_utils._host import unit_order

    return unit_order.waits_for(prober, after, ordered)


def gpu_containers(prober: Prober, asked: bool) -> Any:
    if not asked:
        return []
    from ansible_collections.dockyard.gpu.plugins.module_utils._docker import gpu_containers as of_engine

    return of_engine.gpu_containers(prober)


def gpu_users(driver: Dict[str, Any]) -> List[str]:
    """Only where another driver waits, since every open file is examined."""
    loaded = (driver["loaded_version"], driver["loaded_modules"])
    if driver["loaded_version"] is None or loaded == (driver["installed_version"], driver["installed_modules"]):
        return []
    from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import processes

    return processes.users()


def gather(prober: Prober, wanted: Dict[str, Any]) -> Dict[str, Any]:
    kernel, key = system.kernel(), wanted["comparison_key"]
    managed = (*engine_paths.MANAGED_FILES, *driver_paths.MANAGED_FILES, *toolkit_paths.MANAGED_FILES)
    # All units in one call; the plans of the engine take every unit under its name for one of the engine's. Many hosts
    # have none of NVIDIA's.
    present = system.with_files((*driver_paths.UNITS, *toolkit_paths.UNITS, *display.MANAGERS))
    names = (*engine_paths.UNITS, *present)
    units = prober.probe("the units", lambda: system.units(prober, names), {})
    after = {name: unit.pop("after") for name, unit in units.items()}
    waiting = prober.probe("the order of units", lambda: waits_for(prober, after), {})
    for name, found in waiting.items():
        units[name]["waits_for"] = found
    for name, unit in units.items():
        if name in driver_paths.UNITS:
            unit["command"] = system.own_command(prober, unit["fragment"])
    host: Dict[str, Any] = {
        "distribution": prober.probe("the distribution", lambda: system.distribution(prober), system.NO_DISTRIBUTION),
        "kernel": kernel,
        "python": system.python(),
        "init": system.init_system(),
        "open_files_limit": prober.probe("the limit of open files", lambda: system.open_files_limit(prober), 1048576),
        "package_manager": system.package_manager(),
        "packages": prober.probe("the package database", lambda: facts.installed(prober, wanted["packages"]), {}),
        # The lock first: a dpkg that ends between the two has left no journal.
        "dpkg_locked": prober.probe("dpkg's locks", facts.locked, False),
        "dpkg_interrupted": prober.probe("dpkg's journal", facts.interrupted, False),
        "undone_packages": prober.probe("packages that are not in order", lambda: errors.undone(prober), []),
        "package_manager_errors": [],
        "snap_docker": os.path.isdir("/snap/docker/current"),
        "offered": {},
        "candidates": {},
        "index": prober.probe("the package indexes", facts.index, {"age_s": None, "files": []}),
        "repositories": prober.probe(
            "the package repositories", lambda: facts.sign(prober, facts.repositories(prober)), []
        ),
        "repository_keys": prober.probe("the repositories' keys", lambda: facts.keys(prober), []),
        "installed": installed.summary(system.architecture()),
        "files": prober.probe("the managed files", lambda: system.files(prober, managed, key), {}),
        "services": {name: unit for name, unit in units.items() if name in engine_paths.UNITS},
        "nvidia_services": {name: unit for name, unit in units.items() if name in driver_paths.UNITS},
        "display": prober.probe("displays", lambda: display.display(prober, units), display.NOTHING),
        "nvidia": prober.probe("the GPUs", lambda: nvidia_gpus.gpus(prober), nvidia_gpus.NOTHING),
        "nvidia_prerequisites": prober.probe(
            "what the driver needs",
            lambda: prerequisites.prerequisites(prober, kernel["release"]),
            prerequisites.UNKNOWN,
        ),
        "docker_group": prober.probe("the docker group", system.docker_group, system.UNKNOWN_GROUP),
        "users": system.users(wanted["users"]),
        "reboot": prober.probe("a pending reboot", lambda: system.reboot(prober), {"required": False, "packages": []}),
    }
    if host["package_manager"] == "apt":
        asked = wanted["versions"] or not is_complete(host["packages"], host["nvidia"]["gpus"])
        host["package_manager_errors"] = prober.probe("what apt says", lambda: errors.errors(prober, asked), [])
    found = prober.probe("the offered versions", lambda: offered(prober, wanted["versions"]), ({}, {}))
    if found is None:
        host["package_manager_errors"] += errors.unanswered(prober)
    else:
        host["offered"], host["candidates"] = found
    host["programs"] = prober.probe(
        "the programs", lambda: programs.programs(prober, host["packages"], host["services"]), {}
    )
    host["verified"] = prober.probe("what was verified", lambda: fingerprint.is_recorded(host["nvidia"]), False)
    host["kubernetes_node"] = system.kubernetes_node(host["packages"])
    environment = host["services"].get("docker.service", {}).get("environment") or {}
    options = mask(start.options_without_init(prober.text))
    flags = options
    if host["init"] == "systemd":
        flags = start.expanded(host["services"].get("docker.service", {}).get("flags", []), environment)
    host["daemon_config"] = prober.probe(
        "daemon.json", lambda: docker_facts.daemon_config(flags, key, options), docker_facts.UNREADABLE
    )
    process = state.engine_identity(daemon_json_flags.combined(host["daemon_config"]["content"], flags))
    running = process is not None
    refreshing = {name: unit for name, unit in units.items() if name in toolkit_paths.UNITS}
    host["toolkit"] = prober.probe(
        "the container toolkit",
        lambda: toolkit.toolkit(prober, host["packages"], refreshing, process),
        toolkit.NOTHING,
    )
    awaited = any(host["services"].get(name, {}).get("active") for name in ("docker.service", "docker.socket"))
    hosts = socket_owner.hosts(host["daemon_config"]["content"], flags)
    host["engine"] = prober.probe(
        "the engine", lambda: docker_facts.engine(prober, running, awaited, hosts), {"running": running}
    )
    in_service = bool(host["engine"].get("answers")) and host["nvidia"]["driver"]["state"] == "loaded"
    host["gpu_containers"] = prober.probe("the containers with GPUs", lambda: gpu_containers(prober, in_service), None)
    host["engine"]["program"] = programs.of_process(process["pid"] if process else None)
    host["gpu_users"] = prober.probe("who uses the GPUs", lambda: gpu_users(host["nvidia"]["driver"]), [])
    host["engine"]["runs_as_configured"] = prober.probe(
        "the engine's start", lambda: docker_facts.runs_as_configured(process, flags), False
    )
    configured = image_store.settings(host["daemon_config"]["content"], flags, environment)
    reported = host["engine"].get("data_root")
    folders = {engine_paths.DATA_ROOT, configured.root, *wanted["data_roots"]}
    folders.update(folder for folder in (reported, engine_paths.given_root(reported)) if folder)
    host["data_roots"] = prober.probe(
        "the data roots", lambda: docker_facts.data_roots(prober, sorted(folders), configured.namespace), {}
    )
    prober.probe("the disks", lambda: disks.full(prober, sorted(folders)), None)
    host["rollout"] = prober.probe("the record of a rollout", lambda: rollout.rollout(prober), {})
    host["problems"] = prober.problems
    return host


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            # One option, as each template of a task costs the control node milliseconds a host.
            "wanted": {
                "type": "dict",
                "apply_defaults": True,
                "options": {
                    "users": {"type": "list", "elements": "str", "default": []},
                    "versions": {"type": "bool", "default": False},
                    "packages": {"type": "list", "elements": "str", "default": []},
                    "data_roots": {"type": "list", "elements": "path", "default": []},
                    "comparison_key": {"type": "str", "default": "", "no_log": True},
                },
            },
            "timeout": {"type": "float", "default": 10},
        },
        supports_check_mode=True,
    )
    if module.params["timeout"] <= 0:
        module.fail_json(msg=f"timeout: must be a number of seconds above 0; got {module.params['timeout']:g}")
    host = gather(Prober(module.params["timeout"]), module.params["wanted"])
    module.exit_json(changed=False, ansible_facts={"dockyard_host": host})


if __name__ == "__main__":
    main()
