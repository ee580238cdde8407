# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instructions are found where BuildKit's own parser finds them."""

from __future__ import annotations

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._image_build.dockerfile import instructions
from hypothesis import given, settings
from hypothesis import strategies as st

buildkit = pytest.importorskip("dockerfile", reason="BuildKit's parser has a wheel for x86_64 only")

PIECES = (
    *("<<EOF", "<<-EOF", "<<'EOF'", '<<"E F"', "<<E-F", "<<<yes", "$((1<<N))", '"tool <<FILE"', "'x <<EOF", "\\<<EOF"),
    *("3<<EOF", "a<<EOF", "<<EOF;", "<", "$EOF", "${EOF", "--from=x", "--mount=type=bind,from=y"),
    *(
        "--",
        '--a="b c"',
        "--a='b",
        "--a=b\\ c",
        "true",
        "a=b",
        "\\\\",
        "`",
        "#x",
        "&&",
        '"',
        "'",
        "\u2028",
        "\x0c",
        "é",
    ),
)
ENDS = ("\n", "\n", "\n", " \\\n", " \\ \n", "\\\\\n", " `\n", "\r\n", "\\\r\n", "\n\n", "\n# note\n", " \\\n# note\n")
LINE = st.builds(
    lambda word, pieces, end: " ".join([word, *pieces]) + end,
    st.sampled_from(
        ("RUN", "run", "COPY", "ADD", "ONBUILD RUN", "ENV a=b", "CMD", "EOF", "\tEOF", "E F", "E-F", " ", "LABEL")
    ),
    st.lists(st.sampled_from(PIECES), max_size=4),
    st.sampled_from(ENDS),
)
TEXT = st.builds(
    lambda top, lines: top + "FROM a\n" + "".join(lines) + "EOF\nE F\nE-F\n",
    st.sampled_from(
        ("", "# escape=`\n", "# syntax=x\n# escape=`\n", "# note\n# escape=`\n", "\ufeff", "\n# escape=`\n")
    ),
    st.lists(LINE, max_size=5),
)


@settings(max_examples=400, deadline=None)
@given(TEXT)
def test_instructions_are_those_of_buildkit(text: str) -> None:
    try:
        expected = buildkit.parse_string(text)
    except buildkit.GoParseError:
        # A file that does not build: the engine says so, and nothing has to be found in it.
        list(instructions(text))
        return
    # BuildKit takes each byte of a flag for a letter.
    found = [
        (each.word.lower(), [flag.encode().decode("latin-1") for flag in each.flags]) for each in instructions(text)
    ]
    assert found == [(each.cmd.lower(), list(each.flags)) for each in expected]
