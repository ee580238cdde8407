# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What all modules that talk to the engine have in common."""

    DOCUMENTATION = r"""
options:
  socket:
    description: The engine's unix socket.
    type: path
    default: /var/run/docker.sock
attributes:
  action_group:
    description: C(module_defaults) of C(group/dockyard.gpu.engine) are its defaults.
    support: full
    membership:
      - dockyard.gpu.engine
"""
