#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_info
short_description: Reads in one call everything that the roles of this collection need to know about a host
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - Gathers facts about the distribution, packages and holds, package repositories and key fingerprints, the engine's
    configuration and units, the docker group, the GPUs and their driver, and whether a reboot is due.
  - Only reads. Uses the standard library only, and no network.
  - Every probe has a time limit. A probe that fails or hangs becomes an entry in
    RV(ansible_facts.dockyard_host.problems) and never a failed task. Problems of the GPUs are in
    RV(ansible_facts.dockyard_host.nvidia).
  - The engine's socket is asked only while the engine runs, since a question to an activated socket would start it.
options:
  wanted:
    description:
      - What to gather in addition. The lookup P(dockyard.gpu.wanted_facts#lookup) returns what the
        variables of the roles need.
    type: dict
    suboptions:
      users:
        description: Names to look up, so that a plan can reject those that are not users of the host.
        type: list
        elements: str
        default: []
      versions:
        description:
          - Whether to read which versions of the engine's packages the package indexes on the host offer.
          - Costs up to a second where apt keeps no cache of its own, so it is done only when a version is configured.
        type: bool
        default: false
      packages:
        description: Names of additional packages to look up.
        type: list
        elements: str
        default: []
      data_roots:
        description: Folders to examine for an engine's data, beside the one in use.
        type: list
        elements: path
        default: []
      comparison_key:
        description:
          - A random string, the same for everything that is to be compared, as from
            P(dockyard.gpu.comparison_key#lookup).
          - With it, each C(***) that masks a secret is followed by a tag, by which secrets can be compared without
            showing them. Without the key, nothing can be learned from a tag.
        type: str
        default: ""
  timeout:
    description: Time limit of each command and of each answer from the engine, in seconds.
    type: float
    default: 10
notes:
  - Credentials in URLs, as in a proxy's, and the values of keys with names such as token, password, secret or auth are
    replaced by C(***).
attributes:
  action:
    description: The control node completes what the host found with the names and architectures of GPUs, and with what
      the problems that it shows mean.
    support: full
  async:
    description: A result that is collected later would not be complete.
    support: none
  check_mode:
    description: Returns the same in check mode.
    support: full
  diff_mode:
    description: There is no difference, since nothing is changed.
    support: none
  facts:
    description: Returns the fact C(dockyard_host).
    support: full
  platform:
    description: Linux.
    support: full
    platforms: linux
  idempotent:
    description: Nothing is ever changed.
    support: full
seealso:
  - module: dockyard.gpu.gpu_info
"""

EXAMPLES = r"""
- name: Gather facts
  dockyard.gpu.host_info:
  become: true

- name: Show the host's problems
  ansible.builtin.debug:
    var: ansible_facts.dockyard_host.problems
"""

RETURN = r"""
ansible_facts:
  description: The fact that the plans read.
  returned: always
  type: dict
  contains:
    dockyard_host:
      description: The host as it is.
      returned: always
      type: dict
      contains:
        distribution:
          description: From os-release(5), with the codename of the release that a derivative is made from where it
            names that, and the architecture as dpkg names it.
          returned: always
          type: dict
          sample: {id: debian, id_like: [], version_id: "13", codename: trixie, architecture: amd64}
        kernel:
          description: Release and machine.
          returned: always
          type: dict
        python:
          description: >-
            The interpreter that Ansible's modules run with on this host, by its C(path); C(of_distribution), whether it
            is /usr/bin/python3, which the distribution's packages are for; C(requests), whether it has the library that
            the modules of community.docker need.
          returned: always
          type: dict
          sample: {path: /usr/bin/python3, of_distribution: true, requests: false}
        init:
          description: V(systemd) where it is process 1, V(none) otherwise.
          returned: always
          type: str
        snap_docker:
          description: Whether an engine from a snap is installed.
          returned: always
          type: bool
        open_files_limit:
          description: The highest hard limit of open files that a container can be given on this host.
          returned: always
          type: int
        verified:
          description: Whether a container has verified the engine's programs and configuration as they are now and, on
            a host whose GPUs can be given to containers, these GPUs, their driver and the toolkit; see the option
            O(dockyard.gpu.runtime_check#module:record).
          returned: always
          type: bool
        kubernetes_node:
          description: Whether a kubelet is installed or has pods here.
          returned: always
          type: bool
        package_manager:
          description: V(apt), V(dnf), or V(unknown).
          returned: always
          type: str
        packages:
          description: Name to C(version), C(held) and C(state), of the packages that matter to containers and GPUs.
            Those of another architecture than the host's are named as C(libcuda1:i386).
          returned: always
          type: dict
        dpkg_interrupted:
          description: Whether dpkg's journal is not empty. It was stopped in the middle of its work, so that apt
            does not go on, or is still at it, where RV(ansible_facts.dockyard_host.dpkg_locked) is true.
          returned: always
          type: bool
        dpkg_locked:
          description: Whether a process holds a lock of apt or dpkg at this moment.
          returned: always
          type: bool
        undone_packages:
          description: Names of packages that dpkg has not finished, such as one that is unpacked and
            not configured.
          returned: always
          type: list
          elements: str
        package_manager_errors:
          description:
            - Why apt cannot work on this host, as with a list of sources that it cannot read. Each has C(path), the
              file that is at fault, C(packages), those that are, both empty where that is not known, C(words), apt's
              own, and C(remedy).
            - apt is asked where versions are, where packages are missing, and where something looks odd.
          returned: always
          type: list
          elements: dict
          sample:
            - path: /etc/apt/sources.list.d/docker.list
              packages: []
              words: >-
                E: Malformed entry 1 in list file /etc/apt/sources.list.d/docker.list (Suite) E: The list of sources
                could not be read.
              remedy: >-
                Fix /etc/apt/sources.list.d/docker.list, or move it away; `apt-get check` shows whether apt can work
                then.
        candidates:
          description: Name to the version that apt would install, by its pins too, an empty text where these forbid
            all; of the same packages as RV(ansible_facts.dockyard_host.offered), with O(wanted.versions=true).
          returned: always
          type: dict
        offered:
          description: Name to the versions that the package indexes offer, newest first; of the packages of
            the engine and of the container toolkit, with O(wanted.versions=true).
          returned: always
          type: dict
        index:
          description: C(age_s), the age of the package indexes in seconds or null, and C(files), their names.
          returned: always
          type: dict
        repositories:
          description: Every entry of every apt source list, with C(path), C(format), C(types), C(uris), C(credentials),
            C(suites), C(components), C(signed_by), C(options) and C(enabled). A user and a password in C(uris) are
            masked, and C(credentials) says whether there were some. C(options) are all other fields of deb822. Where
            apt trusts keys for all, those that name none have C(signers), by whom its index of them is, or null.
          returned: always
          type: list
          elements: dict
        repository_keys:
          description: Every key file that apt may trust, but the distribution's, with C(path), C(fingerprints),
            C(signing), which are those and their subkeys, C(canonical), which is true where it is exactly one key to
            the byte as M(dockyard.gpu.signed_repository) would write it, C(error), C(mode), and C(plain), which is
            false for a link and for a file of another user's than root. A file with anything but keys in it has an
            error, and no fingerprints. Where apt trusts it for every repository, it is one of the C(problems).
          returned: always
          type: list
          elements: dict
        installed:
          description: What this collection recorded when it made it here. What is not named was there before, or is
            not owned by it. See M(dockyard.gpu.installed).
          returned: always
          type: dict
          contains:
            error:
              description: Why the record could not be read; null otherwise.
              type: str
            recorded:
              description: Whether there is a record.
              type: bool
            packages:
              description: Each package that was installed where it was missing, and the role that did.
              type: dict
              sample: {docker-ce: docker_engine, iptables: docker_engine}
            gone:
              description: Each package that came by this collection and was removed with it, in a removal that has not
                ended. One of this name that exists now was installed by others.
              type: dict
            replaced:
              description: Each package that was there before and was replaced by others, with its C(version), and
                C(by), the role.
              type: dict
              sample: {docker.io: {by: docker_engine, version: 26.1.5+dfsg1-9+b9}}
            groups:
              description: Groups, each with C(by), the role.
              type: dict
              sample: {docker: {by: docker_group, before: null}}
            members:
              description: Users who were made members of the group docker, as the groups.
              type: dict
            users:
              description: Users that came with packages, as the groups.
              type: dict
            holds:
              description: Packages that were held, as the groups.
              type: dict
            files:
              description: Repositories' lists and keys. C(before) says whether there was C(a file) in their place.
              type: dict
            shared_files:
              description: Files that several write, and that were not there before.
              type: dict
            data_roots:
              description: Folders that became an engine's, with what was in them C(before).
              type: dict
        files:
          description: Path to C(content) and C(mode) of the files that the roles write or heed, and whether each is
            C(plain), which a link or a file of another user than root is not; null where none is.
          returned: always
          type: dict
        daemon_config:
          description: The file daemon.json as C(content), or the C(error) that keeps it from being read, and the
            C(state) in which M(dockyard.gpu.daemon_config) keeps what each owner wrote. C(pending) is V(reload) or
            V(restart) where the engine has not taken up a change yet, and C(unit_flags) are those that the engine's
            unit gives it, with its variables in their places; without an init system those of C(options), the words of
            DOCKER_OPTS in C(/etc/default/docker), whoever reads that.
          returned: always
          type: dict
        engine:
          description: Whether an engine is installed (C(binary)), runs and answers, its version, data root, storage
            driver and whether that is a snapshotter of containerd (C(containerds_store)), how many C(containers) and
            C(images) it shows and how many run, live-restore, runtimes, the C(plugins) that it has for C(log) and
            C(authorization) by the names that daemon.json takes, C(program), the C(path)
            of the one that runs and whether it was C(replaced) since, C(runs_as_configured), whether it was started
            with the daemon.json and the flags of now, C(compared), false where a run ended before it had compared what
            the engine shows with what it held before its restart (M(dockyard.gpu.engine_contents)), and what is in
            the place of its C(socket), null where nothing is. That is of C(kind) V(socket), V(link), V(file),
            V(folder) or V(other), and has C(gid), C(mode), and a link's C(target). C(of_engine) is false where it is
            another program's, as Podman's, or is what a killed engine left, at which nothing is C(listening).
            C(expected) is false where the engine was asked to listen elsewhere.
          returned: always
          type: dict
        programs:
          description: Programs of installed packages, each with its C(package), its C(path), and C(first), the one
            of this name that is found first on the PATH.
          returned: always
          type: dict
          sample: {dockerd: {package: docker-ce, path: /usr/bin/dockerd, first: /usr/bin/dockerd}}
        services:
          description: Unit name to C(active), C(enabled), C(static) (others start it, and it cannot be disabled),
            C(masked), C(state), C(result), C(needs_daemon_reload), C(flags), the arguments of its program,
            C(environment), the variables that these name, and DOCKER_DRIVER, C(fragment), its file, C(program), what it
            starts, C(replaced), whether another file is by now in the place of the program that runs, and
            C(socket_group), to which systemd gives the socket that it makes for it.
          returned: always
          type: dict
        nvidia_services:
          description: The same of the units that come with NVIDIA's driver, C(waits_for), which of the engine, these
            units and C(nvidia-cdi-refresh.service) they are started after, directly or not, and C(command), what their
            own files start, whatever drop-ins say.
          returned: always
          type: dict
        nvidia:
          description: C(gpus), C(nvswitches), C(driver), C(platform) and C(problems), as M(dockyard.gpu.gpu_info)
            returns them, but for what could not be read, which is in RV(ansible_facts.dockyard_host.problems).
          returned: always
          type: dict
        nvidia_prerequisites:
          description: Whether nouveau is blacklisted for modprobe (C(nouveau_blacklisted)), whether the headers of the
            running kernel are installed (C(kernel_headers)), and whether its initramfs is older than the newest file
            that tells modprobe so (C(initramfs_older_than_blacklist)), false where there is no initramfs.
          returned: always
          type: dict
          sample: {nouveau_blacklisted: true, kernel_headers: true, initramfs_older_than_blacklist: false}
        display:
          description: Whether this host is a workstation. C(graphical_target) is whether it boots into that,
            C(managers) are the display managers, each with C(name), and whether it is C(active) and C(enabled), and
            C(outputs) are the outputs of NVIDIA's GPUs that a display is connected to.
          returned: always
          type: dict
          sample:
            graphical_target: true
            managers: [{name: gdm.service, active: true, enabled: true}]
            outputs: [card1-DP-2]
        toolkit:
          description: NVIDIA's container toolkit by its files. Its packages are in
            RV(ansible_facts.dockyard_host.packages).
          returned: always
          type: dict
          contains:
            programs:
              description: The path of each of its programs, null where it is not there or cannot be run.
              type: dict
            version:
              description: Of a toolkit that no package brought; null otherwise.
              type: str
            config:
              description: The keys of C(/etc/nvidia-container-runtime/config.toml), with dots, and their values.
              type: dict
              sample: {nvidia-container-cli.no-cgroups: true, nvidia-container-runtime.mode: auto}
            config_problem:
              description: Why these cannot be determined, which is in C(problems) too; otherwise an empty string.
              type: str
            cdi:
              description: Each CDI specification of NVIDIA's GPUs, with C(path), the names of its C(devices), and
                C(missing), the first files that it names and that are not there.
              type: list
              elements: dict
            cdi_unreadable:
              description: The path of each file that may be a CDI specification and cannot be read, to what is wrong
                with it, which is in C(problems) too.
              type: dict
            units:
              description: The units that refresh the specification, as RV(ansible_facts.dockyard_host.services), and
                C(waits_for) as RV(ansible_facts.dockyard_host.nvidia_services).
              type: dict
            owns_daemon_json:
              description: Whether dpkg takes C(daemon.json) for a file of nvidia-docker2, and would purge it.
              type: bool
            engine:
              description: The running engine's process, as distinguished from the next; null where none runs.
              type: str
            found_by_engine:
              description: The hooks that the running engine can have found, which it looks for when it starts.
              type: list
              elements: str
              sample: [nvidia-container-runtime-hook, nvidia-cdi-hook]
            found_is_recorded:
              description: Whether the role nvidia_container_toolkit has exchanged the hooks since the engine started,
                and recorded which it had found until then.
              type: bool
        gpu_containers:
          description:
            - C(id) and C(name) of each running container that was given NVIDIA GPUs by a device request (as by
              C(--gpus) and by CDI), by NVIDIA's runtime or as a device, and whether it is removed by being stopped
              (C(auto_remove)), and whether V(Swarm) or V(Kubernetes) would start another in its place
              (C(orchestrator)).
            - Those that have every device, being privileged, or that have GPUs by a bind mount are not among them.
            - Empty where the engine does not answer or no NVIDIA driver is loaded; null where not all containers
              could be read, and a problem says why.
          returned: always
          type: list
          elements: dict
          sample: [{id: 4f1c0b6f1f3e, name: trainer, auto_remove: false, orchestrator: ""}]
        gpu_users:
          description: Names of programs that have a GPU open. Looked for only where another driver is installed than
            loaded.
          returned: always
          type: list
          elements: str
          sample: [nvidia-persistenced, python3]
        data_roots:
          description:
            - What each folder holds of an engine's, by its files, whether an engine runs or not, and each folder below
              it that belongs to an engine with userns-remap.
            - C(folder), the real path; C(containers), storage driver to their number; C(images), graph driver, or
              V(containerd) for containerd's store, to their number; C(volumes), how many; C(running), the containers
              that run, with C(id), C(name), C(driver), C(comes_back), whether the engine starts them when it starts,
              C(auto_remove), whether they are removed by being stopped (C(--rm)), and C(removed_at_end), whether by
              that or by a swarm; C(graph_drivers), those that have state there; C(others), some names of what other
              users reach in a folder that is no engine's yet; C(silent), the mount that did not answer, so that nothing
              of all that is known, or an empty text.
          returned: always
          type: dict
          sample:
            /var/lib/docker:
              folder: /var/lib/docker
              containers: {overlay2: 3}
              images: {overlay2: 5}
              volumes: 1
              running:
                - id: 4f1c0b6f1f3e
                  name: web
                  driver: overlay2
                  comes_back: true
                  auto_remove: false
                  removed_at_end: false
              graph_drivers: [overlay2]
              others: []
              silent: ""
        docker_group:
          description: C(exists) (null where it could not be determined), C(gid), C(members), C(primary_members), whose
            primary group it is, C(of_directory), whether a directory has it and C(/etc/group) has not, and
            C(directory_members), those that are not of that file.
          returned: always
          type: dict
        users:
          description: For each of O(wanted.users), whether there is such a user.
          returned: always
          type: dict
        reboot:
          description: Whether the distribution says that a reboot is C(required), and for which C(packages).
          returned: always
          type: dict
        rollout:
          description: C(since) and C(failed), what failed or an empty text, of a rollout that has begun on this host
            and has not ended well, and C(problems) of GPUs that were there before it, where they are known; empty where
            there is none. See P(dockyard.gpu.rollout#role).
          returned: always
          type: dict
        problems:
          description: What could not be read, each with C(code), C(message) and C(remedy).
          returned: always
          type: list
          elements: dict
"""

import os
from typing import Any, Dict, List

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths, installed
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Look
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


def offered(look: Look, asked: bool) -> Any:
    if not asked:
        return {}, {}
    from ansible_collections.dockyard.gpu.plugins.module_utils._docker import packages
    from ansible_collections.dockyard.gpu.plugins.module_utils._packages.apt import offers

    return offers.offered(look, [*packages.OF_UPSTREAM, *packages.OF_DISTRIBUTIONS, *toolkit_paths.PACKAGES])


def waits_for(look: Look, after: Dict[str, List[str]]) -> Dict[str, List[str]]:
    """Of NVIDIA's units, the engine and each other; few hosts have any."""
    ordered = (toolkit_paths.REFRESH_SERVICE, *driver_paths.UNITS)
    if not any(name in after for name in ordered):
        return {}
    from ansible_collections.dockyard.gpu.plugins.module_utils._host import unit_order

    return unit_order.waits_for(look, after, ordered)


def gpu_containers(look: Look, asked: bool) -> Any:
    if not asked:
        return []
    from ansible_collections.dockyard.gpu.plugins.module_utils._docker import gpu_containers as of_engine

    return of_engine.gpu_containers(look)


def gpu_users(driver: Dict[str, Any]) -> List[str]:
    """Only where another driver waits, since every open file is examined."""
    loaded = (driver["loaded_version"], driver["loaded_modules"])
    if driver["loaded_version"] is None or loaded == (driver["installed_version"], driver["installed_modules"]):
        return []
    from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import processes

    return processes.users()


def look_at_host(look: Look, wanted: Dict[str, Any]) -> Dict[str, Any]:
    kernel, key = system.kernel(), wanted["comparison_key"]
    managed = (*engine_paths.MANAGED_FILES, *driver_paths.MANAGED_FILES, *toolkit_paths.MANAGED_FILES)
    # All units in one call; the plans of the engine take every unit under its name for one of the engine's. Many hosts
    # have none of NVIDIA's.
    present = system.with_files((*driver_paths.UNITS, *toolkit_paths.UNITS, *display.MANAGERS))
    names = (*engine_paths.UNITS, *present)
    units = look.probe("the units", lambda: system.units(look, names), {})
    after = {name: unit.pop("after") for name, unit in units.items()}
    waiting = look.probe("the order of units", lambda: waits_for(look, after), {})
    for name, found in waiting.items():
        units[name]["waits_for"] = found
    for name, unit in units.items():
        if name in driver_paths.UNITS:
            unit["command"] = system.own_command(look, unit["fragment"])
    host: Dict[str, Any] = {
        "distribution": look.probe("the distribution", lambda: system.distribution(look), system.NO_DISTRIBUTION),
        "kernel": kernel,
        "python": system.python(),
        "init": system.init_system(),
        "open_files_limit": look.probe("the limit of open files", lambda: system.open_files_limit(look), 1048576),
        "package_manager": system.package_manager(),
        "packages": look.probe("the package database", lambda: facts.installed(look, wanted["packages"]), {}),
        # The lock first: a dpkg that ends between the two has left no journal.
        "dpkg_locked": look.probe("dpkg's locks", facts.locked, False),
        "dpkg_interrupted": look.probe("dpkg's journal", facts.interrupted, False),
        "undone_packages": look.probe("packages that are not in order", lambda: errors.undone(look), []),
        "package_manager_errors": [],
        "snap_docker": os.path.isdir("/snap/docker/current"),
        "offered": {},
        "candidates": {},
        "index": look.probe("the package indexes", facts.index, {"age_s": None, "files": []}),
        "repositories": look.probe("the package repositories", lambda: facts.sign(look, facts.repositories(look)), []),
        "repository_keys": look.probe("the repositories' keys", lambda: facts.keys(look), []),
        "installed": installed.summary(system.architecture()),
        "files": look.probe("the managed files", lambda: system.files(look, managed, key), {}),
        "services": {name: unit for name, unit in units.items() if name in engine_paths.UNITS},
        "nvidia_services": {name: unit for name, unit in units.items() if name in driver_paths.UNITS},
        "display": look.probe("displays", lambda: display.display(look, units), display.NOTHING),
        "nvidia": look.probe("the GPUs", lambda: nvidia_gpus.gpus(look), nvidia_gpus.NOTHING),
        "nvidia_prerequisites": look.probe(
            "what the driver needs",
            lambda: prerequisites.prerequisites(look, kernel["release"]),
            prerequisites.UNKNOWN,
        ),
        "docker_group": look.probe("the docker group", system.docker_group, system.UNKNOWN_GROUP),
        "users": system.users(wanted["users"]),
        "reboot": look.probe("a pending reboot", lambda: system.reboot(look), {"required": False, "packages": []}),
    }
    if host["package_manager"] == "apt":
        asked = wanted["versions"] or not is_complete(host["packages"], host["nvidia"]["gpus"])
        host["package_manager_errors"] = look.probe("what apt says", lambda: errors.errors(look, asked), [])
    found = look.probe("the offered versions", lambda: offered(look, wanted["versions"]), ({}, {}))
    if found is None:
        host["package_manager_errors"] += errors.unanswered(look)
    else:
        host["offered"], host["candidates"] = found
    host["programs"] = look.probe(
        "the programs", lambda: programs.programs(look, host["packages"], host["services"]), {}
    )
    host["verified"] = look.probe("what was verified", lambda: fingerprint.is_recorded(host["nvidia"]), False)
    host["kubernetes_node"] = system.kubernetes_node(host["packages"])
    environment = host["services"].get("docker.service", {}).get("environment") or {}
    options = mask(start.options_without_init(look.text))
    flags = options
    if host["init"] == "systemd":
        flags = start.expanded(host["services"].get("docker.service", {}).get("flags", []), environment)
    host["daemon_config"] = look.probe(
        "daemon.json", lambda: docker_facts.daemon_config(flags, key, options), docker_facts.UNREADABLE
    )
    process = state.engine_identity(daemon_json_flags.combined(host["daemon_config"]["content"], flags))
    running = process is not None
    refreshing = {name: unit for name, unit in units.items() if name in toolkit_paths.UNITS}
    host["toolkit"] = look.probe(
        "the container toolkit",
        lambda: toolkit.toolkit(look, host["packages"], refreshing, process),
        toolkit.NOTHING,
    )
    awaited = any(host["services"].get(name, {}).get("active") for name in ("docker.service", "docker.socket"))
    hosts = socket_owner.hosts(host["daemon_config"]["content"], flags)
    host["engine"] = look.probe(
        "the engine", lambda: docker_facts.engine(look, running, awaited, hosts), {"running": running}
    )
    in_service = bool(host["engine"].get("answers")) and host["nvidia"]["driver"]["state"] == "loaded"
    host["gpu_containers"] = look.probe("the containers with GPUs", lambda: gpu_containers(look, in_service), None)
    host["engine"]["program"] = programs.of_process(process["pid"] if process else None)
    host["gpu_users"] = look.probe("who uses the GPUs", lambda: gpu_users(host["nvidia"]["driver"]), [])
    host["engine"]["runs_as_configured"] = look.probe(
        "the engine's start", lambda: docker_facts.runs_as_configured(process, flags), False
    )
    configured = image_store.settings(host["daemon_config"]["content"], flags, environment)
    reported = host["engine"].get("data_root")
    folders = {engine_paths.DATA_ROOT, configured.root, *wanted["data_roots"]}
    folders.update(folder for folder in (reported, engine_paths.given_root(reported)) if folder)
    host["data_roots"] = look.probe(
        "the data roots", lambda: docker_facts.data_roots(look, sorted(folders), configured.namespace), {}
    )
    look.probe("the disks", lambda: disks.full(look, sorted(folders)), None)
    host["rollout"] = look.probe("the record of a rollout", lambda: rollout.rollout(look), {})
    host["problems"] = look.problems
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
    host = look_at_host(Look(module.params["timeout"]), module.params["wanted"])
    module.exit_json(changed=False, ansible_facts={"dockyard_host": host})


if __name__ == "__main__":
    main()
