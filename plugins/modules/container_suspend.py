#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common import atomic_files
from ansible_collections.dockyard.gpu.plugins.module_utils._common.plain_files import FileError
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import DEFAULT_SOCKET, EngineClient, EngineError
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.suspension import Suspension


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["suspended", "resumed"], "required": True},
            "containers": {"type": "list", "elements": "str", "default": []},
            "record": {"type": "path", "required": True},
            "socket": {"type": "path", "default": DEFAULT_SOCKET},
            "timeout": {"type": "float", "default": 30},
        },
        supports_check_mode=True,
    )
    wanted = module.params
    if wanted["timeout"] <= 0:
        module.fail_json(msg=f"timeout: must be a number of seconds above 0; got {wanted['timeout']:g}")
    client = EngineClient(wanted["socket"], wanted["timeout"])
    suspension = Suspension(client, wanted["record"], module.check_mode)
    verb = "stopped" if wanted["state"] == "suspended" else "started"
    problem = ""
    alone = contextlib.nullcontext() if module.check_mode else atomic_files.locked("containers", f"{verb} containers")
    try:
        with alone:
            if wanted["state"] == "suspended":
                suspension.suspend(wanted["containers"])
            else:
                suspension.resume()
    except (EngineError, FileError) as error:
        problem = f"containers could not be {verb}: {error}"
    result = {
        "changed": bool(suspension.done),
        "containers": sorted(suspension.done),
        "left": sorted(suspension.left),
        "failed_containers": suspension.failed,
    }
    if suspension.failed:
        reported = "; ".join(f"{name}: {words}" for name, words in sorted(suspension.failed.items()))
        problem = f"these containers could not be {verb}: {reported}"
    if problem:
        module.fail_json(msg=f"{problem}. The next run tries again; {wanted['record']} names them", **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
