#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: runtime_check
short_description: Verify that the Docker engine runs containers, and that they see the GPUs that they were given
version_added: 0.1.0
description:
  - Starts a real container on the host and compares what it answers with what it was asked.
  - Needs no registry and no network. The image is made of the host's own shell and the libraries that the shell loads.
  - The container sets no options of its own. Log driver, runtime, limits, network and whatever else an engine gives to
    all containers are the engine's defaults, so that what keeps a plain C(docker run) from working is found.
  - With O(gpus), also gives GPUs to containers in every injection mode that the engine supports, and compares the UUIDs
    that the C(nvidia-smi) inside lists with those of the host. That program and the driver's libraries are not in the
    image; NVIDIA Container Toolkit has to inject them. Where it does not, the failure names the broken link.
  - Containers and the image are removed again, also when the module is interrupted or runs out of time.
    Leftovers of a killed run are removed by the next run after the killed run's time limit has passed.
  - Containers, images and networks of others are never touched.
author: dockyard.gpu contributors (@dockyard-gpu)
attributes:
  check_mode:
    support: full
    description: >-
      The verification leaves nothing behind, so it runs in check mode too. Only where no engine answers, as on a host
      that is still bare, is the task skipped in check mode instead of failing.
  diff_mode:
    support: none
    description: There is nothing to compare.
  idempotent:
    support: full
    description: Nothing is changed but the file O(record), and that only where another state was verified before.
  platform:
    support: full
    platforms: linux
    description: Linux with an engine of version 20.10 or later.
extends_documentation_fragment:
  - dockyard.gpu.engine
options:
  timeout:
    description:
      - How long the whole verification may take, in seconds. With O(gpus), about ten containers run, one by one.
      - A container with GPUs that gives no answer within 60 seconds, or within half of this time if that is less,
        counts as hanging, and no further one is given GPUs.
      - Where the engine hangs, removing the container and the image may take 5 seconds more.
    type: int
    default: 60
  network:
    description:
      - The network that the container is started in, and what must be there.
      - With V(default), what the engine gives to a container that asks for none.
      - With V(bridge), an interface of its own on the engine's default bridge. With V(none), nothing but the loopback.
        With V(host), the host's interfaces.
    type: str
    choices: [default, bridge, none, host]
    default: default
  record:
    description:
      - A file in which a successful verification is recorded, as a hash over the engine's programs and configuration
        and, where GPUs were verified, over these, their driver, the toolkit and its CDI specifications.
        M(dockyard.gpu.host_info) compares it. By default nothing is recorded.
    type: path
  gpus:
    description:
      - Whether it is verified that containers see the GPUs that they were given.
      - V(auto) does so where the host has GPUs, a driver that answers and NVIDIA's container toolkit, and otherwise
        says in RV(gpus.skipped) why not.
      - V(required) fails otherwise.
    type: str
    choices: [never, auto, required]
    default: never
  gpu_ways:
    description:
      - The injection modes that must work. One that the engine or the toolkit is too old for, or that
        is not installed, is not tried, and its entry in RV(gpus.ways) says why.
      - V(gpus) is C(docker run --gpus), V(runtime) is NVIDIA's runtime with C(NVIDIA_VISIBLE_DEVICES), V(runtime_gpus)
        that runtime with C(--gpus), V(runtime_cdi) that runtime with CDI names in C(NVIDIA_VISIBLE_DEVICES), and V(cdi)
        is C(docker run --device nvidia.com/gpu=all).
    type: list
    elements: str
    choices: [gpus, runtime_gpus, runtime, runtime_cdi, cdi]
    default: [gpus, runtime_gpus, runtime, runtime_cdi, cdi]
  cuda:
    description:
      - Whether CUDA must start in a container. Its function C(cuInit) is called through the driver's C(libcuda.so.1)
        that the toolkit injects. No CUDA image is needed. The Python that runs this module is copied into the image
        to call it, with the module C(ctypes).
      - Only where GPUs are verified at all.
    type: bool
    default: false
  daemon_reload:
    description:
      - Whether running containers must keep their GPUs when systemd reloads its units, as it does whenever a
        package with a service is installed. Calls C(systemctl daemon-reload) beside containers of its own and checks
        them again.
      - Skipped, with the reason in RV(gpus.daemon_reload), on hosts without systemd, and beside containers of others
        with GPUs, which could lose them.
    type: bool
    default: false
requirements:
  - Access to the engine's socket, as root or as a member of the group C(docker).
  - For GPUs, the GNU C library, which NVIDIA's programs need.
notes:
  - GPUs are verified by all of them at once, by one of them by its index, by one by its UUID and, where a GPU is
    partitioned into MIG devices, by one of those. A container that asks for none must see none.
"""

EXAMPLES = r"""
- name: Verify that the engine runs containers
  dockyard.gpu.runtime_check:

- name: Verify the engine on a host without a bridge network
  dockyard.gpu.runtime_check:
    network: none
    timeout: 20

- name: Verify that containers see their GPUs, and that CUDA starts
  dockyard.gpu.runtime_check:
    gpus: required
    cuda: true
    timeout: 120

- name: Verify a host that gives GPUs by CDI only
  dockyard.gpu.runtime_check:
    gpus: required
    gpu_ways: [cdi]
"""

RETURN = r"""
verified:
  description: Whether every check passed.
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
      description: V(engine), V(image), V(container), V(output), V(exit_code), V(network), and with O(gpus) also
        V(gpus), V(cuda) and V(daemon_reload).
      type: str
    ok:
      description: Whether the check passed.
      type: bool
    expected:
      description: What was expected.
      type: str
    found:
      description: What was found, with the engine's own error where there was one.
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
gpus:
  description: What was verified about GPUs.
  type: dict
  returned: always
  contains:
    wanted:
      description: The option O(gpus).
      type: str
      sample: auto
    verified:
      description: Whether GPUs were given to containers, and all checks passed.
      type: bool
      sample: true
    skipped:
      description: Why nothing about GPUs was verified; null where it was tried.
      type: str
      sample: NVIDIA's container toolkit is not installed
    expected:
      description: UUIDs of the host's GPUs and MIG devices, which a container that asks for all must see.
      type: list
      elements: str
      sample: [GPU-68100000-4a1e-4b02-9c11-d0c4a4d00000]
    ways:
      description: Each container that was tried, and each injection mode that was not.
      type: list
      elements: dict
      contains:
        way:
          description: A word of O(gpu_ways), or V(none) for the container that asked for nothing.
          type: str
          sample: cdi
        supported:
          description: Whether the engine and the toolkit support this injection mode.
          type: bool
          sample: true
        why:
          description: Why it was not tried; null where it was.
          type: str
          sample: the engine 20.10.24 knows no CDI, which came with 25.0
        devices:
          description: What was asked for, such as V(all), V(none), an index or a UUID; null where nothing was.
          type: str
          sample: "1"
        command:
          description: The corresponding options of C(docker run).
          type: str
          sample: --device nvidia.com/gpu=1
        expected:
          description: UUIDs that the container had to see.
          type: list
          elements: str
        seen:
          description: UUIDs of the GPUs and MIG devices that it saw. A MIG device is seen together with its GPU.
          type: list
          elements: str
        used:
          description: How the GPUs came in, V(cdi) or V(hook) (also NVIDIA's runtime adds one of the two); null where
            none were seen.
          type: str
          sample: cdi
        ok:
          description: Whether it saw what it was given; null where it was not tried.
          type: bool
          sample: true
        link:
          description: The broken link, as RV(gpus.link).
          type: str
        message:
          description: As RV(gpus.message).
          type: str
        remedy:
          description: As RV(gpus.remedy).
          type: str
    cuda:
      description: With O(cuda), whether CUDA started (C(ok)), how the container asked for GPUs (C(command)), what
        C(cuInit) answered (C(code), 0 for success) and how many C(devices) CUDA has; null where it was not tried.
      type: dict
      sample: {ok: true, command: --gpus all, code: 0, devices: 8}
    daemon_reload:
      description: With O(daemon_reload), whether containers kept their GPUs (C(ok)), by which C(ways) they had got
        them, and why it was C(skipped), or null; null where it was not tried.
      type: dict
      sample: {ok: true, skipped: null, ways: [gpus, runtime, cdi]}
    link:
      description: The broken link of the chain, V(device_node), V(library), V(cgroup), V(hook), V(runtime),
        V(cdi_specification) or V(driver); null where none did, and where nothing was tried. The first of them, where
        several containers failed.
      type: str
      sample: hook
    message:
      description: What was found, in the words of the engine or of C(nvidia-smi).
      type: str
    remedy:
      description: What to do next.
      type: str
duration_ms:
  description: How long the verification took, in milliseconds.
  type: int
  returned: always
  sample: 420
"""

import time
from typing import Optional

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common.plain_files import FileError
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Look
from ansible_collections.dockyard.gpu.plugins.module_utils._common.signals import Interruption, Stopped
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import DEFAULT_SOCKET, EngineClient
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import gpus as nvidia_gpus
from ansible_collections.dockyard.gpu.plugins.module_utils._verify import injection
from ansible_collections.dockyard.gpu.plugins.module_utils._verify.checks import Broken, Checks, NoEngine
from ansible_collections.dockyard.gpu.plugins.module_utils._verify.engine import Verification
from ansible_collections.dockyard.gpu.plugins.module_utils._verify.gpus import GpuVerification
from ansible_collections.dockyard.gpu.plugins.module_utils._verify.record import record
from ansible_collections.dockyard.gpu.plugins.module_utils._verify.sandbox import Bench


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "socket": {"type": "path", "default": DEFAULT_SOCKET},
            "timeout": {"type": "int", "default": 60},
            "network": {"type": "str", "choices": ["default", "bridge", "none", "host"], "default": "default"},
            "record": {"type": "path"},
            "gpus": {"type": "str", "choices": ["never", "auto", "required"], "default": "never"},
            "gpu_ways": {
                "type": "list",
                "elements": "str",
                "choices": list(injection.WAYS),
                "default": list(injection.WAYS),
            },
            "cuda": {"type": "bool", "default": False},
            "daemon_reload": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    timeout = module.params["timeout"]
    if timeout < 1:
        module.fail_json(msg=f"timeout: must be a number of seconds of at least 1; got {timeout}")
    for option in ("cuda", "daemon_reload"):
        if module.params[option] and module.params["gpus"] == "never":
            module.fail_json(msg=f"{option}: GPUs are not verified at all; set gpus: auto, or gpus: required")
    begin = time.monotonic()
    interruption = Interruption(timeout)
    # The time limit itself ends the verification; the client's own is there for a limit that an interpreter swallowed.
    bench = Bench(EngineClient(module.params["socket"], timeout + 1), timeout, interruption)
    checks = Checks()
    gpus = GpuVerification(bench, checks, module.params)
    verification = Verification(bench, checks, module.params["network"], gpus)
    failure: Optional[Broken] = None
    try:
        with interruption.allowed():
            verification.run()
    except Broken as exc:
        failure = exc
    except Stopped as exc:
        failure = checks.stop(str(exc))
    finally:
        bench.remove()
    for warning in bench.warnings:
        module.warn(warning)
    result = {
        "changed": False,
        "verified": failure is None,
        "checks": checks.made,
        "engine": verification.engine,
        "gpus": gpus.result,
        "duration_ms": round((time.monotonic() - begin) * 1000),
    }
    if isinstance(failure, NoEngine) and module.check_mode:
        module.exit_json(skipped=True, msg=str(failure), **result)
    if failure:
        module.fail_json(msg=str(failure), **result)
    if module.params["record"] and not module.check_mode:
        try:
            nvidia = gpus.nvidia or nvidia_gpus.gpus(Look())
            result["changed"] = record(module.params["record"], nvidia, gpus.result["verified"])
        except FileError as error:
            module.fail_json(msg=f"record: the verification succeeded, but could not be recorded. {error}", **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
