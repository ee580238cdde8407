# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: answer
type: stdout
short_description: Prints a playbook's answer, and nothing else
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - Writes to standard output only what tasks of M(ansible.builtin.debug) show, strings as they are and data as JSON,
    so that another program can read it.
  - Failures and unreachable hosts go to standard error, one line each.
  - Made for C(playbooks/plan.yml) with C(-e plan_format=json). Anything else that writes to standard output, such
    as a callback that shows progress, has to be left out.
requirements:
  - Set as the callback for the standard output.
"""

EXAMPLES = r"""
# In a shell:
#   ANSIBLE_STDOUT_CALLBACK=dockyard.gpu.answer ansible-playbook dockyard.gpu.plan -i inventory -e plan_format=json
"""

import json
from typing import Any, Dict

from ansible.plugins.callback import CallbackBase
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.text import shown, shown_within


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "dockyard.gpu.answer"

    def v2_runner_on_ok(self, result: Any) -> None:
        self._say(result)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._say(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        # A loop's items were reported one by one.
        if "results" not in result._result:
            self._complain(result, "failed, and left out" if ignore_errors else "failed")

    def v2_runner_item_on_failed(self, result: Any) -> None:
        self._complain(result, "failed")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._complain(result, "unreachable")

    def _say(self, result: Any) -> None:
        found: Dict[str, Any] = result._result
        if result._task.action not in ("debug", "ansible.builtin.debug") or "msg" not in found or "results" in found:
            return
        said = found["msg"]
        if isinstance(said, str):
            self._display.display(shown_within(said))
        elif isinstance(said, list) and all(isinstance(line, str) for line in said):
            self._display.display("\n".join(shown_within(said)))
        else:
            # In ASCII, in which nothing acts on a terminal.
            self._display.display(json.dumps(said, indent=2, default=str))

    def _complain(self, result: Any, what: str) -> None:
        said = result._result.get("msg", "")
        words = said if isinstance(said, str) else "; ".join(str(each) for each in said)
        # Of a task that was given to another host, such as the control node, that one.
        delegated = result._result.get("_ansible_delegated_vars") or {}
        name = result._task.delegate_to if delegated and isinstance(result._task.delegate_to, str) else ""
        self._display.display(f"{shown(name or result._host.get_name())}: {what}: {shown(words)}", stderr=True)
