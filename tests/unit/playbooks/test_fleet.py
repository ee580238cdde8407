# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks for many hosts through Ansible itself, over hosts of which none can be looked at."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import fleet

# No one listens at the one, and the other has no Python.
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
    reported = json.loads(done.stdout)
    assert {plan["host"]: plan["state"] for plan in reported["hosts"]} == {"gone": "unreachable", "bare": "failed"}
    assert reported == json.loads((tmp_path / "plan.json").read_text())
    assert "gone: unreachable: " in done.stderr


def test_a_report_tells_of_hosts_that_cannot_be_looked_at(tmp_path: Path) -> None:
    done = run(tmp_path, "dockyard.gpu.report")
    assert done.returncode == 0, done.stderr
    assert f"{tmp_path}/dockyard-report/index.html" in done.stdout
    report = json.loads((tmp_path / "dockyard-report" / "report.json").read_text())
    assert [host["state"] for host in report["hosts"]] == ["unreachable", "failed"]
    assert "port 1" in (tmp_path / "dockyard-report" / "index.html").read_text()


def owned(path: Path, mode: int) -> tuple[int, int]:
    """Someone's, with a mode that is no one's default; returns both as they are to stay."""
    if os.geteuid() == 0:
        os.chown(path, 4242, 4343)
    path.chmod(mode)
    return seen(path)


def seen(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_uid, stat.S_IMODE(found.st_mode)


def test_a_report_leaves_a_folder_and_files_that_are_there_their_mode(tmp_path: Path) -> None:
    """The folder is one as /tmp; what a report was made of may be for few eyes."""
    folder, real = tmp_path / "shared", tmp_path / "kept.json"
    folder.mkdir()
    (folder / "index.html").write_text("an older report")
    real.write_text("{}")
    (folder / "report.json").symlink_to(real)
    before = [owned(folder, 0o1777), owned(folder / "index.html", 0o600), owned(real, 0o640)]
    done = run(tmp_path, "dockyard.gpu.report", "-e", f"report_folder={folder}")
    assert done.returncode == 0, done.stderr
    assert [seen(folder), seen(folder / "index.html"), seen(real)] == before
    assert (folder / "report.json").is_symlink()
    assert json.loads(real.read_text())["hosts"]


def test_what_is_no_folder_and_is_to_be_one_is_reported_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "taken"
    path.symlink_to(path)
    done = run(tmp_path, "dockyard.gpu.report", "-e", f"report_folder={path}")
    assert done.returncode == 2
    assert f"report_folder: {path} is a link that leads back to itself. Remove the link." in " ".join(
        done.stderr.split()
    )
    assert "Traceback" not in done.stdout + done.stderr


def test_a_plans_file_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("an older plan")
    link.symlink_to("real.json")
    before = owned(real, 0o600)
    done = run(tmp_path, "dockyard.gpu.plan", "-e", "plan_file=link.json")
    assert done.returncode == 2, done.stderr
    assert json.loads(real.read_text())["hosts"]
    assert seen(real) == before
    assert link.is_symlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="devices are root's to make")
def test_a_plans_file_that_is_no_file_stays_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "null"
    os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    done = run(tmp_path, "dockyard.gpu.plan", "-e", f"plan_file={path}")
    assert done.returncode == 2
    said = f"plan_file: {path} is a character device, where a file should be. Move it away."
    assert said in " ".join(done.stderr.split())
    assert stat.S_ISCHR(path.stat().st_mode)


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
