# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in of NVIDIA's container toolkit: the part of its work that shows devices and libraries to containers."""

VERSION = "@VERSION@"


class ToolkitError(Exception):
    """What a program says before it ends with 1."""


def at_least(*wanted: int) -> bool:
    return tuple(int(part) for part in VERSION.split(".")) >= wanted
