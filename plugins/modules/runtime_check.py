#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: runtime_check
short_description: Prove that the Docker engine runs containers
version_added: 0.1.0
description:
  - Starts a real container on the host and compares what it answers with what it was asked.
  - Needs no registry and no network. The image is made of the host's own shell and the libraries that the shell loads.
  - The container and the image are removed again, also when the module is interrupted or runs out of time.
    What a run left that was killed outright is removed by the next run after the killed run's time limit has passed.
  - Containers, images and networks of others are never touched.
author: dockyard.gpu contributors (@dockyard-gpu)
attributes:
  check_mode:
    support: full
    description: >-
      The proof leaves nothing behind, so it runs in check mode as well. Only where no engine answers, as on a host that
      is still bare, is the task skipped in check mode instead of failing.
  diff_mode:
    support: none
    description: There is nothing to compare.
  idempotent:
    support: full
    description: Nothing is changed but the file O(record), and that only where another state was proven before.
  platform:
    support: full
    platforms: linux
    description: Linux with an engine of version 20.10 or later.
options:
  socket:
    description: The engine's unix socket.
    type: path
    default: /var/run/docker.sock
  timeout:
    description:
      - How long the whole proof may take, in seconds.
      - Where the engine hangs, removing the container and the image may take 5 seconds more.
    type: int
    default: 60
  network:
    description:
      - The network that the container is started in, and what it must find there.
      - With V(bridge), an interface of its own on the engine's default bridge. With V(none), nothing but the loopback.
        With V(host), the host's interfaces.
    type: str
    choices: [bridge, none, host]
    default: bridge
  record:
    description:
      - A file in which a proof that held is written down, as a hash over the engine's programs and configuration.
        M(dockyard.gpu.host_info) compares it. By default nothing is written down.
    type: path
requirements:
  - Access to the engine's socket, which is root's or a member's of the group C(docker).
"""

EXAMPLES = r"""
- name: The engine runs containers
  dockyard.gpu.runtime_check:

- name: The engine runs containers on a host that has no bridge network
  dockyard.gpu.runtime_check:
    network: none
    timeout: 20
"""

RETURN = r"""
proven:
  description: Whether every check held.
  type: bool
  returned: always
  sample: true
checks:
  description: What was checked, in this order, up to the first check that failed.
  type: list
  elements: dict
  returned: always
  contains:
    name:
      description: V(engine), V(image), V(container), V(output), V(exit_code) or V(network).
      type: str
    ok:
      description: Whether it was found as expected.
      type: bool
    expected:
      description: What was expected.
      type: str
    found:
      description: What was found, in the engine's own words where it refused.
      type: str
  sample:
    - name: exit_code
      ok: true
      expected: "37"
      found: "37"
engine:
  description: The engine that was asked; empty if none answered.
  type: dict
  returned: always
  contains:
    version:
      description: The engine's version.
      type: str
      sample: 26.1.5
    api_version:
      description: The newest API version that the engine speaks, which is the one that was used.
      type: str
      sample: "1.45"
    storage_driver:
      description: The storage driver.
      type: str
      sample: overlay2
    cgroup_driver:
      description: The cgroup driver.
      type: str
      sample: systemd
    cgroup_version:
      description: The version of control groups.
      type: str
      sample: "2"
    default_runtime:
      description: The runtime that containers get if they ask for none.
      type: str
      sample: runc
duration_ms:
  description: How long the proof took, in milliseconds.
  type: int
  returned: always
  sample: 420
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils.daemon_state import StateError
from ansible_collections.dockyard.gpu.plugins.module_utils.engine_api import DEFAULT_SOCKET, EngineClient
from ansible_collections.dockyard.gpu.plugins.module_utils.engine_proof import Broken, NoEngine, Proof
from ansible_collections.dockyard.gpu.plugins.module_utils.interruption import Interruption, Stopped
from ansible_collections.dockyard.gpu.plugins.module_utils.proven import record


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "socket": {"type": "path", "default": DEFAULT_SOCKET},
            "timeout": {"type": "int", "default": 60},
            "network": {"type": "str", "choices": ["bridge", "none", "host"], "default": "bridge"},
            "record": {"type": "path"},
        },
        supports_check_mode=True,
    )
    timeout = module.params["timeout"]
    if timeout < 1:
        module.fail_json(msg=f"timeout is {timeout}: give a number of seconds of at least 1")
    begin = time.monotonic()
    # The time limit itself ends the proof; the client's own is there for a limit that an interpreter swallowed.
    client = EngineClient(module.params["socket"], timeout + 1)
    proof = Proof(client, module.params["network"], timeout)
    interruption = Interruption(timeout)
    failure: Broken | None = None
    try:
        with interruption.allowed():
            proof.run(interruption)
    except Broken as exc:
        failure = exc
    except Stopped as exc:
        failure = proof.stop(str(exc))
    finally:
        proof.remove()
    for warning in proof.warnings:
        module.warn(warning)
    result = {
        "changed": False,
        "proven": failure is None,
        "checks": proof.checks,
        "engine": proof.engine,
        "duration_ms": round((time.monotonic() - begin) * 1000),
    }
    if isinstance(failure, NoEngine) and module.check_mode:
        module.exit_json(skipped=True, msg=str(failure), **result)
    if failure:
        module.fail_json(msg=str(failure), **result)
    if module.params["record"] and not module.check_mode:
        try:
            result["changed"] = record(module.params["record"])
        except (OSError, StateError) as error:
            module.fail_json(msg=f"record: {module.params['record']} could not be written: {error}", **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
