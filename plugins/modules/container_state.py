#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_state
short_description: Starts, stops or removes a container, or changes its restart policy or networks, and nothing else
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - Works on the one container that O(id) names. Where another one has its name now, nothing is changed.
  - Never creates or recreates a container. M(community.docker.docker_container) does as soon as one differs
    from its image and its arguments, and what was written in the container is lost then.
  - As root, two runs on one host wait for each other.
extends_documentation_fragment:
  - dockyard.gpu.engine
options:
  name:
    description: The container's name.
    type: str
    required: true
  id:
    description: The id that the container had when it was planned for. Without it, the one that has the name.
    type: str
    default: ""
  state:
    description:
      - V(started) runs, and is not paused. One that ends again and again, so that the engine restarts it, is an error.
      - V(stopped) does not run. One that was started with C(--rm) is an error, since a stop removes it.
      - V(absent) is stopped and removed. Its volumes stay, also anonymous ones.
      - Without it, it stays as it is.
    type: str
    choices: [started, stopped, absent]
  restart_policy:
    description: Its restart policy. Without it, it stays as it is.
    type: str
    choices: ["no", on-failure, always, unless-stopped]
  networks:
    description: The networks that it is connected to, and no others. Without it, they stay as they are.
    type: list
    elements: str
  timeout:
    description: How long the engine may take for each step, such as a stop, and another run to end, in seconds.
    type: float
    default: 120
attributes:
  check_mode:
    description: Changes nothing in check mode, and reports what it would change.
    support: full
  diff_mode:
    description: RV(changes) says what differs.
    support: none
  platform:
    description: Linux with an engine of version 20.10 or later.
    support: full
    platforms: linux
  idempotent:
    description: A container that is so already is not changed.
    support: full
requirements:
  - Access to the engine's socket, as root or as a member of the group C(docker).
seealso:
  - module: dockyard.gpu.container_exchange
"""

EXAMPLES = r"""
- name: Start the container again, as it is
  dockyard.gpu.container_state:
    name: web
    state: started
"""

RETURN = r"""
name:
  description: The container's name.
  returned: always
  type: str
  sample: web
changes:
  description: What was changed, in order, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [restart policy always, started]
"""

from typing import Any, Dict, List

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common.plain_files import FileError
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import DEFAULT_SOCKET, EngineClient, EngineError
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.container_state import Wanted, changes
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.containers import (
    Containers,
    NotTouched,
    one_at_a_time,
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "id": {"type": "str", "default": ""},
            "state": {"type": "str", "choices": ["started", "stopped", "absent"]},
            "restart_policy": {"type": "str", "choices": ["no", "on-failure", "always", "unless-stopped"]},
            "networks": {"type": "list", "elements": "str"},
            "socket": {"type": "path", "default": DEFAULT_SOCKET},
            "timeout": {"type": "float", "default": 120},
        },
        supports_check_mode=True,
    )
    name = module.params["name"]
    if module.params["timeout"] <= 0:
        module.fail_json(
            msg=f"timeout: must be a number of seconds above 0; got {module.params['timeout']:g}", name=name
        )
    done: List[str] = []
    try:
        with one_at_a_time(f"container_state of {name}", module.params["timeout"]):
            _follow(module.params, module.check_mode, done)
    except (EngineError, FileError, NotTouched) as error:
        so_far = f" So far: {', '.join(done)}." if done else ""
        module.fail_json(msg=f"{name}: {error}{so_far}", name=name, changed=bool(done))
    module.exit_json(changed=bool(done), name=name, changes=done)


def _follow(params: Dict[str, Any], check_mode: bool, done: List[str]) -> None:
    containers = Containers(EngineClient(params["socket"], params["timeout"]))
    wanted = Wanted(params["state"], params["restart_policy"], params["networks"])
    for change in changes(containers, params["name"], params["id"], wanted):
        if not check_mode:
            change.act()
        done.append(change.words)


if __name__ == "__main__":
    main()
