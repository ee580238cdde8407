#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: engine_data
short_description: Removes the images, containers and volumes of a Docker engine, and nothing else
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - Removes what dockerd and its containerd created in the folders where they keep their data. The engine has to be
    stopped.
  - Such a folder may be a mount, a disk with other contents, or be reached by a link. What the engine creates there
    is recognised by its name and by the names of its contents; everything else stays.
  - Nothing that is mounted is entered, bind mounts of the same file system included, and no link is followed but that
    to the folder itself. So what a volume of C(o=bind) or a network share shows is not touched. What dockerd itself
    mounted for containers, and left mounted when it was killed, is unmounted first.
  - Data of containerd stays where it holds data of other programs, such as those of Kubernetes or nerdctl.
options:
  folders:
    description: The folders, of data roots of dockerd, and C(/var/lib/containerd).
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: The folder, as it is configured.
        type: path
        required: true
      existed:
        description: Whether the folder was there before the engine. Then it stays, empty or not.
        type: bool
        default: true
  state:
    description:
      - V(absent) removes the data.
      - V(left) leaves it, and writes a file beside it, by which a later engine of this collection knows that the data
        belongs to this collection.
    type: str
    choices: [absent, left]
    default: absent
attributes:
  check_mode:
    description: Nothing is removed. RV(gone) has what would be, RV(kept) and RV(blocked) what would stay.
    support: full
    details: Data in use by a program, and missing permissions, are not predicted.
  diff_mode:
    description: There is nothing to show but names, which are returned.
    support: none
  platform:
    description: Linux.
    support: full
    platforms: linux
  idempotent:
    description: The second call changes nothing.
    support: full
"""

EXAMPLES = r"""
- name: Show what would be removed
  dockyard.gpu.engine_data:
    folders:
      - {path: /srv/docker}
  check_mode: true
"""

RETURN = r"""
gone:
  description: Entries of the folders that were removed with all that was in them, and folders.
  returned: success
  type: list
  elements: str
  sample: [/var/lib/docker/overlay2, /var/lib/docker]
kept:
  description: What stays because it is not the engine's, each with C(path) and C(why).
  returned: success
  type: list
  elements: dict
  sample: [{"path": "/srv/docker/datasets", "why": "the engine creates nothing with this name"}]
blocked:
  description: What is the engine's and could not be removed, each with C(path) and C(why); at most 20 of a folder.
  returned: success
  type: list
  elements: dict
  sample: [{"path": "/var/lib/docker/volumes/share/_data", "why": "it is mounted"}]
"""

from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common.plain_files import FileError
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import data, earlier_data


def _left(module: AnsibleModule, folder: Dict[str, Any]) -> bool:
    found = {"existed": folder["existed"], "data": False}
    if module.check_mode:
        return data.holds_data(folder["path"]) and earlier_data.before(folder["path"]) != found
    return earlier_data.leave(folder["path"], found)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "folders": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "path": {"type": "path", "required": True},
                    "existed": {"type": "bool", "default": True},
                },
            },
            "state": {"type": "str", "choices": ["absent", "left"], "default": "absent"},
        },
        supports_check_mode=True,
    )
    result: Dict[str, Any] = {"changed": False, "gone": [], "kept": [], "blocked": []}
    try:
        for folder in module.params["folders"]:
            if module.params["state"] == "left":
                result["changed"] = _left(module, folder) or result["changed"]
                continue
            removal = data.remove(folder["path"], not folder["existed"], not module.check_mode)
            result["gone"] += removal.gone
            result["kept"] += [each._asdict() for each in removal.theirs]
            result["blocked"] += [each._asdict() for each in removal.blocked]
            result["changed"] = result["changed"] or bool(removal.gone)
    except (FileError, OSError) as error:
        module.fail_json(msg=str(error), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
