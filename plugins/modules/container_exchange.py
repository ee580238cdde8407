#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common.plain_files import FileError
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import DEFAULT_SOCKET, EngineClient, EngineError
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.container_exchange import Exchange, NotExchanged
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.containers import (
    Containers,
    NotTouched,
    one_at_a_time,
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["exchanged", "ran", "finished", "recovered"], "default": "exchanged"},
            "new_id": {"type": "str", "default": ""},
            "old_id": {"type": "str"},
            "start": {"type": "bool", "default": True},
            "settle": {"type": "float", "default": 2},
            "keep": {"type": "bool", "default": True},
            "run_timeout": {"type": "float", "default": 3600},
            "socket": {"type": "path", "default": DEFAULT_SOCKET},
            "timeout": {"type": "float", "default": 120},
        },
        supports_check_mode=True,
    )
    wanted = module.params
    result = {"changed": True, "name": wanted["name"]}
    for name in ("settle", "timeout", "run_timeout"):
        if wanted[name] < 0:
            module.fail_json(msg=f"{name}: must be a number of seconds; got {wanted[name]:g}", name=wanted["name"])
    if not module.check_mode:
        try:
            result.update(_act(wanted))
        except NotExchanged as error:
            module.fail_json(msg=f"{wanted['name']}: not exchanged: {error}", name=wanted["name"])
        except (EngineError, FileError, NotTouched) as error:
            module.fail_json(msg=f"{wanted['name']}: {error}", name=wanted["name"])
    module.exit_json(**result)


def _act(wanted: Dict[str, Any]) -> Dict[str, Any]:
    containers = Containers(EngineClient(wanted["socket"], wanted["timeout"]))
    exchange = Exchange(containers, wanted["name"], wanted["settle"])
    begun = ""
    with one_at_a_time(f"container_exchange of {wanted['name']}", wanted["timeout"] + wanted["settle"]):
        if wanted["state"] == "recovered":
            return {"changed": exchange.recover(wanted["start"])}
        if wanted["state"] == "finished":
            return {"changed": exchange.finish()}
        if wanted["state"] == "exchanged":
            exchange.make(wanted["start"], wanted["new_id"], wanted["old_id"])
            return {}
        begun = exchange.begin(wanted["new_id"], wanted["old_id"])
    # It may take hours: others need not wait for it.
    exit_code, output = exchange.end(begun, wanted["run_timeout"], wanted["keep"])
    return {"exit_code": exit_code, "output": output}


if __name__ == "__main__":
    main()
