# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""examples/awx/configure.yml by the modules of awx.awx, against a stand-in of AWX's API."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from . import awx

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "examples" / "awx"
MODULES = Path(sysconfig.get_path("purelib")) / "ansible_collections" / "awx" / "awx"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not MODULES.exists(), reason="awx.awx is in the package ansible only up to its release 12"),
]


def configure(address: str) -> str:
    own = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), str(EXAMPLE / "configure.yml")],
        env={
            **own,
            "CONTROLLER_HOST": address,
            "CONTROLLER_OAUTH_TOKEN": "of-the-test",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_NOCOLOR": "1",
            "LC_ALL": "C.UTF-8",
        },
        # Where no configuration is.
        cwd=EXAMPLE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def configured() -> tuple[awx.Awx, str]:
    """What is there after two runs, and what the second said."""
    with awx.running() as controller:
        configure(controller.address)
        return controller, configure(controller.address)


def test_a_second_run_changes_nothing(configured: tuple[awx.Awx, str]) -> None:
    assert re.findall(r"^(\w+): \[localhost\]", configured[1], re.MULTILINE).count("ok") > 8
    assert "changed: " not in configured[1]


def test_it_creates_what_its_readme_lists(configured: tuple[awx.Awx, str]) -> None:
    controller = configured[0]
    templates = controller.named("job_templates")
    listed = re.findall(r"^\| (dockyard \w+)(?:, a workflow)? \|", (EXAMPLE / "README.md").read_text(), re.MULTILINE)
    assert [*templates, *controller.named("workflow_job_templates")] == listed
    [credential] = controller.kinds["credentials"].values()
    assert "inputs" not in credential
    for each in templates.values():
        assert controller.surveys[each["related"]["survey_spec"]]["spec"]
        assert controller.links(each, "credentials") == [credential["id"]]
        assert each["execution_environment"] == controller.named("execution_environments")["dockyard.gpu"]["id"]
    assert json.loads(templates["dockyard report"]["extra_vars"]) == {"report_folder": "/srv/dockyard-report"}


def test_a_change_is_rolled_out_only_after_its_approval(configured: tuple[awx.Awx, str]) -> None:
    controller = configured[0]
    nodes = controller.named("workflow_job_template_nodes")
    assert list(nodes) == ["plan", "approval", "rollout", "verify"]
    after = {name: controller.links(node, "success_nodes") for name, node in nodes.items()}
    assert after == {
        "plan": [nodes["approval"]["id"]],
        "approval": [nodes["rollout"]["id"]],
        "rollout": [nodes["verify"]["id"]],
        "verify": [],
    }
    assert not any(controller.links(node, way) for node in nodes.values() for way in ("failure_nodes", "always_nodes"))
    approval = controller.named("workflow_approval_templates")["The plan is as intended"]
    assert nodes["approval"]["unified_job_template"] == approval["id"]
    [schedule] = controller.kinds["schedules"].values()
    assert schedule["unified_job_template"] == controller.named("job_templates")["dockyard plan"]["id"]
