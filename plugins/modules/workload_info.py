#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: workload_info
short_description: Reads the state of described containers, and which containers have which GPUs
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - Gathers, over the engine's socket, what the role P(dockyard.gpu.gpu_container#role) plans by. It sets the fact
    C(dockyard_workloads).
  - Returns the named containers, every container that the role created, and all others that run and have GPUs.
  - Which GPUs a container has is derived from its device requests (as by C(--gpus) and CDI), from
    E(NVIDIA_VISIBLE_DEVICES) where it has NVIDIA's runtime, and from its devices. Those that have every device, being
    privileged, or that have GPUs by a bind mount are not reported.
  - Only reads. Uses the standard library only. All questions together have one time limit, and no more than 200
    containers of others are examined.
extends_documentation_fragment:
  - dockyard.gpu.engine
options:
  names:
    description: Containers to report, whether they have GPUs or not.
    type: list
    elements: str
    default: []
  images:
    description: Images whose ids are reported, each with its tag, or without one for C(latest).
    type: list
    elements: str
    default: []
  paths:
    description: Files and folders of the host; whether each exists is reported.
    type: list
    elements: str
    default: []
  timeout:
    description: Time limit of all questions to the engine together, in seconds.
    type: float
    default: 30
attributes:
  check_mode:
    description: Returns the same in check mode.
    support: full
  diff_mode:
    description: There is no difference, since nothing is changed.
    support: none
  facts:
    description: Sets the fact C(dockyard_workloads).
    support: full
  platform:
    description: Linux with an engine of version 20.10 or later.
    support: full
    platforms: linux
  idempotent:
    description: Nothing is ever changed.
    support: full
requirements:
  - Access to the engine's socket, as root or as a member of the group C(docker).
seealso:
  - module: dockyard.gpu.gpu_info
  - plugin: dockyard.gpu.select_gpus
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Gather facts about containers and their GPUs
  dockyard.gpu.workload_info:
    names: [trainer]

- name: Show which containers have which GPUs
  ansible.builtin.debug:
    msg: "{{ item.name }} has {{ item.gpus | join(', ') }}"
  loop: "{{ ansible_facts.dockyard_workloads.containers }}"
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
ansible_facts:
  description: The fact C(dockyard_workloads).
  returned: always
  type: dict
  contains:
    dockyard_workloads:
      description: What was found.
      returned: always
      type: dict
      contains:
        engine:
          description:
            - Whether the engine C(answers), its C(version), the C(reason) where it does not answer, and C(ways), the
              injection modes by which it gives GPUs to containers.
            - Of these, C(cdi) lists the names that its specifications know after C(nvidia.com/gpu=), C(gpus) is
              whether NVIDIA's programs for C(--gpus) are installed, C(runtime) whether it has a runtime C(nvidia).
          returned: always
          type: dict
          sample: {answers: true, version: 28.5.2, reason: "", ways: {cdi: [all, "0"], gpus: true, runtime: true}}
        containers:
          description: The named containers, those that the role made, and those that run and have GPUs.
          returned: always
          type: list
          elements: dict
          contains:
            name:
              description: Its name.
              returned: always
              type: str
              sample: trainer
            id:
              description: Its id.
              returned: always
              type: str
            state:
              description: V(created), V(running), V(paused), V(restarting), V(exited), V(removing) or V(dead).
              returned: always
              type: str
              sample: running
            ran:
              description: Whether it was ever started, so that something may have been written in it.
              returned: always
              type: bool
            exit_code:
              description: Of one that ended; null otherwise.
              returned: always
              type: int
              sample: 0
            error:
              description: The engine's error why it could not be started, at a boot too; empty where there is none.
              returned: always
              type: str
              sample: "could not select device driver \"cdi\" with capabilities: [[gpu]]"
            image:
              description: The image as it was named.
              returned: always
              type: str
              sample: debian:13
            image_id:
              description: The image's id.
              returned: always
              type: str
            labels:
              description: >-
                The labels that the role set; empty for a container that the role did not create, also where it has
                them from its image, as C(docker commit) leaves them.
              returned: always
              type: dict
            restart_policy:
              description: Its restart policy.
              returned: always
              type: str
              sample: unless-stopped
            networks:
              description: Names of the networks that it is in.
              returned: always
              type: list
              elements: str
              sample: [bridge]
            ports:
              description: Its published ports.
              returned: always
              type: list
              elements: str
              sample: ["127.0.0.1:8888->8888/tcp"]
            gpus:
              description: V(all), or indices, UUIDs and MIG devices, as they were given to it.
              returned: always
              type: list
              elements: str
              sample: [GPU-68100100-4a1e-4b02-9c11-d0c4a4d00001]
        results:
          description: C(exit_code) and C(output) (the last 1000 lines, and of those the last 64 KiB) of each container
            that the role ran once and that ended.
          returned: always
          type: dict
          sample: {job: {exit_code: 0, output: "done"}}
        all_known:
          description: Whether all containers that run were examined.
          returned: always
          type: bool
        images:
          description: The id of each of O(images); null for one that is not there.
          returned: always
          type: dict
          sample: {debian:13: "sha256:0123"}
        networks:
          description: Names of the engine's networks.
          returned: always
          type: list
          elements: str
          sample: [bridge, host, none]
        paths:
          description: For each of O(paths), whether it exists; null for one on a mount that does not answer.
          returned: always
          type: dict
          sample: {/srv/data: true}
        problems:
          description: What could not be read, each with C(code), C(message) and C(remedy).
          returned: always
          type: list
          elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Look
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import DEFAULT_SOCKET, EngineClient
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.workloads import Workloads


def main() -> None:
    names = {"type": "list", "elements": "str", "default": []}
    module = AnsibleModule(
        argument_spec={
            "names": names,
            "images": names,
            "paths": names,
            "socket": {"type": "path", "default": DEFAULT_SOCKET},
            "timeout": {"type": "float", "default": 30},
        },
        supports_check_mode=True,
    )
    wanted = module.params
    if wanted["timeout"] <= 0:
        module.fail_json(msg=f"timeout: must be a number of seconds above 0; got {wanted['timeout']:g}")
    look = Look(wanted["timeout"])
    workloads = Workloads(look, EngineClient(wanted["socket"], wanted["timeout"]))
    found = workloads.look_at(wanted["names"], wanted["images"], wanted["paths"])
    module.exit_json(changed=False, ansible_facts={"dockyard_workloads": found})


if __name__ == "__main__":
    main()
