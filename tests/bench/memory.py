"""What the control node needs for many hosts: memory at its peak, and time, by the number of hosts (README.md).

The hosts are the recorded state of one, which answers over local connections. What is measured is the control node: it
plans for each of them as for any.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bench_hosts

HOSTS = [int(count) for count in os.environ.get("HOSTS", "10 30 100").split()]
MACHINE = os.environ.get("MACHINE", "h100x8")
# In place of host_info: the answer that a lab host gave. It is started anew for each host, as the real one is.
ANSWERS = """
import json
from ansible.module_utils.basic import AnsibleModule
names = ("wanted", "timeout")
module = AnsibleModule(argument_spec={name: {"type": "raw", "no_log": True} for name in names})
with open(%r) as handle:
    module.exit_json(changed=False, ansible_facts={"dockyard_host": json.load(handle)})
"""
MIB = 1024 * 1024


def recorded(folder: Path) -> Path:
    """A converged host's state, in a file."""
    inventory, addresses = bench_hosts.fresh_hosts(folder, 1, MACHINE)
    bench_hosts.play(inventory, "playbooks/site.yml")
    tree = folder / "answers"
    facts = ["ansible", "-i", str(inventory), "all", "-b", "-m", "dockyard.gpu.host_info", "--tree", str(tree)]
    bench_hosts.timed(facts)
    state = folder / "host.json"
    answer = json.loads((tree / next(iter(addresses))).read_text())
    state.write_text(json.dumps(answer["ansible_facts"]["dockyard_host"]))
    return state


def stand_in(folder: Path, state: Path) -> Path:
    """The collection, but for the module that looks."""
    collection = folder / "ansible_collections" / "dockyard" / "gpu"
    (collection / "plugins" / "modules").mkdir(parents=True)
    for name in ("playbooks", "roles", "meta", "galaxy.yml"):
        (collection / name).symlink_to(bench_hosts.ROOT / name)
    for place in (bench_hosts.ROOT / "plugins").iterdir():
        if place.name != "modules":
            (collection / "plugins" / place.name).symlink_to(place)
    (collection / "plugins" / "modules" / "host_info.py").write_text(ANSWERS % str(state))
    return collection


def tree_of(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        children = Path(f"/proc/{parent}/task/{parent}/children")
        found += [int(child) for child in children.read_text().split()] if children.exists() else []
    return found


def memory(pid: int) -> int:
    """Bytes of a process and all below it. What several share counts once, by each one's share."""
    total = 0
    for each in tree_of(pid):
        try:
            rollup = Path(f"/proc/{each}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) * 1024
    return total


def measured(inventory: Path, collection: Path) -> tuple[float, int]:
    """Seconds and the highest memory of a run of site.yml with nothing to do."""
    environment = dict(
        os.environ,
        ANSIBLE_CONFIG=str(bench_hosts.ROOT / "ansible.cfg"),
        ANSIBLE_COLLECTIONS_PATH=str(collection.parents[2]),
        PATH=f"{bench_hosts.BIN}:{os.environ['PATH']}",
    )
    begin, most = time.monotonic(), 0
    with tempfile.TemporaryFile() as output:
        command = ["ansible-playbook", "-i", str(inventory), "dockyard.gpu.site"]
        with subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT) as process:
            while process.poll() is None:
                most = max(most, memory(process.pid))
                time.sleep(0.1)
        took = time.monotonic() - begin
        output.seek(0)
        said = output.read().decode()
    if process.returncode or "changed=0" not in said or "unreachable=1" in said:
        raise SystemExit(said[-3000:])
    return took, most


def main() -> None:
    bench_hosts.lab("up")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            state = recorded(folder)
        finally:
            bench_hosts.lab("hosts", "down")
        collection = stand_in(folder, state)
        print(f"one host's state is {state.stat().st_size / 1024:.0f} KiB of JSON")
        for count in HOSTS:
            inventory = folder / f"inventory-{count}"
            local = f"ansible_connection=local ansible_python_interpreter={sys.executable}"
            rows = [f"host-{number} {local}" for number in range(count)]
            inventory.write_text("\n".join([*rows, "[all:vars]", "dockyard_become=false", *bench_hosts.settings(), ""]))
            took, most = measured(inventory, collection)
            print(f"{count} hosts: {took:.1f} s, {most / MIB:.0f} MiB, {most / MIB / count:.1f} MiB a host", flush=True)


if __name__ == "__main__":
    main()
