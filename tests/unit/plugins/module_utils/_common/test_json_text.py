# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common import json_text, strict_json
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "number",
    [
        "1e3",
        "1E+3",
        "1.0",
        "1.10",
        "0.1e-7",
        "-0.0",
        "9223372036854775808",
        "18446744073709551616",
        "123456789.123456789",
    ],
)
def test_numbers_are_written_as_they_were(number: str) -> None:
    assert json_text.dumps(strict_json.loads(f'{{"a": [{number}]}}')) == f'{{\n    "a": [\n        {number}\n    ]\n}}'
    # As a number, and nothing else, for whoever compares it or sends it on.
    value = strict_json.loads(number)
    assert json.loads(json.dumps(value)) == json.loads(number)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_what_is_written_is_what_the_standard_library_writes(value: Any) -> None:
    text = json_text.dumps(value)
    assert text == json.dumps(value, indent=4, ensure_ascii=False)
    assert strict_json.loads(text) == value
    assert json_text.problem(value) == ""


def test_what_a_variable_may_hold_and_json_may_not_is_reported() -> None:
    deep: Any = 1
    for _ in range(2000):
        deep = {"a": deep}
    values: list[Any] = [float("inf"), float("nan"), "\ud800", {"a": "\udcff"}, object(), {1: 2, "1": 3}, deep]
    assert all(json_text.problem(value) for value in values)
    assert json_text.problem({"a": [1, None, 2.5, "x"]}) == ""


def test_a_file_is_as_people_expect_it() -> None:
    assert json_text.whole({"b": "\u00e4", "a": {}}) == '{\n    "b": "\u00e4",\n    "a": {}\n}\n'
    assert json_text.whole({}) == "{}\n"
