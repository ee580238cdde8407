# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the container toolkit comes from, which versions of it are safe, and what came before it.

Sources, read in November 2026: NVIDIA's installation guide, the toolkit's control files, NVIDIA's security bulletins.
"""

from __future__ import annotations

from typing import Any, Dict

from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import toolkit_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.vendor import Key, Repository, normalise

from .._planning.versions import numbers

MARK = "# Managed by dockyard.gpu.nvidia_container_toolkit: changes made here are reverted.\n"
VENDOR = "https://nvidia.github.io"
URL = f"{VENDOR}/libnvidia-container"
FINGERPRINT = "C95B321B61E88C1809C4F759DDCAE044F796ECB0"
# CVE-2026-24260: below it, a container can reach its host.
FLOOR = (1, 19, 1)
# What people installed before 2022: their packages, and the repositories beside today's.
OLD_PACKAGES = ("nvidia-docker", "nvidia-docker2", "nvidia-container-runtime", "nvidia-container-runtime-hook")
_REPOSITORIES = ("libnvidia-container", "nvidia-container-runtime", "nvidia-docker")


def repository(host: Dict[str, Any], wanted: Dict[str, Any]) -> Repository:
    """NVIDIA's repository, or a mirror of it: flat, one folder for each architecture."""
    base = (wanted["repository_url"] or URL).rstrip("/")
    place = f"{base}/stable/deb/{host['distribution']['architecture']}"
    fingerprint = normalise(wanted["repository_key_fingerprint"] or FINGERPRINT)
    key = Key(toolkit_paths.REPOSITORY_KEY, wanted["repository_key_url"] or f"{base}/gpgkey", fingerprint)
    content = f"{MARK}Types: deb\nURIs: {place}/\nSuites: /\nSigned-By: {key.path}\n"
    # A mirror of today's repository lies beside mirrors of the old ones.
    roots = dict.fromkeys([VENDOR, base.rsplit("/", 1)[0]] if "://" in base.rsplit("/", 1)[0] else [VENDOR])
    also = tuple(f"{root}/{name}" for root in roots for name in _REPOSITORIES)
    return Repository(toolkit_paths.REPOSITORY_FILE, content, key, also, (FINGERPRINT,))


def is_below_floor(version: str) -> bool:
    """Of a version, or of a setting such as 1.19, which may be met by a safe one."""
    found = numbers(version)
    return bool(found) and found < FLOOR[: len(found)]
