# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a host is read for facts: bounded, read-only, and with problems where others would raise."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import stat
import subprocess
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from . import plain_files

# Of file systems whose answer comes over a network, from a program, or once an automounter has done its part.
REMOTE = re.compile(
    rb" - (?:nfs4?|cifs|smb3?|smbfs|ncpfs|afs|coda|ceph|lustre|gpfs|beegfs\w*|glusterfs|pvfs2|orangefs|gfs2?|ocfs2|9p"
    rb"|virtiofs|autofs|fuse(?:\.\S+)?) "
)
# Seconds that a killed program has to be gone.
_DYING = 2.0


class Prober:
    """What all probes of a run share: the time limit of a command, and the problems met."""

    def __init__(self, timeout: float = 10.0) -> None:
        self.timeout = timeout
        self.problems: List[Dict[str, str]] = []
        self._silent: Any = None

    def problem(self, code: str, message: str, remedy: str) -> None:
        entry = {"code": code, "message": message, "remedy": remedy}
        if entry not in self.problems:
            self.problems.append(entry)

    def probe(self, name: str, function: Callable[[], Any], otherwise: Any) -> Any:
        """The answer of one probe; a probe that breaks is a problem of its own and never the end of the others."""
        try:
            return function()
        except Exception as error:  # any reason at all: the other probes still count
            self.problem(
                "probe_failed",
                f"{name} could not be read: {type(error).__name__}: {error}",
                "Report this with the output of the module dockyard.gpu.host_info; other findings are not affected.",
            )
            return otherwise

    def silent(self, path: str) -> str:
        """The mount on the way to a path that does not answer, in words; empty where the path can be asked for."""
        if self._silent is None:
            text = b""
            with contextlib.suppress(OSError), open("/proc/self/mountinfo", "rb") as stream:
                text = stream.read()
            self._silent = ()
            if REMOTE.search(text):
                # Most hosts have no such mount, and compile nothing for it.
                from .silent_mounts import SilentMounts

                self._silent = SilentMounts(self, text)
        return self._silent.on_the_way(path) if self._silent else ""

    def read(self, path: str) -> Optional[bytes]:
        """The file's bytes; None where there is none. Anything else that hinders is a problem."""
        try:
            return plain_files.read(path)
        except plain_files.FileError as error:
            self.problem("unreadable", str(error), "ls -ld shows what it is; with root's rights, run again.")
            return None

    def text(self, path: str) -> Optional[str]:
        data = self.read(path)
        return None if data is None else data.decode("utf-8", "replace")

    def run(
        self, command: Sequence[str], code: str = "timeout", remedy: Optional[str] = None, errors: bool = False
    ) -> Tuple[int, str]:
        """Exit status and standard output, with what is said of ``errors`` where that is asked for.

        A missing program is status 127; one that hangs is 124 and a problem.
        """
        try:
            # AnsibleModule.run_command knows no time limit. A session of its own, so that children end with it.
            process = subprocess.Popen(  # pylint: disable=ansible-bad-function,consider-using-with
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if errors else subprocess.DEVNULL,
                env=dict(os.environ, LC_ALL="C", LANG="C"),
                start_new_session=True,
            )
        except FileNotFoundError:
            return 127, ""
        try:
            output, _errors = process.communicate(timeout=self.timeout)
        except subprocess.TimeoutExpired:
            words = " ".join(command)
            self.problem(
                code,
                f"{words} gave no answer within {self.timeout:g} s",
                remedy or f"Run `{words}` on the host and see what it waits for.",
            )
            _abandon(process)
            return 124, ""
        return process.returncode, output.decode("utf-8", "replace")


def _abandon(process: subprocess.Popen) -> None:  # type: ignore[type-arg]  # Python 3.8 cannot subscript it
    """Kills it. What sleeps in the kernel, as with a driver that hangs, does not even die, and is not waited for."""
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_DYING)
    if process.stdout:
        process.stdout.close()
    if process.returncode is None:
        process.returncode = -signal.SIGKILL  # Popen would otherwise warn of a child that no one waited for


def entries(folder: str) -> List[str]:
    """Sorted paths in a folder; none where there is no such folder."""
    try:
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    except OSError:
        return []


def is_plain(path: str) -> bool:
    """A file of root's own: whoever owns it, or the folder that a link leads to, can write something else into it."""
    return not os.path.islink(path) and os.stat(path).st_uid in (0, os.geteuid())


def file_mode(path: str) -> str:
    """The permissions as chmod takes them, such as 0644."""
    return f"{stat.S_IMODE(os.stat(path).st_mode):04o}"
