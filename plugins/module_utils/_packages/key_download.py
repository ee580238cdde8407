# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A repository's key from the network: exactly the pinned one, or an error; within a limit, or given up."""

from __future__ import annotations

import contextlib
import signal
from http.client import HTTPException
from typing import Any, Callable, Dict, Iterator, Tuple
from urllib.parse import urljoin, urlsplit

from .._common.redaction import mask
from . import openpgp

# Ansible's fetch_url, for an address and a time limit, without redirects: what answers, and what is known of it.
Fetch = Callable[[str, int], Tuple[Any, Dict[str, Any]]]
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 5


class KeyRejected(Exception):
    """No key, or not the pinned one; in one sentence."""


def download(fetch: Fetch, url: str, fingerprint: str, timeout: int) -> openpgp.Certificate:
    shown = mask(url)
    with _time_limit(timeout):
        response, info = _answer(fetch, url, timeout)
        if info["status"] != 200 or response is None:
            raise KeyRejected(
                f"url: cannot download the signing key {shown} ({mask(info['msg'])}). Check the address, the network "
                "and the proxy of this host."
            )
        try:
            data: bytes = response.read(openpgp.LARGEST + 1)
        except (OSError, HTTPException) as error:
            raise KeyRejected(f"url: {shown} broke off: {error}. Try again.") from error
    try:
        found = openpgp.certificate(data)
    except openpgp.OpenPGPError as error:
        raise KeyRejected(
            f"url: what {shown} gave is not exactly one OpenPGP key: {error}. Have the address "
            "give the key alone, as `gpg --armor --export` writes it."
        ) from error
    if found.fingerprint != fingerprint:
        raise KeyRejected(
            f"fingerprint: {shown} gave the key {found.fingerprint}, and {fingerprint} is pinned. If the "
            "new key is right, and you have it from a second source, change the pinned fingerprint."
        )
    return found


def _answer(fetch: Fetch, url: str, timeout: int) -> Tuple[Any, Dict[str, Any]]:
    """Redirects are followed here, one by one: the library follows them to any place."""
    start = url
    for _redirect in range(_MOST_REDIRECTS + 1):
        if urlsplit(url).scheme not in ("http", "https"):
            raise KeyRejected(f"url: {mask(url)} is not an http(s) URL.")
        response, info = fetch(url, timeout)
        if info["status"] not in _REDIRECTS or not info.get("location"):
            return response, info
        target = urljoin(url, info["location"])
        # Whoever stands in between reads and answers what is not https. One who chose http has the fingerprint alone.
        allowed = ("https",) if urlsplit(url).scheme == "https" else ("http", "https")
        if urlsplit(target).scheme not in allowed:
            raise KeyRejected(
                f"url: {mask(url)} redirects to {mask(target)}, which is not an {' or '.join(allowed)} URL. Set a "
                "URL that leads to the key by https."
            )
        url = target
    raise KeyRejected(f"url: {mask(start)} redirects more than {_MOST_REDIRECTS} times, last to {mask(url)}.")


@contextlib.contextmanager
def _time_limit(seconds: int) -> Iterator[None]:
    """Sockets limit each wait only, and a server that sends a byte now and then could go on for ever."""

    def over(_number: int, _frame: object) -> None:
        raise TimeoutError(f"timed out: it did not end within {seconds} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
