# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""daemon.json and the memory of its owners on disk, and the engine process that has or has not read it.

The state is a JSON object: ``path`` (of the daemon.json it belongs to), ``owners`` and ``displaced`` (see daemon_json),
``pending``, a change that no running engine has taken up yet, and ``writing``, set only while the file is replaced.
"""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import glob
import hashlib
import json
import os
import shutil
import tempfile
import time
from datetime import datetime, timezone
from typing import Any, Iterator, Mapping

STATE_PATH = "/var/lib/dockyard/daemon_config.json"
PIDFILES = ("/run/docker.pid", "/var/run/docker.pid")
BACKUPS_KEPT = 5


class StateError(Exception):
    """A file that cannot be understood; the message says which, why, and what to do."""


@contextlib.contextmanager
def locked(state_path: str, patience: float = 60.0) -> Iterator[None]:
    """One writer at a time, over all owners: each begins with what the one before has left."""
    os.makedirs(os.path.dirname(state_path) or ".", mode=0o755, exist_ok=True)
    # On the folder, so that no lock file is left behind.
    descriptor = os.open(os.path.dirname(state_path) or ".", os.O_RDONLY)
    try:
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise StateError(
                        f"somebody else has been changing daemon.json for {patience:g} s; run again when they are done"
                    ) from None
                time.sleep(0.1)
        yield
    finally:
        os.close(descriptor)


def load(state_path: str = STATE_PATH) -> dict[str, Any]:
    """The state, settled: an interrupted replacement counts as made only if the file says so."""
    text = _read(state_path)
    if text is None:
        return {"path": None, "owners": {}, "displaced": {}, "pending": None, "writing": None}
    try:
        state = json.loads(text)
        writing = state["writing"]
        if writing and writing["sha256"] != _sha256(_read(state["path"])):
            return {"path": state["path"], **writing["previous"], "writing": None}
        return {**state, "writing": None}
    except (ValueError, KeyError, TypeError) as error:
        raise StateError(
            f"{state_path} is damaged ({error!r}). Move it away: then everything that is in daemon.json now counts as"
            " somebody else's, and only what is wished is managed."
        ) from error


def save(state: dict[str, Any], state_path: str = STATE_PATH) -> None:
    os.makedirs(os.path.dirname(state_path) or ".", mode=0o755, exist_ok=True)
    write_atomic(state_path, json.dumps(state, indent=4, ensure_ascii=False) + "\n", mode=0o600, keep=False)


def announce(state: dict[str, Any], previous: dict[str, Any], text: str | None) -> dict[str, Any]:
    """The state to save before daemon.json becomes ``text``, so that an interruption can be told from a replacement."""
    kept = {key: previous[key] for key in ("owners", "displaced", "pending")}
    return {**state, "writing": {"sha256": _sha256(text), "previous": kept}}


def read_config(path: str) -> tuple[str | None, dict[str, Any] | None]:
    """daemon.json as text and as mapping; (None, None) where there is no file."""
    text = _read(path)
    return text, None if text is None else parse(text, path)


def parse(text: str, path: str) -> dict[str, Any]:
    advice = "Mend it or move it away; nothing was changed."
    if not text.strip():
        return {}
    try:
        config = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise StateError(
            f"{path} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
            f" (JSON has no comments and no comma before a closing bracket). {advice}"
        ) from error
    except ValueError as error:
        raise StateError(f"{path} is not JSON: {error}. {advice}") from error
    if not isinstance(config, dict):
        raise StateError(f"{path} holds no JSON object: it should begin with '{{' and end with '}}'. {advice}")
    return config


def to_text(config: dict[str, Any]) -> str:
    return json.dumps(config, indent=4, ensure_ascii=False) + "\n"


def write_atomic(path: str, text: str, mode: int, keep: bool = True) -> None:
    """All of the text or none of it, through symbolic links.

    ``keep`` leaves an existing file its mode, owner and access list.
    """
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{os.path.basename(target)}.", dir=folder)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        existing = _stat(target) if keep else None
        os.chmod(temporary, existing.st_mode & 0o7777 if existing else mode)
        if existing:
            os.chown(temporary, existing.st_uid, existing.st_gid)
            # Access lists are among them.
            for name in os.listxattr(target):
                # Some are the kernel's alone to write.
                with contextlib.suppress(PermissionError):
                    os.setxattr(temporary, name, os.getxattr(target, name))
        os.replace(temporary, target)
        _sync_folder(folder)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def remove(path: str) -> None:
    target = os.path.realpath(path)
    os.unlink(target)
    _sync_folder(os.path.dirname(target))


def back_up(path: str) -> str:
    """A copy beside the file, with its mode and owner; the newest few of ours are kept."""
    target = os.path.realpath(path)
    stem = target + ".dockyard-"
    copy = stem + datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ") + "~"
    try:
        shutil.copy2(target, copy)
        found = os.stat(target)
        os.chown(copy, found.st_uid, found.st_gid)
    except OSError:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(copy)
        raise
    for old in sorted(glob.glob(glob.escape(stem) + "*~"))[:-BACKUPS_KEPT]:
        os.unlink(old)
    return copy


def engine_identity(config: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
    """Which engine process runs, so that a restart shows without a clock; null where none does.

    ``config`` is daemon.json, which may name another pidfile than the usual ones.
    """
    named = (config or {}).get("pidfile")
    for pidfile in [*([named] if isinstance(named, str) else []), *PIDFILES]:
        try:
            pid = int(_read(pidfile) or "")
            if (_read(f"/proc/{pid}/comm") or "").strip() != "dockerd":
                continue
            # The second field, the name, may hold spaces and brackets; the state is the 3rd, starttime the 22nd.
            after_name = (_read(f"/proc/{pid}/stat") or "").rpartition(")")[2].split()
            if after_name[0] in ("Z", "X"):
                # Dead, and nobody has asked how it died: a process 1 such as `sleep infinity` never does.
                continue
            boot_id = (_read("/proc/sys/kernel/random/boot_id") or "").strip()
            return {"pid": pid, "start_ticks": int(after_name[19]), "boot_id": boot_id}
        except (OSError, ValueError, IndexError):
            continue
    return None


def _read(path: str) -> str | None:
    """Text without its byte order mark, in the encodings that the engine reads; null where there is no file."""
    try:
        with open(path, "rb") as stream:
            content = stream.read()
    except FileNotFoundError:
        return None
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise StateError(f"{path} is not UTF-8 text: {error}. Mend it or move it away; nothing was changed.") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _sha256(text: str | None) -> str | None:
    return None if text is None else hashlib.sha256(text.encode("utf-8")).hexdigest()


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _sync_folder(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
