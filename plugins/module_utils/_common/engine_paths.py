# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the engine's things stand on a host: named once, for the facts and for the plans."""

from __future__ import annotations

import re
from typing import Optional

REPOSITORY_FILE = "/etc/apt/sources.list.d/docker.sources"
REPOSITORY_KEY = "/etc/apt/keyrings/docker.asc"
PROXY_ENVIRONMENT = "/etc/dockyard/proxy.env"
DROP_INS = {
    "docker.service": "/etc/systemd/system/docker.service.d/dockyard.conf",
    "containerd.service": "/etc/systemd/system/containerd.service.d/dockyard.conf",
}
MANAGED_FILES = (REPOSITORY_FILE, PROXY_ENVIRONMENT, *DROP_INS.values())

# What was last verified by a container; see _verify/fingerprint.py.
VERIFIED = "/var/lib/dockyard/docker_engine.verified"

# What the engine held before it was exchanged or restarted, until it has been compared; see _docker/contents.py.
CONTENTS = "/var/lib/dockyard/docker_engine.contents"

DAEMON_JSON = "/etc/docker/daemon.json"
# Where it is while dpkg purges nvidia-docker2, whose file it is to dpkg. After a run that was cut off, the next one
# puts it back.
KEPT_DAEMON_JSON = DAEMON_JSON + ".kept"
DATA_ROOT = "/var/lib/docker"
# Of the containerd that systemd runs; without it, an engine's own is below its data root.
CONTAINERD_ROOT = "/var/lib/containerd"
# Of what a containerd has, below its root.
CONTAINERD_DATABASE = "io.containerd.metadata.v1.bolt/meta.db"
SOCKET = "/run/docker.sock"
UNITS = ("docker.service", "docker.socket", "containerd.service")

# What dockerd makes in its data root, and tells as its data root, with userns-remap: <uid>.<gid>.
REMAPPED = re.compile(r"\d+\.\d+")


def given_root(reported: Optional[str]) -> str:
    """The data root that the engine was given, of the one that it tells; empty where it tells none."""
    folder, _slash, name = (reported or "").rstrip("/").rpartition("/")
    return folder if REMAPPED.fullmatch(name) else reported or ""
