# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module of the action's name, and completes what it answers of GPUs.

Ansible loads an action once, in the process that it forks for each host: the tables cost a run some 10 ms, however
many hosts it has.
"""

from __future__ import annotations

from typing import Any, Dict, Optional

from ansible.plugins.action import ActionBase

from .completion import complete


class CompletingAction(ActionBase):
    """A result that a task with async gets later would be incomplete, so that such a task is an error."""

    def run(self, tmp: Optional[str] = None, task_vars: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        result: Dict[str, Any] = super().run(tmp, task_vars)
        result.update(self._execute_module(task_vars=task_vars))
        nvidia = self.gpus_of(result)
        # Most hosts have nothing of NVIDIA's.
        if "evidence" in nvidia:
            complete(nvidia)
        return result

    @staticmethod
    def gpus_of(result: Dict[str, Any]) -> Dict[str, Any]:
        """The part of a result that is of GPUs; empty where the module failed."""
        return result
