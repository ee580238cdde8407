# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks for many hosts through Ansible itself, over hosts of which none can be looked at."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import fleet

# Nobody listens at the one, and the other has no Python.
INVENTORY = {
    "gone": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_ssh_retries": 0},
    "bare": {"ansible_connection": "local", "ansible_python_interpreter": "/no/python"},
}
HOSTILE = "{{ 7 * 7 }}"


def run(folder: Path, playbook: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    inventory = folder / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": INVENTORY, "vars": {"dockyard_become": False}}}))
    return subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", playbook, "-i", str(inventory), *arguments],
        env={
            **os.environ,
            "ANSIBLE_STDOUT_CALLBACK": "dockyard.gpu.answer",
            "ANSIBLE_LOCAL_TEMP": str(folder),
            "PWD": str(folder),
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_plan_is_one_document_also_where_no_host_can_be_looked_at(tmp_path: Path) -> None:
    done = run(tmp_path, "dockyard.gpu.plan", "-e", "plan_format=json", "-e", "plan_file=plan.json")
    assert done.returncode == 2, done.stderr
    told = json.loads(done.stdout)
    assert {plan["host"]: plan["state"] for plan in told["hosts"]} == {"gone": "unreachable", "bare": "failed"}
    assert told == json.loads((tmp_path / "plan.json").read_text())
    assert "gone: unreachable: " in done.stderr


def test_a_report_tells_of_hosts_that_cannot_be_looked_at(tmp_path: Path) -> None:
    done = run(tmp_path, "dockyard.gpu.report")
    assert done.returncode == 0, done.stderr
    assert f"{tmp_path}/dockyard-report/index.html" in done.stdout
    report = json.loads((tmp_path / "dockyard-report" / "report.json").read_text())
    assert [host["state"] for host in report["hosts"]] == ["unreachable", "failed"]
    assert "port 1" in (tmp_path / "dockyard-report" / "index.html").read_text()


@pytest.mark.parametrize("kept", [HOSTILE, "{% for each in [1] %}x{% endfor %}"])
def test_what_set_fact_keeps_of_a_host_is_no_template(tmp_path: Path, kept: str) -> None:
    """As report.yml keeps it; Ansible before 2.19 takes texts that are not marked for templates."""
    look = fleet.host(0, "rtx4090")
    look["distribution"]["pretty_name"] = kept
    (tmp_path / "look.json").write_text(json.dumps({"look": look}))
    playbook = tmp_path / "keep.yml"
    # The state comes in as a module's answer does, not as a variable of ours.
    look_of = "(lookup('ansible.builtin.file', 'look.json') | from_json).look"
    said = "{{ " + look_of + " | dockyard.gpu.host_report(plan, '2026-11-25') }}"
    plan = "{{ {'ansible_facts': {}} | dockyard.gpu.host_plan([], [], {}) }}"
    tasks = [
        {"ansible.builtin.set_fact": {"plan": plan}},
        {"ansible.builtin.set_fact": {"kept": said}},
        {"ansible.builtin.debug": {"msg": "{{ hostvars[inventory_hostname].kept.distribution }}"}},
    ]
    playbook.write_text(json.dumps([{"hosts": "bare", "gather_facts": False, "tasks": tasks}]))
    done = run(tmp_path, str(playbook))
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == kept
