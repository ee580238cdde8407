#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: folder
short_description: Makes a folder where none is, and leaves one that is there as it is
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - Makes the folder and what is missing above it.
  - A folder that is there keeps its mode and its owner, whatever they are. M(ansible.builtin.file) would set the mode,
    also of C(/tmp) or of a home folder, where one of these is named.
options:
  path:
    description:
      - The folder, as an absolute path. A link to a folder counts as one.
      - What is no folder, there or above it, is an error, and nothing is made then.
    type: path
    required: true
  mode:
    description: The permissions of each folder that is made, in octal and in quotes. The umask does not count.
    type: str
    default: "0755"
  variable:
    description: The variable that names the folder, for messages to say so.
    type: str
    default: path
attributes:
  check_mode:
    description: Returns what would be made, and makes nothing.
    support: full
  diff_mode:
    description: Shows the folders that are made.
    support: full
  platform:
    description: Any system with folders.
    support: full
    platforms: posix
  idempotent:
    description: A folder that is there is no change.
    support: full
"""

EXAMPLES = r"""
- name: There is a folder for reports
  dockyard.gpu.folder:
    path: /srv/reports/gpus
    mode: "0750"
"""

RETURN = r"""
made:
  description: The folders that were made, outermost first.
  returned: success
  type: list
  elements: str
  sample: [/srv/reports, /srv/reports/gpus]
msg:
  description: What is in the place of the folder or above it, and what to do; nothing was made then.
  returned: failure
  type: str
"""

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
