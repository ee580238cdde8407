# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common import strict_json

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
