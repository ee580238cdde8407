"""What gpu_info and host_info take on a host with eight GPUs: beside an empty module, and probe by probe (README.md).

The GPUs, the kernel's files and nvidia-smi are the lab's stand-ins: a real nvidia-smi takes its own time.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

import bench_hosts

ROUNDS = int(os.environ.get("ROUNDS", "5"))
VERSION = "580.178.04"
# The empty module, then the others.
MODULES = ("ansible.builtin.ping", "dockyard.gpu.gpu_info", "dockyard.gpu.host_info")
PLACE = "/root/bench/ansible_collections/dockyard/gpu"


def on(host: str, *command: str, stdin: str = "") -> str:
    docker = ["docker", "exec", "--interactive", host, *command]
    return subprocess.run(docker, input=stdin, check=True, stdout=subprocess.PIPE, text=True).stdout


def measured(folder: Path) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Seconds of a call by module, and milliseconds by module and probe."""
    inventory = folder / "inventory"
    inventory.write_text(bench_hosts.lab("hosts", "up", "1", "--machine", "h100x8"))
    host = next(line.split()[0] for line in inventory.read_text().splitlines() if " ansible_host=" in line)
    on(host, "sh", "-c", f"lab-gpus preinstall {VERSION} --open && modprobe nvidia && mkdir -p {PLACE}")
    subprocess.run(["docker", "cp", "--quiet", str(bench_hosts.ROOT / "plugins"), f"{host}:{PLACE}"], check=True)
    script = (bench_hosts.ROOT / "tests/bench/probe_times.py").read_text()
    probes = json.loads(on(host, "python3", "-", "/root/bench", str(ROUNDS), stdin=script))
    assert probes.pop("gpus") == 8, "the lab host has not all its GPUs"
    calls: dict[str, list[float]] = {module: [] for module in MODULES}
    # The first round pays for the connection.
    for number in range(ROUNDS + 1):
        for module in MODULES:
            took = bench_hosts.timed(["ansible", "-i", str(inventory), host, "-m", module])
            if number:
                calls[module].append(took)
    return {module: statistics.median(times) for module, times in calls.items()}, probes


def main() -> None:
    bench_hosts.lab("up")
    with tempfile.TemporaryDirectory() as name:
        try:
            calls, probes = measured(Path(name))
        finally:
            bench_hosts.lab("hosts", "down")
    empty = calls[MODULES[0]]
    for module in MODULES[1:]:
        more = calls[module] - empty
        print(f"{module}, 8 GPUs: {calls[module]:.2f} s a call, {more:.2f} s more than an empty module ({empty:.2f} s)")
        for probe, took in sorted(probes[module.rsplit(".", 1)[1]].items(), key=lambda each: -each[1]):
            print(f"  {took:7.1f} ms  {probe}")


if __name__ == "__main__":
    main()
