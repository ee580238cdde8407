# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`apt-get update` that ends: of one repository or of all, with a limit, behind whoever else is using apt."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from typing import List, Optional, Tuple

from ..._common.redaction import mask

# Of the time limit of one answer: how much all of them may take, of one repository and of all.
_ONE = 5
_ALL = 100
# Where nothing is new, apt leaves no trace of having asked, and the index would count as old for ever.
_LEAVE_A_TRACE = "-o=APT::Update::Post-Invoke-Success::=touch /var/lib/apt/periodic/update-success-stamp"


class IndexUnread(Exception):
    """``reason`` is ``lock`` where someone else was using apt, and ``index`` where the repository is at fault."""

    def __init__(self, reason: str, words: str) -> None:
        super().__init__(words)
        self.reason = reason


def read(timeout: int, lock_timeout: int, path: Optional[str] = None) -> None:
    """Of the repositories in one source list alone, the others' being left where they are; or of all."""
    scope = [f"-o=Dir::Etc::SourceList={path}", "-o=Dir::Etc::SourceParts=-", "-o=APT::Get::List-Cleanup=0"]
    limit = timeout * (_ONE if path else _ALL)
    given_up = time.monotonic() + lock_timeout
    while True:
        status, words = _run([*_options(timeout), *(scope if path else [_LEAVE_A_TRACE])], limit)
        if status == 0:
            return
        if "Could not get lock" not in words:
            raise IndexUnread("index", words)
        if time.monotonic() > given_up:
            raise IndexUnread("lock", words)
        time.sleep(1)


def _options(timeout: int) -> List[str]:
    """One try of a bounded length, and every failure an error: apt-get update otherwise ends well with old lists."""
    return [
        "-o=APT::Update::Error-Mode=any",
        "-o=Acquire::Retries=0",
        f"-o=Acquire::http::Timeout={timeout}",
        f"-o=Acquire::https::Timeout={timeout}",
    ]


def _run(options: List[str], limit: int) -> Tuple[int, str]:
    # AnsibleModule.run_command knows no time limit. A session of its own, so that its children end with it.
    process = subprocess.Popen(  # pylint: disable=ansible-bad-function,consider-using-with
        ["apt-get", "update", "-q", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=dict(os.environ, LC_ALL="C"),
        start_new_session=True,
    )
    try:
        errors = process.communicate(timeout=limit)[1].decode("utf-8", "replace")
        # apt names an address with the password that it has in a list.
        return process.returncode, str(mask(" ".join(errors.split())))
    except subprocess.TimeoutExpired:
        return 124, f"apt-get update did not end within {limit} s"
    finally:
        # Also where a signal ends the wait.
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
