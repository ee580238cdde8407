"""Runs on a lab host: milliseconds of each probe, as JSON. Arguments: the code's folder, rounds."""

from __future__ import annotations

import json
import statistics
import sys
import time
import types
from collections import defaultdict

sys.path.insert(0, sys.argv[1])
# A lab host has no Ansible, and what the probes take is not its doing.
for name in ("ansible", "ansible.module_utils", "ansible.module_utils.basic"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["ansible.module_utils.basic"].AnsibleModule = object  # type: ignore[attr-defined]

from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober  # noqa: E402
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import gpus  # noqa: E402
from ansible_collections.dockyard.gpu.plugins.modules import host_info  # noqa: E402

ROUNDS = int(sys.argv[2])
WANTED = {"users": [], "versions": False, "packages": [], "data_roots": []}


class Timed(Prober):
    def __init__(self) -> None:
        super().__init__()
        self.took: dict[str, float] = {}

    def probe(self, name, function, otherwise):  # type: ignore[no-untyped-def]
        begin = time.perf_counter()
        try:
            return super().probe(name, function, otherwise)
        finally:
            self.took[name] = time.perf_counter() - begin


def medians(gather) -> dict[str, float]:  # type: ignore[no-untyped-def]
    found = defaultdict(list)
    for _round in range(ROUNDS):
        prober = Timed()
        begin = time.perf_counter()
        gather(prober)
        prober.took["all"] = time.perf_counter() - begin
        for probe, took in prober.took.items():
            found[probe].append(took)
    return {probe: round(statistics.median(times) * 1000, 1) for probe, times in found.items()}


found = {
    "gpu_info": medians(gpus.gpus),
    "host_info": medians(lambda prober: host_info.gather(prober, WANTED)),
    "gpus": len(gpus.gpus(Prober())["gpus"]),
}
print(json.dumps(found))
