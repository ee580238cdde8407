#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Dict, List

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common.plain_files import FileError
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import DEFAULT_SOCKET, EngineClient, EngineError
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.container_state import Wanted, changes
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.containers import (
    Containers,
    NotTouched,
    one_at_a_time,
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "id": {"type": "str", "default": ""},
            "state": {"type": "str", "choices": ["started", "stopped", "absent"]},
            "restart_policy": {"type": "str", "choices": ["no", "on-failure", "always", "unless-stopped"]},
            "networks": {"type": "list", "elements": "str"},
            "socket": {"type": "path", "default": DEFAULT_SOCKET},
            "timeout": {"type": "float", "default": 120},
        },
        supports_check_mode=True,
    )
    name = module.params["name"]
    if module.params["timeout"] <= 0:
        module.fail_json(
            msg=f"timeout: must be a number of seconds above 0; got {module.params['timeout']:g}", name=name
        )
    done: List[str] = []
    try:
        with one_at_a_time(f"container_state of {name}", module.params["timeout"]):
            _follow(module.params, module.check_mode, done)
    except (EngineError, FileError, NotTouched) as error:
        so_far = f" So far: {', '.join(done)}." if done else ""
        module.fail_json(msg=f"{name}: {error}{so_far}", name=name, changed=bool(done))
    module.exit_json(changed=bool(done), name=name, changes=done)


def _follow(params: Dict[str, Any], check_mode: bool, done: List[str]) -> None:
    containers = Containers(EngineClient(params["socket"], params["timeout"]))
    wanted = Wanted(params["state"], params["restart_policy"], params["networks"])
    for change in changes(containers, params["name"], params["id"], wanted):
        if not check_mode:
            change.act()
        done.append(change.words)


if __name__ == "__main__":
    main()
