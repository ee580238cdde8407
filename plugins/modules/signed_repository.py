#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: signed_repository
short_description: Configures a package repository with its signing key and index, or nothing at all
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - In one call, writes a repository's deb822 file and its key, removes what else names the repository or trusts its
    key, and updates apt's index of the repository.
  - If any of it fails, everything is rolled back, and one message says why.
  - The key is written only if what was fetched is exactly one certificate, with the pinned fingerprint. Anything else,
    before, between or behind, is an error that names it. The module writes its own encoding of the key's packets, never
    the bytes that came, and a key file is right only if it is this to the byte. An existing one is not fetched again,
    and an index that apt has is not read again, so a call with nothing to do uses no network.
  - An existing key file that is not exactly one certificate is removed first of all, with apt's index of the
    repository, and is not restored where the call fails, since apt would trust whatever else is in it.
  - Needs neither C(gpg) nor C(python3-debian), which minimal hosts do not have, and never uses C(apt-key).
options:
  path:
    description: The deb822 file. Its name ends with C(.sources).
    type: path
    required: true
  content:
    description:
      - The file's content, with C(URIs), C(Suites) and C(Signed-By). In a flat repository, C(Suites) ends with a slash.
      - Needed with O(state=present).
    type: str
  key:
    description:
      - The key that signs the repository.
      - Without it, the repository's key is on the host already, such as the distribution's own; then nothing
        else that names the repository is touched.
    type: dict
    suboptions:
      path:
        description:
          - The key's file. C(Signed-By) in O(content) has to name it, and nothing else.
          - Its name ends with C(.asc) or C(.gpg). apt takes the first for an armoured key and the second for a binary
            one; it is written so, whatever the URL returns.
        type: path
        required: true
      url:
        description:
          - Where the key is fetched from, by http or https. Needed with O(state=present).
          - Redirects from https to anything else are an error, and those to anything but http and https.
        type: str
      fingerprint:
        description:
          - The key's full fingerprint, 40 hexadecimal digits (64 for version 6 keys). Spaces are ignored.
          - Needed with O(state=present).
        type: str
  also_known_as:
    description:
      - Further URLs of the same repository, by their common part, such as C(download.docker.com/linux).
        Behind a cache, such a URL is a part of a longer one, and counts too.
      - Entries in other files that name one of them, or a URL in O(content), are removed. A file with nothing else in
        it is deleted.
    type: list
    elements: str
    default: []
  vendor_keys:
    description:
      - Fingerprints of the vendor's other keys. Like O(key.fingerprint), they are trusted nowhere else then.
      - They are removed from files that contain nothing but keys, and all other keys there stay to the byte. A
        file with anything else in it is left alone; M(dockyard.gpu.host_info) has it among its C(repository_keys).
    type: list
    elements: str
    default: []
  index:
    description:
      - V(needed) updates the index of this repository alone, if its file changed or apt has no index of it.
      - V(all) updates the indexes of all repositories, in any case.
    type: str
    choices: [needed, all]
    default: needed
  timeout:
    description:
      - Time limit of the whole download of the key, and of each answer to apt, in seconds.
      - The index of this repository alone may take five times as long altogether, and all indexes a hundred times.
    type: int
    default: 10
  lock_timeout:
    description: How long to wait for another process holding the apt lock, in seconds.
    type: int
    default: 120
  by:
    description:
      - The role, for the record of what this collection writes. A file that was replaced is kept there,
        and restored when the role is removed; see M(dockyard.gpu.installed).
      - Without it, nothing is recorded.
    type: str
  state:
    description:
      - Whether the repository is configured in apt.
      - V(absent) removes O(path), and O(key.path) unless another repository is signed by it.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    description: The key is fetched and examined, so that a wrong one is an error. Nothing is written, and no index is
      updated.
    support: full
  diff_mode:
    description: Shows each file, credentials in addresses masked, and of keys the fingerprints.
    support: full
  platform:
    description: Debian and its descendants.
    support: full
    platforms: debian
  idempotent:
    description: The second call changes nothing, and with O(index=needed) uses no network.
    support: full
"""

EXAMPLES = r"""
- name: Configure Docker's repository
  dockyard.gpu.signed_repository:
    path: /etc/apt/sources.list.d/docker.sources
    content: |
      Types: deb
      URIs: https://download.docker.com/linux/debian
      Suites: trixie
      Components: stable
      Signed-By: /etc/apt/keyrings/docker.asc
    key:
      path: /etc/apt/keyrings/docker.asc
      url: https://download.docker.com/linux/debian/gpg
      fingerprint: 9DC8 5822 9FC7 DD38 854A E2D8 8D81 803C 0EBF CD88
    also_known_as: [download.docker.com/linux]

- name: Remove Docker's repository
  dockyard.gpu.signed_repository:
    path: /etc/apt/sources.list.d/docker.sources
    key:
      path: /etc/apt/keyrings/docker.asc
    state: absent
"""

RETURN = r"""
changes:
  description:
    - Every change, as C(what) and C(path). C(what) is V(repository_key), V(repository), V(foreign_repository),
      V(foreign_repository_lines), V(foreign_key), or V(index), whose path is V(all) or that of the repository.
  returned: success
  type: list
  elements: dict
  sample: [{"what": "repository", "path": "/etc/apt/sources.list.d/docker.sources"}]
reason:
  description:
    - What failed. V(key), the key or its URL; V(file), a file could not be read or written; V(lock), another process
      held the apt lock for too long; V(index), apt could not read the index; V(interrupted), a signal ended the call.
  returned: failure
  type: str
"""

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
