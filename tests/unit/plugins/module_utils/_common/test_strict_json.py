# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common import strict_json
from hypothesis import given
from hypothesis import strategies as st

REJECTED = {
    '{"runtimes": {"a": 1}, "debug": true, "runtimes": {"b": 2}}': "'runtimes' more than once",
    '{"log-opts": {"max-size": "1m", "max-size": "2m"}}': "'log-opts.max-size' more than once",
    '{"a": [{"b": 1, "b": 1}]}': "'a.b' more than once",
    # The first of two is gone, and the place of what was in it.
    '{"a": {"b": 1, "b": 2}, "a": 1}': "'a', 'b' more than once",
    '{"\\u0061": 1, "a": 2}': "'a' more than once",
    '{"a": NaN}': "NaN",
    '{"a": -Infinity}': "-Infinity",
    '{"a": 1e400}': "1e400, a number that is too large",
    '{"a": %s}' % ("9" * 5000): "9…, a number that is too large",
    '{"a": "\\ud83d"}': "holds '\\ud83d', which is half a character",
    '{"\\udc00": 1}': "half a character",
    '{"a": 1} {"b": 2}': "Extra data at line 1, column 10",
    "{} x": "Extra data",
    '{"a": 1,}': "is not JSON",
    '{/* */ "a": 1}': "is not JSON",
    "{'a': 1}": "is not JSON",
    '{"a": tru}': "is not JSON",
    '{"a": "\x00"}': "is not JSON",
    "[" * 100 + "]" * 100: "is nested more than 64 levels deep",
    '{"a":' * 100000 + "1" + "}" * 100000: "levels deep",
    "": "is not JSON",
}


@pytest.mark.parametrize("text", REJECTED, ids=lambda text: text[:30])
def test_what_two_programs_would_read_differently_is_an_error(text: str) -> None:
    with pytest.raises(strict_json.JsonError) as error:
        strict_json.loads(text)
    assert REJECTED[text] in str(error.value)
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 200


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
    assert (
        strict_json.dumps(strict_json.loads(f'{{"a": [{number}]}}')) == f'{{\n    "a": [\n        {number}\n    ]\n}}'
    )
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
    text = strict_json.dumps(value)
    assert text == json.dumps(value, indent=4, ensure_ascii=False)
    assert strict_json.loads(text) == value
    assert strict_json.problem(value) == ""


def test_what_a_variable_may_hold_and_json_may_not_is_reported() -> None:
    deep: Any = 1
    for _ in range(2000):
        deep = {"a": deep}
    values: list[Any] = [float("inf"), float("nan"), "\ud800", {"a": "\udcff"}, object(), {1: 2, "1": 3}, deep]
    assert all(strict_json.problem(value) for value in values)
    assert strict_json.problem({"a": [1, None, 2.5, "x"]}) == ""
