#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: text_file
short_description: Writes a string into a file that a variable names
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - The file gets all of the content, or stays as it was.
  - An existing file keeps its mode, its owner and its access list. A link stays, and its target is written.
  - Anything that is not a regular file, such as a folder, a pipe or C(/dev/null), is an error and stays as it is, where
    M(ansible.builtin.copy) would replace it by a file.
options:
  path:
    description: The file, as an absolute path. Its folder has to exist; see M(dockyard.gpu.folder).
    type: path
    required: true
  content:
    description: The content, which is not logged. What is not a string is written as JSON.
    type: raw
    required: true
  mode:
    description: The permissions of a new file, in octal and in quotes. The umask is ignored.
    type: str
    default: "0644"
  variable:
    description: The variable that names the file, for messages to say so.
    type: str
    default: path
attributes:
  check_mode:
    description: Returns whether the file would change, and writes nothing.
    support: full
  diff_mode:
    description: Shows the content before and after.
    support: full
  platform:
    description: Any system with files.
    support: full
    platforms: posix
  idempotent:
    description: A file that has the content already is not written.
    support: full
"""

EXAMPLES = r"""
- name: Write the plan into a file
  dockyard.gpu.text_file:
    path: /srv/plans/today.json
    content: "{{ plan | to_nice_json }}"
"""

RETURN = r"""
msg:
  description: What is wrong with the path, and what to do; nothing was written then.
  returned: failure
  type: str
"""

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
