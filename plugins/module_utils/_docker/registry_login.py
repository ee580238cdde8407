# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `docker login` left for a registry, as the engine takes it with a request. It is never reported.

The same file as for a push by docker's program or by community.docker: DOCKER_CONFIG, or ~/.docker/config.json.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import subprocess
from typing import Any, Dict, Optional

from .._common import plain_files

HUB = "docker.io"
# The name under which every program keeps the login of Docker Hub.
_HUB_KEY = "https://index.docker.io/v1/"
_HELPER = re.compile(r"[A-Za-z0-9._-]+")
# Of a helper, which may have to ask for something over the network.
_TIMEOUT = 30


class LoginError(Exception):
    """Why the login cannot be read, with the way out."""


def registry_of(name: str) -> str:
    """Of an image's name: its first part, where that is the name of a host."""
    first, slash, _rest = name.partition("/")
    return _host(first) if slash and (set(".:") & set(first) or first == "localhost") else HUB


def header(registry: str) -> Optional[str]:
    """For the field X-Registry-Auth; null where there is no login for it."""
    path = os.path.join(os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker"), "config.json")
    config = _config(path)
    helpers = config.get("credHelpers")
    # docker's own program names Docker Hub there by the address of its index, and others as docker.io.
    named = (helpers if isinstance(helpers, dict) else {}).items()
    helper = next((name for key, name in named if _host(key) == registry), None) or config.get("credsStore")
    found = _of_helper(str(helper), registry, path) if helper else None
    found = found or _of_file(config.get("auths"), registry, path)
    return base64.urlsafe_b64encode(json.dumps(found).encode("utf-8")).decode("ascii") if found else None


def _config(path: str) -> Dict[str, Any]:
    try:
        text = plain_files.read(path)
        config = json.loads(text) if text and text.strip() else {}
    except plain_files.FileError as error:
        raise LoginError(str(error)) from error
    except ValueError as error:
        raise LoginError(f"{path} is not JSON: {error}; fix it, or log in again (docker login)") from error
    if not isinstance(config, dict):
        raise LoginError(f"{path} holds no JSON object; fix it, or log in again (docker login)")
    return config


def _of_file(logins: Any, registry: str, path: str) -> Optional[Dict[str, str]]:
    for key, login in (logins if isinstance(logins, dict) else {}).items():
        if _host(key) != registry or not isinstance(login, dict):
            continue
        if login.get("identitytoken"):
            return {"identitytoken": str(login["identitytoken"]), "serveraddress": key}
        if not login.get("auth"):
            continue
        try:
            user, colon, password = base64.b64decode(str(login["auth"])).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError):
            colon = ""
        if not colon:
            raise LoginError(f"{path}: what it holds for {key} is no login; log in again (docker login {registry})")
        return {"username": user, "password": password.rstrip("\0"), "serveraddress": key}
    return None


def _of_helper(name: str, registry: str, path: str) -> Optional[Dict[str, str]]:
    program = f"docker-credential-{name}"
    key = _HUB_KEY if registry == HUB else registry
    if not _HELPER.fullmatch(name):
        raise LoginError(f"{path}: {name!r} is no name of a helper that keeps logins")
    try:
        # AnsibleModule.run_command knows no time limit.
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            [program, "get"], input=key.encode("utf-8"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=_TIMEOUT, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise LoginError(f"{program}, which {path} names, did not answer within {_TIMEOUT} s") from error
    except OSError as error:
        raise LoginError(f"{program}, which {path} names, cannot be run: {error.strerror}") from error
    # It ends so where it has none for this registry, too.
    if done.returncode != 0:
        return None
    try:
        found = json.loads(done.stdout)
        user, secret = str(found["Username"]), str(found["Secret"])
    except (ValueError, KeyError, TypeError) as error:
        raise LoginError(f"{program}, which {path} names, answered with no login") from error
    if user == "<token>":
        return {"identitytoken": secret, "serveraddress": key}
    return {"username": user, "password": secret, "serveraddress": key}


def _host(key: str) -> str:
    """`https://registry.example.org/v1/` and `registry.example.org` are the same registry."""
    host = re.sub(r"^https?://", "", str(key)).partition("/")[0]
    return HUB if host in ("index.docker.io", "registry-1.docker.io") else host
