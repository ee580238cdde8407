#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import gpus


def main() -> None:
    module = AnsibleModule(argument_spec={"timeout": {"type": "float", "default": 10}}, supports_check_mode=True)
    if module.params["timeout"] <= 0:
        module.fail_json(msg=f"timeout: must be a number of seconds above 0; got {module.params['timeout']:g}")
    prober = Prober(module.params["timeout"])
    found = gpus.gpus(prober)
    found["problems"] += [{**problem, "pci_address": None} for problem in prober.problems]
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
