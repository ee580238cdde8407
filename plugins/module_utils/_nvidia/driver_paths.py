# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the NVIDIA driver's things stand on a host: named once, for the facts and for the plans."""

from __future__ import annotations

NOUVEAU_FILE = "/etc/modprobe.d/dockyard-nouveau.conf"
REPOSITORY_FILE = "/etc/apt/sources.list.d/nvidia-driver.sources"
REPOSITORY_KEY = "/etc/apt/keyrings/nvidia-driver.asc"
PERSISTENCE_DROP_IN = "/etc/systemd/system/nvidia-persistenced.service.d/dockyard.conf"
# Why the role rebooted the host, until the driver answers: the same reboot would not help a second time.
REBOOTED_FILE = "/var/lib/dockyard/nvidia-driver-rebooted-for"
# Gone with the boot in which it was written: while it is there, the reboot has not been.
REBOOTING_FILE = "/run/dockyard-nvidia-driver-rebooting"
# Containers that the role has stopped for an exchange of the driver, until they have been started again.
STOPPED_FILE = "/var/lib/dockyard/nvidia-driver-stopped"
MANAGED_FILES = (NOUVEAU_FILE, REPOSITORY_FILE, PERSISTENCE_DROP_IN, REBOOTED_FILE, REBOOTING_FILE, STOPPED_FILE)

UNITS = ("nvidia-persistenced.service", "nvidia-fabricmanager.service")
