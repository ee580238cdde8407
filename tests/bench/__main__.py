"""What a run costs: a first one against a shell recipe, and one with nothing to do against a ping and ordinary tasks.

See README.md for what the variables mean.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path

import bench_hosts

HOSTS = [int(count) for count in os.environ.get("HOSTS", "4").split()]
MACHINE = os.environ.get("MACHINE", "none")
ROUNDS = int(os.environ.get("ROUNDS", "5"))
FIRST_RUNS = int(os.environ.get("FIRST_RUNS", "2"))
ORDINARY_ROUNDS = int(os.environ.get("ORDINARY_ROUNDS", "0"))


def first_runs(folder: Path, count: int) -> str:
    by_recipe, by_site = [], []
    for number in range(FIRST_RUNS):
        _inventory, addresses = bench_hosts.fresh_hosts(folder, count, MACHINE)
        by_recipe.append(bench_hosts.recipe(addresses))
        inventory, _addresses = bench_hosts.fresh_hosts(folder, count, MACHINE)
        bench_hosts.ping(inventory)  # neither side pays for the first ssh connection
        by_site.append(bench_hosts.play(inventory, "playbooks/site.yml"))
        print(f"first run {number + 1}: recipe {by_recipe[-1]:.1f} s, site.yml {by_site[-1]:.1f} s", flush=True)
    ratio = statistics.median(by_site) / statistics.median(by_recipe)
    return f"first run, {count} hosts: {ratio:.2f} times the shell recipe (promised: at most 1.3)"


def nothing_to_do(folder: Path, count: int) -> list[str]:
    inventory, _addresses = bench_hosts.fresh_hosts(folder, count, MACHINE)
    bench_hosts.play(inventory, "playbooks/site.yml")
    pings, sites = [], []
    for _round in range(ROUNDS):
        pings.append(bench_hosts.ping(inventory))
        sites.append(bench_hosts.play(inventory, "playbooks/site.yml"))
        print(f"{count} hosts, nothing to do: ping {pings[-1]:.2f} s, site.yml {sites[-1]:.2f} s", flush=True)
    ping, site = statistics.median(pings), statistics.median(sites)
    found = [
        f"nothing to do, {count} hosts: {site / ping:.2f} times a ping (promised: at most 1.5),"
        f" {site:.2f} s and {ping:.2f} s"
    ]
    if ORDINARY_ROUNDS:
        ordinary = ordinary_tasks(folder, count)
        found.append(f"ordinary tasks, {count} hosts: {ordinary / site:.1f} times site.yml, {ordinary:.1f} s")
    return found


def ordinary_tasks(folder: Path, count: int) -> float:
    """The same duties by ordinary.yml, on hosts of its own: the files of one are not those of the other."""
    inventory, addresses = bench_hosts.fresh_hosts(folder, count, MACHINE)
    # The lab's image has no index, and one that is not old.
    bench_hosts.on_each(addresses, "apt-get update")
    bench_hosts.play(inventory, "tests/bench/ordinary.yml")
    times = [bench_hosts.play(inventory, "tests/bench/ordinary.yml") for _round in range(ORDINARY_ROUNDS)]
    print(f"{count} hosts, nothing to do: ordinary tasks {', '.join(f'{took:.1f} s' for took in times)}", flush=True)
    return statistics.median(times)


def main() -> None:
    bench_hosts.lab("up")
    results: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        try:
            for count in HOSTS:
                if FIRST_RUNS:
                    results.append(first_runs(Path(name), count))
                if ROUNDS:
                    results += nothing_to_do(Path(name), count)
        finally:
            bench_hosts.lab("hosts", "down")
    print(f"machine {MACHINE}", *results, sep="\n")


if __name__ == "__main__":
    main()
