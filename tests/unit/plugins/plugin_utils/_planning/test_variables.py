# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every variable of every role and playbook, as YAML, an INI inventory and `-e` give it."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning import variables
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.variable_formats import (
    CALLED_ELSEWHERE,
    FORMATS,
    MAPPINGS,
    RANGES,
)
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.variable_specs import (
    COLLECTION,
    PLAYBOOKS,
    options,
)
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.given import (
    OWNERS,
    TEXTS,
    Variable,
    every,
    fitting,
)

ALL = list(every())
TOP = [each for each in ALL if each.path == each.name]


def ids(found: list[Variable]) -> list[str]:
    return [each.path for each in found]


def of_kind(*kinds: str) -> list[Variable]:
    return [each for each in ALL if each.kind in kinds]


def read(variable: Variable, value: Any) -> tuple[Any, list[str]]:
    """The value at its place, if it is taken, and the errors."""
    read = variables.read(variable.owner, {variable.name: variable.within(value)})
    found = read[variable.name.removeprefix(f"{variable.owner}_")]
    for key in variable.path.split(".")[1:]:
        found = found[0][key] if found else None
    return found, read["errors"]


def taken(variable: Variable, value: Any) -> Any:
    found, errors = read(variable, value)
    assert errors == []
    return found


def error(variable: Variable, value: Any) -> str:
    _found, errors = read(variable, value)
    assert len(errors) == 1, (value, errors)
    assert errors[0].startswith(f"{variable.name}: ")
    return errors[0]


def test_every_kind_of_the_argument_specs_can_be_converted() -> None:
    known = {"str", "path", "bool", "int", "list", "dict", "raw"}
    assert {each.kind for each in ALL} | {each.elements for each in of_kind("list")} <= known


def test_the_tables_name_documented_variables_alone() -> None:
    paths = set(ids(ALL))
    assert {*FORMATS, *RANGES, *MAPPINGS} <= paths
    assert set(CALLED_ELSEWHERE.values()) <= {path.rpartition(".")[2] for path in paths}
    assert not set(CALLED_ELSEWHERE) & {each.path.partition(".")[2] for each in ALL if each.owner == "gpu_container"}


@pytest.mark.parametrize("owner", [*OWNERS, PLAYBOOKS])
def test_what_is_not_given_has_its_default(owner: str) -> None:
    for given in ({}, dict.fromkeys(options(owner))):
        read = variables.read(owner, given)
        assert read.pop("errors") == []
        for name, option in options(owner).items():
            assert read[name.removeprefix(f"{owner}_")] == option.get("default", read[name.removeprefix(f"{owner}_")])


@pytest.mark.parametrize("owner", OWNERS)
def test_the_defaults_of_a_role_are_taken_as_they_are(owner: str) -> None:
    path = COLLECTION / "roles" / owner / "defaults" / "main.yml"
    defaults = yaml.safe_load(path.read_text()) if path.exists() else {}
    plain = {name: value for name, value in defaults.items() if not (isinstance(value, str) and "{{" in value)}
    read = variables.read(owner, plain)
    assert read["errors"] == []
    assert {name: read[name.removeprefix(f"{owner}_")] for name in plain} == plain


@pytest.mark.parametrize("owner", [*OWNERS, PLAYBOOKS])
def test_errors_of_all_variables_come_at_once_and_their_defaults_stand_in(owner: str) -> None:
    read = variables.read(owner, dict.fromkeys(options(owner), object()))
    assert [reason.partition(": ")[0] for reason in read["errors"]] == list(options(owner))
    assert {**read, "errors": []} == variables.read(owner, {})


TRUE, FALSE = (
    (True, "true", "True", "yes", "on", "y", "1", 1, " YES "),
    (False, "false", "no", "off", "n", "0", 0, "FALSE"),
)
NO_TRUTH: tuple[Any, ...] = (
    "nope",
    "",
    "2",
    2,
    -1,
    0.5,
    "truee",
    [],
    [True],
    {},
    "enabled",
    datetime.date(2026, 1, 1),
    "auto",
)


@pytest.mark.parametrize("variable", of_kind("bool"), ids=ids(of_kind("bool")))
def test_truths_come_by_ansibles_own_words_and_no_others(variable: Variable) -> None:
    assert [taken(variable, value) for value in TRUE] == [True] * len(TRUE)
    assert [taken(variable, value) for value in FALSE] == [False] * len(FALSE)
    for value in NO_TRUTH:
        assert "must be true or false; got " in error(variable, value)


NO_NUMBER: tuple[Any, ...] = (
    "2m",
    "",
    "1e3",
    "1_000",
    "0x10",
    "010",
    "1.0",
    1.0,
    True,
    False,
    "nan",
    float("nan"),
    float("inf"),
    [1],
    {},
)
OUTSIDE = (-1, "-1", 2**40, "99999999999", "-99999")


@pytest.mark.parametrize("variable", of_kind("int"), ids=ids(of_kind("int")))
def test_numbers_are_whole_in_digits_and_within_their_range(variable: Variable) -> None:
    fits = fitting(variable)[0]
    assert taken(variable, str(fits)) == taken(variable, f" {fits}\n") == taken(variable, fits) == fits
    assert isinstance(taken(variable, str(fits)), int)
    for value in NO_NUMBER:
        assert "must be a whole number, in digits alone; got " in error(variable, value)
    for value in OUTSIDE:
        assert "must be from" in error(variable, value)
    for value in ("\uff11\uff12", "9" * 5000, 10**5000):
        error(variable, value)


@pytest.mark.parametrize("variable", of_kind("list"), ids=ids(of_kind("list")))
def test_lists_come_as_text_with_commas_or_brackets(variable: Variable) -> None:
    value = fitting(variable)[0]
    assert taken(variable, value) == taken(variable, json.dumps(value)) == taken(variable, tuple(value))
    assert taken(variable, yaml.safe_dump(value, default_flow_style=True, width=10_000)) == taken(variable, value)
    assert taken(variable, "") == taken(variable, " ") == taken(variable, "[]") == taken(variable, []) == []
    for wrong in ({}, {"a": 1}, 5, True, 1.5, "{}", "[a, b", "[a]]", "a,,b", ",", "a,", "[&x a, *x]", "- a\n- b"):
        error(variable, wrong)
    if variable.elements in TEXTS:
        one = value[0]
        assert taken(variable, [one]) == [one]
        plain = [each for each in value if each and not set(each) & set(" ,[]{}\t\r\n\x1b\u2028")]
        assert taken(variable, ",".join(plain)) == taken(variable, " , ".join(plain)) == plain
        for wrong in ("a b", "a, b c"):
            error(variable, wrong)


@pytest.mark.parametrize("variable", of_kind("dict"), ids=ids(of_kind("dict")))
def test_mappings_come_as_json_or_in_yamls_own_form(variable: Variable) -> None:
    value = fitting(variable)[0]
    assert taken(variable, json.dumps(value)) == taken(variable, value) == value
    assert taken(variable, "") == taken(variable, "{}") == taken(variable, {}) == {}
    texts = ("a=b", "a: b", "[]", '{"a": 1', '{"a": "b", "a": "b"}', "{a: b, a: c}", "{a: &x b, c: *x}")
    others: list[Any] = [{5: "a"}, {None: "a"}, {"a": float("nan")}, {"a": {1, 2}}, {"a": datetime.date(2026, 1, 1)}]
    for wrong in ([], 5, True, *texts, *others):
        error(variable, wrong)


# What YAML makes of 1.10, no, 22:22, 2026-12-01 and 0755.
NO_TEXT = (1.1, False, True, datetime.date(2026, 12, 1), 1.0)
# No one can have meant another text by it in a version; elsewhere 22:22 may be behind it.
WHOLE = (1342, 493, 0)


def quoted(reason: str) -> bool:
    return "quote it" in reason or "without quotes" in reason


@pytest.mark.parametrize("variable", of_kind(*TEXTS), ids=ids(of_kind(*TEXTS)))
def test_what_yaml_has_changed_is_no_text(variable: Variable) -> None:
    choices = variable.option.get("choices") or []
    if "true" in choices:
        assert (taken(variable, True), taken(variable, "no"), taken(variable, "false")) == (True, False, False)
    if choices:
        for value in (each for each in NO_TEXT if "true" not in choices or not isinstance(each, (bool, float))):
            # No other choice is a word of which YAML makes false.
            if value is False and "no" in choices:
                assert taken(variable, value) == "no"
            else:
                assert "must be one of" in error(variable, value)
        assert "true" in choices or "without quotes" in error(variable, True)
        return
    for value in NO_TEXT:
        assert quoted(error(variable, value))
    if not variable.form.digits:
        assert all(quoted(error(variable, value)) for value in WHOLE)


WITH_DEFAULT = [each for each in of_kind(*TEXTS) if each.option.get("default") and not each.option.get("choices")]


@pytest.mark.parametrize("variable", WITH_DEFAULT, ids=ids(WITH_DEFAULT))
def test_nothing_is_no_value_where_something_is_needed(variable: Variable) -> None:
    """An empty report_folder is no folder, and an empty command tells no time of boot."""
    assert variable.name in error(variable, "")


INI_TEXTS = [each for each in of_kind(*TEXTS) if "." not in each.path and not each.option.get("choices")]


@pytest.mark.parametrize("variable", INI_TEXTS, ids=ids(INI_TEXTS))
def test_the_way_out_is_one_in_an_ini_inventory_too(variable: Variable, tmp_path: Path) -> None:
    """As Ansible itself reads it: the quotes that everybody writes are gone by then."""
    inventory = tmp_path / "hosts"
    inventory.write_text("""one x="1.10"\ntwo x="'1.10'"\n""")
    hosts = InventoryManager(DataLoader(), [str(inventory)]).hosts
    reason = error(variable, hosts["one"].get_vars()["x"])
    assert """must be a string (quote it); got """ in reason
    assert reason.endswith("""(in an INI inventory in both kinds of quotes: "'1.10'")""")
    assert hosts["two"].get_vars()["x"] == "1.10"


TEXT_LISTS = [each for each in of_kind("list") if each.elements in TEXTS]


@pytest.mark.parametrize("variable", TEXT_LISTS, ids=ids(TEXT_LISTS))
def test_nor_is_it_one_in_a_list(variable: Variable) -> None:
    for value in (*NO_TEXT, *WHOLE, None):
        reason = error(variable, [*fitting(variable)[0][:1], value])
        assert quoted(reason) or "must be one of" in reason
    # As text it is what was written.
    if not variable.option.get("choices"):
        assert "1.10" in (taken(variable, "[1.10]") if variable.form.fits("1.10") else error(variable, "[1.10]"))


MAPPINGS_OF_TEXTS = [each for each in ALL if each.path in MAPPINGS]


@pytest.mark.parametrize("variable", MAPPINGS_OF_TEXTS, ids=ids(MAPPINGS_OF_TEXTS))
def test_nor_in_a_mapping_of_texts_and_the_value_is_not_repeated(variable: Variable) -> None:
    nothing: list[Any] = [None, [], {}]
    for value in (*NO_TEXT, *WHOLE, *nothing):
        reason = error(variable, {"A": "opensesame", "X": value, "Y": value})
        assert "'X', 'Y'" in reason
        assert quoted(reason)
        assert "opensesame" not in reason
        assert str(value) not in reason.partition("'X', 'Y'")[2] or value in ([], {})


@pytest.mark.parametrize("name", ["docker_engine_version", "nvidia_driver_branch", "rollout_batch"])
def test_a_whole_number_is_a_version_a_branch_or_a_size(name: str) -> None:
    (variable,) = [each for each in TOP if each.name == name]
    assert taken(variable, 580) == "580"


VERSIONS = [each for each in ALL if each.path.endswith(("_version", "_branch", ".tag"))]


@pytest.mark.parametrize("variable", VERSIONS, ids=ids(VERSIONS))
def test_of_a_version_without_quotes_is_said_what_yaml_made_of_it(variable: Variable) -> None:
    assert "must be a string (quote it); got 29.1; YAML reads 29.10 without quotes as 29.1, too" in error(
        variable, 29.10
    )


@pytest.mark.parametrize("variable", TEXT_LISTS, ids=ids(TEXT_LISTS))
def test_one_text_is_a_list_of_one_where_that_is_what_is_meant(variable: Variable) -> None:
    """As `-e docker_group_users=ada` gives it."""
    plain = [each for each in fitting(variable)[0] if each and not set(each) & set(" ,[]{}\t\r\n\x1b\u2028")]
    plain = plain or ["sh"]
    assert [taken(variable, each) for each in plain] == [[each] for each in plain]


def test_one_container_without_brackets_is_told_apart_from_a_list_of_one() -> None:
    (variable,) = [each for each in TOP if each.name == "gpu_container_list"]
    assert error(variable, {"name": "one", "image": "debian:13"}).endswith(
        "got a mapping; put it into brackets: [{...}]"
    )


SECRETS = [each for each in ALL if each.path in FORMATS and FORMATS[each.path].secret]


@pytest.mark.parametrize("variable", SECRETS, ids=ids(SECRETS))
def test_what_may_be_secret_is_not_repeated(variable: Variable) -> None:
    for value in ("joe:open sesame@proxy\0", 5005, ["opensesame"], {"opensesame": 1}, variables.Unknown("opensesame")):
        reasons = read(variable, value)[1]
        assert "sesame" not in str(reasons)
        assert "5005" not in str(reasons)


def test_a_template_that_cannot_be_worked_out_is_an_error_of_its_variable() -> None:
    given = {"docker_engine_config": variables.Unknown("'nope' is undefined")}
    assert variables.read("docker_engine", given)["errors"] == [
        "docker_engine_config: its template cannot be rendered: 'nope' is undefined"
    ]


def test_all_that_is_wrong_with_an_element_is_reported_and_the_rest_of_it_stays() -> None:
    one = {"name": "one", "image": "debian:13", "ports": [8888], "user": 1000, "device": [1], "gpus": [9]}
    read = variables.read("gpu_container", {"gpu_container_list": [one, "two", {"image": "x"}, {"name": 5}]})
    assert read["errors"] == [
        "gpu_container_list: one: unknown key 'device'; did you mean gpus?",
        "gpu_container_list: one: user: must be a string (quote it); got 1000",
        "gpu_container_list: one: ports: must be a string (quote it); got 8888",
        "gpu_container_list: element 2 must be a mapping with name and so on; got 'two'",
        "gpu_container_list: element 3: name is missing",
        "gpu_container_list: element 4: name: must be a string (quote it); got 5",
    ]
    assert [(each["name"], each["gpus"], each["bad"]) for each in read["list"]] == [("one", [9], ["user", "ports"])]


@pytest.mark.parametrize(("key", "meant"), sorted(CALLED_ELSEWHERE.items()))
def test_a_name_that_others_use_is_understood(key: str, meant: str) -> None:
    owner = "container_image" if meant in ("args", "context", "dockerfile", "platforms") else "gpu_container"
    read = variables.read(owner, {f"{owner}_list": [{"name": "one", key: "x"}]})
    assert read["errors"] == [f"{owner}_list: one: unknown key '{key}'; did you mean {meant}?"]


@pytest.mark.parametrize(
    ("choices", "given", "expected"),
    [
        (["auto", "true", "false"], "auto", "auto"),
        (["auto", "true", "false"], True, True),
        (["auto", True, False], "no", False),
        (["auto", "true", "false"], "yes", True),
    ],
)
def test_a_third_value_beside_true_and_false(choices: list[Any], given: Any, expected: Any) -> None:
    reader = variables._Reader()
    assert reader.value("x", "x", {"type": "raw", "choices": choices}, given) == expected
    assert reader.errors == []
    reader.value("x", "x", {"type": "raw", "choices": choices}, "nope")
    assert reader.errors == [f"x: must be one of {', '.join(map(str, choices))}; got 'nope'"]
