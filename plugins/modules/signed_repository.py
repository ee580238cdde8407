#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from contextlib import nullcontext
from typing import Any, Dict, NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.urls import fetch_url
from ansible_collections.dockyard.gpu.plugins.module_utils._common import atomic_files, secret_options
from ansible_collections.dockyard.gpu.plugins.module_utils._common.plain_files import FileError
from ansible_collections.dockyard.gpu.plugins.module_utils._common.signals import Stopped
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.apt import sources
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.apt.index import IndexUnread
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.key_download import KeyRejected
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.openpgp import OpenPGPError
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.repository_change import (
    Mixed,
    NotPutBack,
    RepositoryChange,
)
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.vendor import Key, Repository, normalise


def _fail(module: AnsibleModule, reason: str, message: str) -> NoReturn:
    module.fail_json(msg=message, reason=reason)
    raise AssertionError("fail_json does not return")


def _desired(module: AnsibleModule, params: Dict[str, Any]) -> Repository:
    key, present = params["key"], params["state"] == "present"
    missing = ["content"] if present and not params["content"] else []
    missing += [f"key.{name}" for name in ("url", "fingerprint") if present and key and not key[name]]
    if missing:
        module.fail_json(msg=f"{missing[0]}: needed with state=present")
    if not params["path"].endswith(".sources"):
        module.fail_json(msg=f"path: {params['path']} does not end with .sources, and apt would not read it")
    if present and key and not key["path"].endswith((".asc", ".gpg")):
        module.fail_json(msg=f"key.path: {key['path']} ends with neither .asc nor .gpg, by which apt knows its form")
    for entry in sources.entries(params["path"], params["content"] or "") if present and key else []:
        if entry["signed_by"] != key["path"]:
            module.fail_json(
                msg=f"content: Signed-By is {entry['signed_by'] or 'missing'}, and has to be key.path, {key['path']}: "
                "apt would trust other keys than the pinned one"
            )
    for fingerprint in [*([key["fingerprint"]] if present and key else []), *params["vendor_keys"]]:
        if not re.fullmatch(r"[0-9A-F]{40}|[0-9A-F]{64}", normalise(fingerprint)):
            module.fail_json(
                msg=f"fingerprint: {fingerprint!r} is no full fingerprint of 40 hexadecimal digits "
                "(gpg --show-keys --fingerprint KEYFILE prints it)"
            )
    return Repository(
        params["path"],
        params["content"] or "",
        Key(key["path"], key["url"] or "", normalise(key["fingerprint"] or "")) if key else None,
        tuple(params["also_known_as"]),
        tuple(normalise(each) for each in params["vendor_keys"]),
    )


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "content": {"type": "str", "no_log": True},
            "key": {
                "type": "dict",
                "no_log": False,
                "options": {
                    "path": {"type": "path", "required": True},
                    "url": {"type": "str", "no_log": True},
                    "fingerprint": {"type": "str"},
                },
            },
            "also_known_as": {"type": "list", "elements": "str", "default": [], "no_log": True},
            "vendor_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
            "index": {"type": "str", "choices": ["needed", "all"], "default": "needed"},
            "timeout": {"type": "int", "default": 10},
            "lock_timeout": {"type": "int", "default": 120},
            "by": {"type": "str"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    params = {**module.params, **secret_options.taken(module, "content", "key", "also_known_as")}
    change = _make(module, _desired(module, params), params)
    module.exit_json(changed=bool(change.changes), changes=change.changes, diff=change.diff)


def _make(module: AnsibleModule, desired: Repository, params: Dict[str, Any]) -> RepositoryChange:
    # Where fetch_url looks for it; key_download follows them itself.
    module.params["follow_redirects"] = "none"
    left = "Everything is as it was."
    doing, patience = f"signed_repository for {desired.path}", module.params["lock_timeout"]
    # What writes nothing waits for no other run.
    alone = nullcontext() if module.check_mode else atomic_files.locked("repositories", doing, patience)
    try:
        with alone:
            change = RepositoryChange(desired, params, lambda url, limit: fetch_url(module, url, timeout=limit))
            if not module.check_mode:
                left = change.distrust() or left
            change.prepare()
            if not module.check_mode:
                change.make(module.tmpdir)
            return change
    except KeyRejected as error:
        _fail(module, "key", f"{error} {left}")
    except atomic_files.Busy as error:
        _fail(module, "lock", f"{error} {left}")
    except NotPutBack as error:
        _fail(module, "file", str(error))
    except (Mixed, FileError, OpenPGPError) as error:
        _fail(module, "file", f"{error} {left}")
    except Stopped as error:
        _fail(module, "interrupted", f"{left[:-1]}: {error}.")
    except IndexUnread as error:
        _fail(module, error.reason, f"apt's index could not be read. {left} {error}")


if __name__ == "__main__":
    main()
