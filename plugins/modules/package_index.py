#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: package_index
short_description: Updates apt's indexes of all repositories, and fails where one cannot be read
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - Runs C(apt-get update) with limits. A repository that cannot be read is an error, where apt alone continues with its
    old index.
  - Unlike M(ansible.builtin.apt), it needs no C(python3-apt) and gives up on a repository that hangs.
  - For the index of one repository that is new on the host, use M(dockyard.gpu.signed_repository).
options:
  timeout:
    description: Time limit of each answer, in seconds. All of them may take a hundred times as long altogether.
    type: int
    default: 10
  lock_timeout:
    description: How long to wait for another process holding the apt lock, in seconds.
    type: int
    default: 120
attributes:
  check_mode:
    description: Nothing is read, and the call counts as a change.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
  platform:
    description: Debian and its descendants.
    support: full
    platforms: debian
  idempotent:
    description: Every call reads the indexes.
    support: none
"""

EXAMPLES = r"""
- name: Update the package index
  dockyard.gpu.package_index:
"""

RETURN = r"""
reason:
  description:
    - What failed. V(lock), another process held the apt lock for too long, or V(index), a repository could not be read.
  returned: failure
  type: str
"""

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
