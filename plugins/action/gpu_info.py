# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""gpu_info: the module finds, the control node knows names, architectures and what problems mean."""

from __future__ import annotations

from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_gpu.action import CompletingAction


class ActionModule(CompletingAction):
    pass
