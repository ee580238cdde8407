#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common import atomic_files
from ansible_collections.dockyard.gpu.plugins.module_utils._common.modes import octal
from ansible_collections.dockyard.gpu.plugins.module_utils._common.plain_files import FileError


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "mode": {"type": "str", "default": "0755"},
            "variable": {"type": "str", "default": "path"},
        },
        supports_check_mode=True,
    )
    path = module.params["path"]
    try:
        mode = octal(module.params["mode"])
    except ValueError as error:
        module.fail_json(msg=str(error))
    try:
        made = atomic_files.missing_folders(path) if module.check_mode else atomic_files.make_folder(path, mode)
    except FileError as error:
        module.fail_json(msg=f"{module.params['variable']}: {error}")
    diff = {"before": "", "after": "".join(f"{folder}/\n" for folder in made)}
    module.exit_json(changed=bool(made), made=made, diff=diff)


if __name__ == "__main__":
    main()
