#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Dict, List

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common import atomic_files, engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._common.plain_files import FileError
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import contents
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import DEFAULT_SOCKET, EngineClient, EngineError


def record(module: AnsibleModule, client: EngineClient) -> None:
    params = module.params
    found = contents.load(params["path"])
    changed = found is None
    if found is None:
        found = contents.taken(client, params["data_root"], params["spares_containers"])
        if not module.check_mode:
            contents.write(params["path"], found)
    module.exit_json(changed=changed, **_summary(found))


def compare(module: AnsibleModule, client: EngineClient) -> None:
    found = contents.load(module.params["path"])
    paused: List[str] = []
    if found:
        comparison = contents.Comparison(client, found, module.params["hide_data"], module.params["settle"])
        comparison.make()
        paused = [] if module.check_mode else comparison.pause()
        if comparison.hidden or comparison.dead:
            module.fail_json(
                msg=comparison.words(),
                # What is not seen cannot run either.
                reason="data" if comparison.hidden else "containers",
                changed=bool(paused),
            )
    removed = (module.check_mode and found is not None) or atomic_files.remove(module.params["path"])
    # A record of this very run is no change of the host.
    module.exit_json(changed=bool(paused), removed=removed, paused=paused, **(_summary(found) if found else {}))


def _summary(found: Dict[str, Any]) -> Dict[str, Any]:
    names = sorted(each["name"] for each in found["containers"].values() if each["ran"])
    return {"images": len(found["images"]), "containers": names}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["recorded", "compared"], "required": True},
            "spares_containers": {"type": "bool", "default": True},
            "hide_data": {"type": "bool", "default": False},
            "path": {"type": "path", "default": engine_paths.CONTENTS},
            "data_root": {"type": "path", "default": engine_paths.DATA_ROOT},
            "settle": {"type": "float", "default": 15},
            "socket": {"type": "path", "default": DEFAULT_SOCKET},
        },
        supports_check_mode=True,
    )
    client = EngineClient(module.params["socket"])
    try:
        (record if module.params["state"] == "recorded" else compare)(module, client)
    except (EngineError, FileError) as error:
        module.fail_json(msg=f"The engine's contents cannot be compared with those from before: {error}")


if __name__ == "__main__":
    main()
