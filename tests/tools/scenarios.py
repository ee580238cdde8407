"""The molecule part of `make test`: an engine where none answers, the lab, the scenarios, and all of it away again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from steps import ROOT, Runner, Step, cores, environment, python, uninterruptible

# What `make test` runs, so that it ends in half an hour, and of these the tests that are not marked as thorough. The
# others run where they are named; all, with all of their tests, as `make molecule SCENARIO=all`, before each release.
IN_EACH_TEST = ("fleet", "tampering", "toolkit", "upstream", "workloads")
ALL = "all"
# What runs with the newest ansible-core, where that can be had; all others with that of `python3`.
WITH_NEWEST = "upstream"
NEWEST = cores()[-1]
SOCKET = "/var/run/docker.sock"
PIDFILE = Path("/var/run/docker.pid")
SYSTEMD = Path("/run/systemd/system")
# As tests/lab names it.
LAB = os.environ.get("DOCKYARD_LAB") or "dockyard-lab"


def run(runner: Runner, only: str = "") -> None:
    names = sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml"))
    if only and only not in (*names, ALL):
        runner.fail(f"molecule: {only}", f"No such scenario. There are: {', '.join([*names, ALL])}")
        return
    if only != ALL:
        names = [only] if only else list(IN_EACH_TEST)
    with engine(runner) as ready:
        if ready:
            with lab(runner) as is_up:
                if is_up:
                    inside(runner, names, thorough=bool(only), engine_tests=only in ("", ALL))


def inside(runner: Runner, names: list[str], thorough: bool, engine_tests: bool) -> None:
    # The longest first, so that all jobs end at about the same time; what has most to test takes longest, mostly.
    names = sorted(names, key=_size, reverse=True)
    steps = [_step(name, thorough) for name in names]
    if engine_tests:
        # One process: begun last, it would end long after the others.
        command = ["pytest", "-q", "-m", "engine or slow", "tests/unit"]
        steps.insert(0, Step("unit: with the engine, and slow ones", command))
    try:
        runner.run(steps)
    except KeyboardInterrupt:
        uninterruptible()
        print("interrupted: removing the hosts", flush=True)
        for name in names:
            command = ["molecule", "destroy", "-s", name]
            subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, check=False)
        raise


def _step(scenario: str, thorough: bool) -> Step:
    newest = scenario == WITH_NEWEST and python(NEWEST).exists()
    name = f"molecule: {scenario}{' with the newest ansible-core' if newest else ''}"
    # As .config/molecule/config.yml reads it.
    env = {} if thorough else {"DOCKYARD_TESTS": "not thorough"}
    return Step(name, ["molecule", "test", "-s", scenario], env, venv=NEWEST if newest else "dev")


def _size(scenario: str) -> int:
    return sum(
        path.stat().st_size for path in (ROOT / "molecule" / scenario).rglob("*.*") if path.suffix in (".py", ".yml")
    )


@contextmanager
def lab(runner: Runner) -> Iterator[bool]:
    """A lab that someone has up already stays up."""
    was_up = bool(output("docker", "ps", "-q", "--filter", f"name=^{LAB}-repository$"))
    before = len(runner.results)
    try:
        runner.run([Step("molecule: lab up", [python(), "tests/lab", "up"])])
        yield runner.results[before].outcome == "passed"
    finally:
        if not was_up:
            subprocess.run([python(), "tests/lab", "down"], cwd=ROOT, env=environment(), check=False)


@contextmanager
def engine(runner: Runner) -> Iterator[bool]:
    """Any engine that answers is taken as it is; one that this run had to bring is stopped again."""
    if answers():
        yield True
        return
    try:
        runner.run([Step("molecule: engine by make site", ["make", "site"])])
        yield answers()
    finally:
        uninterruptible()
        stop()


def answers() -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        try:
            connection.connect(SOCKET)
            connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            answer = connection.recv(4096)
            # Podman answers there too, where its package has put a link.
            return b" 200 " in answer and b"libpod" not in answer.lower()
        except OSError:
            return False


def output(*command: str) -> str:
    return subprocess.run(command, env=environment(), check=True, capture_output=True, text=True).stdout


def stop() -> None:
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if SYSTEMD.exists():
        subprocess.run([*sudo, "systemctl", "stop", "docker.socket", "docker.service"], check=False)
        return
    try:
        pid = int(PIDFILE.read_text())
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    except (OSError, ValueError):
        return
    if name != "dockerd":
        return
    subprocess.run([*sudo, "kill", f"-{signal.SIGTERM.value}", str(pid)], check=False)
    for _ in range(300):
        if not Path(f"/proc/{pid}").exists():
            return
        time.sleep(0.2)
    print(f"The engine that the tests started does not stop: process {pid}.", flush=True)
