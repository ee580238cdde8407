"""Two ratios: a run with nothing to do against a ping, and a first run against a shell recipe. See README.md."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOSTS = int(os.environ.get("HOSTS", "4"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
FIRST_RUNS = int(os.environ.get("FIRST_RUNS", "2"))
# As tests/lab names it.
FACTS = Path.home() / f".cache/dockyard-lab/{os.environ.get('DOCKYARD_LAB') or 'dockyard-lab'}.json"
BIN = Path(sys.executable).parent


def lab(*arguments: str) -> str:
    command = [sys.executable, str(ROOT / "tests/lab"), *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def fresh_hosts(folder: Path) -> tuple[Path, dict[str, str]]:
    """Bare hosts in an inventory with the lab's repository, and their addresses by name."""
    lab("hosts", "down")
    text = lab("hosts", "up", str(HOSTS))
    facts = json.loads(FACTS.read_text())
    text += f"\ndocker_engine_repository_url={facts['site']}/ok"
    text += f"\ndocker_engine_repository_key_fingerprint={facts['fingerprint']}\n"
    inventory = folder / "inventory"
    inventory.write_text(text)
    rows = [line.split() for line in text.splitlines() if " ansible_host=" in line]
    return inventory, {row[0]: row[1].partition("=")[2] for row in rows}


def timed(command: list[str]) -> float:
    begin = time.monotonic()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=dict(os.environ, ANSIBLE_CONFIG=str(ROOT / "ansible.cfg"), PATH=f"{BIN}:{os.environ['PATH']}"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}")
    return time.monotonic() - begin


def site(inventory: Path) -> float:
    return timed(["ansible-playbook", "-i", str(inventory), "playbooks/site.yml"])


def ping(inventory: Path) -> float:
    return timed(["ansible", "-i", str(inventory), "all", "-m", "ansible.builtin.ping"])


def recipe(addresses: dict[str, str]) -> float:
    """The shell script on all hosts at once: nothing between ssh and the script."""
    repository = json.loads(FACTS.read_text())["site"] + "/ok"
    script = (ROOT / "tests/bench/recipe.sh").read_text()
    config = lab("ssh-config")
    with tempfile.NamedTemporaryFile("w", suffix=".ssh") as handle:
        handle.write(config)
        handle.flush()
        begin = time.monotonic()

        def one(name: str) -> None:
            subprocess.run(
                ["ssh", "-F", handle.name, name, "sh", "-s", repository],
                input=script,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                check=True,
            )

        with ThreadPoolExecutor(len(addresses)) as pool:
            list(pool.map(one, addresses))
        return time.monotonic() - begin


def main() -> None:
    lab("up")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            by_recipe, by_site = [], []
            for number in range(FIRST_RUNS):
                _inventory, addresses = fresh_hosts(folder)
                by_recipe.append(recipe(addresses))
                inventory, _addresses = fresh_hosts(folder)
                ping(inventory)  # neither side pays for the first ssh connection
                by_site.append(site(inventory))
                print(f"first run {number + 1}: recipe {by_recipe[-1]:.1f} s, site.yml {by_site[-1]:.1f} s", flush=True)
            pings, sites = [], []
            for _round in range(ROUNDS):
                pings.append(ping(inventory))
                sites.append(site(inventory))
                print(f"nothing to do: ping {pings[-1]:.2f} s, site.yml {sites[-1]:.2f} s", flush=True)
        finally:
            lab("hosts", "down")
    first = statistics.median(by_site) / statistics.median(by_recipe)
    steady = statistics.median(sites) / statistics.median(pings)
    print(f"first run, {HOSTS} hosts: {first:.2f} times the shell recipe (promised: at most 1.3)")
    print(f"nothing to do, {HOSTS} hosts: {steady:.2f} times a ping (promised: at most 1.5)")


if __name__ == "__main__":
    main()
