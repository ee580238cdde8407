# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a .dockerignore leaves out. Expectations were worked out from moby's patternmatcher, one by one."""

from __future__ import annotations

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._image_build.dockerignore import (
    BadPattern,
    Ignore,
    patterns_of,
)


def out(lines: str, path: str) -> bool:
    """As a walk asks: each folder above first."""
    ignore = Ignore(patterns_of(lines))
    parts = path.split("/")
    fits, left_out = None, False
    for depth in range(1, len(parts) + 1):
        left_out, fits = ignore.left_out("/".join(parts[:depth]), fits)
    return left_out


@pytest.mark.parametrize(
    ("text", "patterns"),
    [
        ("", []),
        ("a\nb\n", ["a", "b"]),
        ("# no\n #yes\n", ["#yes"]),
        ("  a  \n\n\t\nb", ["a", "b"]),
        ("\ufeffa", ["a"]),
        ("/a\n/\n", ["a", "/"]),
        ("a/\na//b\n./c\nd/../e", ["a", "a/b", "c", "e"]),
        ("!a\n! /b/ ", ["!a", "!b"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("!", ["!"]),
    ],
)
def test_lines_become_patterns(text: str, patterns: list[str]) -> None:
    assert patterns_of(text) == patterns


@pytest.mark.parametrize(
    ("lines", "path", "expected"),
    [
        # A name is one from the top.
        ("a", "a", True),
        ("a", "b/a", False),
        ("a", "ab", False),
        ("a", "a/b/c", True),
        ("a/b", "a/b", True),
        ("a/b", "b", False),
        ("/a", "a", True),
        ("a/", "a/b", True),
        (".", "a", False),
        ("/", "a", False),
        # One star stays within a name.
        ("*", "a", True),
        ("*", "a/b", True),
        ("*.md", "README.md", True),
        ("*.md", "doc/README.md", False),
        ("*/*.md", "doc/README.md", True),
        ("*/*.md", "a/b/README.md", False),
        ("a*", "a/b", True),
        ("a*/b", "ax/b", True),
        ("*", ".hidden", True),
        # Two stars are any number of folders, none too.
        ("**", "a", True),
        ("**", "a/b/c", True),
        ("**/a", "a", True),
        ("**/a", "x/y/a", True),
        ("**/a", "xa", False),
        ("**/a", "x/a/b", True),
        ("**/*.pyc", "a.pyc", True),
        ("**/*.pyc", "x/y/a.pyc", True),
        ("**/*.pyc", "a.py", False),
        ("a/**", "a/b/c", True),
        ("a/**", "a", False),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("a/**/b", "a/xb", False),
        ("a/**/*.o", "a/x/y.o", True),
        ("**/a/**", "x/a/b", True),
        ("**/a/**", "a/b", True),
        ("**/a/**", "x/a", False),
        ("a**", "abc/def", True),
        # Two stars before a name without a slash are an end of the path: moby's own surprise.
        ("**a", "x/ya", True),
        ("**a", "xa", True),
        ("**/", "a/b", True),
        # A question mark is one character of a name.
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("a?c", "ac", False),
        ("?", "é", True),
        # Classes.
        ("[ab]c", "ac", True),
        ("[ab]c", "cc", False),
        ("[a-c]x", "bx", True),
        ("[^a]x", "bx", True),
        ("[^a]x", "ax", False),
        (r"[\]]x", "]x", True),
        ("[a[]x", "[x", True),
        # What regular expressions know is nothing special here.
        ("a.b", "axb", False),
        ("a+", "aa", False),
        ("a+", "a+", True),
        ("(a|b)", "a", False),
        ("a{1}$", "a{1}$", True),
        ("a.b*", "axbc", False),
        ("^a", "^a", True),
        # A backslash takes the next character as it is.
        (r"\*", "*", True),
        (r"\*", "a", False),
        (r"a\?", "a?", True),
        (r"\!a", "!a", True),
        # The last pattern that fits decides.
        ("*\n!a", "a", False),
        ("*\n!a", "b", True),
        ("*\n!a", "a/b", False),
        ("!a\n*", "a", True),
        ("*.md\n!README.md", "README.md", False),
        ("*.md\n!README*.md\nREADME-secret.md", "README-secret.md", True),
        ("*.md\nREADME-secret.md\n!README*.md", "README-secret.md", False),
        ("a\n!a/b", "a/b", False),
        ("a\n!a/b", "a/c", True),
        ("a\n!a/b", "a/b/c", False),
        ("a\n!**/keep", "a/x/keep", False),
        ("**\n!src/**/*.py", "src/a/b.py", False),
        ("**\n!src/**/*.py", "src/a/b.txt", True),
        ("a/*\n!a/b\na/b/c", "a/b/c", True),
        ("a/*\n!a/b\na/b/c", "a/b/d", False),
    ],
)
def test_is_left_out_or_not(lines: str, path: str, expected: bool) -> None:
    assert out(lines, path) is expected


@pytest.mark.parametrize("lines", ["!", "[", "[a", "[]a]", "[-a]", "a\\", "[b-a]", "a[^]"])
def test_what_is_no_pattern_is_rejected(lines: str) -> None:
    with pytest.raises(BadPattern):
        Ignore(patterns_of(lines))
