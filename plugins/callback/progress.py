# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: notification
short_description: Shows the progress of long tasks
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - While a task runs, writes a line with the time that it has taken so far and the hosts that it still runs on.
  - Writes to standard error alone, on a terminal and in the log of a CI job alike, so that standard output stays what
    it is without this plugin.
  - Says nothing at all where O(interval) is V(0), and where standard output is made for programs, by one of O(quiet).
requirements:
  - It has to be named in C(callbacks_enabled), as the C(ansible.cfg) of this collection's repository does.
options:
  interval:
    description: Seconds between two lines of the same task; V(0) switches them off.
    type: float
    default: 10
    env:
      - name: DOCKYARD_PROGRESS_INTERVAL
    ini:
      - section: callback_progress
        key: interval
  quiet:
    description: Stdout callbacks whose output programs read. Of a name with dots, the last part counts.
    type: list
    elements: str
    default: [json, jsonl, jsonl_event]
    env:
      - name: DOCKYARD_PROGRESS_QUIET
    ini:
      - section: callback_progress
        key: quiet
"""

EXAMPLES = r"""
# ansible.cfg
# [defaults]
# callbacks_enabled = dockyard.gpu.progress
#
# [callback_progress]
# interval = 15
"""

import os
import threading
import time
from typing import Any, Dict

from ansible import constants
from ansible.plugins.callback import CallbackBase
from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting.progress import Running

_STDERR = 2


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "dockyard.gpu.progress"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._interval = 0.0
        self._running = Running()
        self._ended = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="dockyard progress", daemon=True)

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)
        self._interval = float(self.get_option("interval"))
        if constants.DEFAULT_STDOUT_CALLBACK.rpartition(".")[2] in self.get_option("quiet"):
            self._interval = 0.0

    def v2_playbook_on_start(self, playbook: Any) -> None:
        if self._interval > 0:
            self._ticker.start()

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        self._running.begins(host.get_name(), str(task._uuid), task.get_name(), time.monotonic())

    def v2_runner_on_ok(self, result: Any) -> None:
        self._ends(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._ends(result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._ends(result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._ends(result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._ended.set()

    def _ends(self, result: Any) -> None:
        self._running.ends(result._host.get_name(), str(result._task._uuid))

    def _tick(self) -> None:
        shown: Dict[str, float] = {}
        # Ten looks an interval: lines come late by a tenth of it at most.
        while not self._ended.wait(self._interval / 10):
            for line in self._running.lines(time.monotonic(), self._interval, shown):
                # Not by Ansible's display, nor by sys.stderr: workers are forked at any moment, and would inherit the
                # lock that this thread holds.
                os.write(_STDERR, f"{line}\n".encode("utf-8", "replace"))
