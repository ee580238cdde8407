# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What registries have under a name now. The engine asks, as it pulls and pushes: with its proxies, certificates and
insecure registries, and with what `docker login` left on the host."""

from __future__ import annotations

import json
import re
from typing import Dict, Optional
from urllib.parse import quote

from . import registry_login
from .api import EngineClient, EngineError
from .registry_login import HUB, LoginError, registry_of

# What a registry says that wants a login, or another one; the engine makes of some of it an error of its own.
_WANTS_LOGIN = re.compile(r"no basic auth credentials|unauthorized|authentication required|\bdenied\b", re.I)
_IS_HTTP = "server gave HTTP response to HTTPS client"


def pulled(client: EngineClient, name: str) -> Dict[str, str]:
    """What a pull would bring: ``digest`` or ``error``. By way of the mirrors of Docker Hub."""
    return _asked(client, name, name, missing_is_error=True)


def pushed(client: EngineClient, name: str) -> Dict[str, str]:
    """What the registry itself has: neither ``digest`` nor ``error`` where it has nothing of that name.

    That the host has the image, and a digest for it, says nothing: containerd's store has one for each build.
    """
    return _asked(client, name, _past_mirrors(client, name), missing_is_error=False)


def _asked(client: EngineClient, name: str, address: str, missing_is_error: bool) -> Dict[str, str]:
    registry = registry_of(name)
    login = None
    try:
        login = registry_login.header(registry)
        return {"digest": _digest(client, address, login), "error": ""}
    except LoginError as exc:
        return {"digest": "", "error": str(exc)}
    except EngineError as exc:
        wants_login = exc.status in (401, 403) or _WANTS_LOGIN.search(exc.message)
        # Docker Hub answers so to a login, too, where a repository is still to be made.
        if not missing_is_error and (exc.status == 404 or (wants_login and login)):
            return {"digest": "", "error": ""}
        hint = ""
        if wants_login and not login:
            hint = f"; log in to it on this host: docker login {registry}"
        elif _IS_HTTP in exc.message:
            hint = f"; if it is to be used without TLS: docker_engine_config: {{insecure-registries: [{registry}]}}"
        return {"digest": "", "error": f"{exc}{hint}"}


def _digest(client: EngineClient, name: str, login: Optional[str]) -> str:
    headers = {"X-Registry-Auth": login} if login else {}
    answer = client.request("GET", f"/distribution/{quote(name, safe='/:@')}/json", headers=headers)
    try:
        return str(json.loads(answer.decode("utf-8"))["Descriptor"]["digest"])
    except (ValueError, KeyError, TypeError) as exc:
        raise EngineError(None, f"the engine's answer about {name} has no digest") from exc


def _past_mirrors(client: EngineClient, name: str) -> str:
    """A push goes to Docker Hub itself, so that what a mirror of it has does not count."""
    if registry_of(name) != HUB:
        return name
    if not (client.get_json("/info").get("RegistryConfig") or {}).get("Mirrors"):
        return name
    path = re.sub(r"^(index\.)?docker\.io/", "", name)
    return f"registry-1.docker.io/{path if '/' in path else f'library/{path}'}"
