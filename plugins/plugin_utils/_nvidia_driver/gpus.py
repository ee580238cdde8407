# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of a host's GPUs a driver is for."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping


def ours(host: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """GPUs that are not given to virtual machines."""
    return [gpu for gpu in host["nvidia"]["gpus"] if gpu["kernel_driver"] not in ("vfio-pci", "pci-stub")]
