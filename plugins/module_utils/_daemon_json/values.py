# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of daemon.json that are of the right type, and that no engine starts with.

Sources: moby's daemon/config.Validate, and ParseDaemonHost in daemon/pkg/opts/hosts.go (opts/hosts.go before 29) for
where the engine listens; what the kernel binds to nothing (a port above 65535, the path of a socket of more than 107
bytes) ends its start as well.
"""

from __future__ import annotations

import difflib
import ipaddress
import json
import re
from typing import Any

_CHOICES = {
    "log-level": ("debug", "info", "warn", "error", "fatal"),
    "log-format": ("text", "json"),
    "default-cgroupns-mode": ("private", "host"),
    "default-ipc-mode": ("private", "shareable"),
    "firewall-backend": ("iptables", "nftables"),
}
# logrus knows these too, and the engine leaves what is empty.
_ALSO = {"log-level": ("trace", "panic", "warning"), "log-format": ("",), "firewall-backend": ("",)}
_LEAST = {
    "max-concurrent-downloads": 0,
    "max-concurrent-uploads": 0,
    "max-download-attempts": 0,
    "mtu": 0,
    "network-control-plane-mtu": 0,
    "shutdown-timeout": -1,
}
_LISTS_OF_ADDRESSES = ("dns", "host-gateway-ips")
_SINGLE_ADDRESSES = ("ip", "default-gateway", "default-gateway-v6", "host-gateway-ip")


# A name, an address, or an IPv6 address in brackets, and a port; each may be left out.
_TCP = re.compile(r"(?:tcp://)?(?:\[(?P<six>[0-9A-Fa-f:.]+)(?:%[\w.-]+)?\]|[\w.-]*)(?::(?P<port>[0-9]*))?", re.ASCII)
_LONGEST_SOCKET = 107


def rejected(key: str, value: Any) -> list[str]:
    """Why the engine would not start with a value, whose type is right."""
    if key in _CHOICES and value.lower() not in (*_CHOICES[key], *_ALSO.get(key, ())):
        near = difflib.get_close_matches(value.lower(), _CHOICES[key], n=1)
        hint = f"; did you mean {near[0]}?" if near else "."
        return [f"'{key}' is {json.dumps(value)}, but must be one of {', '.join(_CHOICES[key])}{hint}"]
    if key in _LEAST and value < _LEAST[key]:
        return [f"'{key}' is {value}, but must be {_LEAST[key]} or more."]
    if key == "hosts":
        return [_message_of_host(each) for each in value if not _is_listened_at(each.strip())]
    given = value if key in _LISTS_OF_ADDRESSES else [value] if key in _SINGLE_ADDRESSES and value else []
    wrong = [each for each in given if not _is_address(each)]
    if wrong:
        return [f"'{key}' holds {json.dumps(wrong[0])}, but must be an IP address such as 192.0.2.1."]
    return []


def _is_address(text: str) -> bool:
    # Go's net.ParseIP knows no zones and no blanks.
    try:
        ipaddress.ip_address(text.strip())
    except ValueError:
        return False
    return "%" not in text


def _message_of_host(text: str) -> str:
    return (
        f"'hosts' holds {json.dumps(text)}, but must be an address to listen on, such as fd://, "
        "unix:///run/docker.sock or tcp://192.0.2.1:2376."
    )


def _is_listened_at(text: str) -> bool:
    """An empty text is the engine's default."""
    scheme, separator, rest = text.partition("://")
    if scheme == "fd" and separator:
        return True
    if scheme == "unix" and separator:
        return "://" not in rest and len(rest.encode("utf-8", "replace")) <= _LONGEST_SOCKET
    found = _TCP.fullmatch(text)
    if not found or (found.group("six") and not _is_address(found.group("six"))):
        return False
    return not found.group("port") or 0 < int(found.group("port")) < 1 << 16
