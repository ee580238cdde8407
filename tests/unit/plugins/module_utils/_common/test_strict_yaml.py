# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read, PyYAML reads the same; what PyYAML and people write, is read."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.dockyard.gpu.plugins.module_utils._common import strict_yaml
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[5]
# Anything that YAML can hold without escapes that only some readers know, and some that makes it look like YAML.
TEXTS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\x85\u2028\u2029\ufeff\ufffe\uffff"), max_size=12
) | st.text(alphabet="ab:- #'\"[]{},?&*!|>%@`\\/=~\n", max_size=12)
DOCUMENTS = st.recursive(
    TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8
)
WRITTEN = (
    'a: 1\nb:\n  - x\n  - y: z\n    q: "w"\n',
    '---\n# c\nkind: nvidia.com/gpu\ndevices:\n- name: "0"\n  containerEdits:\n    deviceNodes:\n'
    "      - {path: /dev/x, hostPath: '/dev/y'}\n",
    '{"a": [1, {"b": "c"}], "d":"e"}',
    'a: [x, y,\n  z w, {q: r}]\nb: "x\\n\n  y"\n',
    "- - a\n  - b\n-\n  c: d\n",
    "k: plain text\n  going on\n\n  more # c\nl: 'it''s'\n...\n",
    'a: "x \\\n   y"\n"q": r\n',
)


def by_oracle(text: str) -> Any:
    """Every scalar as a text."""
    found = yaml.load(text, Loader=yaml.BaseLoader)
    return "" if found is None else found


@settings(max_examples=300)
@given(
    DOCUMENTS, st.sampled_from([None, '"', "'"]), st.sampled_from([None, True, False]), st.sampled_from([20, 80, 1000])
)
def test_what_a_program_writes_is_read(document: Any, style: Any, flow: Any, width: int) -> None:
    text = yaml.safe_dump(document, default_style=style, default_flow_style=flow, width=width, allow_unicode=True)
    try:
        found = strict_yaml.loads(text)
    except strict_yaml.YamlError:
        # What PyYAML writes for keys that are long or hold line ends, and for those texts.
        assert any(mark in text for mark in ("? ", "?\n", "\n...", "<<")) or "|" in text or ">" in text, text
        return
    assert found == by_oracle(text) == document


@given(DOCUMENTS, st.sampled_from([None, 1, 4]))
def test_json_is_read(document: Any, indent: int | None) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=False)
    assert strict_yaml.loads(text) == document


@given(st.sampled_from(WRITTEN), st.integers(0, 2**32))
def test_nothing_is_read_otherwise_than_pyyaml_reads_it(text: str, seed: int) -> None:
    """Documents with something put in or taken out."""
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(text))
        other = chance.choice(WRITTEN)
        begin = chance.randint(0, len(other))
        pieces = (chance.choice("ab:- \n\n \"'[]{},#\t?|&*!%\\x"), "", other[begin : begin + chance.randint(1, 12)])
        taken = chance.choice((0, 1))
        text = text[:at] + chance.choice(pieces) + text[at + taken :]
    try:
        found = strict_yaml.loads(text)
    except strict_yaml.YamlError:
        return
    assert found == by_oracle(text)


@given(st.text() | st.text(alphabet="ab:- \n\"'[]{},#\t?|&*!%\\\r\x00\ufeff", max_size=40))
def test_no_text_is_too_strange(text: str) -> None:
    try:
        found = strict_yaml.loads(text)
    except strict_yaml.YamlError as error:
        assert str(error).startswith("is no YAML that can be read here: ")  # noqa: PT017
        assert " at line " in str(error)  # noqa: PT017
        return
    assert found == by_oracle(text.removeprefix("\ufeff"))


def test_files_of_this_tree_are_read_or_have_what_is_left_out() -> None:
    """Playbooks, tasks and settings, which people wrote."""
    paths = [*(ROOT / "roles").rglob("*.yml"), *(ROOT / "playbooks").rglob("*.yml")]
    read = left_out = 0
    for path in paths:
        text = path.read_text()
        try:
            found = strict_yaml.loads(text)
        except strict_yaml.YamlError as error:
            left_out += bool(re.search("'[|>&*!]' was not expected", str(error)))
            continue
        assert found == by_oracle(text), path
        read += 1
    assert read > 20
    assert read + left_out == len(paths)


@pytest.mark.parametrize(
    ("text", "wrong", "line"),
    [
        ("a: &x 1\n", "'&'", 1),
        ("a: 1\nb: *x\n", "'*'", 2),
        ("a: !!str 1\n", "'!'", 1),
        ("a: |\n  b\n", "'|'", 1),
        ("? a\n: b\n", "a key that is no text", 1),
        ("%YAML 1.2\n---\na: 1\n", "a directive", 1),
        ("a: 1\n---\nb: 1\n", "more than one document", 2),
        ("a: 1\na: 2\n", "stands twice", 2),
        ("<<: {a: b}\n", "a merge key", 1),
        ("a: b: c\n", "':'", 1),
        ("a:\n  b: 1\n c: 2\n", "indented otherwise", 3),
        ("a: [1, 2\n", "not closed", 2),
        ("a: 'x\n", "not closed", 2),
        ("a:\n\tb: 1\n", "a tab", 2),
        ("[" * 100, "nested more than 64", 1),
        ("- " * 100 + "a", "nested more than 64", 1),
        ("a: 1\nb\n", "a key with a colon", 2),
        ('a: "\\q"', "\\q is not known", 1),
        ('a: "\\ud800"', "is no character", 1),
    ],
)
def test_what_is_left_out_is_an_error_that_names_its_line(text: str, wrong: str, line: int) -> None:
    with pytest.raises(strict_yaml.YamlError) as caught:
        strict_yaml.loads(text)
    assert wrong in str(caught.value)
    assert f" at line {line}, column " in str(caught.value)
