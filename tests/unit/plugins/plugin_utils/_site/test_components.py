# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which components run by which tags."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.dockyard.gpu.plugins.plugin_utils._site import components, tags
from ansible_collections.dockyard.gpu.plugins.plugin_utils._site.components import COMPONENTS, SITE

ROOT = Path(__file__).resolve().parents[5]
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
FOLDER = str(ROOT)


def test_every_playbook_has_components_and_each_is_a_role() -> None:
    assert sorted(COMPONENTS) == sorted(path.stem for path in PLAYBOOKS)
    assert {name for names in COMPONENTS.values() for name in names} <= {path.name for path in ROOT.glob("roles/*")}


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_every_task_of_a_playbook_has_the_playbooks_tag(path: Path) -> None:
    wanted = [f"{{{{ query('dockyard.gpu.components', '{path.stem}', show='tag') }}}}"]
    for play in yaml.safe_load(path.read_text()):
        tasks: list[dict[str, Any]] = [*play.get("pre_tasks", []), *play["tasks"]]
        assert [task["name"] for task in tasks if task.get("tags") != wanted] == []
        # What is included takes tags from blocks and imports, and not from the task that includes it.
        assert [task["name"] for task in tasks if any("include_" in key for key in task)] == []


@pytest.mark.parametrize(
    ("run", "skip", "expected"),
    [
        (["all"], [], list(SITE)),
        (["docker"], [], ["docker_group", "docker_engine"]),
        (["nvidia"], [], ["nvidia_driver", "nvidia_container_toolkit"]),
        (["docker_engine", "nvidia_driver"], [], ["nvidia_driver", "docker_engine"]),
        (["all"], ["nvidia"], ["docker_group", "docker_engine"]),
        (["docker"], ["docker_group"], ["docker_engine"]),
        (["all"], ["docker", "nvidia"], []),
        # Of who imports the playbook.
        (["web"], ["other"], list(SITE)),
        (["tagged"], [], list(SITE)),
    ],
)
def test_tags_choose_components(run: list[str], skip: list[str], expected: list[str]) -> None:
    assert components.chosen("site", run, skip) == expected
    assert sorted([*components.left_out("site", run, skip), *expected]) == sorted(SITE)


@pytest.mark.parametrize("playbook", COMPONENTS)
def test_each_component_has_its_tag_in_every_playbook(playbook: str) -> None:
    for name in COMPONENTS[playbook]:
        assert components.chosen(playbook, [name], []) == [name]
        assert components.left_out(playbook, ["all"], [name]) == [name]
        assert tags.errors([playbook], [name], []) == []
        assert components.tag(playbook, [name], True) == components.tag(playbook, [name], False) == "always"


@pytest.mark.parametrize(
    ("playbooks", "run", "skip", "words"),
    [
        (["site"], ["dokcer"], [], "--tags dokcer: site has no such component; did you mean docker? known:"),
        (["plan"], ["all"], ["nvidia_drivers"], "--skip-tags nvidia_drivers: plan has no such component; did you mean"),
        (["site"], ["gpu_container"], [], "--tags gpu_container: site has no such component"),
        (["verify"], ["docker_group"], [], "known: nvidia_driver, nvidia_container_toolkit, docker_engine"),
        (["site"], ["all"], ["nvidia", "docker"], "--skip-tags nvidia,docker: nothing is left to do"),
        (["site"], ["never"], [], "--tags never: site has no such component"),
    ],
)
def test_what_names_nothing_is_an_error(playbooks: list[str], run: list[str], skip: list[str], words: str) -> None:
    (found,) = tags.errors(playbooks, run, skip)
    assert words in found


def test_all_unknown_tags_are_reported_at_once() -> None:
    assert len(tags.errors(["site"], ["a", "docker", "b"], ["c"])) == 3


def test_a_tag_of_one_of_several_playbooks_is_none_of_the_others() -> None:
    assert tags.errors(["site", "workloads"], ["gpu_container"], []) == []
    assert components.tag("site", ["gpu_container"], True) == components.ORDINARY
    assert components.tag("workloads", ["gpu_container"], True) == "always"


@pytest.mark.parametrize(("run", "tag"), [(["web"], components.ORDINARY), (["web", "docker"], "always")])
def test_of_a_playbook_that_others_import_nothing_runs_for_their_tags(run: list[str], tag: str) -> None:
    assert components.tag("site", run, False) == tag


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["dockyard.gpu.site"], ["site"]),
        (["dockyard.gpu.site.yml", "dockyard.gpu.plan"], ["site", "plan"]),
        ([f"{FOLDER}/playbooks/verify.yml"], ["verify"]),
        (["dockyard.gpu.site", "mine.yml"], []),
        (["site.yml"], []),
        (["other.gpu.site"], []),
        ([], []),
    ],
)
def test_playbooks_that_are_called_by_themselves(arguments: list[str], expected: list[str]) -> None:
    assert components.playbooks_of(arguments, FOLDER) == expected
