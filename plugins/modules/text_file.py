#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: text_file
short_description: Writes a text into a file that someone named
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - The file has all of the text, or is as it was.
  - A file that is there keeps its mode, its owner and its access list. A link stays, and what it names is written.
  - What is no file, such as a folder, a pipe or C(/dev/null), is an error and stays what it is, where
    M(ansible.builtin.copy) would put a file in its place.
options:
  path:
    description: The file, as an absolute path. Its folder has to be there; see M(dockyard.gpu.folder).
    type: path
    required: true
  content:
    description: The text, which is not logged. Else it is written as JSON, as which Ansible before 2.19 reads it.
    type: raw
    required: true
  mode:
    description: The permissions of a new file, in octal and in quotes. The umask does not count.
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
    description: Shows the text before and after.
    support: full
  platform:
    description: Any system with files.
    support: full
    platforms: posix
  idempotent:
    description: A file that has the text already is not written.
    support: full
"""

EXAMPLES = r"""
- name: The plan is in a file
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
