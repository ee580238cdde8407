#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: engine_contents
short_description: Compares an engine's images and containers, and what runs, before and after a restart or upgrade
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - Records the images and containers of an engine before it is restarted, or its packages are exchanged, and compares
    afterwards. An engine that runs but shows none of its images, or has lost its containers, is a failure.
  - The record stays on disk until a comparison has succeeded, so that a later run makes up for an interrupted one.
    RV(dockyard.gpu.host_info#module:ansible_facts.dockyard_host) says so in C(engine.compared).
extends_documentation_fragment:
  - dockyard.gpu.engine
options:
  state:
    description:
      - V(recorded) writes the record. One that an earlier run left, and that was not compared since, stays as it is.
      - V(compared) fails where something is missing, and removes the record otherwise. Without a record it has
        nothing to do.
    type: str
    choices: [recorded, compared]
    required: true
  spares_containers:
    description:
      - Whether containers should keep running meanwhile, as with C(live-restore); with O(state=recorded).
      - Without it, those that run are expected back only where their restart policy is V(always) or V(unless-stopped).
    type: bool
    default: true
  hide_data:
    description: Whether images and containers may be hidden by another store or folder; with O(state=compared).
    type: bool
    default: false
  path:
    description: The record, readable by root only.
    type: path
    default: /var/lib/dockyard/docker_engine.contents
  data_root:
    description: The engine's folder, where it does not answer.
    type: path
    default: /var/lib/docker
  settle:
    description: How long, in seconds, containers may take until they run.
    type: float
    default: 15
attributes:
  check_mode:
    description: Compares in check mode, and writes and removes nothing.
    support: full
  diff_mode:
    description: The record is no configuration.
    support: none
  platform:
    description: Linux with an engine of version 20.10 or later.
    support: full
    platforms: linux
  idempotent:
    description: A second call with the same O(state) changes nothing.
    support: full
notes:
  - Images count as missing where none of those that were there is seen any more, and in another store or folder where
    one of them is not. In the same, others may remove some meanwhile.
  - A container counts as missing where its files are still in the engine's folder and the engine does not list it.
  - A container that ran, and does not run any more, has ended on its own where its exit status is below 128 and its
    restart policy does not bring it back, and by people where C(docker stop) or C(docker kill) ended it. Those that are
    removed when they end (C(--rm)), and those of a swarm, are not compared.
  - After a reboot, only containers that the engine starts by itself are expected to run.
  - A container that was paused, and that the engine has restarted, is paused again. In check mode it is not.
"""

EXAMPLES = r"""
- name: Record the engine's contents
  dockyard.gpu.engine_contents:
    state: recorded

- name: Restart the engine
  ansible.builtin.systemd_service:
    name: docker.service
    state: restarted

- name: Compare the engine's contents with the record
  dockyard.gpu.engine_contents:
    state: compared
"""

RETURN = r"""
reason:
  description: V(data) where images or containers are not seen any more, V(containers) where some do not run.
  returned: failure
  type: str
  sample: data
images:
  description: How many images the record holds.
  returned: success, where there is a record
  type: int
containers:
  description: The names of the containers in the record that are expected to run.
  returned: success, where there is a record
  type: list
  elements: str
paused:
  description: The names of the containers that the engine has started, and that are paused again.
  returned: success, with O(state=compared)
  type: list
  elements: str
"""

from typing import Any, Dict, List

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common import atomic_files, engine_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._common.plain_files import FileError
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import contents
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import DEFAULT_SOCKET, EngineClient, EngineError


def record(module: AnsibleModule, client: EngineClient) -> None:
    params = module.params
    found = contents.load(params["path"])
    changed = found is None
    if found is None:
        found = contents.taken(client, params["data_root"], params["spares_containers"])
        if not module.check_mode:
            contents.write(params["path"], found)
    module.exit_json(changed=changed, **_summary(found))


def compare(module: AnsibleModule, client: EngineClient) -> None:
    found = contents.load(module.params["path"])
    paused: List[str] = []
    if found:
        comparison = contents.Comparison(client, found, module.params["hide_data"], module.params["settle"])
        comparison.make()
        paused = [] if module.check_mode else comparison.pause()
        if comparison.hidden or comparison.dead:
            module.fail_json(
                msg=comparison.words(),
                # What is not seen cannot run either.
                reason="data" if comparison.hidden else "containers",
                changed=bool(paused),
            )
    removed = (module.check_mode and found is not None) or atomic_files.remove(module.params["path"])
    # A record of this very run is no change of the host.
    module.exit_json(changed=bool(paused), removed=removed, paused=paused, **(_summary(found) if found else {}))


def _summary(found: Dict[str, Any]) -> Dict[str, Any]:
    names = sorted(each["name"] for each in found["containers"].values() if each["ran"])
    return {"images": len(found["images"]), "containers": names}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["recorded", "compared"], "required": True},
            "spares_containers": {"type": "bool", "default": True},
            "hide_data": {"type": "bool", "default": False},
            "path": {"type": "path", "default": engine_paths.CONTENTS},
            "data_root": {"type": "path", "default": engine_paths.DATA_ROOT},
            "settle": {"type": "float", "default": 15},
            "socket": {"type": "path", "default": DEFAULT_SOCKET},
        },
        supports_check_mode=True,
    )
    client = EngineClient(module.params["socket"])
    try:
        (record if module.params["state"] == "recorded" else compare)(module, client)
    except (EngineError, FileError) as error:
        module.fail_json(msg=f"The engine's contents cannot be compared with those from before: {error}")


if __name__ == "__main__":
    main()
