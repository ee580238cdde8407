#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common.plain_files import FileError
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import data, earlier_data


def _left(module: AnsibleModule, folder: Dict[str, Any]) -> bool:
    found = {"existed": folder["existed"], "data": False}
    if module.check_mode:
        return data.holds_data(folder["path"]) and earlier_data.before(folder["path"]) != found
    return earlier_data.leave(folder["path"], found)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "folders": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "path": {"type": "path", "required": True},
                    "existed": {"type": "bool", "default": True},
                },
            },
            "state": {"type": "str", "choices": ["absent", "left"], "default": "absent"},
        },
        supports_check_mode=True,
    )
    result: Dict[str, Any] = {"changed": False, "gone": [], "kept": [], "blocked": []}
    try:
        for folder in module.params["folders"]:
            if module.params["state"] == "left":
                result["changed"] = _left(module, folder) or result["changed"]
                continue
            removal = data.remove(folder["path"], not folder["existed"], not module.check_mode)
            result["gone"] += removal.gone
            result["kept"] += [each._asdict() for each in removal.theirs]
            result["blocked"] += [each._asdict() for each in removal.blocked]
            result["changed"] = result["changed"] or bool(removal.gone)
    except (FileError, OSError) as error:
        module.fail_json(msg=str(error), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
