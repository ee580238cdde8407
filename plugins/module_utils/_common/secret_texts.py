# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the credentials are in a text, and which names are those of secrets.

Found are the user part of URLs and of proxies without a scheme, whatever characters its password has; the values of
names such as SPLUNK_TOKEN=..., --password ..., "auth": "..."; what follows Bearer, Basic and `curl --user`; tokens that
show by their form whose they are. Where it is not clear what is a password, too much is found: of http://host:80/a@b,
everything before the last @.
Not found is what has neither: a token in the path of a URL, or a password in free words.
"""

from __future__ import annotations

import functools
import re
from typing import Iterator, List, Match, Optional, Tuple

Span = Tuple[int, int]

# Patterns are texts: re compiles them at their first use, and most hosts have nothing for most of them.

# Lists such as a,b hold more than one.
_URL = r"(?:^|(?<=[\s,;|\"'=(<{\[]))(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://"
# What follows these is a path.
_LOCAL = ("unix", "file", "fd", "npipe")
_WORDS_END = r"[\s\"'<>]"
# The digest of an image comes after no password.
_AT = r"@(?!sha(?:256|512):)"
# "/", "?", "#", a space or a quote that the password should have escaped: no port follows upon the colon.
_BROKEN = r"[^:/?#\[\]\s@]*:(?!\d*(?:[/?#\s\"',]|$))"
_HOST = r"(?:[\w.-]+\.[A-Za-z]{2,}|\d+(?:\.\d+){3}|localhost)(?::\d+)?(?=[/?#]|$)"
_BARE_PROXY = r"(?s)(?P<user>[^\s/@:]*:.+)@(?!sha\d+:)(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d+)?/?\s*"

_ASSIGNMENT = r"\s*(?:export\s+|Environment=)?[\"']?(?P<name>[A-Za-z_][\w.-]*)=[\"']?"
_NAMED = r"(?<![\w.-])-{0,2}(?P<name>[A-Za-z_][\w.-]*)[\"']?\s*[:=]\s*"
_FLAG = r"(?<!\S)--?(?P<name>[A-Za-z][\w.-]*)\s+"
_VALUE = r"(?s)\"(?P<double>(?:[^\"\\]|\\.)*)\"?|'(?P<single>[^']*)'?|\S+"
_LISTED_FLAG = r"[\"']--?(?P<name>[A-Za-z][\w.-]*)[\"']\s*,\s*"
# What is a secret by what stands before it, whatever it is called: of headers, of signed addresses, of commands. With
# a word that is there then, to pass by what has none of it in no time.
_ITS_OPTIONS = r"\s[^\n|;&]{0,100}?(?<=\s)"
_AFTER = {
    "bearer": r"(?i)\bbearer\s+(?P<value>[^\s\"',]+)",
    "basic": r"(?i)\bbasic\s+(?P<value>[^\s\"',]+)",
    "authorization": r"(?i)\bauthorization[\"']?\s*[:=]\s*[\"']?[\w-]+\s+(?P<value>[^\s\"',]+)",
    "sig": r"(?i)[?&](?:sig|signature|x-(?:amz|goog)-signature)=(?P<value>[^&\s\"'<>]+)",
    "curl": rf"\bcurl{_ITS_OPTIONS}(?:-[uU]|--user|--proxy-user)[\s=]*[\"']?(?P<value>[^\s:\"']*:[^\s\"']+)",
    "login": rf"\blogin{_ITS_OPTIONS}-p[\s=]*[\"']?(?P<value>[^\s\"']+)",
    "sshpass": rf"\bsshpass{_ITS_OPTIONS}-p[\s=]*[\"']?(?P<value>[^\s\"']+)",
    "mysql": rf"\bmysql[\w-]*{_ITS_OPTIONS}-p[\"']?(?P<value>[^\s\"']+)",
}
# What is a secret by its own form: tokens of Docker, NVIDIA, Hugging Face, GitHub, GitLab, OpenAI, Slack, npm, PyPI,
# Vault, Google; JSON web tokens; keys in PEM. By how they begin.
_FORMS = {
    **dict.fromkeys(("dckr_oat_", "dckr_pat_", "gldt-", "glpat-", "glrt-", "hvs.", "nvapi-", "sk-"), r"[\w-]{20,}"),
    **dict.fromkeys(("gho_", "ghp_", "ghr_", "ghs_", "ghu_", "hf_", "npm_"), "[A-Za-z0-9]{30,}"),
    "github_pat_": r"\w{30,}",
    "xox": r"[a-z]-[\w-]{10,}",
    "pypi-": r"[\w-]{50,}",
    "AIza": r"[\w-]{35}",
    "eyJ": r"[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+",
}
_PRIVATE_KEY = r"PRIVATE KEY-----(?P<value>[A-Za-z0-9+/=\s\\]{20,})-----END"

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ENDS = (
    *("token", "password", "passwd", "passphrase", "passcode", "pgpass", "secret", "apikey", "accesskey", "secretkey"),
    *("authkey", "connectionstring"),
)
# The address of a webhook is all that its caller needs.
_ANYWHERE = frozenset(["cookie", "credential", "credentials", "dsn", "passwords", "secrets", "webhook"])
# PWD alone is a folder.
_LAST = (
    *("auth", "authorization", "bearer", "dbpw", "dbpwd", "jwt", "otp", "pass", "pat", "psk", "pw", "pwd", "rootpw"),
    *("rootpwd", "userpw", "userpwd"),
)
# The words before "key" that make it a secret; a tlskey is a path.
# fmt: off
_KEYS = frozenset([
    "access", "account", "admin", "aes", "anthropic", "api", "app", "auth", "azure", "client", "consumer", "crypto",
    "datadog", "dd", "deploy", "encryption", "fernet", "google", "hf", "hmac", "huggingface", "ingest", "ingestion",
    "instrumentation", "integration", "jwt", "kms", "license", "master", "newrelic", "ngc", "nvidia", "openai",
    "private", "recovery", "root", "rsa", "secret", "sendgrid", "service", "session", "shared", "signing", "ssh",
    "storage", "stripe", "subscription", "unlock", "unseal", "wandb", "wg", "wireguard", "write",
])
# Others of two words: the first of these is the URL of Sumo Logic's log driver, with its token.
_PAIRS = frozenset([("sumo", "url"), ("connection", "string"), ("auth", "config"), ("auth", "header")])
# fmt: on
_FILES = ("dir", "file", "folder", "path")
_AMOUNTS = frozenset(["count", "length", "limit", "max", "min", "num"])


@functools.lru_cache(maxsize=1024)
def is_secret(name: str) -> bool:
    """Whether a key, a variable, a flag or a path of keys has a name that is one of a secret."""
    words = [word.lower() for word in _WORDS.findall(name)]
    # A mapping's key may be an address.
    if not words or words[-1] in _FILES or words == ["pwd"] or "://" in name:
        return False
    present = set(words)
    return (
        words[-1] in _LAST
        or bool(_ANYWHERE & present)
        or any(word.endswith(_ENDS) for word in words)
        or any(second == "key" and first in _KEYS for first, second in zip(words, words[1:]))
        or any(pair in _PAIRS for pair in zip(words, words[1:]))
        or ("tokens" in present and not _AMOUNTS & present)
    )


def find(text: str) -> List[Span]:
    """Where each secret begins and ends, in order, none within another."""
    found: List[Span] = []
    # A text that is one value as a whole may have anything in its password; one with more is read line by line.
    if "\n" not in text.strip() or ("://" in text and re.match(_URL, text)) or _proxys_user(text):
        found += _in_value(text, 0)
    else:
        start = 0
        for line in text.splitlines(keepends=True):
            found += _in_value(line, start)
            start += len(line)
    if "PRIVATE KEY" in text:
        found += [match.span("value") for match in re.finditer(_PRIVATE_KEY, text)]
    merged: List[Span] = []
    for begin, end in sorted(span for span in found if span[0] < span[1]):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


def _in_value(text: str, start: int) -> Iterator[Span]:
    # What stands behind NAME= is a value of its own; more than a few of these are none of anybody's.
    for level in range(4):
        spans = [*_of_urls(text), *_of_names(text)]
        spans += _of_forms(text) if level == 0 else []
        assignment = re.match(_ASSIGNMENT, text) if "=" in text else None
        if not assignment:
            spans.append((0, _proxys_user(text)))
        yield from ((begin + start, end + start) for begin, end in spans)
        if not assignment:
            return
        text, begin = text[: len(text.rstrip().rstrip("\"'"))], assignment.end()
        if is_secret(assignment.group("name")):
            yield start + begin, start + len(text)
            return
        text, start = text[begin:], start + begin


def _of_forms(text: str) -> List[Span]:
    """By what stands before it, and by its own form."""
    lower = text.lower()
    patterns = [pattern for word, pattern in _AFTER.items() if word in lower]
    found = [match.span("value") for pattern in patterns for match in re.finditer(pattern, text)]
    forms = [rf"\b{re.escape(begin)}{rest}" for begin, rest in _FORMS.items() if begin in text]
    return found + [match.span() for form in forms for match in re.finditer(form, text)]


def _proxys_user(text: str) -> int:
    """How much of the text is the user part, where the text is a proxy without a scheme; else 0."""
    if "@" not in text or _urls(text):
        return 0
    proxy = re.fullmatch(_BARE_PROXY, text)
    return proxy.end("user") if proxy else 0


def _urls(text: str) -> List[Match[str]]:
    return list(re.finditer(_URL, text)) if "://" in text else []


def _of_urls(text: str) -> Iterator[Span]:
    urls = _urls(text)
    for url, following in zip(urls, [*urls[1:], None]):
        rest = text[url.end() : following.start() if following else len(text)]
        if url.group("scheme").lower() not in _LOCAL:
            yield url.end(), url.end() + _user_part(rest, whole=url.start() == 0)


def _user_part(rest: str, whole: bool) -> int:
    """How much of what follows ``scheme://`` is not to be shown."""
    word = rest if whole else re.split(_WORDS_END, rest, maxsplit=1)[0]
    at = _last_at(word)
    if at is None and re.match(_BROKEN, rest):
        at = _last_at(rest.split("\n")[0])
    if at is None:
        return 0
    user = rest[:at]
    if re.search(r"[/?#]", user) and ":" not in user and not re.match(_HOST, rest[at + 1 :]):
        # A path with an @ in it.
        return 0
    return at


def _last_at(text: str) -> Optional[int]:
    return max((match.start() for match in re.finditer(_AT, text)), default=None)


def _of_names(text: str) -> Iterator[Span]:
    # By signs that are in all that they find: most texts have none of one or the other.
    patterns = [_NAMED] if ":" in text or "=" in text else []
    patterns += [_FLAG] if "-" in text else []
    patterns += [_LISTED_FLAG] if "'-" in text or '"-' in text else []
    for pattern in patterns:
        for named in re.finditer(pattern, text):
            value = re.compile(_VALUE).match(text, named.end()) if is_secret(named.group("name")) else None
            if value:
                yield next((value.span(name) for name in ("double", "single") if value.group(name)), value.span())
