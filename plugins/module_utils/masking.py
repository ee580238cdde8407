# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials out of what is shown: the same secret always gives the same mask, so masked values can be compared.

Limits: what is masked is the user part of URLs (``scheme://user:password@host``), of a proxy written without a scheme
(``user:password@host:port``), and the value of keys that end in token, password, passwd or secret. Other secrets pass,
and so does a password with an unescaped slash after nothing but digits, which reads as a port. Eight hex digits of a
hash do not reveal a good password, but they let somebody confirm a guess of a weak one.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]*://"
# Up to a space, a double quote or the next URL: lists such as a,b without spaces hold more than one.
_URL = re.compile(rf"({_SCHEME})((?:(?!{_SCHEME})[^\s\"])+)")
_BARE_PROXY = re.compile(r"([^\s/@:]+:[^\s/@]+)(@[A-Za-z0-9.-]+(?::\d+)?/?)")
# An unescaped "/", "?" or "#" in a password: no port follows the colon, so what precedes the last "@" is no host.
_BROKEN_USERINFO = re.compile(r"[^:/?#\[\]]+:(?!\d*(?:[/?#]|$))")
_SECRET_KEY = re.compile(r"(?:token|password|passwd|secret)$", re.IGNORECASE)
_MASKED = re.compile(r"\*\*\*[0-9a-f]{8}")


def mask(value: Any) -> Any:
    """A copy of a JSON-like value without credentials; masking twice is masking once."""
    if isinstance(value, dict):
        return {key: _mask_entry(key, item) for key, item in value.items()}
    if isinstance(value, list):
        return [mask(item) for item in value]
    if not isinstance(value, str):
        return value
    bare = _BARE_PROXY.fullmatch(value)
    if bare:
        return _digest(bare.group(1)) + bare.group(2)
    return _URL.sub(_mask_url, value)


def secrets_in(value: Any) -> set[str]:
    """The very strings that mask() hides, for AnsibleModule.no_log_values."""
    if isinstance(value, dict):
        named = {item for key, item in value.items() if isinstance(item, str) and item and _is_secret_key(key)}
        return named.union(*(secrets_in(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(secrets_in(item) for item in value))
    if not isinstance(value, str):
        return set()
    bare = _BARE_PROXY.fullmatch(value)
    found = {bare.group(1)} if bare else {_userinfo(match.group(2)) for match in _URL.finditer(value)}
    return {secret for secret in found if secret and not _MASKED.fullmatch(secret)}


def _mask_entry(key: Any, item: Any) -> Any:
    return _digest(item) if isinstance(item, str) and item and _is_secret_key(key) else mask(item)


def _is_secret_key(key: Any) -> bool:
    return isinstance(key, str) and bool(_SECRET_KEY.search(key))


def _mask_url(match: re.Match[str]) -> str:
    userinfo = _userinfo(match.group(2))
    return match.group(1) + _digest(userinfo) + match.group(2)[len(userinfo) :] if userinfo else match.group(0)


def _userinfo(rest: str) -> str:
    """What stands before the host in the part of a URL that follows ``scheme://``."""
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        return authority.rpartition("@")[0]
    return rest.rpartition("@")[0] if _BROKEN_USERINFO.match(rest) else ""


def _digest(secret: str) -> str:
    if _MASKED.fullmatch(secret):
        return secret
    return "***" + hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()[:8]
