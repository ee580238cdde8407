#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: build_context
short_description: Read what image builds are made from
version_added: 0.1.0
description:
  - Reads Dockerfiles and contexts where they are, and returns each as a hash, with the images that a build needs.
  - Two hashes are the same if and only if a build sees the same. Paths, kinds, permissions, contents and the targets of
    symbolic links count. Owners, times and extended attributes do not.
  - What C(.dockerignore) leaves out does not count. C(NAME.dockerignore) beside a Dockerfile C(NAME) takes precedence,
    and is read for the classic builder too. The patterns are moby's, with C(**) and C(!).
  - Runs on a host, or delegated to the control node.
author: dockyard.gpu contributors (@dockyard-gpu)
attributes:
  check_mode:
    support: full
    description: An archive is not written.
  diff_mode:
    support: none
    description: There is nothing to compare.
  idempotent:
    support: full
    description: Nothing is changed but an O(builds[].archive), which is always rewritten.
  platform:
    support: full
    platforms: posix
    description: Any machine with Python 3.8 or later.
options:
  builds:
    description: The builds to read.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The build's name in the result.
        type: str
        required: true
      path:
        description: The context, a folder. Without one the context is empty.
        type: path
      dockerfile:
        description: The Dockerfile. A relative path is below O(builds[].path).
        type: str
        default: Dockerfile
      dockerfile_content:
        description: The Dockerfile's content, instead of O(builds[].dockerfile).
        type: str
      args:
        description: Build arguments that names of images use.
        type: dict
        default: {}
      target:
        description: The stage that is built. By default it is the last one.
        type: str
      platforms:
        description:
          - The target platforms, such as V(linux/arm64), which give BuildKit's own arguments such as C(TARGETARCH)
            their values. By default the engine's platform, see O(architecture).
        type: list
        elements: str
        default: []
      archive:
        description: >-
          Where to write an archive (C(.tar.gz)) with the Dockerfile as C(Dockerfile), and the context without ignored
          files as the folder C(context). By default none is written.
        type: path
  architecture:
    description:
      - The architecture of the host whose engine builds, as dpkg names it, such as V(amd64).
      - Without it, C(BUILDARCH) and the like have no value, nor have C(TARGETARCH) and the like of a build without
        O(builds[].platforms).
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Read what the image is built from
  dockyard.gpu.build_context:
    builds:
      - name: lab/jupyter
        path: "{{ playbook_dir }}/jupyter"
        args: {BASE: "tensorflow/tensorflow:latest-gpu-jupyter"}
  delegate_to: localhost
"""

RETURN = r"""
builds:
  description: By name, what each build is made from.
  type: dict
  returned: always
  contains:
    error:
      description: Why it cannot be read. An empty string where it can; the keys below exist only then.
      type: str
    dockerfile:
      description: SHA-256 of the Dockerfile's bytes.
      type: str
    context:
      description: SHA-256 of the context without what C(.dockerignore) leaves out.
      type: str
    files:
      description: The number of files, folders and links that count.
      type: int
    bytes:
      description: The size of the files that count, in bytes.
      type: int
    bases:
      description: >-
        The images that the build needs, in the Dockerfile's order. Those of C(FROM), C(COPY --from) and C(RUN
        --mount), with arguments put in, of the stages that the target is made from; for all platforms together.
      type: list
      elements: str
  sample:
    lab/jupyter:
      error: ""
      dockerfile: 3f0a377ba0a4a460ecb616f6507ce0d8cfa3e704025d4fda3ed0c5ca05468728
      context: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
      files: 2
      bytes: 113
      bases: [tensorflow/tensorflow:latest-gpu-jupyter]
"""

from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common import secret_options
from ansible_collections.dockyard.gpu.plugins.module_utils._image_build import context
from ansible_collections.dockyard.gpu.plugins.module_utils._image_build.dockerfile import DockerfileError, bases

# What Go calls the architectures of Debian's ports, where it differs (github.com/containerd/platforms, database.go).
_PLATFORM_OF = {
    "armel": "linux/arm/v5",
    "armhf": "linux/arm/v7",
    "i386": "linux/386",
    "mips64el": "linux/mips64le",
    "ppc64el": "linux/ppc64le",
}


def read(build: Dict[str, Any], architecture: str, pack: bool) -> Dict[str, Any]:
    """One build; what is wrong with it is reported, since others may be all right."""
    inline = build["dockerfile_content"]
    name = None if inline is not None else build["dockerfile"]
    try:
        content = inline.encode("utf-8") if inline is not None else context.dockerfile(build["path"], name or "")
        files = context.digest(build["path"], name)
        platform = _PLATFORM_OF.get(architecture, f"linux/{architecture}" if architecture else "")
        text = content.decode("utf-8", "replace")
        images = bases(text, build["args"], build["target"], build["platforms"], platform)
        if pack and build["archive"]:
            context.pack(build["archive"], build["path"], name, content)
    except (context.BuildFilesError, DockerfileError) as exc:
        return {"error": str(exc)}
    except OSError as exc:
        return {"error": f"{exc.filename or build['path']}: {exc.strerror}"}
    return {
        "error": "",
        "dockerfile": context.hashed(content),
        "context": files.digest,
        "files": files.entries,
        "bytes": files.size,
        "bases": images,
    }


def main() -> None:
    options = {
        "name": {"type": "str", "required": True},
        "path": {"type": "path"},
        "dockerfile": {"type": "str", "default": "Dockerfile"},
        "dockerfile_content": {"type": "str"},
        "args": {"type": "dict", "default": {}},
        "target": {"type": "str"},
        "platforms": {"type": "list", "elements": "str", "default": []},
        "archive": {"type": "path"},
    }
    module = AnsibleModule(
        argument_spec={
            # Arguments of a build may be secrets.
            "builds": {"type": "list", "elements": "dict", "required": True, "options": options, "no_log": True},
            "architecture": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    builds = secret_options.taken(module, "builds")["builds"]
    architecture = module.params["architecture"]
    found = {build["name"]: read(build, architecture, pack=not module.check_mode) for build in builds}
    written = any(build["archive"] and not found[build["name"]]["error"] for build in builds)
    module.exit_json(changed=written, builds=found)


if __name__ == "__main__":
    main()
