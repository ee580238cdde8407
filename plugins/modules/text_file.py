#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common import atomic_files, plain_files
from ansible_collections.dockyard.gpu.plugins.module_utils._common.modes import octal


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "content": {"type": "raw", "required": True},
            "mode": {"type": "str", "default": "0644"},
            "variable": {"type": "str", "default": "path"},
        },
        supports_check_mode=True,
        # Of the arguments, the journal gets none: the text may be long, and someone's secret.
        no_log=True,
    )
    path, content = module.params["path"], module.params["content"]
    text = content if isinstance(content, str) else json.dumps(content, indent=1) + "\n"
    try:
        mode = octal(module.params["mode"])
    except ValueError as error:
        module.fail_json(msg=str(error))
    try:
        # /dev/null can be read as an empty file, and be written over as none.
        before = plain_files.read(atomic_files.destination(path))
        changed = before != text.encode()
        if changed and not module.check_mode:
            atomic_files.write(path, text.encode(), mode)
    except plain_files.FileError as error:
        module.fail_json(msg=f"{module.params['variable']}: {error}")
    module.exit_json(changed=changed, diff={"before": (before or b"").decode("utf-8", "replace"), "after": text})


if __name__ == "__main__":
    main()
