# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a host says of itself, it is text to whoever reads it."""

from __future__ import annotations

import unicodedata

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.text import SENTENCE, shown, shown_within
from hypothesis import given
from hypothesis import strategies as st

# What st.text() leaves out by itself: halves of pairs.
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("Debian GNU/Linux 13 (trixie)", "Debian GNU/Linux 13 (trixie)"),
        ("Größe 日本語 é 🚀", "Größe 日本語 é 🚀"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("\x9b31m", "\\x9b31m"),
        ("a\r\nb\tc\0", "a\\r\\nb\\tc\\x00"),
        ("\u202ekcatta", "\\u202ekcatta"),
        ("\u2028\ufeff\u200b\xad", "\\u2028\\ufeff\\u200b\\xad"),
        ("\ud800", "\\ud800"),
        ("{{ 7 * 7 }}<b>", "{{ 7 * 7 }}<b>"),
        (None, "None"),
    ],
)
def test_signs_that_act_are_written_out(said: object, seen: str) -> None:
    assert shown(said) == seen


@given(ANY_TEXT)
def test_nothing_is_left_that_acts(said: str) -> None:
    seen = shown(said)
    assert not [sign for sign in seen if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert shown(seen) == seen
    seen.encode()


@given(ANY_TEXT, st.integers(40, 200))
def test_a_long_text_says_that_it_was_cut(said: str, most: int) -> None:
    seen = shown(said, most)
    assert len(seen) <= most
    assert ("(cut: " in seen) >= (len(shown(said)) > most)
    assert shown(seen, most) == seen


def test_a_long_text_keeps_its_beginning() -> None:
    seen = shown("Tesla " + "x" * 10240)
    assert seen.startswith("Tesla xxx")
    assert seen.endswith("... (cut: 10246 characters)")
    assert len(seen) == SENTENCE


def test_data_keeps_its_lines_and_its_length() -> None:
    said = {"a\x1b": ["b\n\tc\x1b[m", 7, None, ("x" * 5000,)]}
    assert shown_within(said) == {"a\\x1b": ["b\n\tc\\x1b[m", 7, None, ["x" * 5000]]}
