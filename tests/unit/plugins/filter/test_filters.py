# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters under the names, and with the errors, that templates know."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.dockyard.gpu.plugins.filter import fleet, plans, roles
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.container_stand_in import host as container_host
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import bare_host, settings
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import wanted as wanted_of

FOLDER = Path(plans.__file__).parent
FILTERS: dict[str, Callable[..., Any]] = {
    **plans.FilterModule().filters(),
    **fleet.FilterModule().filters(),
    **roles.FilterModule().filters(),
}


def named(name: str) -> Callable[..., Any]:
    return FILTERS[name]


def test_a_page_belongs_to_a_filter() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.yml")) == sorted(FILTERS)


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_every_filter_has_its_name_and_its_page(name: str) -> None:
    page = yaml.safe_load((FOLDER / f"{name}.yml").read_text())
    assert page["DOCUMENTATION"]["name"] == name
    assert f"dockyard.gpu.{name}" in page["EXAMPLES"]
    assert page["RETURN"]["_value"]["type"]


def test_a_plan_in_words_in_a_template(tmp_path: Path) -> None:
    """Through Ansible itself, as playbooks use them."""
    (tmp_path / "variables.json").write_text(json.dumps({"host": bare_host(), "wanted": settings()}))
    message = '{{ (host | dockyard.gpu.plan("docker_engine", wanted)).steps | dockyard.gpu.plan_lines | to_json }}'
    command = [sys.executable, "-m", "ansible", "adhoc", "localhost", "-i", "localhost,", "-c", "local", "-m", "debug"]
    done = subprocess.run(
        [*command, "-e", f"@{tmp_path}/variables.json", "-a", f"msg='{message}'"],
        env={**os.environ, "ANSIBLE_LOCAL_TEMP": str(tmp_path), "ANSIBLE_NOCOLOR": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "docker_engine: repository_key: the repository's key is missing" in done.stdout


@pytest.mark.parametrize(
    ("component", "wanted"),
    [
        ("docker_engine", settings(source="snap", version="new")),
        ("docker_group", wanted_of("docker_group", users=["eve"])),
    ],
)
def test_where_something_is_invalid_there_are_errors_and_no_steps(component: str, wanted: dict[str, Any]) -> None:
    found = named("plan")(bare_host(), component, wanted)
    assert found["errors"]
    assert all(reason.startswith(component) for reason in found["errors"])
    assert found["steps"] == []


@pytest.mark.parametrize(
    ("component", "wanted", "first"),
    [
        ("docker_engine", settings(), "repository_key"),
        ("docker_group", wanted_of("docker_group", users=["ann"], exclusive=True), "group"),
    ],
)
def test_there_are_steps_where_nothing_is_invalid(component: str, wanted: dict[str, Any], first: str) -> None:
    host = bare_host(users={"ann": True})
    found = named("plan")(host, component, wanted)
    assert found["errors"] == []
    steps = found["steps"]
    assert steps[0]["step"] == first
    assert named("plan_lines")(steps)[0].startswith(f"{component}: {first}: ")


def test_a_proxys_environment() -> None:
    found = named("proxy_environment")("http://p.example.org:3128", "", ["::1"])
    assert 'HTTP_PROXY="http://p.example.org:3128"\nNO_PROXY="::1"' in found


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("E: Failed to fetch http://ann:opensesame@mirror.example.org/x.deb", "http://***@mirror.example.org/x.deb"),
        (["ok", "TOKEN=opensesame"], "TOKEN=***"),
        ({"stderr": "login --password opensesame"}, "--password ***"),
        ("nothing to hide {{ 7 * 7 }}", "nothing to hide {{ 7 * 7 }}"),
    ],
)
def test_what_programs_say_is_masked_and_stays_data(said: Any, shown: str) -> None:
    found = named("masked")(said)
    assert shown in json.dumps(found)
    assert "opensesame" not in json.dumps(found)
    # Before 2.19, what is not marked so is a template where a variable keeps it.
    if isinstance(said, str):
        assert type(found) is type(wrap_var("x"))


def test_the_reasons_of_failures_are_masked() -> None:
    result = {"failed": True, "msg": "E: cannot fetch http://ann:opensesame@mirror.example.org/x.deb"}
    full = {**result, "stderr": "write error - http://ann:opensesame@m.example.org: No space left on device"}
    said = named("failure_reason")(result) + named("apt_failure")(full, "", "docker_engine", 7)
    assert "http://***@mirror.example.org" in said
    assert "opensesame" not in said


def test_limits() -> None:
    found = named("engine_config")(bare_host(open_files_limit=1024), wanted_of("docker_engine"))
    assert found["default-ulimits"]["nofile"] == {"Name": "nofile", "Soft": 1024, "Hard": 1024}


def test_a_summary() -> None:
    hostvars = {"n1": {"ansible_facts": {"dockyard_host": bare_host()}}}
    assert named("summary")(hostvars, ["n1"], ["n1"], False)[0].startswith("n1: A look-alike")


def test_gpus_are_selected_or_the_error_is_an_error() -> None:
    gpus = [{"index": number, "uuid": f"GPU-{number}", "mig_devices": []} for number in range(2)]
    select = named("select_gpus")
    assert select(gpus, [1]) == ["GPU-1"]
    assert select(gpus, {"count": 1, "exclusive": True}, taken={"other": [0]}) == ["GPU-1"]
    with pytest.raises(AnsibleFilterError, match="GPU 9 does not exist"):
        select(gpus, [9])


def test_containers_are_planned_or_there_is_an_error() -> None:
    wanted = {**wanted_of("gpu_container", list=[{"name": "one", "image": "debian:13", "gpus": [4]}]), "preview": False}
    assert len(named("plan")(container_host(), "gpu_container", wanted)["errors"]) == 1
    wanted["list"][0]["gpus"] = "all"
    assert named("plan")(container_host(), "gpu_container", wanted)["steps"][0]["step"] == "create"


@pytest.mark.parametrize("role", ["nvidia_driver", "nvidia_container_toolkit"])
def test_what_there_is_to_know_beside_the_steps_comes_with_errors_too(role: str) -> None:
    wanted = wanted_of(role, source="nowhere") if role == "nvidia_driver" else wanted_of(role, version="x y")
    found = named("plan")(bare_host(), role, {**wanted, "today": "2026-11"})
    assert found["errors"]
    assert "untouched" in found["status"]


def test_a_role_that_is_not_there_is_named_beside_those_that_are() -> None:
    with pytest.raises(AnsibleFilterError, match="'engine'; there are container_image, docker_engine"):
        named("plan")(bare_host(), "engine", {})
