#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import DEFAULT_SOCKET, EngineClient
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.workloads import Workloads


def main() -> None:
    names = {"type": "list", "elements": "str", "default": []}
    module = AnsibleModule(
        argument_spec={
            "names": names,
            "images": names,
            "paths": names,
            "socket": {"type": "path", "default": DEFAULT_SOCKET},
            "timeout": {"type": "float", "default": 30},
        },
        supports_check_mode=True,
    )
    wanted = module.params
    if wanted["timeout"] <= 0:
        module.fail_json(msg=f"timeout: must be a number of seconds above 0; got {wanted['timeout']:g}")
    prober = Prober(wanted["timeout"])
    workloads = Workloads(prober, EngineClient(wanted["socket"], wanted["timeout"]))
    found = workloads.gather(wanted["names"], wanted["images"], wanted["paths"])
    module.exit_json(changed=False, ansible_facts={"dockyard_workloads": found})


if __name__ == "__main__":
    main()
