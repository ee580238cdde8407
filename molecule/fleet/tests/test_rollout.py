# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change goes over the fleet host by host. Twelve hosts, by stand-ins, are in tests/unit/playbooks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from control import Run, play, shell

CPU, BROKEN, GPU = "fleet-cpu", "fleet-broken", "fleet-gpu"
MIRROR = {"docker_engine_registry_mirrors": ["http://mirror.invalid:5000"]}
# No one listens there.
BAD = {**MIRROR, "docker_engine_repository_url": "http://127.0.0.1:1"}
RECORD = "/var/lib/dockyard/rollout.json"
STATE = "find /etc /var/lib/dpkg /var/lib/dockyard -type f -exec md5sum {} + 2>/dev/null | sort"
HOOK = """
- name: The host is asked to work, or not to
  ansible.builtin.copy:
    dest: /root/works
    content: "WORKS"
    mode: "0644"
"""


def roll_out(folder: Path, settings: dict[str, dict[str, Any]]) -> Run:
    for name, works in (("before", "no"), ("after", "yes")):
        (folder / f"{name}.yml").write_text(HOOK.replace("WORKS", works))
    hooks = ("-e", f"rollout_before={folder}/before.yml", "-e", f"rollout_after={folder}/after.yml")
    order = json.dumps({"rollout_batch": 1, "rollout_first": [CPU, BROKEN]})
    return play("dockyard.gpu.rollout", settings, *hooks, "-e", order)


def test_a_host_that_fails_stops_the_rollout(tmp_path: Path) -> None:
    untouched = shell(GPU, STATE)
    run = roll_out(tmp_path, {CPU: MIRROR, BROKEN: BAD, GPU: MIRROR})
    assert run.rc != 0
    assert run.result("Show the batches")["msg"] == [[CPU], [BROKEN], [GPU]]
    reported = run.result("Summarize the rollout")["msg"]
    for beginning in (
        f"{CPU}: done in batch 1",
        f"{BROKEN}: FAILED in batch 2",
        f"{GPU}: not begun, would be in batch 3",
    ):
        assert [line for line in reported if line.startswith(beginning)], reported
    assert shell(GPU, STATE) == untouched
    assert (shell(CPU, "cat /root/works"), shell(BROKEN, "cat /root/works")) == ("yes", "no")
    assert "127.0.0.1:1" in shell(BROKEN, f"cat {RECORD}")


def test_the_next_rollout_picks_up(tmp_path: Path) -> None:
    """A GPU that was broken before is no fault of the change."""
    run = roll_out(tmp_path, {CPU: MIRROR, BROKEN: MIRROR, GPU: MIRROR})
    assert run.rc == 0, [run.message(host) for host in (CPU, BROKEN, GPU)]
    assert run.result("Show the batches")["msg"] == [[BROKEN], [GPU]]
    for host in (CPU, BROKEN, GPU):
        assert shell(host, "cat /root/works") == "yes"
        assert shell(host, f"ls {RECORD} 2>/dev/null || :") == ""
        assert "mirror.invalid" in shell(host, "docker info --format '{{.RegistryConfig.Mirrors}}'")
