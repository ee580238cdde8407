# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fails like ansible.builtin.fail, with each sentence once: from 2.19 on Ansible shows a message twice."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from ansible.errors import AnsibleAction
from ansible.plugins.action import ActionBase

_PREFIX = "Fail: "


class Failed(AnsibleAction):
    """Ansible shows what was raised, which is a headline, and then the result, which has the words."""

    def __init__(self, headline: str, result: Dict[str, Any]) -> None:
        super().__init__(headline, result=result)
        self._words = result["msg"]

    def as_task_result(self, utr: Any) -> Any:
        """Since 2.21, where a result takes its message from what was raised."""
        found = super().as_task_result(utr)
        found.msg = self._words
        return found


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset(("msg",))
    _requires_connection = False

    def run(self, tmp: Optional[str] = None, task_vars: Optional[Mapping[str, Any]] = None) -> Dict[str, Any]:
        super().run(tmp, task_vars)
        # A list is shown line by line, also where results are shown as JSON.
        result = {"changed": False, "msg": self._task.args.get("msg", ""), "_ansible_verbose_always": True}
        name = str(self._task.name or "")
        headline = name[len(_PREFIX) :] if name.startswith(_PREFIX) else name
        # Before 2.19 the message of what was raised takes the place of the result's.
        if not (hasattr(AnsibleAction, "as_task_result") or hasattr(AnsibleAction, "result_contribution")):
            return {**result, "failed": True}
        raise Failed(headline or "Failed", result)
