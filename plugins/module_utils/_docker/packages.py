# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every name under which an engine and its parts are packaged, by who packages them."""

from __future__ import annotations

OF_DISTRIBUTIONS = (
    "docker.io",
    "docker-cli",
    "docker-buildx",
    "docker-compose",
    "docker-compose-v2",
    "docker-doc",
    "containerd",
    "runc",
)
# packages.microsoft.com, as on Azure's images and runners.
OF_MICROSOFT = (
    "moby-engine",
    "moby-cli",
    "moby-buildx",
    "moby-compose",
    "moby-containerd",
    "moby-runc",
    "moby-tini",
)
# What Docker's own were called up to 2016 and 2017 (docs.docker.com/engine/install: "uninstall old versions").
FORMER = ("lxc-docker", "docker-engine")
OF_UPSTREAM = (
    "docker-ce",
    "docker-ce-cli",
    "docker-ce-rootless-extras",
    "docker-buildx-plugin",
    "docker-compose-plugin",
    "containerd.io",
)
