# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials out of what is shown, so that secrets can be compared all the same. What is one: secret_texts.

A mask is three asterisks. With a key it has a tag behind them, the same for the same secret. The key is made for one
run, and is shown nowhere: who sees the tags can confirm no guess. For people, mask_pairs takes them away.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any, List, Set

from . import secret_texts

MASK = "***"
_MASKED = re.compile(r"\*\*\*(?:[0-9a-f]{16}| \(another one\))?")


def mask(value: Any, key: str = "") -> Any:
    """A copy of a JSON-like value without credentials; masking twice is masking once."""
    return _Masking(key).of(value)


def secrets_in(value: Any) -> Set[str]:
    """The very strings that mask() hides, for AnsibleModule.no_log_values."""
    masking = _Masking("")
    masking.of(value)
    return masking.hidden


class _Masking:
    def __init__(self, key: str) -> None:
        self._key = key.encode("utf-8")
        self.hidden: Set[str] = set()

    def of(self, value: Any, secret: bool = False) -> Any:
        if isinstance(value, dict):
            return {
                self._text(key): self.of(item, secret or secret_texts.is_secret(str(key)))
                for key, item in value.items()
            }
        if isinstance(value, list):
            return self._list(value, secret)
        if value is None or isinstance(value, bool):
            return value
        if secret:
            return self._hide(str(value)) if value != "" else value
        return self._text(value)

    def _list(self, values: List[Any], secret: bool) -> List[Any]:
        """Words of a command are one, where a flag and its value are two."""
        found, flagged = [], False
        for value in values:
            found.append(self.of(value, secret or flagged))
            flagged = (
                isinstance(value, str) and bool(re.fullmatch(r"--?[\w.-]+", value)) and secret_texts.is_secret(value)
            )
        return found

    def _text(self, text: Any) -> Any:
        if not isinstance(text, str):
            return text
        spans = secret_texts.find(text)
        if not spans:
            return text
        parts, end = [], 0
        for begin, after in spans:
            parts += [text[end:begin], self._hide(text[begin:after])]
            end = after
        return "".join(parts) + text[end:]

    def _hide(self, secret: str) -> str:
        if _MASKED.fullmatch(secret):
            return secret
        self.hidden.add(secret)
        if not self._key:
            return MASK
        return MASK + hmac.new(self._key, secret.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:16]
