# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dockerd program: the flags its unit gives it, and what it says of a configuration before it runs with it."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from typing import Any, NamedTuple, Sequence

from .._common import plain_files
from . import config_file, start

UNIT = "docker.service"
TIMEOUT = 30
_NOBODY = 65534
_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
_OFFENDERS = (
    r"don't match any configuration option: (?P<list>.+)",
    r"Go struct field [\w.]+\.(?P<key>[\w-]+) of type",
    r"specified both as a flag and in the configuration file: (?P<conflicts>.+)",
)


class Verdict(NamedTuple):
    """What the engine makes of a configuration; ``accepted`` is null where it could not be asked."""

    accepted: bool | None
    words: str
    keys: list[str]


def unit_flags() -> list[str]:
    """The flags with which the engine is started here, by systemd or without; none where it cannot be determined."""
    if not os.path.isdir("/run/systemd/system"):
        return start.options_without_init(_text)
    command = ["systemctl", "show", "--property", "ExecStart,Environment,EnvironmentFiles", UNIT]
    try:
        shown = _run(command).stdout
    except (OSError, subprocess.TimeoutExpired):
        return []
    started = re.search(r"^ExecStart=(.*)$", shown, re.MULTILINE)
    flags = start.arguments(started.group(1)) if started else []
    return start.expanded(flags, start.environment(shown, flags, _text))


def _text(path: str) -> str | None:
    try:
        content = plain_files.read(path)
    except plain_files.FileError:
        return None
    return None if content is None else content.decode("utf-8", "replace")


def version(dockerd: str | None) -> tuple[int, ...]:
    """Of the program, whether it runs or not; empty where it does not say."""
    try:
        answer = _run([dockerd or "dockerd", "--version"]).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.search(r"version (\d+)\.(\d+)", answer)
    return (int(found.group(1)), int(found.group(2))) if found else ()


def validate(dockerd: str, text: str, path: str, flags: Sequence[str], folder: str) -> Verdict:
    """Ask ``dockerd`` about the text of daemon.json; ``path`` is the name the answer should use for it."""
    # Of two files, it would read the last: the one of the unit, and not this text.
    flags = config_file.split(flags)[1]
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="daemon.json.", dir=folder) as copy:
        copy.write(text)
        copy.flush()
        try:
            answer = _run([dockerd, "--validate", f"--config-file={copy.name}", *flags])
            words = _words(answer, copy.name, path)
            if answer.returncode != 0 and "unknown flag: --validate" in words:
                return _validate_unprivileged(dockerd, copy, path, flags)
        except subprocess.TimeoutExpired:
            return Verdict(None, f"{dockerd} did not answer within {TIMEOUT} seconds", [])
        except OSError as error:
            return Verdict(None, f"{dockerd} cannot be run: {error.strerror}", [])
    return Verdict(answer.returncode == 0, words, [] if answer.returncode == 0 else _offenders(words))


def _validate_unprivileged(dockerd: str, copy: Any, path: str, flags: Sequence[str]) -> Verdict:
    """Engines before 23.0 have no --validate, but read their configuration before they find that they are not root."""
    if os.geteuid() != 0:
        return Verdict(None, "this engine has no --validate, and asking it in another way takes root", [])
    os.fchown(copy.fileno(), _NOBODY, _NOBODY)
    copy.seek(0)
    answer = _run([dockerd, "--config-file=/dev/stdin", *flags], stdin=copy, preexec_fn=_become_nobody)
    words = _words(answer, "/dev/stdin", path)
    if "needs to be started with root" in words:
        return Verdict(True, "", [])
    rejected = "unable to configure the Docker daemon" in words or "unknown flag" in words
    return Verdict(False, words, _offenders(words)) if rejected else Verdict(None, words, [])


def _become_nobody() -> None:
    os.setgroups([])
    os.setgid(_NOBODY)
    os.setuid(_NOBODY)


def _run(command: Sequence[str], **how: Any) -> subprocess.CompletedProcess[str]:
    # AnsibleModule.run_command knows no time limit.
    return subprocess.run(  # pylint: disable=ansible-bad-function
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=_ENVIRONMENT,
        cwd="/",
        timeout=TIMEOUT,
        check=False,
        **how,
    )


def _words(answer: subprocess.CompletedProcess[str], temporary: str, path: str) -> str:
    return answer.stdout.strip().replace(temporary, path)


def _offenders(words: str) -> list[str]:
    for pattern in _OFFENDERS:
        found = re.search(pattern, words)
        if found and found.lastgroup == "list":
            return [key.strip() for key in found.group("list").split(",")]
        if found and found.lastgroup == "key":
            return [found.group("key")]
        if found:
            return re.findall(r"([\w-]+): \(from flag", found.group("conflicts"))
    return []
