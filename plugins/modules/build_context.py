#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

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
