# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells a running engine to read daemon.json again, and whether it did; an error is otherwise a line in its log."""

from __future__ import annotations

import json
import os
import signal
import time

from .api import EngineClient, EngineError

# A reload takes milliseconds; an engine that is busy with its containers may take longer to say so.
_PATIENCE = 10.0


def listens(socket_path: str) -> bool:
    """Before an engine serves its socket, SIGHUP ends it. One that listens elsewhere cannot be asked and is trusted."""
    if not os.path.exists(socket_path):
        return True
    try:
        EngineClient(socket_path).version()
    except EngineError as error:
        # One that serves, and lets no one ask it: its plugin for authorization is what may have to go.
        return error.status is not None
    except OSError:
        return False
    return True


def reload(pid: int, socket_path: str) -> bool:
    """False if the engine rejected what it read. ProcessLookupError if there is no such process any more."""
    since = time.time()
    os.kill(pid, signal.SIGHUP)
    if not os.path.exists(socket_path):
        return True
    client = EngineClient(socket_path)
    while time.time() < since + _PATIENCE:
        if _was_reloaded(client, since):
            return True
        time.sleep(0.05)
    return False


def _was_reloaded(client: EngineClient, since: float) -> bool:
    """The engine tells of a reload only when all of it went well."""
    query = {
        "since": f"{since:.9f}",
        "until": f"{time.time():.9f}",
        "filters": json.dumps({"type": ["daemon"], "event": ["reload"]}),
    }
    try:
        return bool(client.request("GET", "/events", query).strip())
    except EngineError as error:
        # One that speaks, and does not let itself be asked, is trusted.
        return error.status is not None
