"""Lab hosts reached by ssh, and how long something takes on them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# As tests/lab names it.
FACTS = Path.home() / f".cache/dockyard-lab/{os.environ.get('DOCKYARD_LAB') or 'dockyard-lab'}.json"
BIN = Path(sys.executable).parent
# How a driver comes is no part of what these benches compare.
DRIVER = ROOT / "molecule/shared/driver.sh"


def lab(*arguments: str) -> str:
    command = [sys.executable, str(ROOT / "tests/lab"), *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def settings() -> list[str]:
    """What all hosts want, as lines of an inventory."""
    facts = json.loads(FACTS.read_text())
    return [
        f"docker_engine_repository_url={facts['site']}/ok",
        f"docker_engine_repository_key_fingerprint={facts['fingerprint']}",
        f"nvidia_container_toolkit_repository_url={facts['site']}/ok/{facts['toolkit']['path']}",
        f"nvidia_container_toolkit_repository_key_fingerprint={facts['fingerprint']}",
        "nvidia_driver_source=preinstalled",
        "nvidia_driver_allow_container=true",
    ]


def fresh_hosts(folder: Path, count: int, machine: str = "none") -> tuple[Path, dict[str, str]]:
    """Bare hosts in an inventory with the lab's repositories, and their addresses by name."""
    lab("hosts", "down")
    text = lab("hosts", "up", str(count), *(("--machine", machine) if machine != "none" else ()))
    text += "\n" + "\n".join(settings()) + "\n"
    inventory = folder / "inventory"
    inventory.write_text(text)
    rows = [line.split() for line in text.splitlines() if " ansible_host=" in line]
    addresses = {row[0]: row[1].partition("=")[2] for row in rows}
    if machine != "none":
        on_each(addresses, DRIVER.read_text())
    return inventory, addresses


def on_each(names: Iterable[str], script: str) -> None:
    for name in names:
        command = ["docker", "exec", name, "sh", "-c", script]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


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


def play(inventory: Path, playbook: str) -> float:
    return timed(["ansible-playbook", "-i", str(inventory), playbook])


def ping(inventory: Path) -> float:
    return timed(["ansible", "-i", str(inventory), "all", "-m", "ansible.builtin.ping"])


def recipe(addresses: dict[str, str]) -> float:
    """The shell script on all hosts at once: nothing between ssh and the script."""
    repository = json.loads(FACTS.read_text())["site"] + "/ok"
    script = (ROOT / "tests/bench/recipe.sh").read_text()
    with tempfile.NamedTemporaryFile("w", suffix=".ssh") as config:
        config.write(lab("ssh-config"))
        config.flush()
        begin = time.monotonic()

        def one(name: str) -> None:
            subprocess.run(
                ["ssh", "-F", config.name, name, "sh", "-s", repository],
                input=script,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                check=True,
            )

        with ThreadPoolExecutor(len(addresses)) as pool:
            list(pool.map(one, addresses))
        return time.monotonic() - begin
