# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What filters give back, as data: no text in it is ever taken for a template, wherever it came from."""

from __future__ import annotations

from typing import Any

from ansible.utils.unsafe_proxy import wrap_var


def as_data(value: Any) -> Any:
    """A copy. Before 2.19 Ansible takes what set_fact keeps for templates of its own, unless each text is marked; since
    then its lists and mappings are of kinds that cannot be marked, nor made.
    """
    if isinstance(value, dict):
        return {as_data(key): as_data(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_data(each) for each in value]
    return wrap_var(value) if isinstance(value, str) else value
