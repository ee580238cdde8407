#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_exchange
short_description: Replaces a container by a new one, and rolls back if the new one does not keep running
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - The new container has to exist, not started, under the name of the old one with the suffix V(.dockyard-new).
  - The old one is stopped and renamed, with the suffix V(.dockyard-old); the new one gets its name and is
    started. Once it has run for O(settle) seconds the old one is removed, and with it what was written in it outside
    of its volumes. Its volumes stay, also anonymous ones.
  - On any failure, the new one is removed and the old one gets its name back, and runs if it ran before.
  - Where there is no old one, the new one only gets its name and is started.
  - A call touches only the containers that it began with, by their ids, and undoes only what it did itself. Any other
    container that blocks it is an error that names it, and stays, such as a V(.dockyard-old) that another run or
    person left, a V(.dockyard-new) that has run already, or an old one that was started with C(--rm), which a stop
    would remove.
  - As root, two runs on one host wait for each other.
  - M(community.docker.docker_container) alone removes the old container before it creates the new one.
extends_documentation_fragment:
  - dockyard.gpu.engine
options:
  name:
    description: The container's name.
    type: str
    required: true
  state:
    description:
      - V(exchanged) exchanges the containers.
      - V(ran) exchanges them too, starts the new one, and waits for its end.
      - >-
        V(finished) completes an exchange that was killed after the new one got its name: the new one is started and has
        to run for O(settle) seconds, or the old one comes back, and runs. A new one that had run already before this
        call is not removed then, and gets the suffix V(.dockyard-new) again.
      - V(recovered) rolls back an exchange that was killed. The old one gets its name back, and a new one that never
        ran is removed.
      - A label of the new one, C(dockyard.gpu.replaces) with the id of the old one, says which two belong together.
        Without it V(finished) is an error, and V(recovered) removes nothing.
    type: str
    choices: [exchanged, ran, finished, recovered]
    default: exchanged
  new_id:
    description:
      - The id of the new container. Another one under its name is an error; without it, what has the name is taken.
      - With O(state=exchanged) and O(state=ran).
    type: str
    default: ""
  old_id:
    description:
      - The id that the old container had when it was planned for, and V("") where there was none. Another one under
        its name is an error; without it, what has the name is taken.
      - With O(state=exchanged) and O(state=ran).
    type: str
  start:
    description: Whether the new one is started, with O(state=exchanged), and the old one, with O(state=recovered).
    type: bool
    default: true
  settle:
    description: How long, in seconds, the new one has to run before the old one is removed.
    type: float
    default: 2
  keep:
    description: >-
      Whether a container that ran to its end stays; with O(state=ran). Its anonymous volumes are removed with it.
    type: bool
    default: true
  run_timeout:
    description:
      - How long a container may run, in seconds; with O(state=ran). One that runs longer is removed; its volumes stay.
      - Where the engine goes away meanwhile, the module fails, and the container stays as it is.
    type: float
    default: 3600
  timeout:
    description: How long the engine may take for each step, such as a stop, and another run to end, in seconds.
    type: float
    default: 120
attributes:
  check_mode:
    description: Changes nothing in check mode, and says that it would.
    support: full
  diff_mode:
    description: The caller knows what differs.
    support: none
  platform:
    description: Linux with an engine of version 20.10 or later.
    support: full
    platforms: linux
  idempotent:
    description: With O(state=exchanged) it needs a new container each time.
    support: partial
requirements:
  - Access to the engine's socket, as root or as a member of the group C(docker).
"""

EXAMPLES = r"""
- name: Create the new container beside the old one
  community.docker.docker_container:
    name: web.dockyard-new
    image: nginx:1.29
    state: present
    # One that exists already is another one, and stays as it is.
    comparisons: {"*": ignore}
  register: made
  failed_when: made is failed or made is not changed

- name: Replace the old container, or keep it if the new one fails
  dockyard.gpu.container_exchange:
    name: web
    new_id: "{{ made.container.Id }}"
"""

RETURN = r"""
name:
  description: The container's name.
  returned: always
  type: str
  sample: web
exit_code:
  description: The container's exit code. The caller decides whether it is a failure.
  returned: with O(state=ran)
  type: int
  sample: 0
output:
  description: Standard output and standard error as they came, the last 1000 lines, and of those the last 64 KiB.
  returned: with O(state=ran)
  type: str
"""

from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common.plain_files import FileError
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import DEFAULT_SOCKET, EngineClient, EngineError
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.container_exchange import Exchange, NotExchanged
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.containers import (
    Containers,
    NotTouched,
    one_at_a_time,
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["exchanged", "ran", "finished", "recovered"], "default": "exchanged"},
            "new_id": {"type": "str", "default": ""},
            "old_id": {"type": "str"},
            "start": {"type": "bool", "default": True},
            "settle": {"type": "float", "default": 2},
            "keep": {"type": "bool", "default": True},
            "run_timeout": {"type": "float", "default": 3600},
            "socket": {"type": "path", "default": DEFAULT_SOCKET},
            "timeout": {"type": "float", "default": 120},
        },
        supports_check_mode=True,
    )
    wanted = module.params
    result = {"changed": True, "name": wanted["name"]}
    for name in ("settle", "timeout", "run_timeout"):
        if wanted[name] < 0:
            module.fail_json(msg=f"{name}: must be a number of seconds; got {wanted[name]:g}", name=wanted["name"])
    if not module.check_mode:
        try:
            result.update(_act(wanted))
        except NotExchanged as error:
            module.fail_json(msg=f"{wanted['name']}: not exchanged: {error}", name=wanted["name"])
        except (EngineError, FileError, NotTouched) as error:
            module.fail_json(msg=f"{wanted['name']}: {error}", name=wanted["name"])
    module.exit_json(**result)


def _act(wanted: Dict[str, Any]) -> Dict[str, Any]:
    containers = Containers(EngineClient(wanted["socket"], wanted["timeout"]))
    exchange = Exchange(containers, wanted["name"], wanted["settle"])
    begun = ""
    with one_at_a_time(f"container_exchange of {wanted['name']}", wanted["timeout"] + wanted["settle"]):
        if wanted["state"] == "recovered":
            return {"changed": exchange.recover(wanted["start"])}
        if wanted["state"] == "finished":
            return {"changed": exchange.finish()}
        if wanted["state"] == "exchanged":
            exchange.make(wanted["start"], wanted["new_id"], wanted["old_id"])
            return {}
        begun = exchange.begin(wanted["new_id"], wanted["old_id"])
    # It may take hours: others need not wait for it.
    exit_code, output = exchange.end(begun, wanted["run_timeout"], wanted["keep"])
    return {"exit_code": exit_code, "output": output}


if __name__ == "__main__":
    main()
