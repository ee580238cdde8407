#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: installed
short_description: Records what a role is about to make on a host, so that only that is removed later
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - Called before the act. What is there already is somebody else's, and is not recorded.
  - Packages are not named. With C(APT_CONFIG) and C(DOCKYARD_ROLE) in the environment of a task, apt itself writes down
    which packages come where none were, and which go, before it calls dpkg. This module brings the file for
    C(APT_CONFIG). So a run that ends between this call and apt's claims nothing that an administrator installs
    afterwards, and one that ends after it forgets nothing.
  - M(dockyard.gpu.host_info) returns the record, as
    RV(dockyard.gpu.host_info#module:ansible_facts.dockyard_host.installed).
options:
  by:
    description: The role.
    type: str
    required: true
  groups:
    description:
      - Groups that come with what the role installs.
      - One that is there is recorded only if it was before, and packages of this role came since.
    type: list
    elements: str
    default: []
  holds:
    description: Packages that the role is about to hold. Those that are held already are somebody else's holds.
    type: list
    elements: str
    default: []
  state:
    description:
      - V(present) records.
      - V(absent) forgets the names that are given, once they are gone.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    description: Nothing is written, and what would be is told as a change.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
  platform:
    description: Debian and its descendants.
    support: full
    platforms: debian
  idempotent:
    description: The second call changes nothing.
    support: full
seealso:
  - module: dockyard.gpu.host_info
"""

EXAMPLES = r"""
- name: Record what comes with the engine
  dockyard.gpu.installed:
    by: docker_engine
    groups: [docker]

- name: Install the engine
  ansible.builtin.apt:
    name: docker-ce
  environment:
    APT_CONFIG: /var/lib/dockyard/apt.conf
    DOCKYARD_ROLE: docker_engine

- name: Record the hold
  dockyard.gpu.installed:
    by: docker_engine
    holds: [docker-ce]
"""

RETURN = r"""
recorded:
  description: Kind to the names that were recorded, or forgotten, by this call.
  returned: success
  type: dict
  sample: {groups: [docker]}
"""

import grp
from typing import Any, Dict, List

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils import installed, installing, look_apt, look_system
from ansible_collections.dockyard.gpu.plugins.module_utils.look import Look
from ansible_collections.dockyard.gpu.plugins.module_utils.plain_files import FileError


def _absent_groups(names: List[str]) -> List[str]:
    known = {group.gr_name for group in grp.getgrall()}
    return [name for name in names if name not in known]


def _not_held(names: List[str]) -> List[str]:
    packages = look_apt.installed(Look())
    return [name for name in names if not packages.get(name, {}).get("held")]


def _record(record: installing.Record, params: Dict[str, Any], write: bool) -> Dict[str, List[str]]:
    role: str = params["by"]
    fresh = {"groups": _absent_groups(params["groups"]), "holds": _not_held(params["holds"])}
    told = {kind: [name for name in names if name not in record.names(kind)] for kind, names in fresh.items()}
    # Of a run that ended before its apt began; somebody has made these since.
    came = role in installed.packages(look_system.architecture())[0].values()
    stale = [
        name
        for name, entry in record.entries("groups").items()
        if entry["by"] == role and name not in fresh["groups"] and not came
    ]
    if write:
        record.forget("groups", stale)
        for kind, names in fresh.items():
            record.note(role, kind, names)
    return {kind: names for kind, names in told.items() if names}


def _forget(record: installing.Record, params: Dict[str, Any], write: bool) -> Dict[str, List[str]]:
    told = {kind: [name for name in params[kind] if name in record.names(kind)] for kind in ("groups", "holds")}
    if write:
        for kind, names in told.items():
            record.forget(kind, names)
    return {kind: names for kind, names in told.items() if names}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "by": {"type": "str", "required": True},
            "groups": {"type": "list", "elements": "str", "default": []},
            "holds": {"type": "list", "elements": "str", "default": []},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    params, write = module.params, not module.check_mode
    prepared = False
    try:
        with installing.changing(f"the record of what {params['by']} makes") as record:
            if params["state"] == "present":
                prepared = installing.prepare(write)
                told = _record(record, params, write)
            else:
                told = _forget(record, params, write)
    except FileError as error:
        module.fail_json(msg=str(error))
        raise AssertionError("fail_json does not return") from error
    module.exit_json(changed=prepared or bool(told), recorded=told)


if __name__ == "__main__":
    main()
