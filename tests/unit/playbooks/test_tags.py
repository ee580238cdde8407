# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""--tags and --skip-tags through Ansible itself: what runs, what is said of the rest, and what names nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.phases import PHASES
from ansible_collections.dockyard.gpu.plugins.plugin_utils._site.components import (
    COMPONENTS,
    SITE,
    TOGETHER,
)
from ansible_collections.dockyard.gpu.plugins.plugin_utils._site.tags import all_tags
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import machines

from .stand_ins import Outcome, Site

WANTED = ("-e", "docker_group_users=ada")
# Without a repository of vendors', whose key even a preview asks for.
PREVIEWED = (
    *WANTED,
    "--check",
    "-e",
    "docker_engine_source=distribution",
    "-e",
    "nvidia_container_toolkit_state=absent",
)
WITH_STEPS = {*SITE} - {"nvidia_container_toolkit"}


def bare(folder: Path) -> Site:
    """All components have something to do."""
    host = machines.host("h100x8", "Ubuntu 24.04")
    return Site(folder, **{name: host[name] for name in ("nvidia", "distribution")})


def roles(done: Outcome) -> set[str]:
    """Whose tasks ran, or were skipped."""
    # Ansible itself checks argument specs whatever is asked for.
    found = re.findall(r"TASK \[dockyard\.gpu\.(\w+) : (?!Validating)", done.stdout)
    return {name for name in found if name in SITE}


def planned(folder: Path, *arguments: str) -> set[str]:
    site = bare(folder)
    plan = site.plans("one", *WANTED, *arguments, "-e", f"plan_file={folder}/plan.json")["one"]
    left_out = json.loads((folder / "plan.json").read_text())["left_out"]
    assert {step["component"] for step in plan["steps"]} | {*left_out} == {*SITE}
    return {step["component"] for step in plan["steps"]}


def test_a_plan_is_of_the_components_that_are_named(tmp_path: Path) -> None:
    assert planned(tmp_path, "--tags", "docker") == {*TOGETHER["docker"]}


@pytest.mark.slow
@pytest.mark.parametrize("tag", [*SITE, "nvidia", "all"])
def test_a_plan_is_of_each_component_that_is_named(tmp_path: Path, tag: str) -> None:
    assert planned(tmp_path, "--tags", tag) == {*({"all": SITE, **TOGETHER}.get(tag, [tag]))}


@pytest.mark.slow
def test_a_plan_is_without_the_components_that_are_left_out(tmp_path: Path) -> None:
    assert planned(tmp_path, "--skip-tags", "nvidia,docker_group") == {"docker_engine"}


@pytest.mark.slow
@pytest.mark.parametrize("tag", ["docker_group", "nvidia_driver", "docker"])
def test_site_does_what_is_named_and_says_what_it_left_out(tmp_path: Path, tag: str) -> None:
    done = bare(tmp_path).play("dockyard.gpu.site", "one", "--tags", tag, *PREVIEWED)
    wanted = {*TOGETHER.get(tag, [tag])}
    assert done.rc == 0, done.text
    assert roles(done) == wanted
    rest = ", ".join(name for name in SITE if name not in wanted)
    assert f"left out by tags, and neither planned for nor changed: {rest}" in done.text
    changed = done.text.partition("changed: nothing yet; a run without --check does ")[2].partition(" verified:")[0]
    assert {step.split()[0] for step in changed.rstrip(" -").split(", ")} == wanted


@pytest.mark.slow
def test_what_is_wrong_with_a_component_that_is_left_out_is_no_error(tmp_path: Path) -> None:
    site = bare(tmp_path)
    arguments = ("--check", "-e", "nvidia_driver_branch=nope", *WANTED)
    assert site.play("dockyard.gpu.site", "one", "--tags", "docker_group", *arguments).rc == 0
    assert site.play("dockyard.gpu.site", "one", *arguments).rc == 2


@pytest.mark.slow
def test_a_host_that_has_all_that_is_named_is_converged(tmp_path: Path) -> None:
    done = bare(tmp_path).play("dockyard.gpu.site", "one", "--tags", "docker_group")
    assert done.rc == 0, done.text
    assert "one : ok=2 changed=0" in done.text
    assert "changed: nothing" in done.text
    assert "left out by tags" in done.text


@pytest.mark.slow
@pytest.mark.parametrize("tag", ["docker", "nvidia_driver"])
def test_a_rollout_is_of_the_components_that_are_named(tmp_path: Path, tag: str) -> None:
    done = bare(tmp_path).play("dockyard.gpu.rollout", "one", "--check", "--tags", tag, *WANTED)
    assert done.rc == 0, done.text
    assert {*re.findall(r"- '?(\w+): \w+: .*?\(disrupts", done.stdout)} == {*TOGETHER.get(tag, [tag])}
    assert "left out by tags" in done.text


@pytest.mark.slow
def test_a_report_says_what_was_left_out(tmp_path: Path) -> None:
    done = bare(tmp_path).play("dockyard.gpu.report", "one", "--tags", "docker", *WANTED)
    assert done.rc == 0, done.text
    report = json.loads((tmp_path / "dockyard-report" / "report.json").read_text())
    assert report["left_out"] == [*TOGETHER["nvidia"]]
    assert {step["component"] for step in report["hosts"][0]["steps"]} == {*TOGETHER["docker"]}
    assert "left out by tags" in (tmp_path / "dockyard-report" / "index.html").read_text()


@pytest.mark.parametrize("playbook", ["site", "remove"])
def test_an_unknown_tag_is_an_error_before_anything_happens(tmp_path: Path, playbook: str) -> None:
    done = bare(tmp_path).play(f"dockyard.gpu.{playbook}", "one", "--check", "--tags", "dokcer")
    assert done.rc != 0
    assert f"--tags dokcer: {playbook} has no such component; did you mean docker?" in done.text
    assert "TASK [" not in done.text


@pytest.mark.slow
@pytest.mark.parametrize("playbook", COMPONENTS)
@pytest.mark.parametrize("option", ["--tags", "--skip-tags"])
def test_an_unknown_tag_is_an_error_of_each_playbook(tmp_path: Path, playbook: str, option: str) -> None:
    done = bare(tmp_path).play(f"dockyard.gpu.{playbook}", "one", "--check", option, "nope")
    assert done.rc != 0
    assert f"{option} nope: {playbook} has no such component; known: {COMPONENTS[playbook][0]}" in done.text
    assert "TASK [" not in done.text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tags", "expected"),
    [("web", set()), ("infra", WITH_STEPS), ("web,docker", {*TOGETHER["docker"]}), ("all", WITH_STEPS)],
)
def test_a_playbook_that_others_import_follows_their_tags(tmp_path: Path, tags: str, expected: set[str]) -> None:
    site = bare(tmp_path)
    imported = {"ansible.builtin.import_playbook": "dockyard.gpu.site", "tags": "infra"}
    task = {"ansible.builtin.debug": {"msg": "mine"}, "tags": "web"}
    (tmp_path / "mine.yml").write_text(json.dumps([imported, {"hosts": "all", "gather_facts": False, "tasks": [task]}]))
    done = site.play("mine.yml", "one", "--tags", tags, *PREVIEWED)
    assert done.rc == 0, done.text
    assert roles(done) == expected
    assert ("msg: mine" in done.stdout) == (tags != "infra")


@pytest.mark.slow
@pytest.mark.parametrize("role", sorted(WITH_STEPS))
def test_a_role_of_ones_own_play_goes_by_the_tag_that_it_has_there(tmp_path: Path, role: str) -> None:
    site = bare(tmp_path)
    roles_of = [{"role": f"dockyard.gpu.{each}", "tags": f"of_{each}"} for each in SITE]
    (tmp_path / "mine.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "roles": roles_of}]))
    done = site.play("mine.yml", "one", "--tags", f"of_{role}", *PREVIEWED)
    assert done.rc == 0, done.text
    assert roles(done) == {role}
    assert "Show what a run without --check would do" in done.text


OF_ENGINE = {"packages", "config", "service", "verify"}
PHASES_OF_ENGINE = [f"docker_engine_{phase}" for phase in PHASES["docker_engine"]]


@pytest.mark.slow
def test_a_plan_is_of_the_phase_that_is_named(tmp_path: Path) -> None:
    site = bare(tmp_path)
    for tag, steps in (("docker_engine_config", ["config"]), ("docker_engine_hold,docker_engine_verify", ["verify"])):
        plan = site.plans("one", "--tags", tag)["one"]
        assert [(step["component"], step["step"]) for step in plan["steps"]] == [
            ("docker_engine", step) for step in steps
        ]
    rest = [
        step["step"] for step in site.plans("one", "--skip-tags", "nvidia,docker_engine_repository")["one"]["steps"]
    ]
    assert "packages" in rest
    assert "repository" not in rest


@pytest.mark.slow
def test_site_takes_the_steps_of_a_phase_and_says_what_it_left_out(tmp_path: Path) -> None:
    done = bare(tmp_path).play("dockyard.gpu.site", "one", "--tags", "docker_engine_config", *PREVIEWED)
    assert done.rc == 0, done.text
    assert re.search(r"a run without --check does docker_engine config\W+verified:", done.text)
    assert "docker_engine_repository, docker_engine_packages, docker_engine_service" in done.text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (("--tags", "docker_engine_config"), {"config"}),
        (("--tags", "docker_engine"), OF_ENGINE),
        (("--skip-tags", "docker_engine_packages"), OF_ENGINE - {"packages"}),
        # The play's own tag, and one that is on another task.
        (("--tags", "mine"), OF_ENGINE),
        (("--tags", "web"), set()),
        (("--tags", "mine", "--skip-tags", "docker_engine_config"), OF_ENGINE - {"config"}),
    ],
)
@pytest.mark.parametrize("way", ["roles", "import_role", "include_role"])
def test_phases_are_tags_of_a_role_in_a_play_of_ones_own(
    tmp_path: Path, way: str, arguments: tuple[str, ...], shown: set[str]
) -> None:
    site = bare(tmp_path)
    role: dict[str, object] = {"role": "dockyard.gpu.docker_engine", "tags": "mine"}
    play: dict[str, object] = {"hosts": "all", "gather_facts": False, "roles": [role]}
    if way != "roles":
        task: dict[str, object] = {f"ansible.builtin.{way}": {"name": "dockyard.gpu.docker_engine"}}
        if way == "include_role":
            # As Ansible has it: what is included takes the tags of a block, and the include has to be reached by them.
            task = {"tags": ["mine", "docker_engine", *PHASES_OF_ENGINE[2:3]], "block": [task]}
            if "--skip-tags" in arguments:
                pytest.skip("the tags of the block are the play's matter")
        else:
            task["tags"] = "mine"
        play = {"hosts": "all", "gather_facts": False, "tasks": [task]}
    (tmp_path / "mine.yml").write_text(json.dumps([play]))
    done = site.play("mine.yml", "one", *arguments, *PREVIEWED)
    assert done.rc == 0, done.text
    found = {*re.findall(r"\(item=(\w+)\) =>", done.stdout)}
    assert found == shown, done.stdout


@pytest.mark.parametrize("playbook", ["site", "verify"])
def test_tags_are_listed(tmp_path: Path, playbook: str) -> None:
    done = bare(tmp_path).play(f"dockyard.gpu.{playbook}", "one", "--list-tags")
    assert done.rc == 0, done.text
    for tag in all_tags(playbook):
        assert re.search(rf"TASK TAGS: \[.*\b{tag}\b", done.stdout), done.stdout


def test_tags_of_a_role_are_listed(tmp_path: Path) -> None:
    site = bare(tmp_path)
    play = {"hosts": "all", "gather_facts": False, "roles": ["dockyard.gpu.docker_engine"]}
    (tmp_path / "mine.yml").write_text(json.dumps([play]))
    done = site.play("mine.yml", "one", "--list-tags")
    listed = re.findall(r"TASK TAGS: \[(.*)\]", done.stdout)
    assert {*listed[0].split(", ")} >= {"docker_engine", *PHASES_OF_ENGINE}
