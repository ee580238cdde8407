# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts as host_info describes them, and settings as the roles hand them to the plans."""

from __future__ import annotations

import copy
from typing import Any

from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths, installed
from ansible_collections.dockyard.gpu.plugins.module_utils._host import display, system
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import driver_paths, gpus, toolkit, toolkit_paths
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine import sources
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine.plan import plan as engine_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.variables import read

Described = dict[str, Any]

BOOKWORM = {"id": "debian", "id_like": [], "version_id": "12", "codename": "bookworm"}
TRIXIE = {"id": "debian", "id_like": [], "version_id": "13", "codename": "trixie"}
TESTING = {"id": "debian", "id_like": [], "version_id": "", "codename": "forky"}
NOBLE = {"id": "ubuntu", "id_like": ["debian"], "version_id": "24.04", "codename": "noble"}
MINT = {"id": "linuxmint", "id_like": ["ubuntu", "debian"], "version_id": "22", "codename": "noble"}
RASPBIAN = {"id": "raspbian", "id_like": ["debian"], "version_id": "12", "codename": "bookworm"}
LMDE = {"id": "linuxmint", "id_like": ["debian"], "version_id": "7", "codename": "trixie"}
FEDORA = {"id": "fedora", "id_like": [], "version_id": "43", "codename": ""}
DEVUAN = {"id": "devuan", "id_like": ["debian"], "version_id": "6", "codename": "excalibur"}
TRISQUEL = {"id": "trisquel", "id_like": ["debian"], "version_id": "12.0", "codename": "ecne"}
KALI = {"id": "kali", "id_like": ["debian"], "version_id": "2026.3", "codename": "kali-rolling"}
DISTRIBUTIONS = (BOOKWORM, TRIXIE, NOBLE, MINT, LMDE, RASPBIAN, DEVUAN, TRISQUEL)
# Of Debian's family, and of no release that vendors build for.
UNKNOWN = (
    TESTING,
    KALI,
    {"id": "debian", "id_like": [], "version_id": "", "codename": "sid"},
    {"id": "astra", "id_like": ["debian"], "version_id": "1.8", "codename": "1.8_x86-64"},
    {"id": "gardenlinux", "id_like": ["debian"], "version_id": "1877", "codename": ""},
    {"id": "ubuntu", "id_like": ["debian"], "version_id": "26.10", "codename": "stonking"},
)

UPSTREAM_KEY = sources.UPSTREAM_FINGERPRINT
OTHER_KEY = "0123456789ABCDEF0123456789ABCDEF01234567"


def engine_socket(gid: int, **parts: Any) -> Described:
    """The engine's own, but for what is said otherwise."""
    reported = {"kind": "socket", "target": None, "expected": True, "of_engine": True, "listening": True}
    return {"path": engine_paths.SOCKET, "gid": gid, "mode": "0660", **reported, **parts}


def follow_holds(host: Described, step: Described) -> None:
    """As roles/common/tasks/holds.yml: what no one held is recorded as the role's, what is released is forgotten."""
    recorded = host["installed"]["holds"]
    for name in step["from"]:
        found = host["packages"].get(name, {"held": True})
        if step["to"] and not found["held"]:
            recorded[name] = {"by": step["component"], "before": None}
        elif not step["to"]:
            recorded.pop(name, None)
        found["held"] = step["to"]


def bare_host(**parts: Any) -> Described:
    """A Debian 13 with systemd on which no one has installed anything yet, but for the parts that are named."""
    host: Described = {
        "distribution": TRIXIE,
        "kernel": {"release": "6.12.1", "machine": "x86_64"},
        "python": {"path": "/usr/bin/python3", "of_distribution": True, "requests": False},
        "init": "systemd",
        "open_files_limit": 1048576,
        "verified": False,
        "snap_docker": False,
        "kubernetes_node": False,
        "package_manager": "apt",
        "packages": {},
        "installed": installed.nothing(),
        "dpkg_locked": False,
        "dpkg_interrupted": False,
        "undone_packages": [],
        "package_manager_errors": [],
        "offered": {},
        "candidates": {},
        "index": {"age_s": 60, "files": ["deb.example.org_debian_dists_trixie_main_binary-amd64_Packages"]},
        "repositories": [],
        "repository_keys": [],
        "files": dict.fromkeys(
            (*engine_paths.MANAGED_FILES, *driver_paths.MANAGED_FILES, *toolkit_paths.MANAGED_FILES)
        ),
        "daemon_config": {
            "path": engine_paths.DAEMON_JSON,
            "content": None,
            "error": None,
            "state": {},
            "pending": None,
            "unit_flags": [],
            "options": [],
        },
        "engine": {"binary": None, "running": False, "answers": False, "socket": None},
        "programs": {},
        "services": {},
        "nvidia_services": {},
        "display": display.NOTHING,
        "nvidia": gpus.NOTHING,
        "toolkit": toolkit.NOTHING,
        "nvidia_prerequisites": {
            "nouveau_blacklisted": False,
            "kernel_headers": False,
            "initramfs_older_than_blacklist": False,
        },
        "gpu_containers": [],
        "gpu_users": [],
        "data_roots": {engine_paths.DATA_ROOT: holdings()},
        "docker_group": copy.deepcopy(system.NO_GROUP),
        "users": {},
        "reboot": {"required": False, "packages": []},
        "rollout": {},
        "problems": [],
    }
    assert not set(parts) - set(host)
    host.update(parts)
    distribution = {"pretty_name": "A look-alike", "architecture": "amd64", **host["distribution"]}
    return copy.deepcopy({**host, "distribution": distribution})


def wanted(role: str, **given: Any) -> Described:
    """A role's variables, by their names without that of the role, as its plan gets them."""
    return read(role, {f"{role}_{name}": value for name, value in given.items()})


# With which the stand-in of a host masks what it has; the filters have one of each run.
KEY = "of this run"


def settings(**parts: Any) -> Described:
    """The variables of docker_engine, but for fewer defaults of daemon.json."""
    config = {"log-driver": "json-file", "log-opts": {"max-size": "50m"}, "live-restore": True}
    fewer = {"config_defaults": {}, "config": config, "no_proxy": ["localhost"]}
    made = wanted("docker_engine", **{**fewer, **parts})
    assert not set(parts) - set(made)
    return {**copy.deepcopy(made), "comparison_key": KEY}


def holdings(folder: str = engine_paths.DATA_ROOT, **parts: Any) -> Described:
    """What host_info finds of an engine's in a folder; nothing, but for the parts that are named."""
    found: Described = {
        "folder": folder,
        "containers": {},
        "images": {},
        "volumes": 0,
        "running": [],
        "graph_drivers": [],
        "silent": "",
    }
    assert not set(parts) - set(found)
    return copy.deepcopy({**found, **parts})


def package(version: str, held: bool = False, state: str = "installed") -> Described:
    return {"version": version, "held": held, "state": state}


def key_file(path: str, *fingerprints: str, mode: str = "0644", error: str = "", **more: Any) -> Described:
    """A file with keys, in the form in which the collection would write it if it has one."""
    canonical = len(fingerprints) == 1
    found = {"path": path, "fingerprints": [*fingerprints], "canonical": canonical, "error": error, "mode": mode}
    return {**found, "plain": True, **more}


def entry(
    path: str, uri: str, style: str = "one-line", signed_by: str | None = None, component: str = "stable"
) -> Described:
    """One entry of an apt source list, as host_info gives it."""
    return {
        "path": path,
        "format": style,
        "types": ["deb"],
        "uris": [uri],
        "credentials": False,
        "suites": ["trixie"],
        "components": [component],
        "signed_by": signed_by,
        "options": {},
        "enabled": True,
    }


def unit(active: bool = True, enabled: bool = True, masked: bool = False) -> Described:
    return {
        "active": active,
        "enabled": enabled,
        "static": False,
        "masked": masked,
        "state": "running" if active else "dead",
        "result": "success",
        "needs_daemon_reload": False,
        "flags": [],
        "socket_group": "docker",
    }


def steps(host: Described, wanted: Described) -> dict[str, Described]:
    """The engine's plan by the names of its steps, for tests that have one step of a kind."""
    plan = engine_plan(host, wanted)
    return {step["step"]: step for step in plan}
