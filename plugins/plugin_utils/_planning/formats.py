# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a text may be, by where it goes: units, lists of sources, environment files, labels, commands, paths.

A text is taken only if the file or the command that it goes to can hold it as it is: nothing is quoted on the way.
Where a program of the host reads it, letters and digits are those of ASCII.
"""

from __future__ import annotations

import re
from typing import Callable, NamedTuple

from .text import shown

# An argument of a command, and a variable of its environment, end at 128 KiB (execve(2)).
_LONGEST = 100_000
_LONGEST_LINE = 4096


class Format(NamedTuple):
    """``words`` are what an error says that a text must be. A ``secret`` one is not repeated there.

    ``digits``: a whole number stands for its digits, where no one can have meant another text by it.
    """

    fits: Callable[[str], bool]
    words: str
    secret: bool = False
    digits: bool = False


def pattern(regex: str, words: str, secret: bool = False, digits: bool = False, most: int = _LONGEST_LINE) -> Format:
    # Compiled by re where a text is compared with it: a run needs few of them.
    return Format(lambda text: len(text) <= most and bool(re.fullmatch(regex, text)), words, secret, digits)


def is_line(text: str) -> bool:
    # What would act on a terminal, or on who reads line by line, is what `shown` writes out.
    return len(text) <= _LONGEST_LINE and shown(text, _LONGEST_LINE) == text


def _is_content(text: str) -> bool:
    try:
        return "\0" not in text and len(text.encode("utf-8")) <= _LONGEST
    except UnicodeEncodeError:
        return False


def _is_path(text: str) -> bool:
    parts = text.split("/")
    return is_line(text) and text[:1] not in ("-", "~") and all(len(part.encode("utf-8")) <= 255 for part in parts)


def _is_absolute(text: str) -> bool:
    parts = text.split("/")
    return text.startswith("/") and text.strip("/") != "" and not {".", ".."} & set(parts) and _is_path(text)


_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])"
PORT = r"(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
# RFC 3986, without what has a meaning to someone on the way: quotes, brackets, $, # and ;.
_ESCAPED = r"%[0-9A-Fa-f]{2}"
_PATH = rf"(?:/(?:[A-Za-z0-9._~+@=:,!*/-]|{_ESCAPED})*)?"
_QUERY = rf"(?:\?(?:[A-Za-z0-9._~+@=:,!*&/-]|{_ESCAPED})*)?"
_USER = rf"(?:(?:[A-Za-z0-9._~!$&'()*+,;=:-]|{_ESCAPED})+@)?"

LINE = Format(is_line, "must be one line without control characters")
CONTENT = Format(_is_content, "must be text without NUL and unpaired surrogates, of at most 100 kB", secret=True)
PATH = Format(
    _is_path,
    "must be a path that does not begin with - or ~, without control characters and names of more than 255 bytes",
)
ABSOLUTE_PATH = Format(
    _is_absolute, "must be an absolute path without . and .. and control characters, such as /srv/docker"
)
URL = pattern(rf"https?://{_HOST}(?::{PORT})?{_PATH}{_QUERY}", "must be an http(s) URL without credentials", most=2000)
MIRROR = pattern(
    rf"https?://{_HOST}(?::{PORT})?{_PATH}",
    "must be an http(s) URL without credentials (those belong in /etc/apt/auth.conf.d on the host)",
    most=2000,
)
SUITE = pattern(r"[a-z0-9][a-z0-9.+-]*", "must be the suite of a repository, such as trixie", most=100)
# moby's ValidateMirror (daemon/pkg/registry/config.go of 29): with a scheme, and without user and query.
REGISTRY_MIRROR = pattern(
    rf"https?://{_HOST}(?::{PORT})?{_PATH}",
    "must be the http(s) URL of a registry without credentials, such as https://mirror.example.org",
    most=2000,
)
PROXY = pattern(
    rf"(?:https?|socks5h?)://{_USER}{_HOST}(?::{PORT})?/?",
    "must be a URL such as http://proxy.example.org:3128 (in a user name or a password, write @ as %40, : as %3A, "
    "/ as %2F, % as %25)",
    secret=True,
    most=2000,
)
# golang.org/x/net/http/httpproxy: names, with a dot or a star in front, addresses, networks; some with a port.
NO_PROXY = pattern(
    r"\*|(?:\*?\.)?[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_.])?(?::[0-9]{1,5})?|[0-9.]+/[0-9]{1,2}"
    r"|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(?:/[0-9]{1,3})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?",
    "must be a host, domain or network such as localhost, .example.org or 10.0.0.0/8",
    most=300,
)
FINGERPRINT = pattern(
    r"(?:0x)?(?:[0-9A-Fa-f] *){40}(?:(?:[0-9A-Fa-f] *){24})?",
    "must be a full fingerprint of 40 hexadecimal digits",
    most=200,
)
# What useradd(8) accepts, and the backslash and at sign of directory services.
USER = pattern(r"[A-Za-z0-9_][A-Za-z0-9_.@\\-]*\$?", "must be a user name", most=256)
# Debian Policy 5.6.1. What ends with + or - would be an order to apt.
PACKAGE = pattern(
    r"[a-z0-9][a-z0-9+.-]*[a-z0-9.]", "must be the name of a package such as linux-headers-amd64", most=200
)
VERSION = pattern(
    r"present|latest|[0-9]{1,9}(?:\.[0-9]{1,9}){0,5}",
    "must be present, latest, or a version such as 29.7 or 29.7.2 (quote it: 29.10 without quotes is the number 29.1)",
    digits=True,
)
BRANCH = pattern(
    r"auto|[0-9]{3}(?:\.[0-9]{1,3}(?:\.[0-9]{2})?)?",
    "must be auto, a branch such as 580, or a version such as 580.178.04 (quote it)",
    digits=True,
)
BATCH = pattern(
    r"[1-9][0-9]{0,5}|(?:[1-9][0-9]?|100)%",
    "must be a number of hosts from 1 on, or a share such as 25%",
    digits=True,
)
