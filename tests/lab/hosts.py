# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that are reached by ssh, for benches and for tests of what ssh does."""

from __future__ import annotations

import json
import shlex
import time

from . import gpus, machine, repository
from .engine import LabError, docker, inspect
from .way import Container

PREFIX = f"{machine.NAME}-host-"
IMAGE = "dockyard-lab/debian13"
# The same rights as in molecule/shared/create.yml: a systemd with an engine of its own inside.
RUN = (
    *("--cgroupns", "host", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw", "--volume", "/var/lib/docker"),
    *("--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN", "--cap-add", "MKNOD", "--cap-add", "SYS_PTRACE"),
    *("--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"),
    *("--tmpfs", "/run", "--tmpfs", "/run/lock", "--tmpfs", "/tmp:exec"),
)
SSH = {
    "User": "root",
    "IdentityFile": str(machine.KEY),
    "IdentitiesOnly": "yes",
    "StrictHostKeyChecking": "no",
    "UserKnownHostsFile": "/dev/null",
    "LogLevel": "ERROR",
    "ControlMaster": "auto",
    "ControlPersist": "60s",
}


def up(count: int, lab_machine: str | None = None) -> str:
    """Start what is missing of the first COUNT hosts, wait for their sshd, return an inventory."""
    names = [f"{PREFIX}{number}" for number in range(1, count + 1)]
    for name in names:
        found = inspect("container", name)
        if found and not found["State"]["Running"]:
            docker("rm", "--force", "--volumes", name)
            found = None
        if not found:
            # A host that reboots is a container that is started again.
            place = ("--name", name, "--hostname", name, "--network", repository.NETWORK, "--restart", "always")
            docker("run", "--detach", *place, *RUN, IMAGE)
    for name in names:
        _wait(name)
        if lab_machine:
            gpus.give(Container(name), lab_machine)
    return inventory(names)


def down() -> None:
    names = running()
    if names:
        docker("rm", "--force", "--volumes", *names)


def running() -> list[str]:
    names = docker("ps", "--all", "--filter", f"name=^{PREFIX}", "--format", "{{.Names}}").split()
    return sorted(names, key=lambda name: int(name.removeprefix(PREFIX)))


def inventory(names: list[str]) -> str:
    lines = ["[lab]", *(f"{name} ansible_host={address(name)}" for name in names)]
    lines += ["", "[lab:vars]", "ansible_user=root", f"ansible_ssh_private_key_file={machine.KEY}"]
    lines += [f"ansible_ssh_args={arguments()}", "ansible_python_interpreter=/usr/bin/python3"]
    return "\n".join(lines)


def through_engine(names: list[str]) -> str:
    """An inventory of any containers of lab images: no sshd needs to listen, ssh brings one of its own along.

    What a task costs by `docker exec` alone, it costs once a connection here.
    """
    listed = {}
    for name in names:
        # An init system would make the folder, and PAM a session of systemd's.
        sshd = "mkdir -p /run/sshd && exec /usr/sbin/sshd -i -o UsePAM=no"
        proxy = f"ProxyCommand=docker exec --interactive {name} sh -c {shlex.quote(sshd)}"
        listed[name] = {
            "ansible_connection": "ssh",
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(machine.KEY),
            # testinfra reads these, but not `ansible_ssh_args`.
            "ansible_ssh_common_args": f"{arguments()} -o {shlex.quote(proxy)}",
        }
    return json.dumps({"all": {"hosts": listed}}, indent=2)


def arguments() -> str:
    """For ssh's command line, what Ansible names elsewhere left out."""
    return " ".join(f"-o {key}={value}" for key, value in SSH.items() if key not in ("User", "IdentityFile"))


def ssh_config() -> str:
    """For `ssh -F` and testinfra's `--ssh-config`."""
    lines = []
    for name in running():
        lines += [f"Host {name}", f"  HostName {address(name)}"]
    lines += [f"Host {PREFIX}*", *(f"  {key} {value}" for key, value in SSH.items())]
    # ansible has a path of its own for this, ssh has none.
    lines.append(f"  ControlPath {machine.CACHE}/ssh-%C")
    return "\n".join(lines)


def address(name: str) -> str:
    container = inspect("container", name)
    if not container:
        raise LabError(f"there is no lab host {name}: start it with `hosts up N`")
    return str(container["NetworkSettings"]["Networks"][repository.NETWORK]["IPAddress"])


def _wait(name: str) -> None:
    for _attempt in range(150):
        if docker("exec", name, "systemctl", "is-system-running", check=False) == "running":
            return
        time.sleep(0.2)
    raise LabError(f"{name} did not boot: `docker exec {name} systemctl --failed` may say why")
