# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""daemon.json and the memory of its owners as they are on disk, and the engine process that has or has not read them.

The state is a JSON object: ``path`` (of the daemon.json it belongs to), ``owners`` and ``displaced`` (see daemon_json),
``pending``, a change that no running engine has taken up yet, and ``writing``, set only while the file is replaced.
What writes them is daemon_files.
"""

from __future__ import annotations

import codecs
from typing import Any, Mapping

from .._common import engine_paths, plain_files, strict_json
from .._common.plain_files import FileError

STATE_PATH = "/var/lib/dockyard/daemon_config.json"
PIDFILES = ("/run/docker.pid", "/var/run/docker.pid")


class StateError(FileError):
    """A file that cannot be understood; the message says which, why, and what to do."""


def load(state_path: str = STATE_PATH) -> dict[str, Any]:
    """The state, settled: an interrupted replacement counts as made only if the file says so."""
    text = read_text(state_path)
    if text is None:
        return {"path": None, "owners": {}, "displaced": {}, "pending": None, "writing": None}
    try:
        state = _checked(strict_json.loads(text))
        writing = state["writing"]
        if writing and not _was_made(writing, state["path"]):
            state = _checked({"path": state["path"], **writing["previous"]})
        return {**state, "writing": None}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"{error}" if isinstance(error, strict_json.JsonError) else "does not have what this module writes"
        raise StateError(
            f"{state_path} {reason}: it is damaged. Move it away: then everything that is in daemon.json now counts as"
            " an administrator's, and only what is configured is managed."
        ) from error


def not_taken_up(state: Mapping[str, Any], engine: Mapping[str, Any] | None) -> str | None:
    """'reload' or 'restart' if the engine that runs has not taken up the last change; null otherwise."""
    # No engine: the next start reads the file anyway. Another process than at the time of writing: it has read it.
    pending = state["pending"]
    if not pending or not engine or engine != pending["engine"]:
        return None
    return None if pending["effect"] == "none" else str(pending["effect"])


def _checked(state: dict[str, Any]) -> dict[str, Any]:
    """Raises for what is no state: the file is read by every run, and may have been edited."""
    for config in (state["owners"], state["displaced"], *state["owners"].values()):
        config.items()
    pending = state["pending"]
    if pending is not None:
        before = pending["before"]
        for config in (before["owners"], before["displaced"], before["config"] or {}, pending["after"] or {}):
            config.items()
        if not {"engine", "backup", "effect"} <= pending.keys():
            raise KeyError("pending")
    return state


def read_config(path: str) -> tuple[str | None, dict[str, Any] | None]:
    """daemon.json as text and as mapping; (None, None) where there is no file.

    One that a run which was cut off left under another name counts, without its text: it is to be there again.
    """
    text = read_text(path)
    if text is None and path == engine_paths.DAEMON_JSON:
        kept = read_text(engine_paths.KEPT_DAEMON_JSON)
        return None, None if kept is None else parse(kept, engine_paths.KEPT_DAEMON_JSON)
    return text, None if text is None else parse(text, path)


def parse(text: str, path: str) -> dict[str, Any]:
    advice = "Fix it or move it away; nothing was changed."
    if not text.strip():
        return {}
    try:
        # The engine's own keys go six levels deep, and the state has this inside of it.
        config = strict_json.loads(text, deepest=strict_json.DEEPEST - 8)
    except strict_json.JsonError as error:
        raise StateError(f"{path} {error}. {advice}") from error
    if not isinstance(config, dict):
        raise StateError(f"{path} holds no JSON object: it should begin with '{{' and end with '}}'. {advice}")
    return config


def engine_identity(config: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
    """Which engine process runs, so that a restart shows without a clock; null where none does.

    ``config`` is daemon.json, which may name another pidfile than the usual ones.
    """
    named = (config or {}).get("pidfile")
    for pidfile in [*([named] if isinstance(named, str) else []), *PIDFILES]:
        try:
            pid = int(read_text(pidfile) or "")
            if (read_text(f"/proc/{pid}/comm") or "").strip() != "dockerd":
                continue
            # The second field, the name, may hold spaces and brackets; the state is the 3rd, starttime the 22nd.
            after_name = (read_text(f"/proc/{pid}/stat") or "").rpartition(")")[2].split()
            if after_name[0] in ("Z", "X"):
                # Dead, and no one has asked how it died: a process 1 such as `sleep infinity` never does.
                continue
            boot_id = (read_text("/proc/sys/kernel/random/boot_id") or "").strip()
            return {"pid": pid, "start_ticks": int(after_name[19]), "boot_id": boot_id}
        except (FileError, ValueError, IndexError):
            continue
    return None


def read_text(path: str) -> str | None:
    """Text without its byte order mark, in the encodings that the engine reads; null where there is no file."""
    content = plain_files.read(path)
    if content is None:
        return None
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise StateError(f"{path} is not UTF-8 text: {error}. Fix it or move it away; nothing was changed.") from error


def _was_made(writing: dict[str, Any], path: str) -> bool:
    """Whether the file was replaced before its writer was interrupted, also where someone has edited it since."""
    from .effect import same

    now = read_config(path)[1]
    # None stands for no file, which is another thing than an empty one.
    if now is None or writing["after"] is None:
        return now is None and writing["after"] is None
    before, after = writing["before"] or {}, writing["after"]
    differing = [key for key in {**before, **after} if not same(before.get(key), after.get(key))]
    made = [key for key in differing if same(now.get(key), after.get(key))]
    return 2 * len(made) >= len(differing)
