# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the argument specs cannot say of a variable: the format of its texts, and how large its number may be.

The key is the variable's name, with a dot the name of one of its options. A text that is not named here is one line
without control characters, a number one that is not negative, a mapping whatever JSON can hold.
"""

from __future__ import annotations

from typing import Dict, NamedTuple

from . import container_formats as containers
from . import formats
from .conversions import Range
from .formats import Format

# Of a text, and of each element of a list.
FORMATS: Dict[str, Format] = {
    "docker_engine_repository_url": formats.MIRROR,
    "docker_engine_repository_key_fingerprint": formats.FINGERPRINT,
    "docker_engine_repository_suite": formats.SUITE,
    "docker_engine_version": formats.VERSION,
    "docker_engine_registry_mirrors": formats.REGISTRY_MIRROR,
    "docker_engine_data_root": formats.ABSOLUTE_PATH,
    "docker_engine_http_proxy": formats.PROXY,
    "docker_engine_https_proxy": formats.PROXY,
    "docker_engine_no_proxy": formats.NO_PROXY,
    "docker_group_users": formats.USER,
    "nvidia_driver_branch": formats.BRANCH,
    "nvidia_driver_repository_url": formats.MIRROR,
    "nvidia_driver_repository_key_url": formats.URL,
    "nvidia_driver_repository_key_fingerprint": formats.FINGERPRINT,
    "nvidia_driver_headers": formats.PACKAGE,
    "nvidia_container_toolkit_version": formats.VERSION,
    "nvidia_container_toolkit_repository_url": formats.MIRROR,
    "nvidia_container_toolkit_repository_key_url": formats.URL,
    "nvidia_container_toolkit_repository_key_fingerprint": formats.FINGERPRINT,
    "rollout_batch": formats.BATCH,
    "rollout_before": formats.PATH,
    "rollout_after": formats.PATH,
    "container_image_log_dir": formats.ABSOLUTE_PATH,
    "container_image_list.name": containers.IMAGE_NAME,
    "container_image_list.tag": containers.TAG,
    "container_image_list.context": formats.PATH,
    "container_image_list.dockerfile": formats.PATH,
    "container_image_list.dockerfile_content": formats.CONTENT,
    "container_image_list.target": containers.STAGE,
    "container_image_list.platforms": containers.PLATFORM,
    "container_image_list.secrets.id": containers.SECRET_ID,
    "container_image_list.secrets.src": containers.SECRET_FILE,
    "container_image_list.network": containers.NETWORK,
    "container_image_list.load_from": formats.ABSOLUTE_PATH,
    "container_image_list.save_to": formats.ABSOLUTE_PATH,
    "gpu_container_list.name": containers.CONTAINER_NAME,
    "gpu_container_list.image": containers.IMAGE,
    "gpu_container_list.entrypoint": formats.CONTENT,
    "gpu_container_list.user": containers.ACCOUNT,
    "gpu_container_list.workdir": formats.ABSOLUTE_PATH,
    "gpu_container_list.volumes": containers.VOLUME,
    "gpu_container_list.ports": containers.PORTS,
    "gpu_container_list.ulimits": containers.ULIMIT,
    "gpu_container_list.shm_size": containers.SIZE,
    "gpu_container_list.ipc": containers.IPC,
    "plan_file": formats.PATH,
    "report_folder": formats.PATH,
}


# What docker's command line, Compose files and community.docker call options of lists of ours.
CALLED_ELSEWHERE = {
    "build_args": "args",
    "cmd": "command",
    "device": "gpus",
    "devices": "gpus",
    "device_requests": "gpus",
    "environment": "env",
    "file": "dockerfile",
    "ipc_mode": "ipc",
    "mounts": "volumes",
    "network": "networks",
    "network_mode": "networks",
    "path": "context",
    "platform": "platforms",
    "published_ports": "ports",
    "restart": "restart_policy",
    "working_dir": "workdir",
}


class Texts(NamedTuple):
    """A mapping of texts."""

    keys: Format
    values: Format = formats.CONTENT


MAPPINGS: Dict[str, Texts] = {
    "container_image_list.args": Texts(containers.ARGUMENT),
    "container_image_list.labels": Texts(containers.NAME),
    "gpu_container_list.env": Texts(containers.NAME),
    "gpu_container_list.labels": Texts(containers.NAME),
}

_AT_LEAST_ONE = Range(1)
RANGES: Dict[str, Range] = {
    "docker_engine_repository_timeout": _AT_LEAST_ONE,
    "nvidia_driver_reboot_timeout": _AT_LEAST_ONE,
    "nvidia_driver_repository_timeout": _AT_LEAST_ONE,
    "nvidia_container_toolkit_repository_timeout": _AT_LEAST_ONE,
    "container_image_registry_timeout": _AT_LEAST_ONE,
    "gpu_container_run_timeout": _AT_LEAST_ONE,
    "gpu_container_timeout": _AT_LEAST_ONE,
    "rollout_max_fail_percentage": Range(0, 100),
}
