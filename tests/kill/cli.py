"""Kills the control process of site.yml at random moments, runs it again, and looks at what is left. See README.md."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lab import engine, gpus, hosts, repository, way

ROOT = Path(__file__).resolve().parents[2]
SEEDS = [int(word) for word in os.environ.get("SEEDS", "").split()] or list(range(1, 21))
# How long an undisturbed run takes here, in seconds; 0 finds out.
LENGTH = float(os.environ.get("LENGTH", "0"))
BIN = Path(sys.executable).parent
NAMES = {"kill-engine": "", "kill-gpu": "rtx4090"}
SETTINGS = {
    "docker_engine_buildx": False,
    "docker_engine_compose": False,
    "nvidia_driver_source": "cuda_repository",
    "nvidia_driver_branch": "580.159.03",
    "nvidia_driver_reboot": "if_needed",
    "nvidia_driver_stop_gpu_containers": True,
    "nvidia_driver_allow_container": True,
    "nvidia_driver_boot_time_command": "stat --format=%Y /run/systemd/system",
}
# A restart of the engine, and an exchange of the driver under a container that has the GPU.
CHANGE = {"docker_engine_config": {"log-opts": {"max-size": "20m"}}, "nvidia_driver_branch": "580.178.04"}
LIBRARIES = "$(ldd /bin/sh /bin/sleep | grep -o '/lib[^ ]*' | sort -u)"
CONTAINERS = f"""
tar --create --dereference --absolute-names /bin/sh /bin/sleep {LIBRARIES} | docker import - kept
docker run --detach --restart unless-stopped --name witness kept /bin/sleep 100000
[ ! -e /dev/nvidia0 ] || docker run --detach --name trainer --device /dev/nvidia0 kept /bin/sleep 100000
"""
RUNNING = "docker ps --format '{{.Names}}' | sort"
# Nothing is printed where all is well.
LEFT = r"""
dpkg --audit
ls /var/lib/dpkg/updates
for lock in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock; do
    python3 -c "import fcntl; fcntl.lockf(open('$lock', 'w'), fcntl.LOCK_EX | fcntl.LOCK_NB)" || echo "held: $lock"
done
find /etc /var/lib/dockyard /usr/lib/systemd \( -name '*.dpkg-new' -o -name '*.dpkg-tmp' -o -name '.ansible_tmp*' \
    -o -name '.daemon*.json.*' -o -name '*.verified.[0-9]*' \)
python3 -c 'import json; json.load(open("/etc/docker/daemon.json"))'
ps -eo args | grep -E '^(/usr/bin/)?(apt-get|dpkg|apt) ' || :
docker ps --all --quiet --filter status=exited --filter status=created
ls /var/lib/dockyard | grep stopped || :
systemctl list-units --failed --no-legend --plain
"""


class Survived(Exception):
    """What a seed left behind."""


def shell(host: str, command: str) -> str:
    done = subprocess.run(["docker", "exec", host, "sh", "-c", command], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip()


def fresh() -> str:
    """Bare hosts, and their inventory."""
    gone()
    for name, machine in NAMES.items():
        place = ("--name", name, "--hostname", name, "--network", repository.NETWORK, "--restart", "always")
        rights = ("--device-cgroup-rule", "c *:* rwm") if machine else ()
        engine.docker("run", "--detach", *place, *rights, *hosts.RUN, hosts.IMAGE)
    for name, machine in NAMES.items():
        hosts._wait(name)
        if machine:
            gpus.give(way.Container(name), machine)
    # Not by their addresses: after a reboot another container may have got one.
    return hosts.through_engine(list(NAMES))


def gone() -> None:
    engine.docker("rm", "--force", "--volumes", *NAMES, check=False)


def begin(folder: Path, inventory: str, settings: dict[str, object], log: str) -> subprocess.Popen[bytes]:
    (folder / "inventory.json").write_text(inventory + "\n")
    facts = json.loads(repository.FACTS.read_text())
    sites = {
        "docker_engine_repository_url": f"{facts['site']}/ok",
        "docker_engine_repository_key_fingerprint": facts["fingerprint"],
        "nvidia_driver_repository_url": f"{facts['site']}/ok/compute/cuda/repos",
        "nvidia_driver_repository_key_url": f"{facts['site']}/ok/compute/cuda/repos/debian13/x86_64/gpg",
        "nvidia_driver_repository_key_fingerprint": facts["fingerprint"],
        "nvidia_container_toolkit_repository_url": f"{facts['site']}/ok/{facts['toolkit']['path']}",
        "nvidia_container_toolkit_repository_key_fingerprint": facts["fingerprint"],
    }
    extra = json.dumps({**sites, **SETTINGS, **settings})
    own = {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "PATH": f"{BIN}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    # In a session of its own, so that its workers and their ssh are killed with it.
    return subprocess.Popen(
        ["ansible-playbook", "-i", folder / "inventory.json", "playbooks/site.yml", "-e", extra],
        cwd=ROOT,
        env={**os.environ, **own},
        stdin=subprocess.DEVNULL,
        stdout=(folder / log).open("wb"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def whole(folder: Path, inventory: str, settings: dict[str, object], log: str) -> float:
    started = time.monotonic()
    if begin(folder, inventory, settings, log).wait():
        raise Survived(f"a run that no one disturbed failed:\n{(folder / log).read_text()[-3000:]}")
    return time.monotonic() - started


def cut(folder: Path, inventory: str, settings: dict[str, object], after: float) -> str:
    """The task that ran when the control process was killed; empty where it had ended before."""
    process = begin(folder, inventory, settings, "killed.log")
    try:
        process.wait(after)
        return ""
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    tasks = [line for line in (folder / "killed.log").read_text().splitlines() if line.startswith("TASK [")]
    return tasks[-1].split("]")[0][6:] if tasks else "its start"


def attempt(folder: Path, seed: int, lengths: dict[str, float]) -> str:
    """Odd seeds kill a first run, even ones a change under containers. Everything but the moment is the same."""
    kind = "first" if seed % 2 else "change"
    settings: dict[str, object] = {} if kind == "first" else dict(CHANGE)
    moment = random.Random(seed).uniform(0, lengths[kind])
    inventory = fresh()
    before = {}
    if kind == "change":
        whole(folder, inventory, {}, "before.log")
        for name in NAMES:
            shell(name, CONTAINERS)
            before[name] = shell(name, RUNNING)
    where = cut(folder, inventory, settings, moment)
    whole(folder, inventory, settings, "again.log")
    whole(folder, inventory, settings, "last.log")
    problems = []
    last = (folder / "last.log").read_text()
    for name in NAMES:
        recap = next(line for line in last.splitlines() if line.startswith(name) and "ok=" in line)
        if "changed=0" not in recap:
            problems.append(f"{name}: the run after the next one still changes something")
        left = shell(name, LEFT)
        problems += [f"{name}: {line}" for line in left.splitlines()]
        now = shell(name, RUNNING)
        if before and now != before[name]:
            problems.append(f"{name}: ran {before[name].split()}, runs {now.split()}")
    if problems:
        raise Survived("\n".join([f"killed in: {where}", *problems]))
    return f"{kind} run killed after {moment:.1f} s, in: {where or 'nothing, it had ended'}"


def main() -> int:
    failed = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            lengths = {"first": LENGTH, "change": LENGTH}
            if not LENGTH:
                inventory = fresh()
                lengths["first"] = whole(folder, inventory, {}, "first.log")
                lengths["change"] = whole(folder, inventory, dict(CHANGE), "change.log")
            print(f"undisturbed: {lengths['first']:.0f} s, and {lengths['change']:.0f} s for a change", flush=True)
            for seed in SEEDS:
                try:
                    print(f"seed {seed}: {attempt(folder, seed, lengths)}", flush=True)
                except Survived as problem:
                    failed.append(seed)
                    print(f"seed {seed}: FAILED: {problem}", flush=True)
        finally:
            gone()
    print(f"{len(SEEDS) - len(failed)} of {len(SEEDS)} seeds converged, and left nothing behind")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
