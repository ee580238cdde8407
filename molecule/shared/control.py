# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a test does with a scenario's hosts: run a playbook of the collection over them, and ask them by a shell."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple


class Run:
    """One run of ansible-playbook, host by host."""

    def __init__(self, output: str, rc: int) -> None:
        self.rc = rc
        report = json.loads(output[output.index("{") :])
        self._stats: dict[str, dict[str, int]] = report["stats"]
        tasks = [task for play in report["plays"] for task in play["tasks"]]
        self._results = [(task["task"]["name"], task["hosts"]) for task in tasks]
        durations = [task["task"]["duration"] for task in tasks]
        times = [
            [datetime.fromisoformat(duration[end]) for end in ("start", "end")]
            for duration in durations
            if "end" in duration
        ]
        self.longest_task_s = max((end - start).total_seconds() for start, end in times)

    def changed(self, host: str) -> int:
        return self._stats[host]["changed"]

    def failures(self, host: str) -> int:
        return self._stats[host]["failures"] + self._stats[host]["unreachable"]

    def changes(self, host: str) -> list[str]:
        """The tasks that changed something."""
        return [name for name, hosts in self._results if hosts.get(host, {}).get("changed")]

    def message(self, host: str) -> str:
        """What ended the host's run, as one text; empty where nothing did."""
        if not self.failures(host):
            return ""
        failed = [
            hosts[host]
            for _name, hosts in self._results
            if hosts.get(host, {}).get("failed") or hosts.get(host, {}).get("unreachable")
        ][-1]
        # A loop tells of each item; its own words say only that there were some.
        items = [item for item in failed.get("results", []) if item.get("failed")] or [failed]
        return " ".join(
            words if isinstance(words, str) else " ".join(words) for words in (item["msg"] for item in items)
        )

    def result(self, task: str, host: str = "") -> dict[str, Any]:
        """What a task gave, with or without its role's name; of one that runs once, no host needs naming."""
        for name, hosts in self._results:
            if task in (name, name.rpartition(" : ")[2]) and hosts and (not host or host in hosts):
                return dict(hosts[host or next(iter(hosts))])
        raise AssertionError(f"{task} did not run")

    def text(self, task: str) -> str:
        """What a task of the playbook's end shows: one text where results are shown as YAML, else its lines."""
        shown = self.result(task)["msg"]
        return shown if isinstance(shown, str) else "\n".join(shown)

    def planned(self, host: str) -> dict[str, Any]:
        """What plan.yml made of the host: {state, message, errors, steps, disrupts, notes}."""
        return dict(self.result("dockyard.gpu.common : Plan the steps", host)["ansible_facts"]["common_planned"])

    def plan(self, host: str) -> list[str]:
        """The names of the steps, of a run of plan.yml."""
        return [step["step"] for step in self.planned(host)["steps"]]


class Lives(NamedTuple):
    """Process ids: who lives on under the same one was not restarted."""

    engine: str
    containerd: str
    container: str

    @classmethod
    def of(cls, host: str) -> Lives:
        units = "systemctl show --property=MainPID --value docker.service containerd.service"
        return cls(*shell(host, f"{units} | grep . ; docker inspect --format '{{{{.State.Pid}}}}' witness").split())


def start_witness(host: str) -> None:
    """A container of the host's own shell, since there is no registry."""
    libraries = "$(ldd /bin/sh /bin/sleep | grep -o '/lib[^ ]*' | sort -u)"
    shell(host, f"tar --create --dereference --absolute-names /bin/sh /bin/sleep {libraries} | docker import - witness")
    shell(host, "docker run --detach --name witness witness /bin/sleep 3600")


def play(playbook: str | Path, settings: dict[str, dict[str, Any]], *arguments: str) -> Run:
    """Run a playbook over the hosts that have settings, each with its own."""
    done = _ansible_playbook(playbook, settings, arguments, "ansible.posix.json")
    assert "{" in done.stdout, done.stdout + done.stderr
    return Run(done.stdout, done.returncode)


def play_verbosely(
    playbook: str | Path, settings: dict[str, dict[str, Any]], *arguments: str
) -> subprocess.CompletedProcess[str]:
    """All that ansible-playbook can be made to say."""
    return _ansible_playbook(playbook, settings, ("-vvv", "--diff", *arguments), "default")


def answer(
    playbook: str | Path, settings: dict[str, dict[str, Any]], *arguments: str
) -> subprocess.CompletedProcess[str]:
    """What a program would read: only what the playbook has to say."""
    return _ansible_playbook(playbook, settings, arguments, "dockyard.gpu.answer")


def _ansible_playbook(
    playbook: str | Path, settings: dict[str, dict[str, Any]], arguments: Sequence[str], callback: str
) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as folder:
        inventory = Path(folder) / "settings.json"
        inventory.write_text(json.dumps({"all": {"hosts": settings}}))
        # The folder: beside molecule's own file lies what create.yml put there.
        scenario = Path(os.environ["MOLECULE_INVENTORY_FILE"]).parent
        return subprocess.run(
            [
                *("ansible-playbook", playbook, "--limit", ",".join(settings)),
                *("--inventory", str(scenario), "--inventory", str(inventory), *arguments),
            ],
            env={**os.environ, "ANSIBLE_STDOUT_CALLBACK": callback},
            capture_output=True,
            text=True,
        )


def shell(host: str, command: str, check: bool = True) -> str:
    """What the command printed on the host."""
    done = subprocess.run(["docker", "exec", host, "sh", "-ec", command], capture_output=True, text=True)
    assert not check or done.returncode == 0, f"{host}: {command}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


def reboots(host: str) -> int:
    """How often a host was started again, whose reboot is that of a container."""
    command = ["docker", "inspect", "--format", "{{.RestartCount}}", host]
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def reboot(host: str) -> None:
    before, deadline = reboots(host), time.monotonic() + 300
    shell(host, "systemctl reboot", check=False)
    state = "systemctl is-system-running || true"
    while reboots(host) == before or not shell(host, state, check=False).startswith(("running", "degraded")):
        assert time.monotonic() < deadline, "the host does not come back"
        time.sleep(0.5)
