# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/rollout.yml and the role rollout as they are, over twelve hosts that are stand-ins.

A host is a file with what a look would find; the look, the other roles and the verification are stand-ins, which read
and write it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import bare_host

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[3]
HOSTS = [f"h{number:02}" for number in range(1, 13)]
HOOK = """
- name: A hook of the user
  ansible.builtin.lineinfile:
    path: "{{ state }}/hooks"
    line: "HOOK {{ inventory_hostname }}"
    create: true
    mode: "0644"
"""
STAND_INS = {
    "roles/common/tasks/main.yml": """
- name: The host is read
  ansible.builtin.command: cat {{ state }}/{{ inventory_hostname }}.json
  register: _common_read
  changed_when: false
  check_mode: false
- name: The host is known
  ansible.builtin.set_fact:
    ansible_facts: "{{ {'dockyard_host': _common_read.stdout | from_json | combine({'rollout': _common_rollout})} }}"
  vars:
    # The host is this machine.
    _common_rollout: "{{ _common_kept | from_json if _rollout_record is exists else none }}"
    _common_kept: "{{ lookup('ansible.builtin.file', _rollout_record) }}"
""",
    # The real one makes the other roles' variables known, which are in vars here.
    "roles/common/tasks/variables.yml": "[]",
    "roles/common/vars/main.yml": """
_common_plan:
  errors: "{{ ['rejected: mend it'] if rejected | default(false) else [] }}"
  steps: "{{ _common_steps if ansible_facts.dockyard_host.engine.version != desired else [] }}"
  left: "{{ _common_steps if ansible_facts.dockyard_host.engine.version != desired else [] }}"
_common_problems: "{{ ansible_facts.dockyard_host.nvidia.problems | map(attribute='message') }}"
_common_components: [nvidia_driver, nvidia_container_toolkit, docker_group, docker_engine]
_docker_engine_desired: {service_state: started}
_docker_engine_now: {steps: "{{ _common_plan.steps }}"}
_docker_group_now: {steps: []}
_nvidia_driver_now: {steps: []}
_nvidia_driver_waits: false
_nvidia_container_toolkit_now: {steps: []}
_common_steps: [{component: docker_engine, step: packages, why: other version, from: a, to: b, disrupts: restart}]
""",
    "roles/docker_engine/tasks/main.yml": """
- name: The engine is changed
  ansible.builtin.copy:
    dest: "{{ state }}/{{ inventory_hostname }}.json"
    content: "{{ ansible_facts.dockyard_host | combine(_changed, _broken, recursive=true) | to_json }}"
    mode: "0644"
  vars:
    _changed: {engine: {answers: true, version: "{{ desired }}"}}
    _broken: "{{ {'nvidia': {'driver': {'state': 'loaded'}, 'problems': [_lost]}} if breaks | default(false) else {} }}"
    _lost: {code: gpu_lost, message: a card fell off the bus, remedy: reboot}
- name: The engine comes up
  ansible.builtin.fail:
    msg: it does not come up
  when: fails | default(false)
""",
    "plugins/modules/runtime_check.py": """
from ansible.module_utils.basic import AnsibleModule
AnsibleModule(argument_spec={"gpus": {}}).exit_json(changed=False)
""",
}


class Fleet:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.state.mkdir()
        collection = folder / "ansible_collections" / "dockyard" / "gpu"
        for place in (
            "playbooks",
            "roles/rollout",
            "plugins/action",
            "plugins/filter",
            "plugins/lookup",
            "plugins/plugin_utils",
            "plugins/module_utils",
            # For the record's folder, in the state's.
            "plugins/modules/folder.py",
            "plugins/modules/fail.py",
        ):
            (collection / place).parent.mkdir(parents=True, exist_ok=True)
            (collection / place).symlink_to(ROOT / place)
        # Whatever else is in the list does nothing.
        lists = (ROOT / "playbooks/tasks").glob("*.yml")
        named = re.findall(r"name: dockyard\.gpu\.(\w+)", "".join(each.read_text() for each in lists))
        others = {f"roles/{name}/tasks/main.yml": "[]" for name in named}
        for name, text in {**others, **STAND_INS}.items():
            (collection / name).parent.mkdir(parents=True, exist_ok=True)
            (collection / name).write_text(text)
        for hook in ("before", "after"):
            (folder / f"{hook}.yml").write_text(HOOK.replace("HOOK", hook))
        for host in HOSTS:
            self.is_on(host, "1")

    def is_on(self, host: str, version: str) -> None:
        engine = {"answers": True, "version": version}
        (self.state / f"{host}.json").write_text(json.dumps(bare_host(engine=engine)))

    def on(self, version: str) -> list[str]:
        found = {host: json.loads((self.state / f"{host}.json").read_text()) for host in HOSTS}
        return [host for host in HOSTS if found[host]["engine"]["version"] == version]

    def hooks(self) -> list[str]:
        path = self.state / "hooks"
        return path.read_text().splitlines() if path.exists() else []

    def unfinished(self) -> list[str]:
        return sorted(path.stem for path in (self.state / "records").glob("*.json"))

    def roll_out(self, *arguments: str, hosts: Sequence[str] = HOSTS, **settings: Mapping[str, Any]) -> Outcome:
        described: dict[str, Any] = {host: settings.get(host, {}) for host in hosts}
        inventory = self.folder / "inventory.json"
        variables = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "state": str(self.state),
            "desired": "2",
            "_rollout_record": f"{self.state}/records/{{{{ inventory_hostname }}}}.json",
            "rollout_batch": 4,
            "rollout_before": "before.yml",
            "rollout_after": "after.yml",
        }
        inventory.write_text(json.dumps({"all": {"hosts": described, "vars": variables}}))
        program = Path(sys.executable).with_name("ansible-playbook")
        extra = json.dumps({"_rollout_record": variables["_rollout_record"], "dockyard_become": False})
        done = subprocess.run(
            [str(program), "-i", str(inventory), "dockyard.gpu.rollout", "-e", extra, *arguments],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
                "ANSIBLE_COLLECTIONS_PATH": str(self.folder),
                "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
                "ANSIBLE_LOCAL_TEMP": str(self.folder / "tmp"),
                "ANSIBLE_FORKS": "12",
                "ANSIBLE_NOCOLOR": "1",
                "LC_ALL": "C.UTF-8",
            },
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        # Lines are broken where they get long.
        return Outcome(done.returncode, " ".join((done.stdout + done.stderr).split()))


class Outcome(NamedTuple):
    rc: int
    text: str


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


def test_a_bad_batch_stops_the_rollout_and_the_next_one_picks_up(fleet: Fleet) -> None:
    """Twelve hosts, of which one has nothing to do, one is rejected, and no one reaches a third."""
    fleet.is_on("h12", "2")
    special: dict[str, Any] = {
        "h11": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1},
        "h10": {"rejected": True},
    }
    stopped = fleet.roll_out(h03={"fails": True}, **special)
    assert stopped.rc != 0
    assert "batch 1 of 3: 0 of 1 failed" in stopped.text
    assert "batch 2 of 3: 1 of 4 failed, and no other batch begins" in stopped.text
    # The batch goes to its end.
    assert fleet.on("2") == ["h01", "h02", "h03", "h04", "h05", "h12"]
    assert fleet.unfinished() == ["h03"]
    assert [line for line in fleet.hooks() if "h03" in line] == ["before h03"]
    for line in (
        "h01: done in batch 1; engine 2",
        "h03: FAILED in batch 2: it does not come up (The engine comes up); engine 2",
        "h06: not begun, would be in batch 3; engine 1",
        "h10: INVALID: rejected: mend it; engine 1",
        "h11: UNREACHABLE",
        "h12: nothing to do; engine 2",
        "6 of 12 hosts: engine 2",
    ):
        assert line in stopped.text

    # It has nothing to do but for its record, and is the first to be verified.
    picked_up = fleet.roll_out(hosts=[host for host in HOSTS if host not in special])
    assert picked_up.rc == 0, picked_up.text
    assert "h03: done in batch 1; engine 2" in picked_up.text
    assert "h01: nothing to do; engine 2" in picked_up.text
    assert fleet.on("1") == ["h10", "h11"]
    assert fleet.unfinished() == []
    assert [line for line in fleet.hooks() if "h03" in line] == ["before h03", "after h03"]
    assert [line.split()[1] for line in fleet.hooks() if line.startswith("after")].count("h01") == 1


def test_a_canary_that_fails_alone_is_reported_in_a_summary(fleet: Fleet) -> None:
    stopped = fleet.roll_out(hosts=HOSTS[:3], h01={"fails": True})
    assert stopped.rc != 0
    assert "h01: FAILED in batch 1: it does not come up" in stopped.text
    assert fleet.on("2") == ["h01"]


def test_a_card_that_the_change_broke_is_no_older_trouble_at_the_next_try(fleet: Fleet) -> None:
    stopped = fleet.roll_out(hosts=HOSTS[:2], h01={"breaks": True})
    assert "h01: FAILED in batch 1: a card fell off the bus" in stopped.text
    again = fleet.roll_out(hosts=HOSTS[:2])
    assert "h01: FAILED in batch 1: a card fell off the bus" in again.text
    assert (fleet.on("2"), fleet.unfinished()) == (["h01"], ["h01"])


def test_failures_within_the_percentage_stop_nothing(fleet: Fleet) -> None:
    done = fleet.roll_out(
        *("-e", "rollout_max_fail_percentage=25", "-e", "rollout_canary=0"), hosts=HOSTS[:5], h02={"fails": True}
    )
    assert done.rc != 0
    assert fleet.unfinished() == ["h02"]
    assert fleet.on("2") == HOSTS[:5]


def test_check_mode_tells_the_batches_and_changes_nothing(fleet: Fleet) -> None:
    reported = fleet.roll_out("--check", hosts=HOSTS[:3])
    assert reported.rc == 0, reported.text
    assert "docker_engine: packages: other version" in reported.text
    assert (fleet.on("2"), fleet.hooks(), fleet.unfinished()) == ([], [], [])


def test_a_hosts_words_are_no_template(fleet: Fleet) -> None:
    fleet.is_on("h01", "{{ lookup('ansible.builtin.pipe', 'echo run') }}")
    reported = fleet.roll_out("--check", hosts=["h01"])
    assert reported.rc == 0, reported.text
    assert "engine {{ lookup(" in reported.text


def hook(fleet: Fleet, name: str, *tasks: Any) -> None:
    (fleet.folder / f"{name}.yml").write_text(json.dumps(list(tasks)))


@pytest.mark.parametrize("name", ["before", "after"])
def test_a_hook_that_is_no_file_is_an_error_before_anything_happens(fleet: Fleet, name: str) -> None:
    stopped = fleet.roll_out("-e", f"rollout_{name}=drain/nope.yml", hosts=["h01"])
    assert stopped.rc != 0
    assert f"rollout_{name}: {fleet.folder}/drain/nope.yml is not a file on the control node" in stopped.text
    assert "undefined" not in stopped.text
    assert (fleet.on("2"), fleet.hooks(), fleet.unfinished()) == ([], [], [])


# Each on a host of its own, with what its summary says.
HOOKS: list[tuple[dict[str, Any], str]] = [
    ({"ansible.builtin.fail": {"msg": "the queue is not empty"}}, "the queue is not empty (Drain)"),
    ({"ansible.builtin.command": "sh -c 'echo 3 jobs run here >&2; exit 4'"}, "3 jobs run here (Drain)"),
    (
        {"ansible.builtin.command": "sh -c 'echo {{ item }}; exit {{ item | length }}'", "loop": ["", "queue a", "b"]},
        "queue a; b (Drain)",
    ),
    ({"ansible.builtin.assert": {"that": ["1 == 2"], "fail_msg": "not drained"}}, "not drained (Drain)"),
    ({"ansible.builtin.include_tasks": "nope.yml"}, ""),
    ({"ansible.builtin.debug": {"msg": "{{ nope }}"}}, ""),
    (
        {"ansible.builtin.fail": {"msg": "token 4711"}, "no_log": True},
        "what it says is not shown, by its no_log (Drain)",
    ),
]


def test_a_hooks_own_reason_is_in_the_summary(fleet: Fleet) -> None:
    failing = HOSTS[: len(HOOKS)]
    tasks = [
        {"name": "Drain", **task, "when": f"inventory_hostname == '{host}'"}
        for host, (task, _said) in zip(failing, HOOKS, strict=True)
    ]
    hook(fleet, "before", *tasks)
    stopped = fleet.roll_out("-e", "rollout_canary=0", "-e", "rollout_batch=12", hosts=failing)
    assert stopped.rc != 0
    for host, (_task, said) in zip(failing, HOOKS, strict=True):
        assert f"{host}: FAILED in batch 1: {said}" in stopped.text, stopped.text
    assert "ansible_failed" not in stopped.text
    # Ansible itself has written it out before, from 2.19 on.
    assert "token 4711" not in stopped.text.partition("Summarize the rollout")[2]
    assert fleet.unfinished() == failing
