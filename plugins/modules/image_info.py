#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_info
short_description: Read images, and what they were built from
version_added: 0.1.0
description:
  - Asks the engine's socket for images by name, for what registries have under a name, and reads archives of images.
  - Reads what P(dockyard.gpu.container_image#role) wrote into the labels of what it built.
  - Needs nothing on the host beside Python. Changes nothing.
author: dockyard.gpu contributors (@dockyard-gpu)
attributes:
  check_mode:
    support: full
    description: Nothing is ever changed.
  diff_mode:
    support: none
    description: There is nothing to compare.
  facts:
    support: full
    description: The result is the fact C(dockyard_images).
  platform:
    support: full
    platforms: linux
    description: Linux with an engine of version 20.10 or later.
extends_documentation_fragment:
  - dockyard.gpu.engine
options:
  names:
    description: Images to look up in the engine, with their tags.
    type: list
    elements: str
    default: []
  registry:
    description:
      - Images to look up in the registry, as a pull would. The engine does it, through its mirrors, and with the login
        that C(docker login) stored for the user that the module runs as.
    type: list
    elements: str
    default: []
  pushed:
    description:
      - Images to look up in the registry itself, past the mirrors of Docker Hub, with the same login. A digest that the
        engine knows is no evidence of a push, since containerd's image store has one for each build.
    type: list
    elements: str
    default: []
  archives:
    description: Archives of C(docker save) to read.
    type: list
    elements: path
    default: []
  timeout:
    description: How long the engine, or a registry, may take for each answer, in seconds.
    type: int
    default: 30
requirements:
  - Access to the engine's socket, as root or as a member of the group C(docker).
"""

EXAMPLES = r"""
- name: Gather facts about the image
  dockyard.gpu.image_info:
    names: ["lab/jupyter:latest"]
"""

RETURN = r"""
ansible_facts:
  description: What was found.
  type: dict
  returned: always
  contains:
    dockyard_images:
      description: What was found.
      type: dict
      contains:
        engine:
          description: >-
            The engine. C(answers), C(version), C(architecture), C(buildx) (whether it builds by BuildKit), and
            C(error).
          type: dict
        images:
          description: >-
            By name, null or the engine's image. C(id), C(created), C(size) in bytes, C(architecture), C(digests) in
            registries, and C(built), which is null where the role did not build it.
          type: dict
        registry:
          description: By name, C(digest) and C(error), one of which is empty.
          type: dict
        pushed:
          description: By name, C(digest) and C(error). Both are empty where the registry has nothing of that name.
          type: dict
        archives:
          description: By path, C(images) with their ids by name, and C(error).
          type: dict
        replaced:
          description: By name, the ids of earlier builds that lost their name and that no container uses.
          type: dict
  sample:
    dockyard_images:
      engine: {answers: true, version: 26.1.5, architecture: amd64, buildx: true, error: ""}
      images:
        "lab/jupyter:latest": null
      registry: {}
      pushed: {}
      archives: {}
      replaced: {"lab/jupyter:latest": []}
"""

from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import images, registry
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import DEFAULT_SOCKET, EngineClient, EngineError


def look(client: EngineClient, params: Dict[str, Any]) -> Dict[str, Any]:
    found: Dict[str, Any] = {"engine": images.engine(client), "images": {}, "registry": {}, "pushed": {}}
    found["replaced"] = {}
    found["archives"] = {path: images.archive(path) for path in params["archives"]}
    if found["engine"]["answers"]:
        found["images"] = {name: images.image(client, name) for name in params["names"]}
        found["registry"] = {name: registry.pulled(client, name) for name in params["registry"]}
        found["pushed"] = {name: registry.pushed(client, name) for name in params["pushed"]}
        found["replaced"] = images.replaced(client, params["names"])
    return found


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "names": {"type": "list", "elements": "str", "default": []},
            "registry": {"type": "list", "elements": "str", "default": []},
            "pushed": {"type": "list", "elements": "str", "default": []},
            "archives": {"type": "list", "elements": "path", "default": []},
            "socket": {"type": "path", "default": DEFAULT_SOCKET},
            "timeout": {"type": "int", "default": 30},
        },
        supports_check_mode=True,
    )
    client = EngineClient(module.params["socket"], module.params["timeout"])
    try:
        found = look(client, module.params)
    except EngineError as exc:
        module.fail_json(msg=f"the engine could not be asked for its images: {exc}. Next: journalctl -u docker -n 50")
    module.exit_json(changed=False, ansible_facts={"dockyard_images": found})


if __name__ == "__main__":
    main()
