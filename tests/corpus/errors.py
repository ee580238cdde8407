# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a file from being compared."""

from __future__ import annotations


class NoOracle(Exception):
    """No one here to compare with."""


class Unread(Exception):
    """A file that this reader takes for an error."""
