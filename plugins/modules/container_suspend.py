#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_suspend
short_description: Stops containers for a while, and starts them again, also those that an earlier run stopped
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - The stopped containers are recorded in a file on the host, from before the first one is stopped until the last one
    runs again. Where a run is interrupted, the next one completes it.
  - Paused containers are paused again as soon as they are started.
  - Only containers that nothing touched since are started. A container that runs already, that was removed, or that
    was started meanwhile and stopped again, stays as it is.
  - A container that cannot be started stays in the file, and is tried again by the next call.
extends_documentation_fragment:
  - dockyard.gpu.engine
options:
  state:
    description:
      - V(suspended) stops the O(containers) that run.
      - V(resumed) starts all that the file O(record) names.
    type: str
    choices: [suspended, resumed]
    required: true
  containers:
    description: Names or ids of the containers to stop; with O(state=suspended).
    type: list
    elements: str
    default: []
  record:
    description: The file that says which containers are to be started again.
    type: path
    required: true
  timeout:
    description:
      - Time limit of each answer from the engine, in seconds.
      - A container may take a minute more than its own time to stop, and a minute to start.
    type: float
    default: 30
attributes:
  check_mode:
    description: Changes nothing in check mode, and reports what it would change.
    support: full
  diff_mode:
    description: RV(containers) has all of it.
    support: none
  platform:
    description: Linux with an engine of version 20.10 or later.
    support: full
    platforms: linux
  idempotent:
    description: A container that is stopped already is not stopped, and one that runs not started.
    support: full
notes:
  - A container that was started with C(--rm) is removed by being stopped, and cannot come back.
requirements:
  - Access to the engine's socket, as root or as a member of the group C(docker).
"""

EXAMPLES = r"""
- name: Stop the containers that use a disk
  dockyard.gpu.container_suspend:
    state: suspended
    containers: [database, web]
    record: /var/lib/site/stopped-for-the-disk

- name: Start them again
  dockyard.gpu.container_suspend:
    state: resumed
    record: /var/lib/site/stopped-for-the-disk
"""

RETURN = r"""
containers:
  description: Names of those that were stopped, or started.
  returned: always
  type: list
  elements: str
  sample: [database, web]
left:
  description: Names of those that were started meanwhile and stopped again, and that stay as they are.
  returned: always
  type: list
  elements: str
failed_containers:
  description: Names of those that could not be stopped, or started, and the engine's words.
  returned: always
  type: dict
  sample: {trainer: "could not select device driver \"cdi\" with capabilities: []"}
"""

import contextlib

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common import atomic_files
from ansible_collections.dockyard.gpu.plugins.module_utils._common.plain_files import FileError
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import DEFAULT_SOCKET, EngineClient, EngineError
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.suspension import Suspension


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["suspended", "resumed"], "required": True},
            "containers": {"type": "list", "elements": "str", "default": []},
            "record": {"type": "path", "required": True},
            "socket": {"type": "path", "default": DEFAULT_SOCKET},
            "timeout": {"type": "float", "default": 30},
        },
        supports_check_mode=True,
    )
    wanted = module.params
    if wanted["timeout"] <= 0:
        module.fail_json(msg=f"timeout: must be a number of seconds above 0; got {wanted['timeout']:g}")
    client = EngineClient(wanted["socket"], wanted["timeout"])
    suspension = Suspension(client, wanted["record"], module.check_mode)
    verb = "stopped" if wanted["state"] == "suspended" else "started"
    problem = ""
    alone = contextlib.nullcontext() if module.check_mode else atomic_files.locked("containers", f"{verb} containers")
    try:
        with alone:
            if wanted["state"] == "suspended":
                suspension.suspend(wanted["containers"])
            else:
                suspension.resume()
    except (EngineError, FileError) as error:
        problem = f"containers could not be {verb}: {error}"
    result = {
        "changed": bool(suspension.done),
        "containers": sorted(suspension.done),
        "left": sorted(suspension.left),
        "failed_containers": suspension.failed,
    }
    if suspension.failed:
        reported = "; ".join(f"{name}: {words}" for name, words in sorted(suspension.failed.items()))
        problem = f"these containers could not be {verb}: {reported}"
    if problem:
        module.fail_json(msg=f"{problem}. The next run tries again; {wanted['record']} names them", **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
