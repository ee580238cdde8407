#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: repository_key
short_description: Installs or removes a package repository's key, known by its fingerprint
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - Fetches a repository's key and writes it only if it is exactly the key with the wished fingerprint.
  - A key that is there already is not fetched again, so a run with nothing to do touches no network.
  - With O(state=absent), takes that one key out of a file; other keys in the file stay, and an empty file goes.
  - Needs no C(gpg), which minimal hosts do not have, and never uses C(apt-key).
options:
  path:
    description:
      - The key file, for C(Signed-By). Use the suffix C(.asc) for an armoured key and C(.gpg) for a binary one, since
        apt goes by it.
    type: path
    required: true
  fingerprint:
    description: The key's full fingerprint, 40 hexadecimal digits (64 for version 6 keys). Spaces do not count.
    type: str
    required: true
  url:
    description: Where the key is fetched from. Needed with O(state=present).
    type: str
  state:
    description: Whether the key is in the file.
    type: str
    choices: [present, absent]
    default: present
  timeout:
    description: Time limit of the whole download, in seconds.
    type: int
    default: 15
attributes:
  check_mode:
    description: The key is fetched and examined, and nothing is written, so that a wrong key is told in check mode too.
    support: full
  diff_mode:
    description: Shows the fingerprints in the file before and after.
    support: full
  platform:
    description: Linux.
    support: full
    platforms: linux
  idempotent:
    description: The second call changes nothing.
    support: full
"""

EXAMPLES = r"""
- name: Docker's key is known
  dockyard.gpu.repository_key:
    path: /etc/apt/keyrings/docker.asc
    url: https://download.docker.com/linux/debian/gpg
    fingerprint: 9DC8 5822 9FC7 DD38 854A E2D8 8D81 803C 0EBF CD88

- name: Docker's key is no longer trusted for everything
  dockyard.gpu.repository_key:
    path: /etc/apt/trusted.gpg
    fingerprint: 9DC8 5822 9FC7 DD38 854A E2D8 8D81 803C 0EBF CD88
    state: absent
"""

RETURN = r"""
fingerprints:
  description: The keys in the file after the call.
  returned: success
  type: list
  elements: str
"""

import contextlib
import os
import re
import signal
import stat
import tempfile
from http.client import HTTPException
from typing import Iterator, List, Optional

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.urls import fetch_url
from ansible_collections.dockyard.gpu.plugins.module_utils import openpgp

# Docker's key is 4 kB; what is far larger is a web page or worse.
_LARGEST_KEY = 1024 * 1024
# apt reads keys as its own user.
_MODE = 0o644


def _read(module: AnsibleModule, path: str) -> Optional[bytes]:
    try:
        with open(path, "rb") as handle:
            return handle.read()
    except FileNotFoundError:
        pass
    except OSError as error:
        module.fail_json(msg=f"path: {path} cannot be read: {error.strerror}")
    return None


def _known(data: Optional[bytes]) -> List[str]:
    try:
        return openpgp.fingerprints(data) if data else []
    except openpgp.OpenPGPError:
        return []


def _fetch(module: AnsibleModule, url: str, fingerprint: str) -> bytes:
    with _time_limit(module.params["timeout"]):
        return _download(module, url, fingerprint)


@contextlib.contextmanager
def _time_limit(seconds: int) -> Iterator[None]:
    """Sockets limit each wait only, and a server that sends a byte now and then could go on for ever."""

    def over(_number: int, _frame: object) -> None:
        raise TimeoutError(f"timed out: it did not end within {seconds} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _download(module: AnsibleModule, url: str, fingerprint: str) -> bytes:
    response, info = fetch_url(module, url, timeout=module.params["timeout"])
    if info["status"] != 200 or response is None:
        module.fail_json(
            msg=f"url: {url} gave no key: {info['msg']}. Check the address, the network and the proxy of this host."
        )
    try:
        data = response.read(_LARGEST_KEY + 1)
    except (OSError, HTTPException) as error:
        module.fail_json(msg=f"url: {url} broke off: {error}. Nothing was written; try again.")
    try:
        found = openpgp.fingerprints(data) if len(data) <= _LARGEST_KEY else []
    except openpgp.OpenPGPError as error:
        module.fail_json(msg=f"url: what {url} gave is no OpenPGP key ({error}). Nothing was written.")
    if found != [fingerprint]:
        module.fail_json(
            msg=f"fingerprint: {url} gave the key {', '.join(found) or 'of no readable size'}, and {fingerprint} was "
            "wished. Nothing was written. If the new key is right, and you have it from a second source, change the "
            "wished fingerprint."
        )
    return data


def _write(module: AnsibleModule, path: str, data: bytes) -> None:
    folder = os.path.dirname(path)
    temporary = None
    try:
        if not os.path.isdir(folder):
            os.makedirs(folder, mode=0o755)
        handle, temporary = tempfile.mkstemp(dir=module.tmpdir)
        with os.fdopen(handle, "wb") as target:
            target.write(data)
        module.atomic_move(temporary, path)
        # Last, since the file gets the mode of the one that it replaces.
        os.chmod(path, _MODE)
    except OSError as error:
        module.fail_json(msg=f"path: {path} cannot be written: {error.strerror}. The file is as it was.")
    finally:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)


def present(module: AnsibleModule, path: str, fingerprint: str) -> None:
    if not module.params["url"]:
        module.fail_json(msg="url: needed with state=present")
    before = _known(_read(module, path))
    right = before == [fingerprint]
    readable = right and stat.S_IMODE(os.stat(path).st_mode) == _MODE
    if not right:
        data = _fetch(module, module.params["url"], fingerprint)
        if not module.check_mode:
            _write(module, path, data)
    elif not readable and not module.check_mode:
        os.chmod(path, _MODE)
    _done(module, not readable, before, [fingerprint])


def absent(module: AnsibleModule, path: str, fingerprint: str) -> None:
    data = _read(module, path)
    before = _known(data)
    changed = fingerprint in before
    after = [other for other in before if other != fingerprint]
    if changed and data is not None:
        if after and openpgp.is_armoured(data):
            module.fail_json(
                msg=f"path: {path} is an armoured file with other keys beside {fingerprint}; split it by hand"
            )
        if not module.check_mode:
            rest = [each.data for each in openpgp.certificates(data) if each.fingerprint != fingerprint]
            if rest:
                _write(module, path, b"".join(rest))
            else:
                os.unlink(path)
    _done(module, changed, before, after)


def _done(module: AnsibleModule, changed: bool, before: List[str], after: List[str]) -> None:
    module.exit_json(
        changed=changed,
        fingerprints=after,
        diff={
            "before_header": module.params["path"],
            "after_header": module.params["path"],
            "before": "".join(f"{line}\n" for line in before),
            "after": "".join(f"{line}\n" for line in after),
        },
    )


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "fingerprint": {"type": "str", "required": True},
            "url": {"type": "str"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "timeout": {"type": "int", "default": 15},
        },
        supports_check_mode=True,
    )
    fingerprint = openpgp.normalise(module.params["fingerprint"])
    if not re.fullmatch(r"[0-9A-F]{40}|[0-9A-F]{64}", fingerprint):
        module.fail_json(
            msg=f"fingerprint: {module.params['fingerprint']!r} is no full fingerprint of 40 hexadecimal digits "
            "(gpg --show-keys --fingerprint KEYFILE prints it)"
        )
    act = present if module.params["state"] == "present" else absent
    act(module, module.params["path"], fingerprint)


if __name__ == "__main__":
    main()
