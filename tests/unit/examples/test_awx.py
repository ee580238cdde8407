# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""examples/awx: surveys ask for variables that there are, and ansible-runner runs the templates as AWX does."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import ansible_runner
import pytest
import yaml
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.variable_specs import PLAYBOOKS, options
from ansible_collections.dockyard.gpu.tests.unit.playbooks.stand_ins import Site
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.stand_in import Machine

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "examples" / "awx"
VARIABLES = yaml.safe_load((EXAMPLE / "variables.yml").read_text())
TEMPLATES = {Path(each["playbook"]).stem: each for each in VARIABLES["awx_templates"]}
SPECS = {
    name: option
    for owner in (PLAYBOOKS, *(path.name for path in (ROOT / "roles").iterdir() if (path / "meta").is_dir()))
    for name, option in options(owner).items()
}
QUESTIONS = {
    f"{playbook}-{each['variable']}": each for playbook, template in TEMPLATES.items() for each in template["questions"]
}


def expected(option: dict[str, Any]) -> tuple[str, list[str]]:
    """Which kind of question has the answers that a variable takes, and among which of them it lets choose."""
    if option["type"] == "bool":
        return "multiplechoice", ["true", "false"]
    if "choices" in option:
        return "multiselect" if option["type"] == "list" else "multiplechoice", option["choices"]
    return "integer" if option["type"] == "int" else "text", []


def default(option: dict[str, Any]) -> Any:
    """As a survey writes it: what can be chosen several times a line each, everything else but numbers a text."""
    value = option["default"]
    if isinstance(value, bool):
        return str(value).lower()
    return "\n".join(value) if isinstance(value, list) else value


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_that_of_a_variable(name: str) -> None:
    question = QUESTIONS[name]
    option = SPECS[question["variable"]]
    assert (question["type"], question.get("choices", [])) == expected(option)
    # Removal has no hosts by itself.
    assert question["default"] == ("" if name == "remove-dockyard_hosts" else default(option))


def test_there_is_a_template_for_each_playbook_of_the_project() -> None:
    assert sorted(path.stem for path in (EXAMPLE / "project").glob("*.yml")) == sorted(TEMPLATES)
    assert {path.stem for path in (EXAMPLE / "project").glob("*.yml")} <= {
        path.stem for path in (ROOT / "playbooks").glob("*.yml")
    }


def test_the_workflow_asks_for_all_that_its_rollout_asks_for() -> None:
    assert VARIABLES["awx_workflow_questions"] == TEMPLATES["rollout"]["questions"]


class Project:
    """A folder as AWX makes it for ansible-runner: project, inventory, answers; over hosts that are stand-ins."""

    def __init__(self, folder: Path, **parts: Any) -> None:
        self.site = Site(folder, **parts)
        self.folder = folder / "private"
        shutil.copytree(EXAMPLE / "project", self.folder / "project")
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "dockyard_become": False}
        inventory = {"all": {"hosts": {"web1": {}, "web2": {}}, "vars": local}}
        (self.folder / "inventory").mkdir()
        (self.folder / "inventory" / "hosts.yml").write_text(yaml.safe_dump(inventory))

    def launch(self, playbook: str, answers: dict[str, Any], *words: str) -> ansible_runner.Runner:
        return ansible_runner.run(
            private_data_dir=str(self.folder),
            playbook=f"{playbook}.yml",
            extravars=answers,
            cmdline=" ".join(words) or None,
            envvars={
                "ANSIBLE_COLLECTIONS_PATH": str(self.site.folder),
                "ANSIBLE_LOCAL_TEMP": str(self.site.folder / "tmp"),
                "LC_ALL": "C.UTF-8",
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            },
            quiet=True,
        )


def answered(playbook: str, **given: Any) -> dict[str, Any]:
    """A survey's defaults but for what is given, as AWX hands them on: of several choices it makes a list."""
    found = {
        each["variable"]: each["default"].split("\n") if each["type"] == "multiselect" else each["default"]
        for each in TEMPLATES[playbook]["questions"]
    }
    return {**found, **given}


def as_text(answers: dict[str, Any]) -> dict[str, str]:
    """As those have them who launch a template with extra variables of their own, and type them."""
    return {name: ",".join(value) if isinstance(value, list) else str(value) for name, value in answers.items()}


def shown(run: ansible_runner.Runner, task: str) -> Any:
    """What a debug task said, from the events that AWX's pages are made from."""
    [event] = [
        each for each in run.events if each["event"] == "runner_on_ok" and each["event_data"]["task"].endswith(task)
    ]
    return event["event_data"]["res"]["msg"]


def output(run: ansible_runner.Runner) -> str:
    return (Path(run.config.artifact_dir) / "stdout").read_text()


def failures(run: ansible_runner.Runner) -> str:
    return "\n".join(
        json.dumps(each["event_data"]["res"]["msg"]) for each in run.events if each["event"] == "runner_on_failed"
    )


def converged() -> dict[str, Any]:
    machine = Machine(hosts.bare_host())
    machine.converge({**hosts.wanted("docker_engine"), "comparison_key": hosts.KEY})
    machine.host["engine"]["containers_running"] = 0
    return machine.host


@pytest.mark.slow
def test_a_plan_is_shown_in_the_jobs_events(tmp_path: Path) -> None:
    project = Project(tmp_path)
    run = project.launch("plan", answered("plan"))
    assert (run.status, run.rc) == ("successful", 0), output(run)
    table = shown(run, "Show the plan")
    assert any("web1" in line and "docker_engine packages" in line for line in table), table
    assert run.stats["changed"] == {}
    # Beside the events, the files that AWX keeps.
    artifacts = Path(run.config.artifact_dir)
    assert (artifacts / "status").read_text() == "successful"
    assert "docker_engine packages" in (artifacts / "stdout").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("said", ["true", "yes"])
def test_drift_is_a_failed_job_where_the_survey_says_so(tmp_path: Path, said: str) -> None:
    run = Project(tmp_path).launch("plan", answered("plan", fail_on_drift=said, dockyard_hosts="web2"))
    assert (run.status, run.rc) == ("failed", 2)
    assert set(run.stats["failures"]) == {"web2"}
    assert "1 host with steps to do: web2" in failures(run)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("playbook", "kind"),
    [
        # These have no answers but texts.
        *(("plan", "as text"), ("site", "as text"), ("report", "as text")),
        *(("rollout", "as AWX"), ("rollout", "as text"), ("remove", "as AWX"), ("remove", "as text")),
    ],
)
def test_a_survey_with_its_defaults_is_accepted(tmp_path: Path, playbook: str, kind: str) -> None:
    """In check mode, over hosts that need nothing, since those of this test are the machine that it runs on."""
    answers = answered(playbook, dockyard_hosts="web1,web2")
    folder = {"report_folder": str(tmp_path / "report")} if playbook == "report" else {}
    given = {**(as_text(answers) if kind == "as text" else answers), **folder}
    host = {} if playbook == "remove" else converged()
    run = Project(tmp_path, **host).launch(playbook, given, "--check")
    assert (run.status, run.rc) == ("successful", 0), output(run)
    assert set(run.stats["ok"]) == {"web1", "web2"}
    if playbook == "report":
        assert [each["host"] for each in json.loads((tmp_path / "report/report.json").read_text())["hosts"]] == [
            "web1",
            "web2",
        ]


@pytest.mark.slow
def test_an_answer_that_cannot_be_is_a_failed_job_that_names_the_variable(tmp_path: Path) -> None:
    run = Project(tmp_path).launch("rollout", answered("rollout", rollout_batch="many"), "--check")
    assert run.status == "failed"
    assert "rollout_batch: " in output(run)


@pytest.mark.slow
def test_a_removal_without_hosts_is_a_failed_job(tmp_path: Path) -> None:
    run = Project(tmp_path).launch("remove", answered("remove"), "--check")
    assert run.status == "failed"
    assert "dockyard_hosts: " in output(run)
