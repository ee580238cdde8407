# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""site.yml over the virtual machine, by ssh, as anybody would run it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from lab import machine, repository
from lab.engine import LabError

from .guest import SSH

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
NAME = "lab-vm"


def settings() -> dict[str, Any]:
    """A machine with a kernel of its own needs no leave to reboot it, and no other way to tell that it did."""
    facts = repository.read()
    driver = f"{facts['site']}/ok/compute/cuda/repos"
    return {
        "docker_engine_repository_url": f"{facts['site']}/ok",
        "docker_engine_repository_key_fingerprint": facts["fingerprint"],
        "docker_engine_buildx": False,
        "docker_engine_compose": False,
        "nvidia_driver_source": "cuda_repository",
        "nvidia_driver_repository_url": driver,
        "nvidia_driver_repository_key_url": f"{driver}/debian13/x86_64/gpg",
        "nvidia_driver_repository_key_fingerprint": facts["fingerprint"],
        "nvidia_driver_reboot": "if_needed",
        "nvidia_container_toolkit_repository_url": f"{facts['site']}/ok/{facts['toolkit']['path']}",
        "nvidia_container_toolkit_repository_key_fingerprint": facts["fingerprint"],
    }


class Run:
    """What one run said."""

    def __init__(self, text: str) -> None:
        self.text = text

    @property
    def changed(self) -> int:
        found = re.search(rf"^{NAME} .*changed=(\d+)", self.text, re.MULTILINE)
        return int(found[1]) if found else -1

    @property
    def changes(self) -> list[str]:
        """The tasks that changed something."""
        task, found = "", []
        for line in self.text.splitlines():
            if line.startswith("TASK ["):
                task = line[6:].split("]")[0]
            elif line.startswith("changed: "):
                found.append(task)
        return found

    def says(self, pattern: str) -> bool:
        return re.search(pattern, self.text) is not None


def site(port: int, log: Path) -> Run:
    options = " ".join(f"-o {key}={value}" for key, value in SSH.items() if key not in ("User", "IdentityFile"))
    # As in the checkout's ansible.cfg: one connection for a whole run.
    options = options.replace("ControlMaster=no", "ControlMaster=auto")
    host = {
        "ansible_host": "127.0.0.1",
        "ansible_port": port,
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(machine.KEY),
        "ansible_ssh_args": options,
        "ansible_python_interpreter": "/usr/bin/python3",
    }
    inventory = log.with_name("inventory.json")
    inventory.write_text(json.dumps({"all": {"hosts": {NAME: host}}}))
    own = {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "PATH": f"{BIN}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["ansible-playbook", "-i", inventory, "playbooks/site.yml", "-e", json.dumps(settings())],
            cwd=ROOT,
            env={**os.environ, **own, "NO_COLOR": "1", "ANSIBLE_NOCOLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            process.wait()
        except BaseException:
            _end(process)
            raise
    run = Run(log.read_text(errors="replace"))
    if process.returncode != 0:
        raise LabError(f"site.yml ended with {process.returncode}:\n{run.text[-3000:]}")
    return run


def _end(process: subprocess.Popen[bytes]) -> None:
    """Its workers have sessions of their own: only it knows them, and ends them when it is interrupted."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
