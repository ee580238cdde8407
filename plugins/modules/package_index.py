#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.apt import index


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "timeout": {"type": "int", "default": 10},
            "lock_timeout": {"type": "int", "default": 120},
        },
        supports_check_mode=True,
    )
    if not module.check_mode:
        try:
            index.read(module.params["timeout"], module.params["lock_timeout"])
        except index.IndexUnread as error:
            module.fail_json(msg=f"apt's index could not be read: {error}", reason=error.reason)
    module.exit_json(changed=True)


if __name__ == "__main__":
    main()
