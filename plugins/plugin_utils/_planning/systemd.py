# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reload of systemd takes from containers: github.com/NVIDIA/nvidia-container-toolkit/issues/1227."""

from __future__ import annotations

from typing import Any, Mapping


def losing_gpus(host: Mapping[str, Any]) -> str:
    """Who may lose GPUs by `systemctl daemon-reload`: systemd knows nothing of those that a hook gave."""
    containers = host["gpu_containers"]
    if host["init"] != "systemd" or host["engine"].get("cgroup_driver") != "systemd":
        return ""
    if containers is None:
        return "containers"
    return ", ".join(each["name"] for each in containers)
