#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import grp
import os
import pwd
from typing import Any, Dict, List

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common import installed, installing
from ansible_collections.dockyard.gpu.plugins.module_utils._common.plain_files import FileError
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import earlier_data, packages
from ansible_collections.dockyard.gpu.plugins.module_utils._host import system
from ansible_collections.dockyard.gpu.plugins.module_utils._packages import shared_files
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.apt import facts, removed

_KINDS = ("groups", "users", "holds", "shared_files", "data_roots")
Reported = Dict[str, List[str]]


class _Host:
    """What is there before the act."""

    def __init__(self) -> None:
        self.packages = facts.installed(Prober())
        self.groups = {group.gr_name for group in grp.getgrall()}
        ours = installed.packages(system.architecture()).ours
        engine = (*packages.OF_UPSTREAM, *packages.OF_DISTRIBUTIONS)
        # An engine of this collection has been here, so that its group and its data are none of others'.
        self.has_our_engine = any(name in ours and name in self.packages for name in engine)

    def absent(self, kind: str, names: List[str]) -> List[str]:
        if kind == "groups":
            return [name for name in names if name not in self.groups]
        if kind == "users":
            known = {user.pw_name for user in pwd.getpwall()}
            return [name for name in names if name not in known]
        if kind == "holds":
            return [name for name in names if not self.packages.get(name, {}).get("held")]
        return [name for name in names if not os.path.lexists(name)]


def _record(record: installing.Record, params: Dict[str, Any], write: bool) -> Reported:
    host, role = _Host(), str(params["by"])
    fresh: Reported = {kind: host.absent(kind, params[kind]) for kind in ("groups", "users", "holds", "shared_files")}
    fresh["configurations"] = removed.configurations(Prober())
    answer = {kind: [name for name in names if name not in record.names(kind)] for kind, names in fresh.items()}
    roots = record.entries("data_roots")
    before = {
        path: earlier_data.before(path) for path in params["data_roots"] if path not in roots or not host.has_our_engine
    }
    answer["data_roots"] = [path for path in before if roots.get(path, {}).get("before") != before[path]]
    if write:
        if not host.has_our_engine:
            # Of a run that ended before its apt began; others may have made it since.
            mine = [name for name, entry in record.entries("groups").items() if entry["by"] == role]
            record.forget("groups", [name for name in mine if name not in fresh["groups"]])
        for kind in fresh:
            record.note(role, kind, answer[kind])
        for path in answer["data_roots"]:
            record.note(role, "data_roots", [path], before[path])
    return {kind: names for kind, names in answer.items() if names}


def _forget(record: installing.Record, params: Dict[str, Any], write: bool) -> Reported:
    answer = {kind: [name for name in params[kind] if name in record.names(kind)] for kind in _KINDS}
    if write:
        for kind, names in answer.items():
            record.forget(kind, names)
    return {kind: names for kind, names in answer.items() if names}


def _withdraw(record: installing.Record, roles: List[str], write: bool) -> Dict[str, Any]:
    given_back = shared_files.give_back(record, roles, write)
    answer = {
        kind: [name for name, entry in record.entries(kind).items() if entry["by"] in roles] for kind in installed.KINDS
    }
    known = installed.packages(system.architecture())
    ours = {**known.gone, **known.ours}
    answer["packages"] = sorted(name for name, role in ours.items() if role in roles)
    if write:
        for kind in installed.KINDS:
            record.forget(kind, answer[kind])
        installing.forget_packages(roles)
    answer["files"] = given_back.changed
    found = {kind: names for kind, names in answer.items() if names}
    return {"changed": bool(found or given_back.kept), "recorded": found, "kept": given_back.kept}


def main() -> None:
    names = {"type": "list", "elements": "str", "default": []}
    module = AnsibleModule(
        argument_spec={
            "by": {"type": "str"},
            **dict.fromkeys((*_KINDS, "roles"), names),
            "state": {"type": "str", "choices": ["present", "absent", "withdrawn"], "default": "present"},
        },
        required_if=[("state", "present", ["by"]), ("state", "withdrawn", ["roles"])],
        supports_check_mode=True,
    )
    params, write = module.params, not module.check_mode
    result: Dict[str, Any] = {"changed": False, "kept": []}
    try:
        with installing.changing("the record of what this collection makes") as record:
            if params["state"] == "withdrawn":
                result = _withdraw(record, params["roles"], write)
            elif params["state"] == "absent":
                result["recorded"] = _forget(record, params, write)
            else:
                result["changed"] = installing.prepare(write)
                result["recorded"] = _record(record, params, write)
    except FileError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**{**result, "changed": bool(result["changed"] or result["recorded"])})


if __name__ == "__main__":
    main()
