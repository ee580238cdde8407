#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
from typing import Optional

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common.plain_files import FileError
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
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
            nvidia = gpus.nvidia or nvidia_gpus.gpus(Prober())
            result["changed"] = record(module.params["record"], nvidia, gpus.result["verified"])
        except FileError as error:
            module.fail_json(msg=f"record: the verification succeeded, but could not be recorded. {error}", **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
