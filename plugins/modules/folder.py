#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: folder
short_description: Creates a folder where there is none, and leaves an existing one as it is
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - Creates the folder and missing parent folders.
  - An existing folder keeps its mode and its owner, whatever they are. M(ansible.builtin.file) would set the mode,
    also of C(/tmp) or of a home folder, where one of these is named.
options:
  path:
    description:
      - The folder, as an absolute path. A link to a folder counts as one.
      - Anything else in its place or above it is an error, and nothing is created then.
    type: path
    required: true
  mode:
    description: The permissions of each folder that is created, in octal and in quotes. The umask is ignored.
    type: str
    default: "0755"
  variable:
    description: The variable that names the folder, for messages to say so.
    type: str
    default: path
attributes:
  check_mode:
    description: Returns what would be created, and creates nothing.
    support: full
  diff_mode:
    description: Shows the folders that are created.
    support: full
  platform:
    description: Any system with folders.
    support: full
    platforms: posix
  idempotent:
    description: An existing folder is not changed.
    support: full
"""

EXAMPLES = r"""
- name: Create a folder for reports
  dockyard.gpu.folder:
    path: /srv/reports/gpus
    mode: "0750"
"""

RETURN = r"""
made:
  description: The folders that were created, outermost first.
  returned: success
  type: list
  elements: str
  sample: [/srv/reports, /srv/reports/gpus]
msg:
  description: What is in the place of the folder or above it, and what to do; nothing was created then.
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
