# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user of ansible-navigator does: all of Ansible runs in the image, and none of it on this machine."""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import yaml
from control import shell
from lab import machine, repository

ROOT = Path(__file__).parents[3]
IMAGE = "dockyard-lab/ee"
CPU, GPU = "ee-cpu", "ee-gpu"
KEY = "/run/lab-key"
# The project, as a user has it: only an inventory.
PROJECT = Path(tempfile.mkdtemp(prefix="dockyard-project-"))


@functools.cache
def project() -> Path:
    facts = json.loads(repository.FACTS.read_text())
    settings = {
        "ansible_user": "root",
        "ansible_ssh_private_key_file": KEY,
        "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR",
        "ansible_python_interpreter": "/usr/bin/python3",
        "docker_engine_repository_url": f"{facts['site']}/ok",
        "docker_engine_repository_key_fingerprint": facts["fingerprint"],
        "docker_engine_buildx": False,
        "docker_engine_compose": False,
        "nvidia_container_toolkit_repository_url": f"{facts['site']}/ok/{facts['toolkit']['path']}",
        "nvidia_container_toolkit_repository_key_fingerprint": facts["fingerprint"],
        # The lab's hosts are containers, whose modules are their machine's.
        "nvidia_driver_allow_container": True,
        "nvidia_driver_source": "preinstalled",
    }
    inventory: dict[str, Any] = {"all": {"hosts": {CPU: {}, GPU: {}}, "vars": settings}}
    (PROJECT / "inventory.yml").write_text(yaml.safe_dump(inventory))
    return PROJECT


def navigator(*words: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "MOLECULE_"))}
    program = ROOT / ".venvs/ee/bin"
    return subprocess.run(
        [
            *(str(program / "ansible-navigator"), *words, "--mode", "stdout", "--log-file", "/dev/null"),
            *("--execution-environment-image", IMAGE, "--pull-policy", "never", "--container-engine", "docker"),
            # The hosts are on the lab's network, and open to the lab's key.
            f"--container-options=--network={repository.NETWORK}",
            f"--execution-environment-volume-mounts={machine.KEY}:{KEY}:ro",
        ],
        cwd=project(),
        env={**own, "PATH": f"{program}:{os.environ['PATH']}", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
    )


def run(playbook: str, *words: str) -> subprocess.CompletedProcess[str]:
    return navigator(
        "run", f"dockyard.gpu.{playbook}", "-i", "inventory.yml", "--playbook-artifact-enable=false", *words
    )


def recap(output: str) -> dict[str, dict[str, int]]:
    lines = re.findall(r"^(\S+) +: (ok=.*)$", output, re.MULTILINE)
    return {host: {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", counts)} for host, counts in lines}


def test_the_image_holds_what_it_needs_and_no_more() -> None:
    """The collection and its dependency, ssh for its hosts, and none of the packages of the modules that hosts run."""
    asked = "ansible-galaxy collection list; ssh -V; command -v sshpass; python3 -m pip list"
    done = subprocess.run(["docker", "run", "--rm", IMAGE, "sh", "-c", asked], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    assert re.search(rf"^dockyard\.gpu +{re.escape(version)} *$", done.stdout, re.MULTILINE)
    assert re.search(r"^community\.docker ", done.stdout, re.MULTILINE)
    assert "OpenSSH" in done.stderr
    assert "/usr/bin/sshpass" in done.stdout
    assert re.search(r"^ansible-runner ", done.stdout, re.MULTILINE)
    assert not re.search(r"^(docker|paramiko|requests) ", done.stdout, re.MULTILINE)


def test_it_runs_as_any_user() -> None:
    """As in a cluster, where AWX's containers have a mere number for a user; ssh wants a name for it."""
    asked = "ansible localhost -m ping; ssh -o BatchMode=yes nohost.invalid true"
    command = ["docker", "run", "--rm", "--user", "4242:0", IMAGE, "sh", "-c", asked]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "pong" in done.stdout
    assert "Could not resolve hostname nohost.invalid" in done.stderr


def test_its_documentation_is_read() -> None:
    done = navigator("doc", "dockyard.gpu.host_info")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "DOCKYARD.GPU.HOST_INFO" in done.stdout.upper()


def test_site_takes_hosts_from_bare_to_verified_and_then_has_nothing_to_do() -> None:
    first = run("site")
    assert first.returncode == 0, first.stdout + first.stderr
    assert {host: counts["failed"] + counts["unreachable"] for host, counts in recap(first.stdout).items()} == {
        CPU: 0,
        GPU: 0,
    }
    assert shell(CPU, "docker version --format '{{.Server.Version}}'")
    assert "nvidia" in shell(GPU, "docker info --format '{{json .Runtimes}}'")
    second = run("site")
    assert second.returncode == 0, second.stdout + second.stderr
    assert {host: counts["changed"] for host, counts in recap(second.stdout).items()} == {CPU: 0, GPU: 0}


def test_verify_runs_containers_with_the_gpu() -> None:
    done = run("verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no NVIDIA GPU is here" in done.stdout
    assert "1 GPUs in 11 containers" in done.stdout, done.stdout


def test_drift_is_an_exit_status_outside_of_the_image() -> None:
    assert run("plan", "-e", "fail_on_drift=true").returncode == 0
    shell(CPU, 'echo \'{"log-driver": "none"}\' > /etc/docker/daemon.json')
    drifted = run("plan", "-e", "fail_on_drift=true")
    assert drifted.returncode == 2, drifted.stdout + drifted.stderr
    assert re.search(rf"^ *\W*{CPU} +docker_engine config", drifted.stdout, re.MULTILINE)
    assert run("site").returncode == 0
    assert run("plan", "-e", "fail_on_drift=true").returncode == 0


def test_a_report_lands_in_the_users_folder() -> None:
    done = run("report", "-e", "report_folder=fleet")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((PROJECT / "fleet" / "report.json").read_text())
    assert [host["host"] for host in report["hosts"]] == [CPU, GPU]
    assert "<title>" in (PROJECT / "fleet" / "index.html").read_text()
