# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the container toolkit's things stand on a host: named once, for the facts and for the plan."""

from __future__ import annotations

REPOSITORY_FILE = "/etc/apt/sources.list.d/nvidia-container-toolkit.sources"
REPOSITORY_KEY = "/etc/apt/keyrings/nvidia-container-toolkit.asc"
# An administrator's, which is read only.
REFRESH_ENVIRONMENT = "/etc/nvidia-container-toolkit/nvidia-cdi-refresh.env"
# What containers with GPUs need to come back after a reboot: the engine after the specification, and another try for
# those that were too early all the same.
ENGINE_DROP_IN = "/etc/systemd/system/docker.service.d/dockyard-gpus.conf"
REFRESH_DROP_IN = "/etc/systemd/system/nvidia-cdi-refresh.service.d/dockyard.conf"
RETRY_UNIT = "/etc/systemd/system/dockyard-gpu-containers.service"
BOOT_FILES = (ENGINE_DROP_IN, REFRESH_DROP_IN, RETRY_UNIT)
MANAGED_FILES = (REPOSITORY_FILE, REFRESH_ENVIRONMENT, *BOOT_FILES)

PACKAGES = (
    "libnvidia-container1",
    "libnvidia-container-tools",
    "nvidia-container-toolkit-base",
    "nvidia-container-toolkit",
)
CONFIG = "/etc/nvidia-container-runtime/config.toml"
# What the refresh unit writes, and what people were asked to write by hand before there was one.
# Where engines and NVIDIA's runtime look for CDI specifications, unless they are configured otherwise.
CDI_FOLDERS = ("/etc/cdi", "/var/run/cdi")
REFRESHED = "/var/run/cdi/nvidia.yaml"
BY_HAND = "/etc/cdi/nvidia.yaml"
REFRESH_SERVICE = "nvidia-cdi-refresh.service"
REFRESH_PATH = "nvidia-cdi-refresh.path"
UNITS = (REFRESH_SERVICE, REFRESH_PATH)

RUNTIME_HOOK = "nvidia-container-runtime-hook"
CDI_HOOK = "nvidia-cdi-hook"
PROGRAMS = ("nvidia-ctk", "nvidia-container-runtime", RUNTIME_HOOK, CDI_HOOK, "nvidia-container-cli")
# Which of them a running engine knows of, though they were exchanged since it started.
FOUND = "/var/lib/dockyard/nvidia_container_toolkit.found"

# There as long as dpkg takes daemon.json for a file of nvidia-docker2, which it removes when it purges that.
OWNS_DAEMON_JSON = "/var/lib/dpkg/info/nvidia-docker2.list"
