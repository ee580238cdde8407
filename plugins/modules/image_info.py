#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import images, registry
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import DEFAULT_SOCKET, EngineClient, EngineError


def gather(client: EngineClient, params: Dict[str, Any]) -> Dict[str, Any]:
    found: Dict[str, Any] = {"engine": images.engine(client), "images": {}, "registry": {}, "pushed": {}}
    found["replaced"] = {}
    found["archives"] = {path: images.archive(path) for path in params["archives"]}
    if found["engine"]["answers"]:
        found["images"] = {name: images.image(client, name) for name in params["names"]}
        found["registry"] = {name: registry.pulled(client, name) for name in params["registry"]}
        found["pushed"] = {name: registry.pushed(client, name) for name in params["pushed"]}
        found["replaced"] = images.replaced(client, params["names"])
    return found


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "names": {"type": "list", "elements": "str", "default": []},
            "registry": {"type": "list", "elements": "str", "default": []},
            "pushed": {"type": "list", "elements": "str", "default": []},
            "archives": {"type": "list", "elements": "path", "default": []},
            "socket": {"type": "path", "default": DEFAULT_SOCKET},
            "timeout": {"type": "int", "default": 30},
        },
        supports_check_mode=True,
    )
    client = EngineClient(module.params["socket"], module.params["timeout"])
    try:
        found = gather(client, module.params)
    except EngineError as exc:
        module.fail_json(msg=f"the engine could not be asked for its images: {exc}. Next: journalctl -u docker -n 50")
    module.exit_json(changed=False, ansible_facts={"dockyard_images": found})


if __name__ == "__main__":
    main()
