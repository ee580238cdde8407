# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that are true, false, or `auto`: nothing was said, and what an administrator settled before stays so."""

from __future__ import annotations

from typing import Optional, Union


def said(setting: Union[bool, str]) -> Optional[bool]:
    """Null for `auto`."""
    return {"true": True, "false": False}.get(str(setting).lower())


def desired(setting: Union[bool, str], ours: bool) -> Optional[bool]:
    """``auto`` is true for what this collection brought, by the record or now; null for what was there before it."""
    return True if said(setting) is None and ours else said(setting)
