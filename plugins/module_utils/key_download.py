# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A repository's key from the network: known by its fingerprint, or refused; within a limit, or given up."""

from __future__ import annotations

import contextlib
import signal
from http.client import HTTPException
from typing import Any, Callable, Dict, Iterator, Tuple

from ansible_collections.dockyard.gpu.plugins.module_utils import openpgp

# Docker's key is 4 kB; what is far larger is a web page or worse.
_LARGEST_KEY = 1024 * 1024
# Ansible's fetch_url, for an address and a time limit: what answers, and what is known of it.
Fetch = Callable[[str, int], Tuple[Any, Dict[str, Any]]]


class KeyRefused(Exception):
    """No key, or not the wished one; in one sentence."""


def download(fetch: Fetch, url: str, fingerprint: str, timeout: int) -> bytes:
    with _time_limit(timeout):
        response, info = fetch(url, timeout)
        if info["status"] != 200 or response is None:
            raise KeyRefused(
                f"url: {url} gave no key: {info['msg']}. Check the address, the network and the proxy of this host."
            )
        try:
            data: bytes = response.read(_LARGEST_KEY + 1)
        except (OSError, HTTPException) as error:
            raise KeyRefused(f"url: {url} broke off: {error}. Nothing was written; try again.") from error
    try:
        found = openpgp.fingerprints(data) if len(data) <= _LARGEST_KEY else []
    except openpgp.OpenPGPError as error:
        raise KeyRefused(f"url: what {url} gave is no OpenPGP key ({error}). Nothing was written.") from error
    if found != [fingerprint]:
        raise KeyRefused(
            f"fingerprint: {url} gave the key {', '.join(found) or 'of no readable size'}, and {fingerprint} was "
            "wished. Nothing was written. If the new key is right, and you have it from a second source, change the "
            "wished fingerprint."
        )
    return data


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
