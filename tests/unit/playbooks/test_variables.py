# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables through Ansible itself: by -e, and from an INI inventory, into the playbooks as they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.variable_specs import PLAYBOOKS
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import given, hosts
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.given import Variable
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.stand_in import Machine

from .stand_ins import Site

SITE = ("docker_engine", "docker_group", "nvidia_driver", "nvidia_container_toolkit")
# What an INI inventory makes of the first and the last is a truth and a mapping.
WRONG = {"str": "False", "path": "False", "bool": "nope", "int": "2m", "dict": "nope", "list": "{'a': 1}"}
# The playbook that says what is wrong with a variable, by its owner.
PLAYBOOK_OF = {"container_image": "workloads", "gpu_container": "workloads", "rollout": "rollout", "remove": "remove"}


def variables(*owners: str) -> list[Variable]:
    return [each for owner in owners for each in given.variables(owner)]


def wrong(variable: Variable) -> str:
    return "none-such" if variable.option.get("choices") else WRONG[variable.kind]


def text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def extra(values: dict[str, Any]) -> list[str]:
    """As people type them: -e name=text."""
    return [word for name, value in values.items() for word in ("-e", f"{name}={json.dumps(text(value))}")]


def fitting(*owners: str) -> dict[str, Any]:
    """Of each variable a value that differs from its default, where those of all do not exclude each other."""
    found = {each.name: given.fitting(each)[0] for each in variables(*owners)}
    apart = {
        "nvidia_driver_source": "auto",
        "nvidia_driver_kernel_modules": "auto",
        "nvidia_container_toolkit_state": "present",
        "nvidia_container_toolkit_version": "latest",
        "docker_group_users": ["ada", "bob"],
    }
    return {**found, **{name: value for name, value in apart.items() if name in found}}


def wrong_values(*owners: str) -> dict[str, Any]:
    """As JSON, since there is hardly a text that a text could not be."""
    return {each.name: False if each.is_text else wrong(each) for each in variables(*owners)}


def test_what_is_typed_is_what_an_inventory_says(tmp_path: Path) -> None:
    values = fitting(*SITE)
    site = Site(tmp_path)
    (tmp_path / "typed.json").write_text(json.dumps(values))
    by_file = site.plans("one", "-e", f"@{tmp_path}/typed.json")["one"]
    assert by_file["errors"] == []
    assert by_file["steps"]
    assert site.plans("one", *extra(values))["one"] == by_file


def test_all_that_is_wrong_in_a_plan_is_reported_at_once(tmp_path: Path) -> None:
    values = wrong_values(*SITE)
    plan = Site(tmp_path).plans("one", "-e", json.dumps(values))["one"]
    assert {reason.partition(": ")[0] for reason in plan["errors"]} == set(values)


@pytest.mark.slow
def test_one_bad_value_of_a_host_is_an_error_of_that_host_and_names_the_variable(tmp_path: Path) -> None:
    """A host for each variable of all roles that site.yml plans for, and one without."""
    tried = variables(*SITE)
    # In sections of their own, since a host's line is taken apart at blanks.
    rows = [f"[g_{each.name}]\nh-{each.name}\n[g_{each.name}:vars]\n{each.name}={wrong(each)}\n" for each in tried]
    found = Site(tmp_path).plans("\n".join(["well", *rows]))
    assert found["well"]["state"] == "drift"
    for each in tried:
        plan = found[f"h-{each.name}"]
        assert (plan["state"], len(plan["errors"])) == ("invalid", 1), plan
        assert plan["errors"][0].startswith(f"{each.name}: "), plan


@pytest.mark.slow
@pytest.mark.parametrize("owner", PLAYBOOK_OF)
def test_all_that_is_wrong_is_reported_before_anything_happens(tmp_path: Path, owner: str) -> None:
    values = wrong_values(owner)
    done = Site(tmp_path).play(f"dockyard.gpu.{PLAYBOOK_OF[owner]}", "one\ntwo", "--check", "-e", json.dumps(values))
    assert done.rc != 0
    assert [name for name in values if f"{name}: " not in done.text] == []
    assert "changed=1" not in done.text


@pytest.mark.slow
@pytest.mark.parametrize("each", variables(PLAYBOOKS), ids=[each.name for each in variables(PLAYBOOKS)])
def test_what_is_wrong_with_a_playbooks_own_variable_is_reported_first(tmp_path: Path, each: Variable) -> None:
    value = {"str": ["a"], "list": 5, "bool": "nope"}[each.kind]
    playbook = "report" if each.name == "report_folder" else "plan"
    done = Site(tmp_path).play(f"dockyard.gpu.{playbook}", "one", "-e", json.dumps({each.name: value}))
    assert done.rc != 0
    assert f"{each.name}: " in done.text
    assert "TASK [" not in done.text


@pytest.mark.slow
def test_a_bad_value_of_one_host_does_not_end_the_run_for_the_others(tmp_path: Path) -> None:
    machine = Machine(hosts.bare_host())
    machine.converge({**hosts.wanted("docker_engine"), "comparison_key": hosts.KEY})
    machine.host["engine"]["containers_running"] = 0
    bad = "[g]\nbad\n[g:vars]\ndocker_engine_config=live-restore: false\ndocker_engine_lock_timeout={{ nope }}\n"
    done = Site(tmp_path, **machine.host).play("dockyard.gpu.site", f"well\n{bad}", "--check")
    assert done.rc == 2
    assert "docker_engine_lock_timeout: its template cannot be rendered: " in done.text
    assert "docker_engine_config: must be a mapping, in YAML or JSON, such as" in done.text
    assert "well : ok=2 changed=0 unreachable=0 failed=0" in done.text
    assert "well: A look-alike, engine" in done.text


@pytest.mark.slow
def test_a_user_is_one_and_not_another_whose_name_is_a_part_of_it(tmp_path: Path) -> None:
    group = {"exists": True, "gid": 998, "members": ["ada"], "primary_members": []}
    typed = ("-e", "docker_group_users=adam", "-e", "docker_group_exclusive=yes")
    planned = Site(tmp_path, docker_group=group).plans("one", *typed)["one"]["steps"]
    assert [step["to"] for step in planned if step["step"] == "members"] == [["adam"]]


@pytest.mark.slow
@pytest.mark.parametrize("first", ["web2", "[web2]", "web2,web3"])
def test_who_comes_first_may_come_as_text(tmp_path: Path, first: str) -> None:
    done = Site(tmp_path).play("dockyard.gpu.rollout", "web1\nweb2\nweb3", "--check", "-e", f"rollout_first={first}")
    assert done.rc == 0, done.text
    order = ("web2", "web3", "web1") if "web3" in first else ("web2", "web1", "web3")
    assert "msg: " + " ".join(f"- - {name}" for name in order) in done.text


@pytest.mark.slow
def test_a_host_that_comes_first_and_is_none_is_an_error(tmp_path: Path) -> None:
    done = Site(tmp_path).play("dockyard.gpu.rollout", "web1\nweb2", "--check", "-e", "rollout_first=web9")
    assert done.rc != 0
    assert "rollout_first: web9 is no host of this run" in done.text
