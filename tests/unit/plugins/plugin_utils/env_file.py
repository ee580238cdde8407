# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reader of systemd's EnvironmentFile, state by state as parse_env_file_internal (src/basic/env-file.c) has them."""

from __future__ import annotations

NEWLINE, WHITESPACE, COMMENTS = "\n\r", " \t\n\r", "#;"
UNESCAPED = '"\\`$'


def variables(content: str) -> dict[str, str]:
    found: dict[str, str] = {}
    state, key, value, blanks = "before a key", "", "", 0
    # C's text ends at the first NUL.
    for sign in content.partition("\0")[0] + "\n":
        if state == "before a key":
            if sign in COMMENTS:
                state = "comment"
            elif sign not in WHITESPACE:
                state, key = "key", sign
        elif state == "key":
            if sign in NEWLINE:
                state = "before a key"
            elif sign == "=":
                state, value, blanks = "before a value", "", 0
            else:
                key += sign
        elif state in ("before a value", "value"):
            if sign in NEWLINE:
                found[key.rstrip(WHITESPACE)] = value[: len(value) - blanks] if state == "value" else value
                state = "before a key"
            elif sign == "\\":
                state, blanks = "escape", 0
            elif state == "before a value" and sign in "'\"":
                state = sign
            elif state == "value" or sign not in WHITESPACE:
                state, value = "value", value + sign
                blanks = blanks + 1 if sign in WHITESPACE else 0
        elif state == "escape":
            state, value = "value", value + ("" if sign in NEWLINE else sign)
        elif state in ("'", '"'):
            if sign == state:
                state = "before a value"
            elif sign == "\\" and state == '"':
                state = "quoted escape"
            else:
                value += sign
        elif state == "quoted escape":
            state = '"'
            value += sign if sign in UNESCAPED else "" if sign == "\n" else "\\" + sign
        elif state == "comment" and sign in NEWLINE:
            state = "before a key"
    return found
