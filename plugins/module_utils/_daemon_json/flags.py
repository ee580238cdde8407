# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flags of dockerd as what they say: the keys of daemon.json. One reader, for the engine's settings from either.

Sources: installConfigFlags in moby's daemon/command/config*.go (29.x), and ``dockerd --help`` of 20.10.24. A flag of a
list or mapping may be given several times, and has the name of one entry.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence

# Those that take no word after them.
_SWITCHES = (
    "allow-direct-routing cri-containerd debug experimental icc init ip-forward ip-forward-no-drop ip-masq ip6tables"
    " iptables ipv6 live-restore no-new-privileges raw-logs rootless selinux-enabled tls tlsverify userland-proxy"
)
_SCALARS = (
    "bip bip6 bridge bridge-accept-fwmark cgroup-parent containerd containerd-namespace containerd-plugins-namespace"
    " cpu-rt-period cpu-rt-runtime data-root default-cgroupns-mode default-gateway default-gateway-v6 default-ipc-mode"
    " default-runtime default-shm-size default-stop-timeout exec-root firewall-backend fixed-cidr fixed-cidr-v6 group"
    " host-gateway-ip init-path ip log-driver log-format log-level max-concurrent-downloads max-concurrent-uploads"
    " max-download-attempts metrics-addr min-api-version mtu network-control-plane-mtu network-diagnostic-port"
    " oom-score-adjust pidfile seccomp-profile shutdown-timeout storage-driver swarm-default-advertise-addr tlscacert"
    " tlscert tlskey userland-proxy-path userns-remap"
)
SWITCHES, _ALONE = frozenset(_SWITCHES.split()), frozenset(_SCALARS.split())
_LISTS = {
    "allow-nondistributable-artifacts": "allow-nondistributable-artifacts",
    "authorization-plugin": "authorization-plugins",
    "cdi-spec-dir": "cdi-spec-dirs",
    "default-address-pool": "default-address-pools",
    "dns": "dns",
    "dns-opt": "dns-opts",
    "dns-search": "dns-search",
    "exec-opt": "exec-opts",
    "host": "hosts",
    "insecure-registry": "insecure-registries",
    "label": "labels",
    "node-generic-resource": "node-generic-resources",
    "registry-mirror": "registry-mirrors",
    "storage-opt": "storage-opts",
}
_MAPPINGS = {
    "add-runtime": "runtimes",
    "default-network-opt": "default-network-opts",
    "default-ulimit": "default-ulimits",
    "feature": "features",
    "log-opt": "log-opts",
    "nri-opt": "nri-opts",
}
# One entry of the mapping "proxies" each.
_PROXIES = ("http-proxy", "https-proxy", "no-proxy")
# Up to 22.
_FORMER = {"graph": "data-root"}
_SHORT = {
    "D": "debug",
    "G": "group",
    "H": "host",
    "b": "bridge",
    "g": "graph",
    "l": "log-level",
    "p": "pidfile",
    "s": "storage-driver",
}
_TRUE = ("", "1", "t", "true")


class Flag(NamedTuple):
    """``key`` of daemon.json, ``value`` as it was given, ``text`` as it was written."""

    name: str
    key: str
    value: str
    text: str


def given(flags: Iterable[str]) -> Iterator[Flag]:
    """Those of them that are keys of daemon.json, in their order."""
    words: List[str] = list(flags)
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        follower: Optional[str] = words[position] if position < len(words) else None
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
        elif word.startswith("-"):
            yield from _switches_before(word)
            name, equals, value = _short(word)
        else:
            continue
        key = _key(name)
        if not key:
            continue
        text = word
        if not equals and name not in SWITCHES and follower is not None:
            value, text = follower, f"{word} {follower}"
            position += 1
        yield Flag(name, key, value, text)


def texts(flags: Iterable[str]) -> Dict[str, str]:
    """The keys of daemon.json that the flags set, each with the last of its flags as it was written."""
    return {flag.key: flag.text for flag in given(flags)}


def settings(flags: Iterable[str]) -> Dict[str, Any]:
    """What the flags say, in the form of daemon.json; numbers, and what has a syntax of its own, are strings."""
    found: Dict[str, Any] = {}
    for flag in given(flags):
        if flag.name in SWITCHES:
            found[flag.key] = flag.value.lower() in _TRUE
        elif flag.name in _LISTS:
            found.setdefault(flag.key, []).append(flag.value)
        elif flag.name in _PROXIES:
            found.setdefault(flag.key, {})[flag.name] = flag.value
        elif flag.name in _MAPPINGS:
            name, _equals, value = flag.value.partition("=")
            found.setdefault(flag.key, {})[name] = _entry(flag.key, value)
        else:
            found[flag.key] = flag.value
    return found


def combined(config: Optional[Mapping[str, Any]], flags: Sequence[str]) -> Dict[str, Any]:
    """The engine's settings from both. It rejects a key in both, but for runtimes, of which it takes all."""
    found: Dict[str, Any] = {key: value for key, value in (config or {}).items() if value is not None}
    for key, value in settings(flags).items():
        both = key == "runtimes" and isinstance(found.get(key), dict)
        found[key] = {**found[key], **value} if both else value
    return found


def _key(name: str) -> str:
    if name in SWITCHES or name in _ALONE:
        return name
    if name in _PROXIES:
        return "proxies"
    return _LISTS.get(name) or _MAPPINGS.get(name) or _FORMER.get(name, "")


def _entry(key: str, value: str) -> Any:
    if key == "features":
        return value.lower() in _TRUE
    return {"path": value} if key == "runtimes" else value


def _switches_before(word: str) -> Iterator[Flag]:
    """-DH is -D and -H: all before the first that takes a value, and before the last."""
    for letter in word[1:-1]:
        name = _SHORT.get(letter, "")
        if name not in SWITCHES:
            return
        yield Flag(name, name, "", f"-{letter}")


def _short(word: str) -> Any:
    """Name, whether it has its value with it, and the value, of the last flag in a word such as -D, -Hfd:// or -H=x."""
    letters = word[1:]
    while len(letters) > 1 and _SHORT.get(letters[0]) in SWITCHES and letters[1] != "=":
        letters = letters[1:]
    return _SHORT.get(letters[:1], ""), letters[1:], re.sub("^=", "", letters[1:])
